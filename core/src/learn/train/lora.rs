//! Low-rank adaptation (Hu et al. 2022): W + α/r · B A for the matrices of the layers. The sum is written
//! into the trunk before each pass, so that the passes know nothing of it, and the trunk is merged already at
//! the end.

use frontdesk_models::training::{Gradients, Trunk};
use rand::rngs::StdRng;
use rayon::prelude::*;

use super::task::normal;

/// The additions to one matrix `[outputs, inputs]` of a parameter.
#[derive(Debug, Clone)]
struct Adapter {
    parameter: usize,
    /// Where the matrix begins in the parameter.
    start: usize,
    inputs: usize,
    /// The matrix as it was.
    frozen: Vec<f32>,
}

/// All additions. Their arrays are A `[rank, inputs]`, then B `[outputs, rank]`, adapter after adapter.
#[derive(Debug, Clone)]
pub(super) struct Lora {
    adapters: Vec<Adapter>,
    rank: usize,
    scale: f32,
    pub(super) arrays: Vec<Vec<f32>>,
}

impl Lora {
    /// A random A and a B of zero, so that the start is the trunk as it is.
    pub(super) fn new(trunk: &Trunk, rank: usize, alpha: f64, random: &mut StdRng) -> Self {
        let mut lora =
            Self { adapters: Vec::new(), rank, scale: (alpha / rank as f64) as f32, arrays: Vec::new() };
        for (index, parameter) in
            trunk.parameters().iter().enumerate().filter(|(_, p)| p.decays && p.depth > 0)
        {
            let mut start = 0;
            for (_, shape) in &parameter.parts {
                let &[outputs, inputs] = shape.as_slice() else { continue };
                let size = outputs * inputs;
                let frozen = parameter.values[start..start + size].to_vec();
                lora.adapters.push(Adapter { parameter: index, start, inputs, frozen });
                let scale = (1.0 / inputs as f32).sqrt();
                lora.arrays.push((0..rank * inputs).map(|_| normal(random) * scale).collect());
                lora.arrays.push(vec![0.0; outputs * rank]);
                start += size;
            }
        }
        lora
    }

    /// Writes the sums into the trunk.
    pub(super) fn merge(&self, trunk: &mut Trunk) {
        for (adapter, arrays) in self.adapters.iter().zip(self.arrays.chunks_exact(2)) {
            let (a, b) = (&arrays[0], &arrays[1]);
            let range = adapter.start..adapter.start + adapter.frozen.len();
            let matrix = &mut trunk.parameters_mut()[adapter.parameter].values[range];
            let rows = matrix.par_chunks_mut(adapter.inputs).zip(adapter.frozen.par_chunks(adapter.inputs));
            rows.zip(b.par_chunks(self.rank)).for_each(|((row, frozen), b)| {
                row.copy_from_slice(frozen);
                for (b, a) in b.iter().zip(a.chunks_exact(adapter.inputs)) {
                    row.iter_mut().zip(a).for_each(|(sum, a)| *sum += self.scale * b * a);
                }
            });
        }
    }

    /// The gradients of the arrays from those of the matrices: A' = α/r Bᵀ W', B' = α/r W' Aᵀ.
    pub(super) fn gradients(&self, of: &Gradients) -> Vec<Vec<f32>> {
        let pair = |(adapter, arrays): (&Adapter, &[Vec<f32>])| {
            let (a, b) = (&arrays[0], &arrays[1]);
            let matrix = &of.dense[adapter.parameter][adapter.start..][..adapter.frozen.len()];
            let (mut of_a, mut of_b) = (vec![0.0; a.len()], vec![0.0; b.len()]);
            let rows = matrix.chunks_exact(adapter.inputs).zip(b.chunks_exact(self.rank));
            for ((row, b), of_b) in rows.zip(of_b.chunks_exact_mut(self.rank)) {
                let by_rank = of_a.chunks_exact_mut(adapter.inputs).zip(a.chunks_exact(adapter.inputs));
                for (((of_a, a), b), of_b) in by_rank.zip(b).zip(of_b) {
                    of_a.iter_mut().zip(row).for_each(|(sum, g)| *sum += self.scale * b * g);
                    *of_b = self.scale * row.iter().zip(a).map(|(g, a)| g * a).sum::<f32>();
                }
            }
            [of_a, of_b]
        };
        let pairs: Vec<[Vec<f32>; 2]> =
            self.adapters.par_iter().zip(self.arrays.par_chunks_exact(2)).map(pair).collect();
        pairs.into_iter().flatten().collect()
    }
}
