//! The domain of a head's texts, so that the engine can detect a text outside of it: the Mahalanobis
//! distance of the trunk's vector to the nearest class (Lee et al. 2018).

use super::head::NamedTensor;
use crate::model::bundle::DomainManifest;

/// Rows that the distance is fitted on, at most: more change nothing and cost their time.
pub(super) const MOST_ROWS: usize = 10_000;

/// The share of the validation rows that counts as outside.
const OUTSIDE: f64 = 0.01;

/// The shrinkage of the covariance to its mean variance: directions that hardly vary must not decide alone.
const SHRINKAGE: f64 = 0.05;

/// Fits the distance to training vectors with their classes, and its limit to validation vectors, of which
/// the share [`OUTSIDE`] is beyond it.
pub(super) fn fit(
    train: &[Vec<f32>],
    classes: &[usize],
    valid: &[Vec<f32>],
) -> Option<(DomainManifest, Vec<NamedTensor>)> {
    let width = train.first()?.len();
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for &class in classes {
        *counts.entry(class).or_default() += 1;
    }
    let places: std::collections::BTreeMap<usize, usize> =
        counts.keys().enumerate().map(|(place, &class)| (class, place)).collect();
    let mut centres = vec![vec![0.0f64; width]; counts.len()];
    for (row, class) in train.iter().zip(classes) {
        let share = 1.0 / counts[class] as f64;
        centres[places[class]].iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x) * share);
    }
    let mut covariance = vec![0.0f64; width * width];
    let mut centred = vec![0.0f64; width];
    for (row, class) in train.iter().zip(classes) {
        let centre = &centres[places[class]];
        centred.iter_mut().zip(row.iter().zip(centre)).for_each(|(to, (x, mean))| *to = f64::from(*x) - mean);
        for (i, &a) in centred.iter().enumerate() {
            let of_row = &mut covariance[i * width..][..=i];
            of_row.iter_mut().zip(&centred).for_each(|(sum, b)| *sum += a * b);
        }
    }
    for value in &mut covariance {
        *value /= train.len() as f64;
    }
    let mean = (0..width).map(|i| covariance[i * width + i]).sum::<f64>() / width as f64;
    for i in 0..width {
        for j in 0..=i {
            covariance[i * width + j] *= 1.0 - SHRINKAGE;
        }
        covariance[i * width + i] += SHRINKAGE * mean + 1e-9;
    }
    let whiten = inverse_of_lower(&cholesky(covariance, width)?, width);
    let whitened = |row: &[f64]| -> Vec<f32> {
        let value = |(i, weights): (usize, &[f64])| {
            weights[..=i].iter().zip(row).map(|(w, x)| w * x).sum::<f64>() as f32
        };
        whiten.chunks_exact(width).enumerate().map(value).collect()
    };
    let means: Vec<Vec<f32>> = centres.iter().map(|centre| whitened(centre)).collect();
    let lengths: Vec<f32> = means.iter().map(|m| -m.iter().map(|v| v * v).sum::<f32>() / 2.0).collect();
    let distance = |row: &Vec<f32>| -> f32 {
        let z = whitened(&row.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
        let to = |mean: &Vec<f32>| mean.iter().zip(&z).map(|(m, z)| (z - m) * (z - m)).sum::<f32>();
        means.iter().map(to).fold(f32::INFINITY, f32::min)
    };
    let mut distances: Vec<f32> = valid.iter().map(distance).collect();
    distances.sort_by(f32::total_cmp);
    let limit = distances[(((distances.len() - 1) as f64) * (1.0 - OUTSIDE)).ceil() as usize];
    let tensors = vec![
        ("domain.dense.weight".into(), vec![width, width], whiten.iter().map(|w| *w as f32).collect()),
        ("domain.dense.bias".into(), vec![width], vec![0.0; width]),
        ("domain.output.weight".into(), vec![means.len(), width], means.concat()),
        ("domain.output.bias".into(), vec![means.len()], lengths),
    ];
    Some((DomainManifest { centres: means.len(), limit }, tensors))
}

/// The lower factor L of a positive definite matrix L Lᵀ, of which the lower half is read; `None` where it is
/// none.
fn cholesky(mut matrix: Vec<f64>, width: usize) -> Option<Vec<f64>> {
    for i in 0..width {
        for j in 0..=i {
            let (a, b) = (&matrix[i * width..i * width + j], &matrix[j * width..j * width + j]);
            let sum = matrix[i * width + j] - a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
            matrix[i * width + j] = if i == j {
                if sum <= 0.0 {
                    return None;
                }
                sum.sqrt()
            } else {
                sum / matrix[j * width + j]
            };
        }
        matrix[i * width + i + 1..(i + 1) * width].fill(0.0);
    }
    Some(matrix)
}

/// The inverse of a lower triangular matrix, by forward substitution.
fn inverse_of_lower(lower: &[f64], width: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; width * width];
    for i in 0..width {
        let mut row = vec![0.0; width];
        row[i] = 1.0;
        for k in 0..i {
            let factor = lower[i * width + k];
            let above = &inverse[k * width..][..=k];
            row.iter_mut().zip(above).for_each(|(to, x)| *to -= factor * x);
        }
        let diagonal = lower[i * width + i];
        inverse[i * width..(i + 1) * width].iter_mut().zip(row).for_each(|(to, x)| *to = x / diagonal);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::super::task::normal;
    use super::*;

    /// Of vectors whose whitened coordinates are independent and normal, the squared distance to their centre
    /// is the sum of as many squares.
    #[test]
    fn distances_are_those_of_the_whitened_space() {
        let mut random = StdRng::seed_from_u64(1);
        let mut row = |shift: f32| -> Vec<f32> {
            let z: Vec<f32> = (0..6).map(|_| normal(&mut random)).collect();
            // Correlated, of different spreads.
            (0..6).map(|i| shift + z[..=i].iter().sum::<f32>() * [1.0, 0.8, 0.6, 0.8, 1.0, 1.2][i]).collect()
        };
        let classes: Vec<usize> = (0..4000).map(|i| i % 2).collect();
        let train: Vec<_> = classes.iter().map(|&class| row(if class == 0 { 0.0 } else { 500.0 })).collect();
        let valid: Vec<_> = (0..2000).map(|i| row(if i % 2 == 0 { 0.0 } else { 500.0 })).collect();
        let (domain, tensors) = fit(&train, &classes, &valid).unwrap();
        assert_eq!(domain.centres, 2);
        // The 99th percentile of chi-squared with six degrees of freedom is 16.8; shrinkage makes it smaller.
        assert!((8.0..20.0).contains(&domain.limit), "{}", domain.limit);
        assert_eq!(tensors[0].1, [6, 6]);
        assert!(fit(&train[..0], &[], &valid).is_none());
    }
}
