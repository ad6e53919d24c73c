//! Standard scores of feature vectors.

/// The mean and standard deviation of each column.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Scale {
    pub(crate) fn of<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone) -> Self {
        let count = rows.clone().count() as f64;
        let width = rows.clone().next().map_or(0, <[f32]>::len);
        let (mut mean, mut variance) = (vec![0.0f64; width], vec![0.0f64; width]);
        for row in rows.clone() {
            mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += f64::from(*x) / count);
        }
        for row in rows {
            for ((sum, mean), x) in variance.iter_mut().zip(&mean).zip(row) {
                *sum += (f64::from(*x) - mean).powi(2) / count;
            }
        }
        // A column that never varies stays at 0.
        let deviation = |sum: f64| if sum > 1e-12 { sum.sqrt() as f32 } else { 1.0 };
        Self {
            mean: mean.into_iter().map(|mean| mean as f32).collect(),
            deviation: variance.into_iter().map(deviation).collect(),
        }
    }

    /// The number of columns.
    pub(crate) fn width(&self) -> usize {
        self.mean.len()
    }

    pub(crate) fn apply(&self, row: &mut [f32]) {
        for ((x, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
            *x = (*x - mean) / deviation;
        }
    }

    /// The weight `[outputs][columns]` and bias of a layer for rows that were not scaled.
    pub(crate) fn fold(&self, weight: &mut [f32], bias: &mut [f32]) {
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
