//! What is below the heads, and the rows that go through it: a frozen trunk's vectors, or a trunk that is
//! trained.

use frontdesk_models::encoder::Pooling;
use frontdesk_models::heads::Link;
use frontdesk_models::training::{Gradients, Trunk};

use super::distil::BaseVectors;
use super::features::Features;
use super::head::Objective;
use super::lora::Lora;
use crate::learn::scale::Scale;
use crate::model::tokenize::Encoding;

/// Rows as the network reads them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) encodings: Vec<Encoding>,
    pub(super) targets: Vec<Vec<usize>>,
}

/// The rows of one head as the network reads them, and how they count.
#[derive(Debug)]
pub(super) struct HeadDataset {
    pub(super) link: Link,
    pub(super) labels: usize,
    pub(super) pooling: Pooling,
    pub(super) objective: Objective,
    /// The number of times that its rows come in an epoch.
    pub(super) passes: usize,
    /// The factor that its loss is multiplied by.
    pub(super) weight: f64,
    pub(super) train: Rows,
    pub(super) valid: Rows,
}

/// The network below the heads: a frozen trunk's vectors, or a trunk that is trained.
pub(super) enum Body {
    Frozen { train: Vec<Features>, valid: Vec<Features>, scales: Vec<Scale> },
    Learning(Box<Learning>),
}

pub(super) struct Learning {
    pub(super) trunk: Trunk,
    pub(super) lora: Option<Lora>,
    pub(super) gradients: Gradients,
    /// The base's vectors of the plan's texts, where the trunk's shall stay near them.
    pub(super) near: Option<BaseVectors>,
}

impl Learning {
    pub(super) fn new(trunk: Trunk, lora: Option<Lora>, near: Option<BaseVectors>) -> Self {
        let gradients = trunk.gradients();
        Self { trunk, lora, gradients, near }
    }
}
