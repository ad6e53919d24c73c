//! The lowest place of a function with one valley.

use std::collections::VecDeque;

/// Steps whose curvature is remembered.
const MEMORY: usize = 10;
/// Steps, at most.
const STEPS: usize = 500;
/// The part of the value that a step must promise to be worth it.
const WORTH: f64 = 1e-12;

/// The argument between `low` and `high` where a function of one valley is lowest (Kiefer 1953).
pub(super) fn golden_section(mut low: f64, mut high: f64, loss: &dyn Fn(f64) -> f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..48 {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    f64::midpoint(low, high)
}

/// A convex function's value and gradient.
type Objective<'a> = &'a dyn Fn(&[f64]) -> (f64, Vec<f64>);

/// L-BFGS (Liu & Nocedal 1989) with steps halved until the function falls enough (Armijo 1966). The
/// result is never higher than the start.
pub(super) fn minimize(start: &[f64], objective: Objective<'_>) -> Vec<f64> {
    let mut place = start.to_vec();
    let (mut value, mut slope) = objective(&place);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for _ in 0..STEPS {
        let step = direction(&slope, &memory);
        let fall = dot(&step, &slope);
        if -fall <= WORTH * value.abs().max(1.0) {
            break;
        }
        let mut length = 1.0;
        let next = loop {
            let next: Vec<f64> = place.iter().zip(&step).map(|(x, step)| x + length * step).collect();
            let (lower, slope) = objective(&next);
            if lower <= value + 1e-4 * length * fall {
                break Some((next, lower, slope));
            }
            length /= 2.0;
            if length < 1e-12 {
                break None;
            }
        };
        let Some((next, lower, next_slope)) = next else { break };
        let moved: Vec<f64> = next.iter().zip(&place).map(|(a, b)| a - b).collect();
        let bent: Vec<f64> = next_slope.iter().zip(&slope).map(|(a, b)| a - b).collect();
        if dot(&moved, &bent) > 1e-12 * dot(&moved, &moved) {
            memory.push_back((moved, bent));
            if memory.len() > MEMORY {
                memory.pop_front();
            }
        }
        (place, value, slope) = (next, lower, next_slope);
    }
    place
}

/// Minus the slope, times what the remembered steps say of the inverse curvature (the two-loop recursion).
fn direction(slope: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut step: Vec<f64> = slope.iter().map(|slope| -slope).collect();
    let add = |to: &mut [f64], factor: f64, of: &[f64]| {
        to.iter_mut().zip(of).for_each(|(to, of)| *to += factor * of);
    };
    let mut factors = Vec::with_capacity(memory.len());
    for (moved, bent) in memory.iter().rev() {
        let factor = dot(moved, &step) / dot(moved, bent);
        add(&mut step, -factor, bent);
        factors.push(factor);
    }
    // Without a memory, a step of length 1 at most.
    let scale = match memory.back() {
        Some((moved, bent)) => dot(moved, bent) / dot(bent, bent),
        None => 1.0 / dot(slope, slope).sqrt().max(1.0),
    };
    for step in &mut step {
        *step *= scale;
    }
    for ((moved, bent), factor) in memory.iter().zip(factors.into_iter().rev()) {
        let correction = factor - dot(bent, &step) / dot(moved, bent);
        add(&mut step, correction, moved);
    }
    step
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
