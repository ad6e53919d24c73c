//! AdamW (Loshchilov & Hutter 2019) over plain arrays, and the rate's schedule.

use std::collections::BTreeMap;

use rayon::prelude::*;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Values that one thread takes at a time.
const PART: usize = 1 << 14;

/// The first and second moments of one array's gradients; empty until its first step.
#[derive(Debug, Clone, Default)]
pub(super) struct Moments {
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
}

/// One step's numbers for one array.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// From 1.
    pub(super) number: usize,
    pub(super) rate: f64,
    pub(super) decay: f64,
    /// The factor that the gradients are multiplied by, to keep their norm in bounds.
    pub(super) shrink: f32,
}

impl Step {
    fn update(self, values: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32]) {
        let correction =
            |beta: f32| 1.0 - f64::from(beta).powi(i32::try_from(self.number).unwrap_or(i32::MAX));
        let rate = (self.rate / correction(BETA_1)) as f32;
        let spread = correction(BETA_2).sqrt() as f32;
        let keep = (1.0 - self.rate * self.decay) as f32;
        for (((value, m), v), g) in values.iter_mut().zip(first).zip(second).zip(gradient) {
            let g = g * self.shrink;
            *m = BETA_1 * *m + (1.0 - BETA_1) * g;
            *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
            *value = keep * *value - rate * *m / (v.sqrt() / spread + EPSILON);
        }
    }
}

impl Moments {
    fn ready(&mut self, size: usize) {
        self.first.resize(size, 0.0);
        self.second.resize(size, 0.0);
    }

    /// Moves all values.
    pub(super) fn step(&mut self, step: Step, values: &mut [f32], gradient: &[f32]) {
        self.ready(values.len());
        let parts = values.par_chunks_mut(PART).zip(self.first.par_chunks_mut(PART));
        let parts = parts.zip(self.second.par_chunks_mut(PART)).zip(gradient.par_chunks(PART));
        parts.for_each(|(((values, first), second), gradient)| step.update(values, first, second, gradient));
    }

    /// Moves the rows that have a gradient; the others, of words that did not occur, stay as they are,
    /// moments and all. A dense step spends most of its time on them.
    pub(super) fn step_rows(&mut self, step: Step, values: &mut [f32], rows: &BTreeMap<u32, Vec<f32>>) {
        self.ready(values.len());
        for (&row, gradient) in rows {
            let range = row as usize * gradient.len()..(row as usize + 1) * gradient.len();
            let (first, second) = (&mut self.first[range.clone()], &mut self.second[range.clone()]);
            step.update(&mut values[range], first, second, gradient);
        }
    }
}

/// The share of the peak rate at a step from 0: up in a line over the warm-up, then down in a line to 0.
pub(super) fn schedule(step: usize, steps: usize, warmup: f64) -> f64 {
    let (step, steps) = (step as f64, steps as f64);
    let rise = (steps * warmup).round();
    if step < rise { (step + 1.0) / (rise + 1.0) } else { (steps - step) / (steps - rise).max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PyTorch 2: `p = torch.nn.Parameter(torch.tensor([0.5, -1.0, 2.0]))`, `torch.optim.AdamW([p], lr=0.1,
    /// weight_decay=0.01)`, three steps with the gradients below.
    #[test]
    fn steps_are_pytorchs() {
        let mut values = vec![0.5f32, -1.0, 2.0];
        let mut moments = Moments::default();
        for (index, gradient) in [[0.1f32, -0.2, 0.3], [0.3, 0.1, -0.5], [-0.2, 0.4, 0.0]].iter().enumerate()
        {
            let step = Step { number: index + 1, rate: 0.1, decay: 0.01, shrink: 1.0 };
            moments.step(step, &mut values, gradient);
        }
        for (found, expected) in values.iter().zip(PYTORCH) {
            assert!((found - expected).abs() < 1e-6, "{values:?}");
        }
    }

    const PYTORCH: [f32; 3] = [0.281_224_7, -0.916_329, 1.946_225];

    #[test]
    fn the_rate_rises_and_falls_in_lines() {
        let schedule: Vec<f64> = (0..10).map(|step| schedule(step, 10, 0.2)).collect();
        assert!(
            schedule[0] < schedule[1] && schedule[1] < 1.0 && (schedule[2] - 1.0).abs() < 1e-9,
            "{schedule:?}"
        );
        assert!(
            schedule[2..].is_sorted_by(|a, b| a > b) && (schedule[9] - 0.125).abs() < 1e-9,
            "{schedule:?}"
        );
    }
}
