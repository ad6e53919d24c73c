//! Objects in S3, Google Cloud Storage and Azure, with the metadata of their stores.
//!
//! Credentials, regions and endpoints come from the environment, under the names that each store's own tools
//! use (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`,
//! `AZURE_STORAGE_ACCOUNT_NAME`, …).

use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Runtime;
use url::Url;

use super::blob::Blob;
use crate::{Error, ErrorKind, Result};

/// Bytes of one request, at least: a store answers late and then fast.
const BLOCK: u64 = 8 << 20;

/// A request for fewer is for a format's first or last bytes.
const SMALL: usize = 1 << 10;

/// An object that exists.
pub(super) struct Object {
    /// Its address.
    pub(super) name: String,
    pub(super) blob: Arc<dyn Blob>,
    /// The tag that distinguishes it from a changed one: `store:` and its entity tag, version, or size and
    /// date.
    pub(super) tag: String,
    /// Whether its own address was given, and not a prefix or a pattern.
    pub(super) alone: bool,
}

/// The object at an address, or those under it, or those that match its pattern, by name.
///
/// # Errors
/// `invalid-input` for an address of no known store, or nothing at it; `network`.
pub(super) fn objects(address: &str) -> Result<Vec<Object>> {
    let wrong = |e: &dyn std::fmt::Display| Error::invalid("input", format!("{address}: {e}"));
    let (fixed, pattern) = match address.find(['*', '?', '[']) {
        Some(first) => {
            (&address[..address[..first].rfind('/').map_or(first, |slash| slash + 1)], Some(address))
        }
        None => (address, None),
    };
    let url = Url::parse(fixed).map_err(|e| wrong(&e))?;
    // The stores' names are in lower case, those of the environment are not.
    let text =
        |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    let environment =
        std::env::vars_os().filter_map(text).map(|(name, value)| (name.to_ascii_lowercase(), value));
    let (store, path) = object_store::parse_url_opts(&url, environment).map_err(|e| wrong(&e))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime =
        Arc::new(runtime.map_err(|e| Error::new(ErrorKind::Io, format!("a thread for requests: {e}")))?);
    let store: Arc<dyn ObjectStore> = Arc::from(store);
    let root = fixed.strip_suffix(path.as_ref()).map_or_else(|| root_of(&url), str::to_owned);
    let block = Arc::new(Mutex::new(Block::default()));
    let object = |meta: ObjectMeta, alone: bool| {
        let tag = meta.e_tag.clone().or_else(|| meta.version.clone());
        let tag = tag.unwrap_or_else(|| format!("{} bytes of {}", meta.size, meta.last_modified));
        let name = format!("{root}{}", meta.location);
        let blob = Remote {
            store: Arc::clone(&store),
            runtime: Arc::clone(&runtime),
            meta,
            block: Arc::clone(&block),
            changed: AtomicBool::new(false),
        };
        Object { name, blob: Arc::new(blob), tag: format!("store:{tag}"), alone }
    };
    if pattern.is_none() && !fixed.ends_with('/') {
        match runtime.block_on(store.head(&path)) {
            Ok(meta) => return Ok(vec![object(meta, true)]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(failed(address, &e)),
        }
    }
    let mut found = runtime.block_on(listed(store.as_ref(), &path)).map_err(|e| failed(address, &e))?;
    found.sort_by(|a, b| a.location.cmp(&b.location));
    let mut objects: Vec<Object> = found.into_iter().map(|meta| object(meta, false)).collect();
    if let Some(pattern) = pattern {
        let pattern = glob::Pattern::new(pattern).map_err(|e| wrong(&e))?;
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        objects.retain(|object| pattern.matches_with(&object.name, options));
        for object in &mut objects {
            object.alone = true;
        }
    }
    if objects.is_empty() {
        return Err(Error::invalid("input", format!("{address}: there is no such object")));
    }
    Ok(objects)
}

/// The part of an address before its path.
fn root_of(url: &Url) -> String {
    format!("{}://{}/", url.scheme(), url.host_str().unwrap_or_default())
}

async fn listed(store: &dyn ObjectStore, prefix: &Path) -> object_store::Result<Vec<ObjectMeta>> {
    // Every page, one after the other; archives have thousands of objects, not millions.
    let mut found = Vec::new();
    let mut prefixes = vec![prefix.clone()];
    while let Some(prefix) = prefixes.pop() {
        let page = store.list_with_delimiter(Some(&prefix)).await?;
        found.extend(page.objects);
        prefixes.extend(page.common_prefixes);
    }
    Ok(found)
}

fn failed(address: &str, error: &object_store::Error) -> Error {
    Error::new(ErrorKind::Network, format!("{address}: {error}"))
}

/// Whether an object is another than it was: by its entity tag, else by its size and date, which lists and
/// answers write with different digits.
fn is_other(then: &ObjectMeta, now: &ObjectMeta) -> bool {
    let tag = |tag: &str| tag.trim_start_matches("W/").trim_matches('"').to_owned();
    match (&then.e_tag, &now.e_tag) {
        (Some(then), Some(now)) => tag(then) != tag(now),
        _ => (then.size, then.last_modified.timestamp()) != (now.size, now.last_modified.timestamp()),
    }
}

/// An object that is read in blocks.
struct Remote {
    store: Arc<dyn ObjectStore>,
    runtime: Arc<Runtime>,
    meta: ObjectMeta,
    /// The last block of all objects: they are read one after the other, each from its beginning to its end.
    block: Arc<Mutex<Block>>,
    /// Whether a request found another object in its place.
    changed: AtomicBool,
}

/// Some bytes of an object, and where they begin.
#[derive(Default)]
struct Block {
    of: Path,
    start: u64,
    bytes: Bytes,
}

impl Remote {
    /// A part of the object as it was when it was found; one that was changed since is refused.
    fn get(&self, range: Range<u64>) -> io::Result<Bytes> {
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            if_match: self.meta.e_tag.clone(),
            version: self.meta.version.clone(),
            ..GetOptions::default()
        };
        let get = async {
            let got = self.store.get_opts(&self.meta.location, options).await?;
            // Not every store looks at what it is asked to match.
            if is_other(&self.meta, &got.meta) {
                self.changed.store(true, Ordering::Relaxed);
            }
            got.bytes().await
        };
        // Whatever it was, it was on the way, and no fault of the data.
        self.runtime.block_on(get).map_err(|e| {
            if matches!(e, object_store::Error::Precondition { .. }) {
                self.changed.store(true, Ordering::Relaxed);
            }
            io::Error::new(io::ErrorKind::ConnectionAborted, e)
        })
    }
}

impl Blob for Remote {
    fn len(&self) -> u64 {
        self.meta.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        if offset >= self.meta.size || into.is_empty() {
            return Ok(0);
        }
        let mut block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = offset.checked_sub(block.start).filter(|inside| *inside < block.bytes.len() as u64);
        if block.of != self.meta.location || inside.is_none() {
            let length = if into.len() < SMALL { into.len() as u64 } else { BLOCK.max(into.len() as u64) };
            let bytes = self.get(offset..(offset + length).min(self.meta.size))?;
            *block = Block { of: self.meta.location.clone(), start: offset, bytes };
        }
        let bytes = &block.bytes;
        let from = usize::try_from(offset - block.start).map_err(io::Error::other)?;
        let count = into.len().min(bytes.len() - from);
        into[..count].copy_from_slice(&bytes[from..from + count]);
        Ok(count)
    }

    fn is_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }
}
