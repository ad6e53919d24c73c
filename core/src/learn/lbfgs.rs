//! Limited-memory BFGS (Nocedal & Wright, Numerical Optimization, algorithms 7.4 and 7.5) for smooth convex
//! functions.

use std::collections::VecDeque;

/// A function's value and gradient at one place.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) value: f64,
    pub(crate) gradient: Vec<f64>,
}

/// Where the search ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Steps, at most.
    pub(crate) steps: usize,
    /// A step that gains less, as a share of the value, is the last.
    pub(crate) gain: f64,
}

/// Steps whose curvature is remembered.
const MEMORY: usize = 10;
/// The share of the gain that the slope promises which a step must bring (Armijo 1966).
const PROMISED: f64 = 1e-4;
const MAX_HALVINGS: usize = 40;

/// A step, the change of the gradient along it, and the inverse of their product.
struct Curvature {
    step: Vec<f64>,
    change: Vec<f64>,
    rho: f64,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `a + factor * b`.
fn along(a: &[f64], factor: f64, b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + factor * b).collect()
}

/// Returns a place where the function is about least, searched from `place`; its value there is never higher
/// than at `place`. An error of the objective ends the search.
pub(crate) fn minimize<E>(
    mut place: Vec<f64>,
    limits: Limits,
    objective: impl Fn(&[f64]) -> Result<Point, E>,
) -> Result<Vec<f64>, E> {
    let mut here = objective(&place)?;
    let mut memory = VecDeque::<Curvature>::new();
    for _ in 0..limits.steps {
        let direction = direction(&here.gradient, &memory);
        let slope = dot(&direction, &here.gradient);
        let mut length = 1.0;
        let mut halvings = 0;
        let (next_place, next) = loop {
            let next_place = along(&place, length, &direction);
            let next = objective(&next_place)?;
            if next.value <= here.value + PROMISED * length * slope {
                break (next_place, next);
            }
            halvings += 1;
            // Not even a tiny step helps: rounding is all that is left.
            if halvings > MAX_HALVINGS {
                return Ok(place);
            }
            length /= 2.0;
        };
        let (step, change) = (along(&next_place, -1.0, &place), along(&next.gradient, -1.0, &here.gradient));
        let product = dot(&step, &change);
        if product > 0.0 {
            memory.truncate(MEMORY - 1);
            memory.push_front(Curvature { step, change, rho: 1.0 / product });
        }
        let gain = here.value - next.value;
        (place, here) = (next_place, next);
        if gain <= limits.gain * here.value.abs() {
            break;
        }
    }
    Ok(place)
}

/// The two-loop recursion: minus the gradient times the inverse Hessian of the remembered steps.
fn direction(gradient: &[f64], memory: &VecDeque<Curvature>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for Curvature { step, change, rho } in memory {
        let share = rho * dot(step, &direction);
        direction = along(&direction, -share, change);
        shares.push(share);
    }
    let scale = match memory.front() {
        Some(last) => 1.0 / (last.rho * dot(&last.change, &last.change)),
        None => 1.0 / dot(gradient, gradient).sqrt().max(1.0),
    };
    for value in &mut direction {
        *value *= scale;
    }
    for (Curvature { step, change, rho }, share) in memory.iter().zip(shares).rev() {
        direction = along(&direction, share - rho * dot(change, &direction), step);
    }
    direction
}
