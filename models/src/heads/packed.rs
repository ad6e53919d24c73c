//! A head on the CPU's serving path, in float32.

use super::{HeadSpec, NonLinearity};
use crate::Result;
use crate::encoder::{HiddenStates, Pooling};
use crate::kernels::layout::{Lane, Lanes, panels};
use crate::kernels::linear::{Epilogue, Packed, PackedLinear, Precision};
use crate::kernels::simd::{Kernel, LANES, Program, Simd};
use crate::kernels::{Isa, RowMajor};
use crate::weights::Weights;

/// A head whose weights are packed for the kernels.
#[derive(Debug)]
pub(crate) struct PackedHead {
    pooling: Pooling,
    hidden: usize,
    dense: Option<(PackedLinear, NonLinearity)>,
    output: PackedLinear,
    logits: usize,
    squared_length: bool,
}

impl PackedHead {
    pub(crate) fn load(spec: &HeadSpec, hidden: usize, weights: &Weights) -> Result<Self> {
        let pack = |name: &str, inputs, outputs| {
            Ok::<_, crate::ModelError>(
                RowMajor::load(weights, name, inputs, outputs)?.pack(Precision::F32, |_| 1.0),
            )
        };
        let mut width = hidden;
        let mut dense = None;
        if let Some((name, wide, epilogue)) = &spec.dense {
            dense = Some((pack(name, width, *wide)?, *epilogue));
            width = *wide;
        }
        let output = pack(&spec.output, width, spec.logits)?;
        let squared_length = spec.squared_length;
        Ok(Self { pooling: spec.pooling, hidden, dense, output, logits: spec.logits, squared_length })
    }

    pub(crate) fn logits(&self) -> usize {
        self.logits
    }

    /// The logits of each sequence, with the squared length where the head has it.
    pub(crate) fn forward(&self, isa: Isa, hidden: &dyn HiddenStates) -> Result<Vec<Vec<f32>>> {
        let pooled = hidden.pool(self.pooling)?;
        let (sequences, width) = (pooled.len(), self.hidden);
        let lane = |at: usize| -> Lane {
            let (panel, row) = (at / sequences, at % sequences);
            let from = &pooled[row][panel * LANES..];
            std::array::from_fn(|lane| from.get(lane).copied().unwrap_or(0.0))
        };
        let mut states: Vec<Lane> = (0..panels(width) * sequences).map(lane).collect();
        if let Some((linear, epilogue)) = &self.dense {
            let epilogue = match epilogue {
                NonLinearity::Identity => Epilogue::Nothing,
                NonLinearity::Tanh => Epilogue::Tanh,
                NonLinearity::Relu => Epilogue::Relu,
            };
            states = isa.run(Dense { linear, epilogue, rows: sequences, from: &states });
        }
        let output = isa.run(Dense {
            linear: &self.output,
            epilogue: Epilogue::Nothing,
            rows: sequences,
            from: &states,
        });
        let logit = |row: usize, at: usize| output[at / LANES * sequences + row][at % LANES];
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

/// A linear layer of rows by columns.
#[derive(Clone, Copy)]
struct Dense<'a> {
    linear: &'a PackedLinear,
    epilogue: Epilogue<'a>,
    rows: usize,
    from: &'a [Lane],
}

impl Program for Dense<'_> {
    type Output = Vec<Lane>;

    fn run<S: Simd>(self, simd: S) -> Vec<Lane> {
        let mut to = vec![[0.0; LANES]; self.linear.outputs() * self.rows];
        simd.run(DenseInto { dense: self, to: &mut to });
        to
    }
}

struct DenseInto<'a> {
    dense: Dense<'a>,
    to: &'a mut [Lane],
}

impl<S: Simd> Kernel<S> for DenseInto<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, simd: S) {
        let Dense { linear, epilogue, rows, from } = self.dense;
        let input = Packed::F32 { lanes: Lanes::Columns(from), rows };
        linear.columns(simd, 0..linear.outputs(), rows, &input, epilogue, self.to);
    }
}
