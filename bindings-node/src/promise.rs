//! Promises that are settled from any thread, with a value or with what went wrong.

use std::thread;

use frontdesk::{Error, ErrorKind, Result};
use napi::bindgen_prelude::{Either, Object, ToNapiValue};
use napi::{Env, JsDeferred};

/// An error of the engine.
#[napi_derive::napi(object, object_from_js = false)]
pub struct Failure {
    #[napi(
        ts_type = "'invalid-input' | 'too-long' | 'too-large' | 'overloaded' | 'timeout' | 'cancelled' | 'model-not-found' | 'model-invalid' | 'data-invalid' | 'device-unavailable' | 'network' | 'io' | 'internal'"
    )]
    pub code: String,
    pub message: String,
    /// As core calls it: in snake case.
    pub field: Option<String>,
    pub retry_after_ms: Option<f64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, message) = (error.kind().code().to_owned(), error.message().to_owned());
        let retry_after_ms = error.retry_after().map(|time| time.as_secs_f64() * 1000.0);
        Self { code, message, field: error.field().map(str::to_owned), retry_after_ms }
    }
}

type Make<T> = Box<dyn FnOnce(Env) -> napi::Result<Either<T, Failure>> + Send>;

/// A promise to keep. One that is lost is settled as a fault of ours: left open, it would keep the process
/// from ending.
pub(crate) struct Promise<T: ToNapiValue + Send + 'static>(Option<JsDeferred<Either<T, Failure>, Make<T>>>);

impl<T: ToNapiValue + Send + 'static> Promise<T> {
    pub(crate) fn new(env: &Env) -> napi::Result<(Self, Object<'_>)> {
        let (deferred, object) = env.create_deferred()?;
        Ok((Self(Some(deferred)), object))
    }

    pub(crate) fn settle(mut self, result: Result<T>) {
        self.put(result);
    }

    fn put(&mut self, result: Result<T>) {
        if let Some(deferred) = self.0.take() {
            deferred.resolve(Box::new(|_| Ok(result.map_or_else(|e| Either::B(e.into()), Either::A))));
        }
    }
}

impl<T: ToNapiValue + Send + 'static> Drop for Promise<T> {
    fn drop(&mut self) {
        self.put(Err(Error::new(ErrorKind::Internal, "the work was lost")));
    }
}

/// Hands a promise to `work` on a thread of its own.
pub(crate) fn on_thread<T: ToNapiValue + Send + 'static>(
    env: &Env,
    work: impl FnOnce(Promise<T>) + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (promise, object) = Promise::new(env)?;
    thread::Builder::new().name("frontdesk-node".to_owned()).spawn(move || work(promise))?;
    Ok(object)
}
