//! Examining rows, training a head, evaluating one, and comparing two.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use frontdesk::evaluate::{compare, evaluate};
use frontdesk::table::{Labelled, LabelledFile, Notice, Reading, labelled, read_labelled};
use frontdesk::train::{TrainOptions, TrainProgress, check, estimate, train};
use frontdesk::{Engine, Error, ErrorKind, OnProgress, Result, from_json};
use napi::Env;
use napi::bindgen_prelude::{Function, Object, ToNapiValue};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode::NonBlocking};
use napi_derive::napi;
use serde::{Deserialize, Serialize};

use crate::evaluation::{Comparison, Evaluation};
use crate::mirror::Mirror;
use crate::promise::on_thread;
use crate::reports::{Diagnosis, Report, TrainEstimate};

/// Labelled texts, and the columns of a file that have them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rows {
    data: Source,
    valid: Option<Source>,
    text_column: String,
    label_column: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    File(String),
    Columns(Vec<(Option<String>, Option<String>)>),
}

/// Rows; those of a file are read and not kept.
enum Opened {
    Texts(Vec<Labelled>),
    File(String, LabelledFile),
}

impl Rows {
    /// The rows to train on and to validate on, in memory.
    fn read(self, work: &Notifier) -> Result<(Vec<Labelled>, Option<Vec<Labelled>>)> {
        let read = |source: Source| match source {
            Source::Columns(rows) => labelled(rows),
            Source::File(file) => {
                let (text, label) = (&self.text_column, &self.label_column);
                let read = read_labelled(file.as_ref(), text, label, &Reading::default())?;
                read.notices.iter().for_each(|notice| work.notice(notice));
                Ok(read.rows)
            }
        };
        let valid = self.valid.map(read).transpose()?;
        Ok((read(self.data)?, valid))
    }

    /// The rows to evaluate on.
    fn open(self, work: &Notifier) -> Result<Opened> {
        match self.data {
            Source::Columns(rows) => labelled(rows).map(Opened::Texts),
            Source::File(name) => {
                let (text, label) = (&self.text_column, &self.label_column);
                let file = LabelledFile::open(name.as_ref(), text, label, &Reading::default())?;
                file.notices().iter().for_each(|notice| work.notice(notice));
                Ok(Opened::File(name, file))
            }
        }
    }
}

/// Passes the notices about a file to JavaScript, which warns of them.
pub(crate) struct Notifier(Arc<Callback>);

impl Notifier {
    fn notice(&self, notice: &Notice) {
        self.0.call(serde_json::json!({ "notice": notice.to_string() }).to_string(), NonBlocking);
    }
}

type Callback = ThreadsafeFunction<String, (), String, napi::Status, false, true>;

/// Long work that reports its progress, in JSON, and can be stopped.
#[napi]
pub struct NativeWork {
    stopped: Arc<AtomicBool>,
    on_progress: Arc<Callback>,
}

#[napi]
impl NativeWork {
    #[napi(constructor, ts_args_type = "onProgress: (progress: string) => void")]
    pub fn new(on_progress: Function<'_, String, ()>) -> napi::Result<Self> {
        let on_progress = on_progress.build_threadsafe_function().weak::<true>().build().map(Arc::new)?;
        Ok(Self { stopped: Arc::default(), on_progress })
    }

    /// Stops the work, which is then `cancelled`.
    #[napi]
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn notifier(&self) -> Notifier {
        Notifier(Arc::clone(&self.on_progress))
    }

    pub(crate) fn reporter<P: Serialize>(&self) -> impl Fn(P) -> Result<()> + Send + Sync + use<P> {
        let (stopped, on_progress) = (Arc::clone(&self.stopped), Arc::clone(&self.on_progress));
        move |progress| {
            if stopped.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Cancelled, "the work was stopped"));
            }
            let json = serde_json::to_string(&progress);
            on_progress.call(json.map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?, NonBlocking);
            Ok(())
        }
    }
}

/// A verb of core on labelled rows.
type Verb<T> =
    fn(&[Labelled], Option<&[Labelled]>, &TrainOptions, OnProgress<'_, TrainProgress>) -> Result<T>;

/// Begins the verb on a thread of its own.
fn begin<'env, T: 'static, R: Mirror<T> + ToNapiValue + Send + 'static>(
    env: &'env Env,
    verb: Verb<T>,
    data: String,
    options: String,
    work: &NativeWork,
) -> napi::Result<Object<'env>> {
    let (on_progress, notifier) = (work.reporter(), work.notifier());
    let run = move || {
        let data: Rows = from_json(data.as_bytes())?;
        let options: TrainOptions = from_json(options.as_bytes())?;
        let (train, valid) = data.read(&notifier)?;
        verb(&train, valid.as_deref(), &options, &on_progress)
    };
    on_thread(env, move |promise| promise.settle(run().map(R::of)))
}

/// Examines labelled rows as a training would; the data and the options are JSON.
#[napi(js_name = "check", ts_return_type = "Promise<Diagnosis | Failure>")]
pub fn check_rows<'env>(
    env: &'env Env,
    data: String,
    options: String,
    work: &NativeWork,
) -> napi::Result<Object<'env>> {
    begin::<_, Diagnosis>(env, check, data, options, work)
}

/// Trains a head and writes the model; the data and the options are JSON.
#[napi(js_name = "train", ts_return_type = "Promise<Report | Failure>")]
pub fn train_head<'env>(
    env: &'env Env,
    data: String,
    options: String,
    work: &NativeWork,
) -> napi::Result<Object<'env>> {
    begin::<_, Report>(env, train, data, options, work)
}

/// The estimate of a training of these rows; the data and the options are JSON.
#[napi(js_name = "estimate", ts_return_type = "Promise<TrainEstimate | Failure>")]
pub fn estimate_training<'env>(
    env: &'env Env,
    data: String,
    options: String,
    work: &NativeWork,
) -> napi::Result<Object<'env>> {
    begin::<_, TrainEstimate>(env, estimate, data, options, work)
}

pub(crate) fn evaluation(
    data: &str,
    options: &str,
    engine: &Engine,
    notifier: &Notifier,
    on_progress: &(impl Fn(usize) -> Result<()> + Sync),
) -> Result<Evaluation> {
    let data: Rows = from_json(data.as_bytes())?;
    let options = from_json(options.as_bytes())?;
    match data.open(notifier)? {
        Opened::Texts(rows) => evaluate(engine, &rows, &options, on_progress),
        Opened::File(name, file) => {
            evaluate(engine, &file, &options, on_progress).map_err(|e| e.context(name))
        }
    }
    .map(Mirror::of)
}

pub(crate) fn comparison(
    data: &str,
    options: &str,
    engines: [&Engine; 2],
    notifier: &Notifier,
    on_progress: &(impl Fn(usize) -> Result<()> + Sync),
) -> Result<Comparison> {
    let data: Rows = from_json(data.as_bytes())?;
    let options = from_json(options.as_bytes())?;
    let [a, b] = engines;
    match data.open(notifier)? {
        Opened::Texts(rows) => compare(a, b, &rows, &options, on_progress),
        Opened::File(name, file) => compare(a, b, &file, &options, on_progress).map_err(|e| e.context(name)),
    }
    .map(Mirror::of)
}
