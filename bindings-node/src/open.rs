//! An open engine, and the jobs of the thread that owns it.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use frontdesk::Engine;

use crate::promise::Promise;
use crate::shared::{Settle, Shared};

/// What the thread that owns an engine does, in this order.
pub(crate) enum Job {
    Call(Arc<Shared>),
    Close(Promise<()>),
}

/// In the order in which they are dropped: the thread goes on until there is nobody left to send it jobs.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) engine: Engine,
    pub(crate) jobs: Sender<Job>,
    pub(crate) settle: Arc<Settle>,
}
