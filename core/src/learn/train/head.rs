//! A head in training: its layers and its loss on candle's autograd.

use candle_core::{D, Device, Tensor, Var};
use frontdesk_models::heads::Link;
use rand::rngs::StdRng;

use super::task::normal;
use crate::learn::scale::Scale;
use crate::model::bundle::{Activation, HeadManifest};

/// A tensor's name, shape and values.
pub(super) type NamedTensor = (String, Vec<usize>, Vec<f32>);

/// A head with its tensors, to be written.
pub(super) struct Written {
    pub(super) manifest: HeadManifest,
    pub(super) tensors: Vec<NamedTensor>,
}

/// The parameters, in this order: the dense layer's weight and bias where there is one, the output layer's
/// weight and bias, the gaps of an ordinal head. An ordinal output is one weight vector and falling
/// thresholds b₀ = bias, bₖ = bₖ₋₁ - softplus(gapₖ), so that they never cross.
#[derive(Debug, Clone)]
pub(super) struct Head {
    link: Link,
    labels: usize,
    /// The dense layer between pooling and the output layer: its width and its activation.
    between: Option<(usize, Activation)>,
    pub(super) parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
pub(super) struct Parameter {
    shape: Vec<usize>,
    pub(super) values: Vec<f32>,
    /// Whether weight decay applies.
    pub(super) decays: bool,
}

/// Options of the loss: label smoothing and class weights.
#[derive(Debug, Clone, Default)]
pub(super) struct Objective {
    /// The share of a target that is spread over all labels.
    pub(super) smoothing: f64,
    /// By label: of single-label and ordinal heads a row's weight, of multi-label heads that of a label that
    /// holds.
    pub(super) weights: Option<Vec<f32>>,
}

/// The loss of some rows with its gradients.
pub(super) struct Loss {
    pub(super) value: f64,
    /// By parameter.
    pub(super) parameters: Vec<Vec<f32>>,
    /// Of the pooled vectors, end to end.
    pub(super) pooled: Vec<f32>,
}

impl Head {
    /// Random weights of variance 1 / inputs, biases of zero. `dense` is the start of the dense layer, where
    /// the checkpoint has one.
    pub(super) fn new(
        link: Link,
        labels: usize,
        hidden: usize,
        between: Option<(usize, Activation)>,
        dense: Option<(Vec<f32>, Vec<f32>)>,
        random: &mut StdRng,
    ) -> Self {
        let mut parameters = Vec::new();
        let mut add = |shape: &[usize], values: Vec<f32>| {
            parameters.push(Parameter { shape: shape.to_vec(), values, decays: shape.len() > 1 });
        };
        let mut weights = |rows: usize, columns: usize| -> Vec<f32> {
            let scale = (1.0 / columns as f32).sqrt();
            (0..rows * columns).map(|_| normal(random) * scale).collect()
        };
        let mut width = hidden;
        if let Some((wide, _)) = between {
            let (weight, bias) = dense.unwrap_or_else(|| (weights(wide, hidden), vec![0.0; wide]));
            add(&[wide, hidden], weight);
            add(&[wide], bias);
            width = wide;
        }
        let ordinal = link == Link::Ordinal;
        let rows = if ordinal { 1 } else { labels };
        add(&[rows, width], weights(rows, width));
        add(&[rows], vec![0.0; rows]);
        if ordinal {
            add(&[labels - 2], vec![0.0; labels - 2]);
        }
        Self { link, labels, between, parameters }
    }

    fn variables(&self) -> candle_core::Result<Vec<Var>> {
        let variable = |p: &Parameter| Var::from_slice(&p.values, p.shape.as_slice(), &Device::Cpu);
        self.parameters.iter().map(variable).collect()
    }

    /// Returns the logits `[rows, logits]` of pooled vectors; the input of the output layer is multiplied by
    /// `mask`.
    fn forward(
        &self,
        variables: &[Var],
        pooled: &Tensor,
        mask: Option<&Tensor>,
    ) -> candle_core::Result<Tensor> {
        let (dense, output) = variables.split_at(if self.between.is_none() { 0 } else { 2 });
        let hidden = match (self.between, dense) {
            (Some((_, activation)), [weight, bias]) => {
                let dense = pooled.matmul(&weight.t()?)?.broadcast_add(bias)?;
                match activation {
                    Activation::Relu => dense.relu()?,
                    Activation::Tanh => dense.tanh()?,
                    Activation::Gelu => dense.gelu_erf()?,
                }
            }
            _ => pooled.clone(),
        };
        let hidden = match mask {
            Some(mask) => (hidden * mask)?,
            None => hidden,
        };
        let scores = hidden.matmul(&output[0].t()?)?;
        match output.get(2) {
            None => scores.broadcast_add(&output[1]),
            Some(gaps) => scores.broadcast_add(&self.thresholds(&output[1], gaps)?),
        }
    }

    /// The thresholds of an ordinal output, falling: `[labels - 1]`.
    fn thresholds(&self, bias: &Tensor, gaps: &Tensor) -> candle_core::Result<Tensor> {
        let count = self.labels - 2;
        let softplus = (gaps.exp()? + 1.0)?.log()?.reshape((1, count))?;
        let below: Vec<f32> =
            (0..count).flat_map(|i| (0..=count).map(move |k| if k > i { 1.0 } else { 0.0 })).collect();
        let below = Tensor::from_vec(below, (count, count + 1), &Device::Cpu)?;
        bias.broadcast_sub(&softplus.matmul(&below)?.squeeze(0)?)
    }

    /// The width of the output layer's input.
    pub(super) fn width(&self, hidden: usize) -> usize {
        self.between.map_or(hidden, |(width, _)| width)
    }

    /// Logits of pooled vectors.
    pub(super) fn logits(&self, pooled: &[f32], hidden: usize) -> candle_core::Result<Vec<Vec<f32>>> {
        let pooled = Tensor::from_slice(pooled, (pooled.len() / hidden, hidden), &Device::Cpu)?;
        self.forward(&self.variables()?, &pooled, None)?.to_vec2()
    }

    /// The mean loss over the rows times `share`, and its gradients.
    pub(super) fn loss(
        &self,
        pooled: &[f32],
        mask: Option<Vec<f32>>,
        targets: &[&[usize]],
        objective: &Objective,
        share: f64,
    ) -> candle_core::Result<Loss> {
        let rows = targets.len();
        let hidden = pooled.len() / rows;
        let pooled = Var::from_slice(pooled, (rows, hidden), &Device::Cpu)?;
        let variables = self.variables()?;
        let mask =
            mask.map(|mask| Tensor::from_vec(mask, (rows, self.width(hidden)), &Device::Cpu)).transpose()?;
        let logits = self.forward(&variables, &pooled, mask.as_ref())?;
        let loss = (self.mean_loss(&logits, targets, objective)? * share)?;
        let gradients = loss.backward()?;
        let values = |variable: &Var| match gradients.get(variable) {
            Some(gradient) => gradient.contiguous()?.flatten_all()?.to_vec1::<f32>(),
            None => Ok(vec![0.0; variable.elem_count()]),
        };
        Ok(Loss {
            value: f64::from(loss.to_scalar::<f32>()?),
            parameters: variables.iter().map(values).collect::<candle_core::Result<_>>()?,
            pooled: values(&pooled)?,
        })
    }

    /// Cross-entropy; for sigmoids and ordinal thresholds, the mean binary cross-entropy.
    fn mean_loss(
        &self,
        logits: &Tensor,
        targets: &[&[usize]],
        objective: &Objective,
    ) -> candle_core::Result<Tensor> {
        let columns = logits.dim(D::Minus1)?;
        let first = |target: &[usize]| target.first().copied().unwrap_or(0);
        let weight = |label: usize| objective.weights.as_ref().map_or(1.0, |weights| weights[label]);
        let shape = (targets.len(), columns);
        let tensor = |values: Vec<f32>| Tensor::from_vec(values, shape, &Device::Cpu);
        let multi = self.link == Link::Sigmoid;
        // Each row weighs as its label does; the weights' mean is 1.
        let total: f32 = targets.iter().map(|t| if multi { 1.0 } else { weight(first(t)) }).sum();
        let share = |target: &[usize]| if multi { 1.0 / total } else { weight(first(target)) / total };
        if self.link == Link::Softmax {
            let even = objective.smoothing as f32 / columns as f32;
            let hit = 1.0 - objective.smoothing as f32;
            let wanted = targets.iter().flat_map(|target| {
                let (label, share) = (first(target), share(target));
                (0..columns).map(move |c| share * (even + if c == label { hit } else { 0.0 }))
            });
            let wanted = tensor(wanted.collect())?;
            return (candle_nn::ops::log_softmax(logits, D::Minus1)? * wanted)?.sum_all()?.neg();
        }
        let holds = |target: &[usize], column: usize| match self.link {
            Link::Ordinal => first(target) > column,
            _ => target.contains(&column),
        };
        let cells = || targets.iter().flat_map(|target| (0..columns).map(move |column| (*target, column)));
        let truth = cells().map(|(target, column)| f32::from(u8::from(holds(target, column))));
        let weights = cells().map(|(target, column)| {
            let label = if multi && holds(target, column) { weight(column) } else { 1.0 };
            label * share(target) / columns as f32
        });
        let (truth, weights) = (tensor(truth.collect())?, tensor(weights.collect())?);
        // max(x, 0) - x t + ln(1 + exp(-|x|)): no overflow for any logit.
        let tail = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
        ((((logits.relu()? - (logits * truth)?)? + tail)?) * weights)?.sum_all()
    }

    /// From a head of scaled vectors, one of vectors as they are.
    pub(super) fn unscale(&mut self, scale: &Scale) {
        if let [weight, bias, ..] = self.parameters.as_mut_slice() {
            scale.fold(&mut weight.values, &mut bias.values);
        }
    }

    /// `dense.…` and `output.…` as a bundle stores them, for vectors that were not scaled: W' = W / σ, b' =
    /// b - W (μ / σ).
    pub(super) fn export(&self, scale: Option<&Scale>) -> candle_core::Result<Vec<NamedTensor>> {
        let mut parts = self.parameters.iter();
        let mut layers: Vec<(&str, Vec<f32>, Vec<f32>)> = Vec::new();
        let mut next = || parts.next().map_or_else(Vec::new, |p| p.values.clone());
        if self.between.is_some() {
            layers.push(("dense", next(), next()));
        }
        let (weight, bias) = (next(), next());
        layers.push(if self.link == Link::Ordinal {
            let gaps = Tensor::from_vec(next(), self.labels - 2, &Device::Cpu)?;
            let thresholds = self.thresholds(&Tensor::from_vec(bias, 1, &Device::Cpu)?, &gaps)?;
            ("output", weight.repeat(self.labels - 1), thresholds.to_vec1()?)
        } else {
            ("output", weight, bias)
        });
        if let (Some(scale), Some((_, weight, bias))) = (scale, layers.first_mut()) {
            scale.fold(weight, bias);
        }
        let tensors = layers.into_iter().flat_map(|(name, weight, bias)| {
            let shape = vec![bias.len(), weight.len() / bias.len()];
            [(format!("{name}.weight"), shape, weight), (format!("{name}.bias"), vec![bias.len()], bias)]
        });
        Ok(tensors.collect())
    }
}
