//! Ridge regression towards a prior, with lower bounds, by coordinate descent on the normal equations
//! (Friedman, Hastie & Tibshirani 2010).

/// `A = Σ w φ φᵀ / Σ w` and `b = Σ w φ y / Σ w` of rows that are added one by one: all that a least-squares
/// fit needs of them.
#[derive(Debug, Clone)]
pub(super) struct Normal {
    width: usize,
    /// Row by row.
    products: Vec<f64>,
    targets: Vec<f64>,
    /// `Σ w y²`.
    square: f64,
    weight: f64,
}

/// The prior of a parameter, before anything is learned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prior {
    pub(super) mean: f64,
    /// The strength of the prior that draws the parameter to its mean, as a multiple of the fit's penalty;
    /// 0: none.
    pub(super) pull: f64,
    pub(super) least: f64,
}

/// A sweep that moves no parameter further is the last; of parameters above 1, as a share of the largest:
/// nearer than its rounding none can come.
const SETTLED: f64 = 1e-10;
const MAX_SWEEPS: usize = 20_000;

impl Normal {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            products: vec![0.0; width * width],
            targets: vec![0.0; width],
            square: 0.0,
            weight: 0.0,
        }
    }

    /// Adds a row by its entries that are not 0: `(place, value)`.
    pub(super) fn add(&mut self, row: &[(usize, f64)], target: f64, weight: f64) {
        for &(i, a) in row {
            self.targets[i] += weight * a * target;
            for &(j, b) in row {
                self.products[i * self.width + j] += weight * a * b;
            }
        }
        self.square += weight * target * target;
        self.weight += weight;
    }

    /// These rows and those of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.products, &other.products);
        add(&mut self.targets, &other.targets);
        self.square += other.square;
        self.weight += other.weight;
    }

    /// The parameters with the least mean squared error plus `penalty` times the squared distance from the
    /// prior, none under its least value.
    pub(super) fn solve(&self, priors: &[Prior], penalty: f64) -> Vec<f64> {
        let mut place: Vec<f64> = priors.iter().map(|prior| prior.mean.max(prior.least)).collect();
        let scale = 1.0 / self.weight.max(f64::MIN_POSITIVE);
        // The slope of the error at the current place: A θ - b.
        let mut slope: Vec<f64> = (0..self.width)
            .map(|i| scale * (dot(&self.products[i * self.width..][..self.width], &place) - self.targets[i]))
            .collect();
        for _ in 0..MAX_SWEEPS {
            let mut moved = 0.0_f64;
            for i in 0..self.width {
                let pull = penalty * priors[i].pull;
                let curvature = scale * self.products[i * self.width + i] + pull;
                if curvature <= 0.0 {
                    continue;
                }
                let step = -(slope[i] + pull * (place[i] - priors[i].mean)) / curvature;
                let next = (place[i] + step).max(priors[i].least);
                let step = next - place[i];
                if step != 0.0 {
                    place[i] = next;
                    for (slope, product) in
                        slope.iter_mut().zip(&self.products[i * self.width..][..self.width])
                    {
                        *slope += scale * product * step;
                    }
                    moved = moved.max(step.abs());
                }
            }
            let largest = place.iter().fold(1.0_f64, |most, value| most.max(value.abs()));
            if moved < SETTLED * largest {
                break;
            }
        }
        place
    }

    /// The mean squared error of parameters on these rows.
    pub(super) fn error(&self, parameters: &[f64]) -> f64 {
        let quadratic: f64 = (0..self.width)
            .map(|i| parameters[i] * dot(&self.products[i * self.width..][..self.width], parameters))
            .sum();
        (self.square - 2.0 * dot(&self.targets, parameters) + quadratic) / self.weight.max(f64::MIN_POSITIVE)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
