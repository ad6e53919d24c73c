//! The hub's protocol: what a revision has, what a file is, and the file.
//!
//! hf-hub gives the headers, TLS and the addresses. Its own download is not used: it does not check the size
//! or the digest of a body, and waits for a silent server without end.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use hf_hub::api::RepoInfo;
use hf_hub::api::sync::{ApiBuilder, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};

use super::is_commit;
use super::settings::Settings;
use crate::{Error, ErrorKind, Result, regular};

/// Requests in a row that bring nothing before a fetch fails.
const ATTEMPTS: u32 = 3;
const MAX_INFO_BYTES: u64 = 16 << 20;

/// The parts of a response that are read.
struct Answer {
    status: u16,
    location: Option<String>,
    commit: Option<String>,
    etag: Option<String>,
    /// The whole file's bytes.
    size: Option<u64>,
    /// Which byte of the file the body begins with.
    start: u64,
    body: Box<dyn Read>,
}

/// One model at one revision, on the hub.
pub(super) struct Remote {
    repo: ApiRepo,
    id: String,
    revision: String,
    endpoint: String,
    timeout: Duration,
}

impl Remote {
    pub(super) fn new(settings: &Settings, id: &str, revision: &str) -> Result<Self> {
        let api = ApiBuilder::from_cache(Cache::new(settings.cache_dir.clone()))
            .with_endpoint(settings.endpoint.clone())
            .with_token(settings.token.clone())
            .with_user_agent("frontdesk", env!("CARGO_PKG_VERSION"))
            .with_progress(false)
            .build()
            .map_err(|e| Error::new(ErrorKind::Internal, format!("hub client: {e}")).with_source(e))?;
        Ok(Self {
            repo: api.repo(Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned())),
            id: id.to_owned(),
            revision: revision.to_owned(),
            endpoint: settings.endpoint.clone(),
            timeout: settings.timeout,
        })
    }

    pub(super) fn revision(&self) -> &str {
        &self.revision
    }

    /// The commit that the revision names, and the files that it has.
    pub(super) fn info(&self) -> Result<RepoInfo> {
        let what = format!("model {} with revision {}", self.id, self.revision);
        let step = || {
            let answer = self.get(None, None, &what)?;
            if answer.status != 200 {
                return Err(self.refused(answer.status, &what));
            }
            let mut body = Vec::new();
            let read = answer.body.take(MAX_INFO_BYTES).read_to_end(&mut body);
            read.map_err(|e| self.network(&what, &e).with_source(e))?;
            serde_json::from_slice::<RepoInfo>(&body).map_err(|e| self.network(&what, &e).with_source(e))
        };
        let info = attempts(|| 0, step)?;
        if !is_commit(&info.sha) || (is_commit(&self.revision) && info.sha != self.revision) {
            return Err(self.network(&what, format!("the answer is for commit `{}`", info.sha)));
        }
        Ok(info)
    }

    /// The name of a file's content, which is its SHA-256 where it is large, and its size.
    pub(super) fn metadata(&self, file: &str) -> Result<(String, u64)> {
        attempts(|| 0, || self.try_metadata(file, &self.what(file)))
    }

    fn try_metadata(&self, file: &str, what: &str) -> Result<(String, u64)> {
        let mut url = self.repo.url(file);
        let root = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
        // The hub moves small files to another of its own addresses; where large files lie knows nothing of
        // the hub.
        for _ in 0..5 {
            let answer = self.get(Some(&url), Some((0, "0")), what)?;
            match (answer.status, answer.location) {
                (300..400, Some(to)) => {
                    let path = to.strip_prefix(&url[..root]).unwrap_or(&to);
                    if path.starts_with('/') && !path.starts_with("//") {
                        url.replace_range(root.., path);
                        continue;
                    }
                }
                (200..400, _) => (),
                (status, _) => return Err(self.refused(status, what)),
            }
            if answer.commit.is_some_and(|answered| answered != self.revision) {
                return Err(self.network(what, "the answer is for another commit"));
            }
            // It becomes a file name.
            let usable = |etag: &String| {
                !etag.is_empty() && etag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            let etag = answer.etag.map(|etag| etag.trim_start_matches("W/").replace('"', "")).filter(usable);
            let known = etag.zip(answer.size);
            return known
                .ok_or_else(|| self.network(what, "the answer has no ETag or no size; is this a hub?"));
        }
        Err(self.network(what, "too many redirects"))
    }

    /// Brings the rest of a file; what `part` has of an earlier attempt is kept.
    pub(super) fn body(&self, file: &str, part: &Path, size: u64) -> Result<()> {
        let length = || fs::metadata(part).map_or(0, |part| part.len());
        attempts(length, || self.try_body(file, &self.what(file), part, size))
    }

    fn try_body(&self, file: &str, what: &str, part: &Path, size: u64) -> Result<()> {
        let io = |e| Error::io(part, e);
        let mut output = regular::open_with(part, OpenOptions::new().append(true).create(true))?;
        let mut length = output.metadata().map_err(io)?.len();
        if length < size {
            let answer = self.get(Some(&self.repo.url(file)), Some((length, "")), what)?;
            if !matches!(answer.status, 200 | 206) {
                return Err(self.refused(answer.status, what));
            }
            if answer.start == 0 {
                output.set_len(0).map_err(io)?;
                length = 0;
            } else if answer.start != length {
                return Err(self.network(what, "the answer is for other bytes"));
            }
            let mut body = answer.body.take(size - length + 1);
            let mut buffer = vec![0; 1 << 16];
            loop {
                match body.read(&mut buffer).map_err(|e| self.network(what, &e).with_source(e))? {
                    0 => break,
                    read => output.write_all(&buffer[..read]).map_err(io)?,
                }
            }
            length = output.metadata().map_err(io)?.len();
        }
        if length > size {
            output.set_len(0).map_err(io)?;
        }
        if length != size {
            return Err(self.network(what, format!("{length} bytes came of {size}")));
        }
        output.sync_all().map_err(io)
    }

    /// Requests `url`, by default the list of the revision's files. A range with an end is for the headers
    /// only, and those of a redirect count.
    fn get(&self, url: Option<&str>, range: Option<(u64, &str)>, what: &str) -> Result<Answer> {
        let mut request = self.repo.info_request().header("Accept-Encoding", "identity");
        if let Some(url) = url {
            request = request.uri(url);
        }
        if let Some((from, to)) = range {
            request = request.header("Range", format!("bytes={from}-{to}"));
        }
        let metadata_only = range.is_some_and(|(_, to)| !to.is_empty());
        let timeout = Some(self.timeout);
        let request = request.config().http_status_as_error(false).max_redirects_will_error(false);
        let request = request.max_redirects(if metadata_only { 0 } else { 10 });
        let request = request.timeout_resolve(timeout).timeout_connect(timeout).timeout_per_read(timeout);
        let response = request.build().call().map_err(|e| self.network(what, &e).with_source(e))?;
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let status = response.status().as_u16();
        // `bytes 100-199/200`
        let range = header("content-range");
        let range = range.as_deref().and_then(|text| text.strip_prefix("bytes ")?.split_once('/'));
        let start = range.and_then(|(span, _)| span.split_once('-')?.0.parse().ok());
        let whole = header("content-length").filter(|_| status == 200);
        let size = header("x-linked-size").or_else(|| range.map(|(_, size)| size.to_owned())).or(whole);
        Ok(Answer {
            status,
            location: header("location"),
            commit: header("x-repo-commit"),
            etag: header("x-linked-etag").or_else(|| header("etag")),
            size: size.and_then(|size| size.parse().ok()),
            start: start.unwrap_or(0),
            body: Box::new(response.into_body().into_reader()),
        })
    }

    fn what(&self, file: &str) -> String {
        format!("{file} of {}@{}", self.id, self.revision)
    }

    fn network(&self, what: &str, reason: impl fmt::Display) -> Error {
        let message = format!("fetching {what} from {}: {reason}", self.endpoint);
        Error::new(ErrorKind::Network, message)
    }

    fn refused(&self, status: u16, what: &str) -> Error {
        let endpoint = &self.endpoint;
        match status {
            404 => Error::new(ErrorKind::ModelNotFound, format!("{what} is not on {endpoint}")),
            401 | 403 => {
                let message =
                    format!("{what} does not exist on {endpoint} or needs a token with access (HF_TOKEN)");
                Error::new(ErrorKind::ModelNotFound, message)
            }
            _ => self.network(what, format!("HTTP status {status}")),
        }
    }
}

/// Runs `step` again where the network failed. A failure after `progress` does not count.
fn attempts<T>(progress: impl Fn() -> u64, mut step: impl FnMut() -> Result<T>) -> Result<T> {
    let (mut best, mut failures) = (progress(), 0);
    loop {
        match step() {
            Err(error) if error.kind() == ErrorKind::Network => {
                let now = progress();
                failures = if now > best { 0 } else { failures + 1 };
                best = best.max(now);
                if failures == ATTEMPTS {
                    return Err(error);
                }
                thread::sleep(Duration::from_millis(100 << failures));
            }
            result => return result,
        }
    }
}
