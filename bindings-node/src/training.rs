//! Training a head.

use frontdesk::data::read_labelled;
use frontdesk::train::{TrainOptions, train};
use frontdesk::{ModelSource, Result, from_json};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::mirror::{Mirror, input};
use crate::promise::on_thread;
use crate::reports::Report;

input! { Input {
    data: [String], valid: [Option<String>], text_column: [String], label_column: [String],
    base: [Option<String>], output: [String], task: [String], name: [Option<String>], version: [Option<String>],
    licence: [Option<String>], half: [Option<bool>], max_tokens: [Option<usize>], dense: [Option<usize>],
    epochs: [Option<usize>], patience: [Option<usize>], batch: [Option<usize>], learning_rate: [Option<f64>],
    weight_decay: [Option<f64>], dropout: [Option<f64>], seed: [Option<u64>],
} }

macro_rules! set {
    ($options:ident, $input:ident: $($field:ident)+) => {
        $(if let Some(value) = $input.$field { $options.$field = value; })+
    };
}

fn run(input: Input) -> Result<Report> {
    let read = |file: &String| read_labelled(file.as_ref(), &input.text_column, &input.label_column);
    let data = read(&input.data)?;
    let valid = input.valid.as_ref().map(read).transpose()?;
    let base = input.base.map_or(ModelSource::Default, ModelSource::Named);
    let mut options = TrainOptions::new(base, &input.task, input.output);
    (options.name, options.licence, options.dense) = (input.name, input.licence, input.dense);
    set!(options, input: version half max_tokens epochs patience batch learning_rate weight_decay dropout seed);
    train(&data, valid.as_deref(), &options, &|_| Ok(())).map(Mirror::of)
}

/// Trains a head and writes the model; the options are JSON.
#[napi(js_name = "train", ts_return_type = "Promise<Report | Failure>")]
pub fn train_head(env: &Env, options: String) -> napi::Result<Object<'_>> {
    on_thread(env, move |promise| promise.settle(from_json::<Input>(options.as_bytes()).and_then(run)))
}
