//! Work apart from requests: examining rows, training heads and trunks, calibrating and evaluating them, and
//! learning a policy's route weights from outcomes.

#[cfg(feature = "train")]
mod calibrate;
#[cfg(feature = "train")]
pub mod doctor;
pub mod evaluate;
#[cfg(feature = "train")]
mod lbfgs;
#[cfg(feature = "train")]
pub mod outcomes;
#[cfg(feature = "train")]
mod scale;
#[cfg(feature = "train")]
pub mod train;

/// The error of a computation on candle's tensors.
#[cfg(feature = "train")]
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn compute(error: candle_core::Error) -> crate::Error {
    frontdesk_models::ModelError::Compute(error.to_string()).into()
}
