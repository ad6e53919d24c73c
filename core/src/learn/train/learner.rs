//! The network that is trained: heads on the vectors of a frozen trunk, or on a trunk that is trained with
//! them.

use frontdesk_models::encoder::PackedEncoder;
use frontdesk_models::training::{Dropout, Trunk};

use super::base::Base;
use super::body::{Body, HeadDataset, Learning};
use super::domain::MOST_ROWS;
use super::features::{Features, pooled, served};
use super::head::Head;
use super::losses::Losses;
use super::optimizer::{Moments, Step};
use super::options::Settings;
use super::plan::{Batch, Plan, Visit, seed_of};
use crate::Result;
use crate::learn::compute;
use crate::learn::scale::Scale;
use crate::model::tokenize::Encoding;

pub(super) struct Learner<'a> {
    pub(super) datasets: &'a [HeadDataset],
    pub(super) plan: Plan,
    pub(super) heads: Vec<Head>,
    pub(super) body: Body,
    /// By array, as [`Learner::arrays`] orders them.
    pub(super) moments: Vec<Moments>,
    base: &'a Base,
    settings: &'a Settings,
}

/// The loss and the tokens of a step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) loss: f64,
    pub(super) tokens: usize,
}

impl<'a> Learner<'a> {
    pub(super) fn new(
        datasets: &'a [HeadDataset],
        plan: Plan,
        heads: Vec<Head>,
        body: Body,
        base: &'a Base,
        settings: &'a Settings,
    ) -> Self {
        let mut learner = Self { datasets, plan, heads, body, moments: Vec::new(), base, settings };
        learner.moments = vec![Moments::default(); learner.arrays().len()];
        learner
    }

    /// Every array that is trained: the trunk's parameters or LoRA's, then the heads'.
    pub(super) fn arrays(&self) -> Vec<&Vec<f32>> {
        let mut arrays: Vec<&Vec<f32>> = match &self.body {
            Body::Frozen { .. } => Vec::new(),
            Body::Learning(learning) => match &learning.lora {
                Some(lora) => lora.arrays.iter().collect(),
                None => learning.trunk.parameters().iter().map(|p| &p.values).collect(),
            },
        };
        arrays.extend(self.heads.iter().flat_map(|head| head.parameters.iter().map(|p| &p.values)));
        arrays
    }

    /// Puts back arrays as [`Learner::arrays`] gave them.
    pub(super) fn restore(&mut self, arrays: Vec<Vec<f32>>) {
        let mut arrays = arrays.into_iter();
        if let Body::Learning(learning) = &mut self.body {
            if let Some(lora) = &mut learning.lora {
                lora.arrays.iter_mut().zip(&mut arrays).for_each(|(to, from)| *to = from);
                lora.merge(&mut learning.trunk);
            } else {
                let parameters = learning.trunk.parameters_mut().iter_mut();
                parameters.zip(&mut arrays).for_each(|(to, from)| to.values = from);
            }
        }
        let parameters = self.heads.iter_mut().flat_map(|head| &mut head.parameters);
        parameters.zip(arrays).for_each(|(to, from)| to.values = from);
    }

    /// Rounds the trunk's forward passes to eight bits from now on, or no longer.
    pub(super) fn quantise(&mut self, quantised: bool) {
        if let Body::Learning(learning) = &mut self.body {
            learning.trunk.quantise(quantised);
        }
    }

    /// Finds the base's vectors of some batches' texts, where the trunk shall stay near them, and returns the
    /// tokens that it took.
    pub(super) fn find(&mut self, batches: &[Batch]) -> Result<usize> {
        let Body::Learning(learning) = &mut self.body else { return Ok(0) };
        let Some(near) = &mut learning.near else { return Ok(0) };
        let encoding = |visit: &Visit| {
            let (head, row) = visit.rows[0];
            (visit.text, &self.datasets[head].train.encodings[row])
        };
        near.find(batches.iter().flat_map(|batch| &batch.0).map(encoding))
    }

    /// One step of the optimizer over some batches; `number` is the step's, from 1, and `factor` the share of
    /// the peak rate.
    pub(super) fn step(&mut self, batches: &[Batch], number: usize, factor: f64) -> Result<Seen> {
        self.find(batches)?;
        let mut seen = Seen::default();
        let mut of_heads: Vec<Vec<Vec<f32>>> = vec![Vec::new(); self.heads.len()];
        if let Body::Learning(learning) = &mut self.body {
            learning.gradients.clear();
        }
        for (part, batch) in batches.iter().enumerate() {
            let seed = seed_of(self.settings.seed, 2 + part as u64, number as u64);
            let dropout = Dropout::new(self.settings.dropout as f32, seed);
            let mut losses = Losses {
                datasets: self.datasets,
                heads: &self.heads,
                batch,
                share: 1.0 / batches.len() as f64,
                sums: &mut of_heads,
            };
            let (loss, tokens) = match &mut self.body {
                Body::Frozen { train, .. } => (losses.frozen(train, dropout)?, 0),
                Body::Learning(learning) => losses.learning(learning, dropout, self.settings.distil)?,
            };
            seen.loss += loss;
            seen.tokens += tokens;
        }
        if seen.loss.is_finite() && !self.update(&of_heads, number, factor) {
            seen.loss = f64::NAN;
        }
        Ok(seen)
    }

    /// Moves every array, unless a gradient is no number: then none, and the answer is `false`.
    fn update(&mut self, of_heads: &[Vec<Vec<f32>>], number: usize, factor: f64) -> bool {
        let settings = self.settings;
        let low_rank = match &self.body {
            Body::Learning(learning) => {
                learning.lora.as_ref().map(|lora| lora.gradients(&learning.gradients))
            }
            Body::Frozen { .. } => None,
        };
        let square = |values: &[f32]| values.iter().map(|v| f64::from(v * v)).sum::<f64>();
        let of_trunk = match (&self.body, &low_rank) {
            (Body::Learning(_), Some(gradients)) => gradients.iter().map(|g| square(g)).sum(),
            (Body::Learning(learning), None) => learning.gradients.square(),
            (Body::Frozen { .. }, _) => 0.0,
        };
        let norm = (of_trunk + of_heads.iter().flatten().map(|g| square(g)).sum::<f64>()).sqrt();
        if !norm.is_finite() {
            return false;
        }
        let shrink = if norm > settings.clip { (settings.clip / norm) as f32 } else { 1.0 };
        let step = |rate: f64, decays: bool| Step {
            number,
            rate: rate * factor,
            decay: if decays { settings.weight_decay } else { 0.0 },
            shrink,
        };
        let mut moments = self.moments.iter_mut();
        if let Body::Learning(learning) = &mut self.body {
            let Learning { trunk, lora, gradients, .. } = learning.as_mut();
            if let (Some(lora), Some(low_rank)) = (lora, &low_rank) {
                for ((array, gradient), moments) in lora.arrays.iter_mut().zip(low_rank).zip(&mut moments) {
                    moments.step(step(settings.learning_rate, true), array, gradient);
                }
                lora.merge(trunk);
            } else {
                let layers = trunk.config().layers;
                for (index, (parameter, moments)) in
                    trunk.parameters_mut().iter_mut().zip(&mut moments).enumerate()
                {
                    let below = i32::try_from(layers - parameter.depth).unwrap_or(i32::MAX);
                    let rate = settings.learning_rate * settings.layer_decay.powi(below);
                    let step = step(rate, parameter.decays);
                    if index == 0 {
                        moments.step_rows(step, &mut parameter.values, &gradients.words);
                    } else {
                        moments.step(step, &mut parameter.values, &gradients.dense[index]);
                    }
                }
            }
        }
        for (head, gradients) in self.heads.iter_mut().zip(of_heads) {
            for (index, parameter) in head.parameters.iter_mut().enumerate() {
                // A head of which no row came stays as it is.
                let Some(moments) = moments.next() else { return true };
                if let Some(gradient) = gradients.get(index) {
                    let step = step(settings.head_learning_rate, parameter.decays);
                    moments.step(step, &mut parameter.values, gradient);
                }
            }
        }
        true
    }

    /// The logits of every head's validation rows; where the trunk is trained, on `written` or on the trunk
    /// as it is now.
    pub(super) fn validate(
        &self,
        written: Option<&PackedEncoder>,
        progress: &(dyn Fn() -> Result<()> + Sync),
    ) -> Result<Vec<Vec<Vec<f32>>>> {
        let hidden = self.base.config.hidden_size;
        let logits = |head: usize, features: &Features| {
            self.heads[head].logits(&features.concat(), hidden).map_err(compute)
        };
        match &self.body {
            Body::Frozen { valid, .. } => valid.iter().enumerate().map(|(head, f)| logits(head, f)).collect(),
            Body::Learning(learning) => {
                let current;
                let trunk = if let Some(trunk) = written {
                    trunk
                } else {
                    current = served(&self.base.config, &self.base.weights_of(Some(&learning.trunk))?)?;
                    &current
                };
                let of_head = |(head, dataset): (usize, &HeadDataset)| {
                    let features = pooled(trunk, &dataset.valid.encodings, dataset.pooling, &|_| progress())?;
                    logits(head, &features)
                };
                self.datasets.iter().enumerate().map(of_head).collect()
            }
        }
    }

    /// Pooled vectors of a head's training rows, at most [`MOST_ROWS`] of them, with their classes, and of
    /// its validation rows. A row of several labels, or none, counts as one of its first, or of a class of
    /// its own.
    pub(super) fn vectors(
        &self,
        head: usize,
        trunk: &PackedEncoder,
    ) -> Result<(Features, Vec<usize>, Features)> {
        let dataset = &self.datasets[head];
        let rows = &dataset.train;
        let every = rows.targets.len().div_ceil(MOST_ROWS);
        let encodings: Vec<Encoding> = rows.encodings.iter().step_by(every).cloned().collect();
        let class = |target: &Vec<usize>| target.first().copied().unwrap_or(dataset.labels);
        let classes = rows.targets.iter().step_by(every).map(class).collect();
        let pooled = |encodings: &[Encoding]| pooled(trunk, encodings, dataset.pooling, &|_| Ok(()));
        Ok((pooled(&encodings)?, classes, pooled(&dataset.valid.encodings)?))
    }

    pub(super) fn base(&self) -> &'a Base {
        self.base
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.settings
    }

    pub(super) fn trunk(&self) -> Option<&Trunk> {
        match &self.body {
            Body::Learning(learning) => Some(&learning.trunk),
            Body::Frozen { .. } => None,
        }
    }

    pub(super) fn scale(&self, head: usize) -> Option<&Scale> {
        match &self.body {
            Body::Frozen { scales, .. } => scales.get(head),
            Body::Learning(_) => None,
        }
    }
}
