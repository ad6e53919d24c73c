//! The forward pass of encodings through a model: logits, and the scores that its heads make of them.

use std::collections::{BTreeMap, BTreeSet};

use frontdesk_models::encoder::{Pooling, Stop, TokenBatch};
use frontdesk_models::kernels::Precision;
use frontdesk_models::network::{Backend, Network};
use rayon::prelude::*;

use super::batch::{Batch, batches};
use super::bundle::{Bundle, Files, Golden, HeadMeaning, Input, Loaded};
use super::room::Room;
use super::tokenize::{Encoding, Tokenizer};
use crate::{Error, ErrorKind, LongText, ModelInfo, Result};

/// The largest difference of a golden message's score from that of the bundle: devices, and weights of 16
/// bits, differ by less; another network or tokenizer by far more.
const GOLDEN_TOLERANCE: f32 = 2e-3;
/// As above, where weights and activations are rounded to 16 bits, of which 8 are the mantissa's.
const GOLDEN_TOLERANCE_BF16: f32 = 2e-2;
/// As above, where they are rounded to 8 bits.
const GOLDEN_TOLERANCE_INT8: f32 = 5e-2;

/// A network with its tokenizer and the meaning of its heads, ready to run.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) info: ModelInfo,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) heads: Vec<HeadMeaning>,
    pub(crate) input: Input,
    /// Codes of the languages that it was trained on; empty where they are not stated.
    pub(crate) languages: Vec<String>,
    network: Network,
}

/// The output of one head for one text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeadOutput {
    pub(crate) logits: Vec<f32>,
    /// The squared Mahalanobis distance to the nearest centre of the texts that the head was trained on,
    /// where it has centres.
    pub(crate) distance: Option<f32>,
    /// The probability that the text is outside of the domain, where the head has a detector.
    pub(crate) outside: Option<f32>,
}

impl HeadOutput {
    /// Whether the text is outside of the domain of the head that gave this.
    pub(crate) fn is_outside(&self, head: &HeadMeaning) -> bool {
        let beyond = |limit: Option<(usize, f32)>, value: Option<f32>| {
            limit.zip(value).is_some_and(|((_, limit), value)| value > limit)
        };
        beyond(head.domain, self.distance) || beyond(head.detector, self.outside)
    }
}

/// The outputs for one text, one for each head, in the order of the request.
pub(crate) type HeadOutputs = Vec<HeadOutput>;

impl Model {
    /// Loads the model in `files`, where there is room for it, and replays its golden messages.
    ///
    /// # Errors
    /// `too-large` where there is not;
    /// `model-not-found` where a file is missing; `model-invalid` where one is broken or a golden message
    /// gives another score.
    pub(crate) fn open(files: &Files, backend: &Backend, room: Option<&Room>) -> Result<Self> {
        let bundle = Bundle::read(files)?;
        let Input { max_tokens, max_bytes } = bundle.input;
        let tokenizer = || Tokenizer::new(&bundle.tokenizer.json, bundle.vocabulary(), max_tokens, max_bytes);
        let (loaded, tokenizer) = rayon::join(|| bundle.load(backend, room), tokenizer);
        let Loaded { info, network, heads, golden, languages } = loaded?;
        let tokenizer = tokenizer.map_err(|e| e.context(files.place()))?;
        let model = Self { info, tokenizer, heads, input: bundle.input, languages, network };
        #[allow(clippy::match_wildcard_for_single_variants, reason = "with candle there is one more")]
        let tolerance = match backend {
            Backend::Packed { precision: Precision::Int8, .. } => GOLDEN_TOLERANCE_INT8,
            Backend::Packed { precision: Precision::Bf16, .. } => GOLDEN_TOLERANCE_BF16,
            _ => GOLDEN_TOLERANCE,
        };
        model.replay(&golden, tolerance).map_err(|e| e.context(files.place()))?;
        Ok(model)
    }

    fn replay(&self, golden: &[Golden], tolerance: f32) -> Result<()> {
        let encode = |message: &Golden| self.tokenizer.encode(&message.text, LongText::Head);
        let encodings: Vec<Encoding> = golden.iter().map(encode).collect::<Result<_>>()?;
        let all: Vec<usize> = (0..self.heads.len()).collect();
        let logits = self.logits(&encodings.iter().collect::<Vec<_>>(), &all)?;
        for (message, logits) in golden.iter().zip(&logits) {
            for (head, output) in self.heads.iter().zip(logits) {
                let scores = head.scores(&output.logits);
                let same = message.scores.get(&head.name).is_some_and(|expected| {
                    expected.len() == scores.len()
                        && expected.iter().zip(&scores).all(|(a, b)| (a - b).abs() <= tolerance)
                });
                if !same {
                    let (text, name, expected) = (&message.text, &head.name, message.scores.get(&head.name));
                    let reason =
                        format!("golden message `{text}`: {name} gives {scores:?}, expected {expected:?}");
                    return Err(Error::new(ErrorKind::ModelInvalid, reason));
                }
            }
        }
        Ok(())
    }

    /// The index of the head of this name.
    pub(crate) fn head(&self, name: &str) -> Option<usize> {
        self.heads.iter().position(|head| head.name == name)
    }

    /// The heads that give an output: all but the detectors of others.
    pub(crate) fn answering(&self) -> Vec<usize> {
        let detects =
            |place: usize| self.heads.iter().any(|head| head.detector.is_some_and(|d| d.0 == place));
        (0..self.heads.len()).filter(|&place| !detects(place)).collect()
    }

    /// The logits of each encoding; the trunk runs once for all heads.
    pub(crate) fn logits(&self, encodings: &[&Encoding], heads: &[usize]) -> Result<Vec<HeadOutputs>> {
        let run = |batch: Batch| Ok((batch.members, self.forward(&batch.tokens, heads, &Stop::never())?));
        let done: Vec<_> = batches(encodings, self.pads()).into_par_iter().map(run).collect::<Result<_>>()?;
        let mut all: Vec<HeadOutputs> = vec![Vec::new(); encodings.len()];
        for (member, logits) in done.into_iter().flat_map(|(members, logits)| members.into_iter().zip(logits))
        {
            all[member] = logits;
        }
        Ok(all)
    }

    /// The likeness in meaning of the first text to each of the others, -1 to 1: the cosines of their
    /// mean-pooled vectors, as sentence encoders are compared (Reimers & Gurevych 2019). `timeout` where
    /// `stop` ends it.
    pub(crate) fn likeness(&self, encodings: &[&Encoding], stop: &Stop<'_>) -> Result<Vec<f32>> {
        let mut vectors = vec![Vec::new(); encodings.len()];
        for Batch { members, tokens } in batches(encodings, self.pads()) {
            let of_batch = self.network.pool_until(&tokens, Pooling::Mean, stop)?;
            members.into_iter().zip(of_batch).for_each(|(member, vector)| vectors[member] = vector);
        }
        let Some((first, others)) = vectors.split_first() else { return Ok(Vec::new()) };
        Ok(others.iter().map(|other| cosine(first, other)).collect())
    }

    /// Whether a short text costs as much as the longest of its batch.
    pub(crate) fn pads(&self) -> bool {
        self.network.pads()
    }

    /// Runs one forward pass: the outputs of the heads for each text of the batch. `timeout` where `stop`
    /// ends it.
    pub(crate) fn forward(
        &self,
        batch: &TokenBatch,
        heads: &[usize],
        stop: &Stop<'_>,
    ) -> Result<Vec<HeadOutputs>> {
        let domains: Vec<usize> = heads.iter().filter_map(|&head| Some(self.heads[head].domain?.0)).collect();
        // Heads share a detector, which runs once.
        let detectors: BTreeSet<usize> =
            heads.iter().filter_map(|&head| Some(self.heads[head].detector?.0)).collect();
        let detectors: Vec<usize> = detectors.into_iter().collect();
        let outputs = self.network.forward_until(batch, &[heads, &domains, &detectors].concat(), stop)?;
        if outputs.iter().flatten().flatten().any(|logit| !logit.is_finite()) {
            let message = format!("{}: the network gives logits that are not finite", self.info.name);
            return Err(Error::new(ErrorKind::ModelInvalid, message));
        }
        let mut outputs = outputs.into_iter();
        let logits: Vec<_> = outputs.by_ref().take(heads.len()).collect();
        let distances: Vec<_> = outputs.by_ref().take(domains.len()).collect();
        let detected: BTreeMap<usize, Vec<Vec<f32>>> = detectors.into_iter().zip(outputs).collect();
        let mut distances = distances.into_iter();
        let mut all: Vec<HeadOutputs> = vec![Vec::with_capacity(heads.len()); batch.len()];
        for (&head, logits) in heads.iter().zip(logits) {
            let distances = self.heads[head].domain.and_then(|_| distances.next());
            let detector = self.heads[head].detector.map(|(place, _)| (place, &detected[&place]));
            for (row, (outputs, logits)) in all.iter_mut().zip(logits).enumerate() {
                let distance = distances.as_ref().map(|rows| distance(&rows[row]));
                let outside = detector.map(|(place, rows)| self.heads[place].scores(&rows[row])[0]);
                outputs.push(HeadOutput { logits, distance, outside });
            }
        }
        Ok(all)
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// |z - m|² = |z|² - 2 (z m - |m|²/2) of the nearest centre m; |z|² is the last value.
fn distance(values: &[f32]) -> f32 {
    let Some((length, centres)) = values.split_last() else { return 0.0 };
    let nearest = centres.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (length - 2.0 * nearest).max(0.0)
}
