//! The losses of a batch whose texts serve several heads: what comes of the pooled vectors, and what goes
//! back to them.

use frontdesk_models::encoder::{Pooling, TokenBatch};
use frontdesk_models::training::Dropout;

use super::body::{HeadDataset, Learning};
use super::distil;
use super::features::Features;
use super::head::{Head, Loss};
use super::plan::{Batch, HeadRow};
use crate::Result;
use crate::learn::compute;

/// A batch, the heads that learn from it, and the sums of their gradients.
pub(super) struct Losses<'a> {
    pub(super) datasets: &'a [HeadDataset],
    pub(super) heads: &'a [Head],
    pub(super) batch: &'a Batch,
    /// The factor of every loss.
    pub(super) share: f64,
    /// By head and parameter; of a head without a row in any batch of the step, none.
    pub(super) sums: &'a mut [Vec<Vec<f32>>],
}

impl Losses<'_> {
    /// Each head that learns from the batch, with the places of its texts in it and its rows.
    fn learnt(&self) -> Vec<(usize, Vec<(usize, usize)>)> {
        let of_heads = (0..self.heads.len()).map(|head| (head, self.batch.of_head(head)));
        of_heads.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// The mean loss over a head's rows, which counts as much as they are of the batch.
    fn of(
        &mut self,
        head: usize,
        rows: &[(usize, usize)],
        pooled: &[f32],
        mask: Option<Vec<f32>>,
    ) -> Result<Loss> {
        let dataset = &self.datasets[head];
        let targets: Vec<&[usize]> =
            rows.iter().map(|(_, row)| dataset.train.targets[*row].as_slice()).collect();
        let share = dataset.weight * self.share * rows.len() as f64 / self.batch.0.len() as f64;
        let loss = self.heads[head].loss(pooled, mask, &targets, &dataset.objective, share);
        let mut loss = loss.map_err(compute)?;
        let (gradients, sums) = (std::mem::take(&mut loss.parameters), &mut self.sums[head]);
        if sums.is_empty() {
            *sums = gradients;
        } else {
            let sums = sums.iter_mut().flatten();
            sums.zip(gradients.iter().flatten()).for_each(|(sum, gradient)| *sum += gradient);
        }
        Ok(loss)
    }

    /// The loss on a frozen trunk's vectors.
    pub(super) fn frozen(&mut self, train: &[Features], dropout: Dropout) -> Result<f64> {
        let mut value = 0.0;
        for (head, rows) in self.learnt() {
            let mut pooled = Vec::new();
            for (place, row) in &rows {
                let first = pooled.len();
                pooled.extend_from_slice(&train[head][*row]);
                dropout.apply(*place, &mut pooled[first..]);
            }
            value += self.of(head, &rows, &pooled, None)?.value;
        }
        Ok(value)
    }

    /// The loss and the tokens of a pass through a trunk that learns, whose gradients are added up; `distil`
    /// is the factor of the loss that holds it near its base.
    pub(super) fn learning(
        &mut self,
        learning: &mut Learning,
        dropout: Dropout,
        distil: f64,
    ) -> Result<(f64, usize)> {
        let (datasets, batch) = (self.datasets, self.batch);
        let tokens = |(head, row): HeadRow| &datasets[head].train.encodings[row].ids;
        let sequences = batch.0.iter().map(|visit| tokens(visit.rows[0]));
        let pass = learning.trunk.forward(&TokenBatch::new(sequences), dropout)?;
        let hidden = learning.trunk.config().hidden_size;
        let (mut value, mut gradient) = (0.0, Vec::new());
        let mut add = |pooling, of_pooled: &[f32]| {
            let of_states = pass.unpool(pooling, of_pooled);
            gradient.resize(of_states.len(), 0.0);
            gradient.iter_mut().zip(of_states).for_each(|(sum, one)| *sum += one);
        };
        for (head, rows) in self.learnt() {
            let pooling = datasets[head].pooling;
            let of_batch = pass.pool(pooling);
            let vector = |place: usize| place * hidden..(place + 1) * hidden;
            let pooled: Vec<f32> =
                rows.iter().flat_map(|(place, _)| &of_batch[vector(*place)]).copied().collect();
            let mask = self.mask(head, &rows, hidden, dropout);
            let loss = self.of(head, &rows, &pooled, Some(mask))?;
            let mut of_pooled = vec![0.0; of_batch.len()];
            for ((place, _), from) in rows.iter().zip(loss.pooled.chunks_exact(hidden)) {
                of_pooled[vector(*place)].copy_from_slice(from);
            }
            add(pooling, &of_pooled);
            value += loss.value;
        }
        if let Some(near) = &learning.near {
            let near: Vec<&[f32]> = batch.0.iter().map(|visit| near.of(visit.text)).collect();
            let (apart, pull) = distil::loss(&pass.pool(Pooling::Mean), &near, distil * self.share);
            add(Pooling::Mean, &pull);
            value += apart;
        }
        learning.trunk.backward(&pass, &gradient, &mut learning.gradients)?;
        Ok((value, pass.tokens()))
    }

    /// The factors of the output layer's inputs.
    fn mask(&self, head: usize, rows: &[(usize, usize)], hidden: usize, dropout: Dropout) -> Vec<f32> {
        let width = self.heads[head].width(hidden);
        let mut mask = vec![1.0; width * rows.len()];
        // The trunk's places are counted from 0.
        let before_output = dropout.at((usize::MAX >> 1) + head);
        let of_rows = mask.chunks_exact_mut(width).zip(rows);
        of_rows.for_each(|(mask, (place, _))| before_output.apply(*place, mask));
        mask
    }
}
