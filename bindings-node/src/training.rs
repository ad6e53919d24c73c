//! Training a head, and evaluating one.

use frontdesk::data::{Labelled, read_labelled};
use frontdesk::evaluate::evaluate;
use frontdesk::train::{TrainOptions, train};
use frontdesk::{Engine, Result, from_json};
use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;

use crate::mirror::Mirror;
use crate::promise::on_thread;
use crate::reports::{Evaluation, Report};

/// A file of labelled texts, and the columns that have them.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rows {
    data: String,
    valid: Option<String>,
    text_column: String,
    label_column: String,
}

impl Rows {
    fn read(&self, file: &str) -> Result<Vec<Labelled>> {
        read_labelled(file.as_ref(), &self.text_column, &self.label_column)
    }
}

fn run(data: &str, options: &str) -> Result<Report> {
    let data: Rows = from_json(data.as_bytes())?;
    let options: TrainOptions = from_json(options.as_bytes())?;
    let valid = data.valid.as_deref().map(|file| data.read(file)).transpose()?;
    train(&data.read(&data.data)?, valid.as_deref(), &options, &|_| Ok(())).map(Mirror::of)
}

/// Trains a head and writes the model; the data and the options are JSON.
#[napi(js_name = "train", ts_return_type = "Promise<Report | Failure>")]
pub fn train_head(env: &Env, data: String, options: String) -> napi::Result<Object<'_>> {
    on_thread(env, move |promise| promise.settle(run(&data, &options)))
}

pub(crate) fn evaluation(data: &str, options: &str, engine: &Engine) -> Result<Evaluation> {
    let data: Rows = from_json(data.as_bytes())?;
    let rows = data.read(&data.data)?;
    let found = evaluate(engine, &rows, &from_json(options.as_bytes())?, &|_| Ok(()));
    found.map(Mirror::of).map_err(|e| e.context(&data.data))
}
