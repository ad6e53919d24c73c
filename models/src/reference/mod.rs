//! The networks on candle in float32: the path for accelerators, and the oracle that the packed path is
//! compared with.
//!
//! candle's types stay inside of this module: a caller sees [`Device`] and plain values.

mod attention;
mod encoder;
mod head;
mod linear;

use candle_core::Tensor;

pub use encoder::ReferenceEncoder;
pub(crate) use head::Head;

use crate::encoder::{HiddenStates, Pooling};
use crate::weights::Weights;
use crate::{ModelError, Result};

/// A device that candle computes on.
#[derive(Debug, Clone)]
pub struct Device(candle_core::Device);

impl Device {
    /// Returns the CPU.
    pub fn cpu() -> Self {
        Self(candle_core::Device::Cpu)
    }

    /// Opens the CUDA device of this number, from 0.
    ///
    /// # Errors
    /// [`ModelError::Compute`] where this build has no CUDA or the machine no such device.
    pub fn cuda(ordinal: usize) -> Result<Self> {
        Ok(Self(candle_core::Device::new_cuda(ordinal)?))
    }

    /// Opens Apple's GPU.
    ///
    /// # Errors
    /// [`ModelError::Compute`] where this build has no Metal or the machine no such device.
    pub fn metal() -> Result<Self> {
        Ok(Self(candle_core::Device::new_metal(0)?))
    }
}

/// The hidden states of sequences that were padded to the longest.
#[derive(Debug)]
struct PaddedStates {
    /// `[batch, longest, hidden]`; positions past a sequence's end hold no meaning.
    states: Tensor,
    /// `[batch, longest, 1]`: 1 for a token, 0 past the end.
    mask: Tensor,
}

impl HiddenStates for PaddedStates {
    fn pool(&self, pooling: Pooling) -> Result<Vec<Vec<f32>>> {
        let pooled = match pooling {
            Pooling::Cls => self.states.narrow(1, 0, 1)?.squeeze(1)?,
            Pooling::Mean => {
                let sum = self.states.broadcast_mul(&self.mask)?.sum(1)?;
                sum.broadcast_div(&self.mask.sum(1)?)?
            }
        };
        Ok(pooled.to_vec2()?)
    }
}

/// One tensor of a checkpoint as float32 on `device`.
fn tensor(weights: &Weights, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
    Ok(Tensor::from_vec(weights.values(name, shape)?, shape, &device.0)?)
}

impl From<candle_core::Error> for ModelError {
    fn from(error: candle_core::Error) -> Self {
        Self::Compute(error.to_string())
    }
}
