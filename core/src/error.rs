//! One error type, a closed set of kinds.

use std::any::Any;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::time::Duration;

use frontdesk_models::ModelError;

use crate::quote::{bounded, short};
use crate::readable::readable;

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// The kind of an error. Its code is part of the contract of every interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An argument, an option or a ticket is not valid; also every call of a closed engine.
    InvalidInput,
    /// A text has more tokens than the model reads, under [`crate::LongText::Refuse`].
    TooLong,
    /// More bytes, rows or tickets than a limit allows.
    TooLarge,
    /// The queue is full, or what waits would take until after the deadline; the call can be tried again.
    Overloaded,
    /// The deadline of the call passed.
    Timeout,
    /// The call was cancelled: by its caller, or since the engine was closed.
    Cancelled,
    /// There is no such model: no such directory, no such name on the hub, a file that a model needs is
    /// missing.
    ModelNotFound,
    /// The model is there and not usable: a broken file, a wrong digest, an unknown version, a golden message
    /// that gives another score.
    ModelInvalid,
    /// A data file is broken: invalid UTF-8, a ragged row, a missing column, a label that the model does not
    /// know.
    DataInvalid,
    /// The requested device is not available.
    DeviceUnavailable,
    /// A download failed.
    Network,
    /// A file could not be read or written.
    Io,
    /// A fault of the engine itself.
    Internal,
}

impl ErrorKind {
    /// All kinds, in the contract's order.
    pub const ALL: &'static [Self] = &[
        Self::InvalidInput,
        Self::TooLong,
        Self::TooLarge,
        Self::Overloaded,
        Self::Timeout,
        Self::Cancelled,
        Self::ModelNotFound,
        Self::ModelInvalid,
        Self::DataInvalid,
        Self::DeviceUnavailable,
        Self::Network,
        Self::Io,
        Self::Internal,
    ];

    /// The stable code, such as `invalid-input`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::TooLong => "too-long",
            Self::TooLarge => "too-large",
            Self::Overloaded => "overloaded",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::ModelNotFound => "model-not-found",
            Self::ModelInvalid => "model-invalid",
            Self::DataInvalid => "data-invalid",
            Self::DeviceUnavailable => "device-unavailable",
            Self::Network => "network",
            Self::Io => "io",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An error with its kind, a message for a person, and the field at fault where there is one.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    field: Option<String>,
    /// The ticket at fault, by its place in its call.
    ticket: Option<usize>,
    /// In milliseconds.
    retry_after: Option<NonZeroU32>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is for a person, without the code. It may repeat names and values of
    /// anyone: its hidden characters are written out ([`crate::readable`]), and of a message of more than
    /// 4 KiB its beginning and its end are kept.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: shown(message.into()),
            field: None,
            ticket: None,
            retry_after: None,
            source: None,
        }
    }

    /// An [`ErrorKind::InvalidInput`] that names the field at fault.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message).at(field)
    }

    /// Names the field at fault; of a name of more than 80 characters its beginning.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(short(field).into_owned());
        self
    }

    /// Sets the time after which the call may be tried again.
    #[must_use]
    pub(crate) fn after(mut self, time: Duration) -> Self {
        let milliseconds = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.retry_after = Some(NonZeroU32::new(milliseconds).unwrap_or(NonZeroU32::MIN));
        self
    }

    /// The time after which the call would be accepted, as things stand, of an [`ErrorKind::Overloaded`];
    /// `None` where it is not known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(|milliseconds| Duration::from_millis(milliseconds.get().into()))
    }

    /// Sets the ticket of the call that it is about.
    #[must_use]
    pub(crate) fn of_ticket(mut self, index: usize) -> Self {
        self.ticket = Some(index);
        self
    }

    /// The ticket at fault, by its place in its call, where it is one.
    pub(crate) fn ticket(&self) -> Option<usize> {
        self.ticket
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Puts `context` and a colon before the message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = shown(format!("{context}: {}", self.message));
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message, without the code.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field at fault, such as `outputs`; `None` where the error is about no field.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub(crate) fn io(path: &std::path::Path, error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{}: {error}", path.display())).with_source(error)
    }
}

fn shown(message: String) -> String {
    bounded(match readable(&message) {
        Cow::Owned(shown) => shown,
        Cow::Borrowed(_) => message,
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// A network that fails while it runs is a fault of the engine; what is wrong with a file is the model's
/// fault.
impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        let kind = match &error {
            ModelError::Isa(reason) => return Self::invalid("FRONTDESK_ISA", reason.as_str()),
            ModelError::Stopped => return Self::new(ErrorKind::Timeout, "the deadline passed"),
            ModelError::Io(_) => ErrorKind::Io,
            ModelError::Compute(_) | ModelError::Batch(_) => ErrorKind::Internal,
            _ => ErrorKind::ModelInvalid,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

/// Runs work of others that may panic, and returns what the panic said.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| said(payload.as_ref()).to_owned())
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// Runs work that must not panic across a border: a panic is a fault of ours, and becomes an `internal`
/// error.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(panicked(payload.as_ref())))
}

fn panicked(payload: &(dyn Any + Send)) -> Error {
    let text = said(payload);
    Error::new(ErrorKind::Internal, format!("the engine panicked, please report the input: {text}"))
}

thread_local! {
    static CALL: Cell<Call> = const { Cell::new(Call::Ours) };
}

/// Whose code a thread runs, as far as panics are concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Ours,
    /// A library's that may panic.
    Library,
    /// A library's, within which our own code panicked.
    Panicked,
}

/// Calls a library that panics on input which it cannot read; `None` where it did, with nothing printed. A
/// panic in our own code within the call is an `internal` error and printed, as for [`guarded`].
#[cfg_attr(not(feature = "table"), allow(dead_code, reason = "tables are read with such libraries"))]
pub(crate) fn called<T>(library: impl FnOnce() -> Result<T>) -> Option<Result<T>> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let other = take_hook();
        set_hook(Box::new(move |panic| match CALL.get() {
            Call::Library if !is_ours(panic) => {}
            call => {
                CALL.set(if call == Call::Ours { call } else { Call::Panicked });
                other(panic);
            }
        }));
    });
    let before = CALL.replace(Call::Library);
    let done = catch_unwind(AssertUnwindSafe(library));
    let call = CALL.replace(before);
    match done {
        Ok(done) => Some(done),
        Err(payload) => (call == Call::Panicked).then(|| Err(panicked(payload.as_ref()))),
    }
}

/// Whether a panic is in this crate's code.
fn is_ours(panic: &PanicHookInfo<'_>) -> bool {
    let sources = file!().trim_end_matches("error.rs");
    panic.location().is_some_and(|place| place.file().starts_with(sources))
}
