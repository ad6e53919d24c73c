//! An open engine, and the jobs of the thread that owns it.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use frontdesk::Engine;

use crate::promise::Promise;
use crate::shared::{Settle, Shared};

/// The work of the thread that owns an engine, in this order.
pub(crate) enum Job {
    Call(Arc<Shared>),
    Close(Promise<()>),
}

/// In the order in which they are dropped: the thread runs until no sender of jobs is left.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) engine: Engine,
    pub(crate) jobs: Sender<Job>,
    pub(crate) settle: Arc<Settle>,
}
