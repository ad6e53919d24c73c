//! A head fitted to features by AdamW on candle's autograd.

use candle_core::{D, Device, Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};
use frontdesk_models::ModelError;
use frontdesk_models::heads::{Link, ordinal_level};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::features::Features;
use super::{Progress, TrainOptions, is_multi, normal};
use crate::{Error, ErrorKind, Result};

/// What to fit to.
pub(super) struct Data<'a> {
    pub(super) link: Link,
    pub(super) labels: usize,
    pub(super) train: (&'a Features, &'a [Vec<usize>]),
    pub(super) valid: (&'a Features, &'a [Vec<usize>]),
}

/// A tensor's name, shape and values.
pub(super) type NamedTensor = (String, Vec<usize>, Vec<f32>);

/// A fitted head.
pub(super) struct Fitted {
    /// `dense.weight`, `dense.bias`, `output.weight`, `output.bias` with shape and values, for features as they come.
    pub(super) tensors: Vec<NamedTensor>,
    pub(super) valid_logits: Vec<Vec<f32>>,
    /// Macro-F1, or minus the mean absolute error.
    pub(super) metric: f64,
    pub(super) epoch: usize,
}

/// Batches after which whoever waits is told of them, and may stop the work.
const TURN: usize = 64;

fn compute(error: candle_core::Error) -> Error {
    ModelError::from(error).into()
}

pub(super) fn fit(
    data: &Data<'_>,
    options: &TrainOptions,
    random: &mut StdRng,
    progress: &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<Fitted> {
    let scale = Scale::of(data.train.0);
    let train: Features = data.train.0.iter().map(|row| scale.apply(row)).collect();
    let valid =
        tensor(&data.valid.0.iter().map(|row| scale.apply(row)).collect::<Vec<_>>()).map_err(compute)?;
    let head = Head::new(data, scale.mean.len(), options.dense, random).map_err(compute)?;
    let params =
        ParamsAdamW { lr: options.learning_rate, weight_decay: options.weight_decay, ..Default::default() };
    let mut optimizer = AdamW::new(head.variables(), params).map_err(compute)?;

    let mut order: Vec<usize> = (0..train.len()).collect();
    let total = order.len().div_ceil(options.batch);
    let steps = total * options.epochs;
    let (mut step, mut stale) = (0usize, 0);
    let mut best: Option<Fitted> = None;
    for epoch in 1..=options.epochs {
        order.shuffle(random);
        let mut sum = 0.0;
        for (done, rows) in order.chunks(options.batch).enumerate() {
            if done % TURN == 0 {
                progress(Progress::Steps { epoch, epochs: options.epochs, done, total })?;
            }
            optimizer.set_learning_rate(options.learning_rate * (1.0 - step as f64 / steps as f64));
            step += 1;
            let features = dropped(&train, rows, options.dropout, random);
            let targets: Vec<&[usize]> = rows.iter().map(|&row| data.train.1[row].as_slice()).collect();
            let mut run = || -> candle_core::Result<f32> {
                let loss = head.loss(&tensor(&features)?, &targets)?;
                optimizer.backward_step(&loss)?;
                loss.to_scalar::<f32>()
            };
            let loss = run().map_err(compute)?;
            if !loss.is_finite() {
                let message = format!("the loss is {loss} at step {step}; a lower learning rate may help");
                return Err(Error::new(ErrorKind::DataInvalid, message));
            }
            sum += f64::from(loss) * rows.len() as f64;
        }
        let logits = head.logits(&valid).and_then(|t| t.to_vec2::<f32>()).map_err(compute)?;
        let metric = metric(data, &logits);
        progress(Progress::Epoch {
            epoch,
            epochs: options.epochs,
            loss: sum / order.len() as f64,
            metric: metric.abs(),
        })?;
        if best.as_ref().is_none_or(|best| metric > best.metric) {
            let tensors = head.export(&scale).map_err(compute)?;
            best = Some(Fitted { tensors, valid_logits: logits, metric, epoch });
            stale = 0;
        } else {
            stale += 1;
            if stale >= options.patience {
                break;
            }
        }
    }
    best.ok_or_else(|| Error::new(ErrorKind::Internal, "training ended without an epoch"))
}

/// The features' mean and standard deviation; folded into the first layer when the head is exported.
struct Scale {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Scale {
    fn of(rows: &Features) -> Self {
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

    fn apply(&self, row: &[f32]) -> Vec<f32> {
        row.iter()
            .zip(&self.mean)
            .zip(&self.deviation)
            .map(|((x, mean), deviation)| (x - mean) / deviation)
            .collect()
    }
}

fn tensor(rows: &Features) -> candle_core::Result<Tensor> {
    let width = rows.first().map_or(0, Vec::len);
    Tensor::from_vec(rows.concat(), (rows.len(), width), &Device::Cpu)
}

/// The chosen rows with a share of their features set to 0 and the rest scaled up (Srivastava et al. 2014).
fn dropped(rows: &Features, chosen: &[usize], share: f64, random: &mut StdRng) -> Features {
    let keep = (1.0 / (1.0 - share)) as f32;
    let drop = |x: &f32, random: &mut StdRng| {
        if share > 0.0 && random.random::<f64>() < share { 0.0 } else { x * keep }
    };
    chosen.iter().map(|&row| rows[row].iter().map(|x| drop(x, random)).collect()).collect()
}

/// The trained parameters. An ordinal output is one weight vector and falling thresholds.
struct Head {
    link: Link,
    labels: usize,
    dense: Option<(Var, Var)>,
    weight: Var,
    bias: Var,
    /// Ordinal: b₀ is `bias`, bₖ = bₖ₋₁ - softplus(gapₖ), so the thresholds never cross.
    gaps: Option<Var>,
}

impl Head {
    fn new(
        data: &Data<'_>,
        hidden: usize,
        dense: Option<usize>,
        random: &mut StdRng,
    ) -> candle_core::Result<Self> {
        let mut weights = |rows: usize, columns: usize| {
            let scale = (1.0 / columns as f32).sqrt();
            let values: Vec<f32> = (0..rows * columns).map(|_| normal(random) * scale).collect();
            Var::from_vec(values, (rows, columns), &Device::Cpu)
        };
        let zeros = |n: usize| Var::from_vec(vec![0.0f32; n], n, &Device::Cpu);
        let dense = dense
            .map(|width| Ok::<_, candle_core::Error>((weights(width, hidden)?, zeros(width)?)))
            .transpose()?;
        let width = dense.as_ref().map_or(Ok(hidden), |(weight, _)| weight.dim(0))?;
        let ordinal = data.link == Link::Ordinal;
        let rows = if ordinal { 1 } else { data.labels };
        let gaps = ordinal.then(|| zeros(data.labels - 2)).transpose()?;
        Ok(Self {
            link: data.link,
            labels: data.labels,
            dense,
            weight: weights(rows, width)?,
            bias: zeros(rows)?,
            gaps,
        })
    }

    fn variables(&self) -> Vec<Var> {
        let dense = self.dense.iter().flat_map(|(weight, bias)| [weight.clone(), bias.clone()]);
        dense.chain([self.weight.clone(), self.bias.clone()]).chain(self.gaps.clone()).collect()
    }

    /// The thresholds of an ordinal output, falling: `[labels - 1]`.
    fn thresholds(&self, gaps: &Var) -> candle_core::Result<Tensor> {
        let count = self.labels - 2;
        let softplus = (gaps.exp()? + 1.0)?.log()?.reshape((1, count))?;
        let below: Vec<f32> =
            (0..count).flat_map(|i| (0..=count).map(move |k| if k > i { 1.0 } else { 0.0 })).collect();
        let below = Tensor::from_vec(below, (count, count + 1), &Device::Cpu)?;
        self.bias.broadcast_sub(&softplus.matmul(&below)?.squeeze(0)?)
    }

    fn logits(&self, features: &Tensor) -> candle_core::Result<Tensor> {
        let hidden = match &self.dense {
            None => features.clone(),
            Some((weight, bias)) => features.matmul(&weight.t()?)?.broadcast_add(bias)?.relu()?,
        };
        let scores = hidden.matmul(&self.weight.t()?)?;
        match &self.gaps {
            None => scores.broadcast_add(&self.bias),
            Some(gaps) => scores.broadcast_add(&self.thresholds(gaps)?),
        }
    }

    /// Cross-entropy; for sigmoids and ordinal thresholds, the mean binary cross-entropy.
    fn loss(&self, features: &Tensor, targets: &[&[usize]]) -> candle_core::Result<Tensor> {
        let logits = self.logits(features)?;
        let first = |target: &&[usize]| target.first().copied().unwrap_or(0);
        if self.link == Link::Softmax {
            let targets: Vec<u32> = targets.iter().map(|target| first(target) as u32).collect();
            return candle_nn::loss::cross_entropy(&logits, &Tensor::new(targets, &Device::Cpu)?);
        }
        let columns = logits.dim(D::Minus1)?;
        let holds = |target: &&[usize], column: usize| match self.link {
            Link::Ordinal => first(target) > column,
            _ => target.contains(&column),
        };
        let truth: Vec<f32> = targets
            .iter()
            .flat_map(|t| (0..columns).map(move |c| if holds(t, c) { 1.0 } else { 0.0 }))
            .collect();
        let truth = Tensor::from_vec(truth, (targets.len(), columns), &Device::Cpu)?;
        // max(x, 0) - x t + ln(1 + exp(-|x|)): no overflow for any logit.
        let tail = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
        ((logits.relu()? - (&logits * truth)?)? + tail)?.mean_all()
    }

    /// Tensors for features that were not scaled: W' = W / σ, b' = b - W (μ / σ).
    fn export(&self, scale: &Scale) -> candle_core::Result<Vec<NamedTensor>> {
        let rows = self.labels - usize::from(self.gaps.is_some());
        let bias = match &self.gaps {
            None => self.bias.as_tensor().clone(),
            Some(gaps) => self.thresholds(gaps)?,
        };
        let output = (
            self.weight.broadcast_as((rows, self.weight.dim(1)?))?.to_vec2::<f32>()?,
            bias.to_vec1::<f32>()?,
        );
        let mut layers = Vec::new();
        match &self.dense {
            None => layers.push(("output", scale.fold(output))),
            Some((weight, bias)) => {
                layers.push(("dense", scale.fold((weight.to_vec2()?, bias.to_vec1()?))));
                layers.push(("output", output));
            }
        }
        let tensors = layers.into_iter().flat_map(|(name, (weight, bias))| {
            let shape = vec![weight.len(), weight.first().map_or(0, Vec::len)];
            [
                (format!("{name}.weight"), shape, weight.concat()),
                (format!("{name}.bias"), vec![bias.len()], bias),
            ]
        });
        Ok(tensors.collect())
    }
}

impl Scale {
    fn fold(&self, (weight, bias): (Vec<Vec<f32>>, Vec<f32>)) -> (Vec<Vec<f32>>, Vec<f32>) {
        let folded = weight.into_iter().zip(bias).map(|(row, bias)| {
            let row: Vec<f32> = row.iter().zip(&self.deviation).map(|(w, deviation)| w / deviation).collect();
            let shift: f64 =
                row.iter().zip(&self.mean).map(|(w, mean)| f64::from(*w) * f64::from(*mean)).sum();
            (row, (f64::from(bias) - shift) as f32)
        });
        folded.unzip()
    }
}

/// Macro-F1 over the labels that occur, or minus the mean absolute error of an ordinal head: more is better.
fn metric(data: &Data<'_>, logits: &[Vec<f32>]) -> f64 {
    let truth = data.valid.1;
    if data.link == Link::Ordinal {
        let error =
            |(logits, truth): (&Vec<f32>, &Vec<usize>)| ordinal_level(logits).abs_diff(truth[0]) as f64;
        return -logits.iter().zip(truth).map(error).sum::<f64>() / truth.len() as f64;
    }
    let given: Vec<Vec<usize>> = logits
        .iter()
        .map(|row| {
            let best = (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
            if is_multi(data.link) { (0..row.len()).filter(|&i| row[i] > 0.0).collect() } else { vec![best] }
        })
        .collect();
    crate::evaluate::macro_f1(data.labels, truth, &given)
}
