//! One layer, forwards and backwards.

use std::borrow::Cow;

use super::attention::Attention;
use super::dropout::Dropout;
use super::parameters::{Gradients, Of, Parameter, place};
use super::quantised::{self, Rounded};
use super::rows::{Norm, activate, activate_backward, add_residual, add_rows, biased, drop_rows};
use crate::config::Config;
use crate::kernels::Isa;
use crate::kernels::product::{View, product};

/// A layer with its parameters.
pub(super) struct Layer<'a> {
    pub(super) config: &'a Config,
    pub(super) isa: Isa,
    pub(super) parameters: &'a [Parameter],
    pub(super) index: usize,
    pub(super) lengths: &'a [usize],
    pub(super) dropout: Dropout,
    /// The rounded weights of all layers, where the pass rounds.
    pub(super) rounded: Option<&'a Rounded>,
    /// Threads of a product.
    pub(super) threads: usize,
}

/// The values that the backward pass needs, each `[token][…]`, the inputs of linear layers as they were read.
#[derive(Debug)]
pub(super) struct Saved {
    input: Vec<f32>,
    qkv: Vec<f32>,
    mixed: Vec<f32>,
    /// Before the first LayerNorm.
    attended: Vec<f32>,
    /// After it.
    middle: Vec<f32>,
    /// Before the activation.
    wide: Vec<f32>,
    active: Vec<f32>,
    /// Before the second LayerNorm.
    narrow: Vec<f32>,
}

/// Places of dropout in a layer.
const ATTENTION: usize = 0;
const OUTPUT: usize = 1;
const NARROW: usize = 2;
const PLACES: usize = 3;

impl Layer<'_> {
    fn of(&self, of: Of) -> &[f32] {
        &self.parameters[place(self.index, of)].values
    }

    fn norm(&self, of: Of) -> Norm<'_> {
        Norm { isa: self.isa, parameters: self.of(of), eps: self.config.layer_norm_eps as f32 }
    }

    fn dropout(&self, at: usize) -> Dropout {
        // 0 is the embeddings'.
        self.dropout.at(1 + self.index * PLACES + at)
    }

    fn attention(&self) -> Attention<'_> {
        Attention {
            isa: self.isa,
            hidden: self.config.hidden_size,
            heads: self.config.attention_heads,
            lengths: self.lengths,
            dropout: self.dropout(ATTENTION),
        }
    }

    /// x Wᵀ + b.
    fn linear(&self, input: &[f32], inputs: usize, weight: Of, bias: Of) -> Vec<f32> {
        let mut output = biased(self.of(bias), input.len() / inputs);
        let weight = View::new(self.weight(weight), inputs);
        product(View::new(input, inputs), weight.transposed(), &mut output, true, self.threads);
        output
    }

    /// The input of a linear layer as its product reads it.
    fn read<'a>(&self, input: &'a [f32], inputs: usize) -> Cow<'a, [f32]> {
        match self.rounded {
            Some(_) => quantised::inputs(input, inputs).into(),
            None => input.into(),
        }
    }

    /// The weights of a linear layer as its product reads them.
    fn weight(&self, weight: Of) -> &[f32] {
        self.rounded.map_or_else(|| self.of(weight), |rounded| rounded.of(self.index, weight))
    }

    pub(super) fn forward(&self, input: &[f32]) -> (Vec<f32>, Saved) {
        let (hidden, wide) = (self.config.hidden_size, self.config.intermediate_size);
        let read = self.read(input, hidden);
        let qkv = self.linear(&read, hidden, Of::Qkv, Of::QkvBias);
        let mixed = self.attention().forward(&qkv);
        let mixed = self.read(&mixed, hidden).into_owned();
        let mut attended = self.linear(&mixed, hidden, Of::Output, Of::OutputBias);
        add_residual(&mut attended, input, hidden, self.dropout(OUTPUT));
        let input = read.into_owned();
        let sums = self.norm(Of::Norm).forward(&attended);
        let middle = self.read(&sums, hidden);
        let before = self.linear(&middle, hidden, Of::Wide, Of::WideBias);
        let active = activate(self.isa, self.config.activation, &before);
        let active = self.read(&active, wide).into_owned();
        let mut narrow = self.linear(&active, wide, Of::Narrow, Of::NarrowBias);
        add_residual(&mut narrow, &sums, hidden, self.dropout(NARROW));
        let middle = middle.into_owned();
        let output = self.norm(Of::NarrowNorm).forward(&narrow);
        (output, Saved { input, qkv, mixed, attended, middle, wide: before, active, narrow })
    }

    /// The gradient of the input from that of the output; those of the parameters are added.
    pub(super) fn backward(&self, saved: &Saved, mut gradient: Vec<f32>, to: &mut Gradients) -> Vec<f32> {
        let (hidden, wide) = (self.config.hidden_size, self.config.intermediate_size);
        let narrow_norm = &mut to.dense[place(self.index, Of::NarrowNorm)];
        self.norm(Of::NarrowNorm).backward(&saved.narrow, &mut gradient, narrow_norm);
        let dropped = dropped(&gradient, hidden, self.dropout(NARROW));
        let mut before = vec![0.0; saved.active.len()];
        self.linear_backward((Of::Narrow, Of::NarrowBias), &saved.active, wide, &dropped, &mut before, to);
        activate_backward(self.isa, self.config.activation, &saved.wide, &mut before);
        self.linear_backward((Of::Wide, Of::WideBias), &saved.middle, hidden, &before, &mut gradient, to);

        let norm = &mut to.dense[place(self.index, Of::Norm)];
        self.norm(Of::Norm).backward(&saved.attended, &mut gradient, norm);
        let dropped = self::dropped(&gradient, hidden, self.dropout(OUTPUT));
        let mut mixed = vec![0.0; saved.mixed.len()];
        self.linear_backward((Of::Output, Of::OutputBias), &saved.mixed, hidden, &dropped, &mut mixed, to);
        let qkv = self.attention().backward(&saved.qkv, &mixed);
        self.linear_backward((Of::Qkv, Of::QkvBias), &saved.input, hidden, &qkv, &mut gradient, to);
        gradient
    }

    /// Adds the gradient of a linear layer's input to `back`, and those of its weight and bias to `to`.
    fn linear_backward(
        &self,
        (weight, bias): (Of, Of),
        input: &[f32],
        inputs: usize,
        gradient: &[f32],
        back: &mut [f32],
        to: &mut Gradients,
    ) {
        let outputs = self.of(bias).len();
        let gradients = View::new(gradient, outputs);
        let of_weight = &mut to.dense[place(self.index, weight)];
        product(gradients.transposed(), View::new(input, inputs), of_weight, true, self.threads);
        add_rows(gradient, &mut to.dense[place(self.index, bias)]);
        product(gradients, View::new(self.weight(weight), inputs), back, true, self.threads);
    }
}

/// The gradient before a dropout.
fn dropped(gradient: &[f32], width: usize, dropout: Dropout) -> Vec<f32> {
    let mut gradient = gradient.to_vec();
    if !dropout.is_none() {
        drop_rows(&mut gradient, width, dropout);
    }
    gradient
}
