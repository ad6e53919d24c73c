//! Standard scores of a frozen trunk's vectors; folded into the head's first layer when it is exported.

/// The mean and standard deviation of each column.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Scale {
    pub(super) fn of(rows: &[Vec<f32>]) -> Self {
        let n = rows.len() as f64;
        let width = rows.first().map_or(0, Vec::len);
        let (mut sum, mut squares) = (vec![0.0f64; width], vec![0.0f64; width]);
        for row in rows {
            for ((&x, sum), squares) in row.iter().zip(&mut sum).zip(&mut squares) {
                *sum += f64::from(x);
                *squares += f64::from(x) * f64::from(x);
            }
        }
        let moments = sum.iter().zip(&squares).map(|(sum, squares)| {
            let mean = sum / n;
            (mean as f32, ((squares / n - mean * mean).max(0.0).sqrt().max(1e-6)) as f32)
        });
        let (mean, deviation) = moments.unzip();
        Self { mean, deviation }
    }

    pub(super) fn apply(&self, row: &mut [f32]) {
        for ((x, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *x = (*x - mean) / deviation;
        }
    }

    /// The weight `[outputs][columns]` and bias of a layer for rows that were not scaled.
    pub(super) fn fold(&self, weight: &mut [f32], bias: &mut [f32]) {
        for (row, bias) in weight.chunks_exact_mut(self.mean.len()).zip(bias) {
            let mut shift = 0.0;
            for ((w, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *w /= deviation;
                shift += f64::from(*w) * f64::from(*mean);
            }
            *bias = (f64::from(*bias) - shift) as f32;
        }
    }
}
