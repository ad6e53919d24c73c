//! Limits of the service, and who may call it.

use std::fmt;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use frontdesk::{Error, ErrorKind, Result};
use subtle::ConstantTimeEq;

/// The largest file of keys, in bytes.
const MAX_KEYS_BYTES: u64 = 1 << 20;

/// Limits of the service, and who may call it.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Bytes of a request's body.
    pub max_body_bytes: usize,
    /// Bytes that the bodies of all requests and the answers that were not taken yet may have together, and
    /// the largest body; over it requests are answered `overloaded`. The first 16 KiB of each are not
    /// counted.
    pub max_buffered_bytes: usize,
    /// Tickets of one request.
    pub max_tickets: usize,
    /// From a request's first byte to its answer; after it the answer is `timeout`.
    pub timeout: Duration,
    /// For a client to send its headers.
    pub header_timeout: Duration,
    /// For a client to take a part of its answer.
    pub write_timeout: Duration,
    /// For a client to take the whole of its answer.
    pub answer_timeout: Duration,
    /// Connections at a time; more wait until one of them ends.
    pub max_connections: usize,
    /// For open requests to end at shutdown.
    pub drain_timeout: Duration,
    /// Who may call; `None`: everybody who reaches the address.
    pub keys: Option<Keys>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_body_bytes: 8 << 20,
            max_buffered_bytes: 256 << 20,
            max_tickets: 1000,
            timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_mins(2),
            max_connections: 16_384,
            drain_timeout: Duration::from_secs(30),
            keys: None,
        }
    }
}

/// Bearer keys. They are never printed.
#[derive(Clone)]
pub struct Keys(Vec<Vec<u8>>);

impl Keys {
    /// Keys from a text, one a line; empty lines are skipped.
    ///
    /// # Errors
    /// `invalid-input` where there is none, or one that cannot stand in a header.
    pub fn parse(text: &str) -> Result<Self> {
        let keys: Vec<Vec<u8>> = text
            .lines()
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .map(|key| key.as_bytes().to_vec())
            .collect();
        if keys.is_empty() {
            return Err(Error::invalid("keys", "no key: one a line"));
        }
        if let Some(place) = keys.iter().position(|key| !key.iter().all(u8::is_ascii_graphic)) {
            let message = format!("key {} has a character that no header can carry", place + 1);
            return Err(Error::invalid("keys", message));
        }
        Ok(Self(keys))
    }

    /// Keys from a regular file of at most 1 MiB, one a line.
    ///
    /// # Errors
    /// `io`; `too-large`; `invalid-input` for no regular file; as [`Keys::parse`].
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(&text(path)?).map_err(|e| e.context(path.display()))
    }

    /// Whether `key` is one of them, in a time that does not depend on where it differs.
    pub(crate) fn allow(&self, key: &[u8]) -> bool {
        self.0.iter().fold(false, |found, known| found | bool::from(known.as_slice().ct_eq(key)))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

/// The text of a file of keys. A pipe would wait for its writer: it is not opened.
fn text(path: &Path) -> Result<String> {
    let wrong = |kind, what: &dyn fmt::Display| Error::new(kind, format!("{}: {what}", path.display()));
    let io = |e: std::io::Error| wrong(ErrorKind::Io, &e);
    if !fs::metadata(path).map_err(io)?.is_file() {
        return Err(wrong(ErrorKind::InvalidInput, &"no regular file").at("keys"));
    }
    let mut text = Vec::new();
    File::open(path).map_err(io)?.take(MAX_KEYS_BYTES + 1).read_to_end(&mut text).map_err(io)?;
    if text.len() as u64 > MAX_KEYS_BYTES {
        return Err(wrong(ErrorKind::TooLarge, &format_args!("more than {MAX_KEYS_BYTES} bytes")));
    }
    String::from_utf8(text).map_err(|_| wrong(ErrorKind::DataInvalid, &"not valid UTF-8"))
}
