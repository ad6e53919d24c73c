//! Tokenized tickets that wait, and which of them go into the next batch.

use std::collections::VecDeque;
use std::sync::Arc;

use super::call::Call;
use crate::Usage;
use crate::model::batch::{TOKEN_BUDGET, fitting};
use crate::model::forward::HeadOutputs;
use crate::model::tokenize::Encoding;

/// Where a shorter text is padded to the longest of its batch: under this share of it, it waits for a batch
/// of its own kind.
const LEAST_FILL: f32 = 0.7;

/// One tokenized ticket.
#[derive(Debug)]
pub(crate) struct QueuedRow {
    pub(crate) index: usize,
    pub(crate) usage: Usage,
    /// See [`crate::pipeline::Pipeline::work`].
    pub(crate) work: u64,
    /// One for each model on its way.
    pub(crate) encodings: Vec<Encoding>,
    /// Of the models that have run.
    pub(crate) logits: Vec<HeadOutputs>,
}

impl QueuedRow {
    /// The ids that the next model reads.
    pub(crate) fn ids(&self) -> &[u32] {
        &self.encodings[self.logits.len()].ids
    }
}

/// A call's waiting rows: in their order, or shortest first where the encoder pads.
#[derive(Debug)]
struct Waiting {
    call: Arc<Call>,
    rows: Vec<QueuedRow>,
}

/// Rows for one model, by call, the oldest call first. Batches begin with rows of the oldest call and of the
/// one with the least work left, alternately: what was begun is finished before its deadline, and a caller
/// with one message does not wait for another's thousands.
#[derive(Debug)]
pub(crate) struct ModelQueue {
    pads: bool,
    calls: VecDeque<Waiting>,
    /// Whether the next batch is the least call's.
    least: bool,
}

/// Rows of one forward pass, each with its call.
pub(crate) type Picked = Vec<(Arc<Call>, QueuedRow)>;

impl ModelQueue {
    /// For a model that pads, or does not.
    pub(crate) fn new(pads: bool) -> Self {
        Self { pads, calls: VecDeque::new(), least: false }
    }

    pub(crate) fn push(&mut self, call: &Arc<Call>, mut rows: Vec<QueuedRow>) {
        if rows.is_empty() {
            return;
        }
        // Most calls have one ticket, and are not looked for.
        let known =
            (call.rows > 1).then(|| self.calls.iter_mut().find(|waiting| Arc::ptr_eq(&waiting.call, call)));
        call.entered_queue(rows.len());
        let waiting = if let Some(Some(waiting)) = known {
            waiting.rows.append(&mut rows);
            waiting
        } else {
            let at = self.calls.partition_point(|waiting| waiting.call.submitted <= call.submitted);
            self.calls.insert(at, Waiting { call: Arc::clone(call), rows });
            &mut self.calls[at]
        };
        if self.pads {
            waiting.rows.sort_by_key(|row| row.ids().len());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(crate) fn rows(&self) -> usize {
        self.calls.iter().map(|waiting| waiting.rows.len()).sum()
    }

    /// The work of the rows that wait, by call.
    pub(crate) fn work(&self) -> impl Iterator<Item = (&Arc<Call>, u64)> {
        self.calls.iter().map(|Waiting { call, rows }| (call, rows.iter().map(|row| row.work).sum()))
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Arc<Call>> {
        self.calls.iter().map(|waiting| &waiting.call)
    }

    /// Moves the calls that nobody waits for any more to `gone`.
    pub(crate) fn sweep(&mut self, gone: &mut Vec<Arc<Call>>) {
        self.calls.retain(|Waiting { call, rows }| {
            let wanted = call.is_wanted();
            if !wanted {
                call.left_lane(rows.len());
                gone.push(Arc::clone(call));
            }
            wanted
        });
    }

    /// The next batch; `None` where nothing waits.
    pub(crate) fn pick(&mut self) -> Option<Picked> {
        let first = if self.least { self.least_work()? } else { 0 };
        self.least = !self.least;
        let picked = if self.pads { self.pick_alike(first) } else { self.pick_next(first) }?;
        self.calls.retain(|waiting| !waiting.rows.is_empty());
        Some(picked)
    }

    /// The place of the call with the least work left, the oldest of several.
    fn least_work(&self) -> Option<usize> {
        (0..self.calls.len()).min_by_key(|&at| self.calls[at].call.work_left())
    }

    /// The places of the calls, `first` before all others.
    fn order(&self, first: usize) -> impl Iterator<Item = usize> + use<> {
        std::iter::once(first).chain((0..self.calls.len()).filter(move |at| *at != first))
    }

    /// Rows in their order, those of the call `first` before others, as many as fit.
    fn pick_next(&mut self, first: usize) -> Option<Picked> {
        let in_turn = self.order(first).filter_map(|at| self.calls.get(at));
        let lengths = in_turn.flat_map(|waiting| &waiting.rows).map(|row| row.ids().len());
        let mut most = fitting(lengths);
        let mut picked = Picked::with_capacity(most);
        for at in self.order(first) {
            if most == 0 {
                break;
            }
            let Some(Waiting { call, rows }) = self.calls.get_mut(at) else { break };
            let count = rows.len().min(most);
            most -= count;
            call.left_lane(count);
            picked.extend(rows.drain(..count).map(|row| (Arc::clone(call), row)));
        }
        (!picked.is_empty()).then_some(picked)
    }

    /// The longest rows of the call `first`, and rows of any call that are nearly as long.
    fn pick_alike(&mut self, first: usize) -> Option<Picked> {
        let longest = self.calls.get(first)?.rows.last()?.ids().len();
        let most = (TOKEN_BUDGET / longest.max(1)).max(1);
        let least = (longest as f32 * LEAST_FILL) as usize;
        let mut picked = Picked::new();
        for at in self.order(first) {
            let Some(Waiting { call, rows }) = self.calls.get_mut(at) else { break };
            let fits = rows.partition_point(|row| row.ids().len() <= longest);
            let near = rows[..fits].partition_point(|row| row.ids().len() < least);
            let start = near.max(fits.saturating_sub(most - picked.len()));
            call.left_lane(fits - start);
            picked.extend(rows.drain(start..fits).map(|row| (Arc::clone(call), row)));
            if picked.len() == most {
                break;
            }
        }
        Some(picked)
    }
}
