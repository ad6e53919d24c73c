//! Examining rows, training a head, evaluating one, and comparing two.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use frontdesk::evaluate::{compare, evaluate};
use frontdesk::table::{Labelled, LabelledFile, Notice, Reading, read_labelled};
use frontdesk::train::{Progress, TrainOptions, check, estimate, train};
use frontdesk::{Engine, Error, ErrorKind, Result, from_json};
use napi::Env;
use napi::bindgen_prelude::{Function, Object, ToNapiValue};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode::NonBlocking};
use napi_derive::napi;
use serde::Serialize;

use crate::evaluation::{Comparison, Evaluation};
use crate::mirror::Mirror;
use crate::promise::on_thread;
use crate::reports::{Diagnosis, Report, TrainEstimate};

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
    fn read(&self, file: &str, work: &Notifier) -> Result<Vec<Labelled>> {
        let read = read_labelled(file.as_ref(), &self.text_column, &self.label_column, &Reading::default())?;
        read.notices.iter().for_each(|notice| work.notice(notice));
        Ok(read.rows)
    }

    fn open(&self, work: &Notifier) -> Result<LabelledFile> {
        let (text, label) = (&self.text_column, &self.label_column);
        let file = LabelledFile::open(self.data.as_ref(), text, label, &Reading::default())?;
        file.notices().iter().for_each(|notice| work.notice(notice));
        Ok(file)
    }
}

/// Tells JavaScript what a person should look at in a file, which is warned of.
pub(crate) struct Notifier(Arc<Tell>);

impl Notifier {
    fn notice(&self, notice: &Notice) {
        self.0.call(serde_json::json!({ "notice": notice.to_string() }).to_string(), NonBlocking);
    }
}

type Tell = ThreadsafeFunction<String, (), String, napi::Status, false, true>;

/// Long work, as who began it sees it: told where it stands, in JSON, and stopped at will.
#[napi]
pub struct NativeWork {
    stopped: Arc<AtomicBool>,
    tell: Arc<Tell>,
}

#[napi]
impl NativeWork {
    #[napi(constructor, ts_args_type = "tell: (progress: string) => void")]
    pub fn new(tell: Function<'_, String, ()>) -> napi::Result<Self> {
        let tell = tell.build_threadsafe_function().weak::<true>().build().map(Arc::new)?;
        Ok(Self { stopped: Arc::default(), tell })
    }

    /// Stops the work, which is then `cancelled`.
    #[napi]
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn notifier(&self) -> Notifier {
        Notifier(Arc::clone(&self.tell))
    }

    pub(crate) fn teller<P: Serialize>(&self) -> impl Fn(P) -> Result<()> + Send + Sync + use<P> {
        let (stopped, tell) = (Arc::clone(&self.stopped), Arc::clone(&self.tell));
        move |progress| {
            if stopped.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Cancelled, "the work was stopped"));
            }
            let json = serde_json::to_string(&progress);
            tell.call(json.map_err(|e| Error::new(ErrorKind::Internal, e.to_string()))?, NonBlocking);
            Ok(())
        }
    }
}

/// A verb of core on labelled rows.
type Verb<T> = fn(
    &[Labelled],
    Option<&[Labelled]>,
    &TrainOptions,
    &(dyn Fn(Progress) -> Result<()> + Sync),
) -> Result<T>;

/// Begins the verb on a thread of its own.
fn begin<'env, T: 'static, R: Mirror<T> + ToNapiValue + Send + 'static>(
    env: &'env Env,
    verb: Verb<T>,
    data: String,
    options: String,
    work: &NativeWork,
) -> napi::Result<Object<'env>> {
    let (tell, notifier) = (work.teller(), work.notifier());
    let run = move || {
        let data: Rows = from_json(data.as_bytes())?;
        let options: TrainOptions = from_json(options.as_bytes())?;
        let valid = data.valid.as_deref().map(|file| data.read(file, &notifier)).transpose()?;
        verb(&data.read(&data.data, &notifier)?, valid.as_deref(), &options, &tell)
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

/// What a training of these rows would take; the data and the options are JSON.
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
    tell: &(impl Fn(usize) -> Result<()> + Sync),
) -> Result<Evaluation> {
    let data: Rows = from_json(data.as_bytes())?;
    let rows = data.open(notifier)?;
    let found = evaluate(engine, &rows, &from_json(options.as_bytes())?, tell);
    found.map(Mirror::of).map_err(|e| e.context(&data.data))
}

pub(crate) fn comparison(
    data: &str,
    options: &str,
    engines: [&Engine; 2],
    notifier: &Notifier,
    tell: &(impl Fn(usize) -> Result<()> + Sync),
) -> Result<Comparison> {
    let data: Rows = from_json(data.as_bytes())?;
    let rows = data.open(notifier)?;
    let found = compare(engines[0], engines[1], &rows, &from_json(options.as_bytes())?, tell);
    found.map(Mirror::of).map_err(|e| e.context(&data.data))
}
