//! A head on the CPU's serving path, in float32.

use super::HeadSpec;
use crate::Result;
use crate::encoder::{HiddenStates, Pooling};
use crate::kernels::layout::Lane;
use crate::kernels::linear::{Epilogue, PackedLinear, Precision};
use crate::kernels::rows::Norm;
use crate::kernels::simd::LANES;
use crate::kernels::{Isa, RowMajor, few};
use crate::weights::Weights;

/// A head whose weights are packed for the kernels.
#[derive(Debug)]
pub(crate) struct PackedHead {
    pooling: Pooling,
    hidden: usize,
    dense: Option<PackedDense>,
    output: PackedLinear,
    logits: usize,
    squared_length: bool,
}

#[derive(Debug)]
struct PackedDense {
    linear: PackedLinear,
    epilogue: Epilogue<'static>,
    norm: Option<Norm>,
}

impl PackedHead {
    pub(crate) fn load(spec: &HeadSpec, hidden: usize, weights: &Weights) -> Result<Self> {
        let pack = |name: &str, inputs, outputs, has_bias| {
            let layer = RowMajor::load(weights, name, inputs, outputs, has_bias)?;
            Ok::<_, crate::ModelError>(layer.pack(Precision::F32, |_| 1.0))
        };
        let mut width = hidden;
        let mut dense = None;
        if let Some(spec) = &spec.dense {
            let norm = |norm: &super::HeadNorm| {
                let [weight, bias] = norm.values(spec.width, weights)?;
                Ok::<_, crate::ModelError>(Norm::new([&weight, &bias], norm.eps))
            };
            dense = Some(PackedDense {
                linear: pack(&spec.name, width, spec.width, spec.bias)?,
                epilogue: spec.activation.map_or(Epilogue::Nothing, Epilogue::from),
                norm: spec.norm.as_ref().map(norm).transpose()?,
            });
            width = spec.width;
        }
        let output = pack(&spec.output, width, spec.logits, true)?;
        let squared_length = spec.squared_length;
        Ok(Self { pooling: spec.pooling, hidden, dense, output, logits: spec.logits, squared_length })
    }

    pub(crate) fn logits(&self) -> usize {
        self.logits
    }

    /// The logits of each sequence, with the squared length where the head has it.
    pub(crate) fn forward(&self, isa: Isa, hidden: &dyn HiddenStates) -> Result<Vec<Vec<f32>>> {
        let pooled = hidden.pool(self.pooling)?;
        let sequences = pooled.len();
        // Activations are bounded: they would make numbers of what is none.
        let is_number: Vec<bool> = pooled.iter().map(|row| row.iter().all(|v| v.is_finite())).collect();
        let mut states: Vec<Lane> = few::by_columns(&pooled.concat(), sequences, self.hidden);
        if let Some(PackedDense { linear, epilogue, norm }) = &self.dense {
            states = few::linear(isa, linear, *epilogue, sequences, &states);
            if let Some(norm) = norm {
                states = few::norm(isa, norm, sequences, &states);
            }
        }
        let output = few::linear(isa, &self.output, Epilogue::Nothing, sequences, &states);
        let logit = |row: usize, at: usize| {
            if is_number[row] { output[at / LANES * sequences + row][at % LANES] } else { f32::NAN }
        };
        let squared = |row: usize| -> f32 {
            // The padding is zero.
            states.iter().skip(row).step_by(sequences).flatten().map(|value| value * value).sum()
        };
        let of_row = |row: usize| {
            let logits = (0..self.logits).map(|at| logit(row, at));
            logits.chain(self.squared_length.then(|| squared(row))).collect()
        };
        Ok((0..sequences).map(of_row).collect())
    }
}
