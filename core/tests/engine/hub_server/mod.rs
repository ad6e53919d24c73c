//! A hub on this machine: speaks as much of the Hugging Face hub's protocol as a download needs, and fails on
//! request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// The one commit of the one repository.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const REPOSITORY: &str = "acme/tiny";

/// The fault of the hub.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    NoRepository,
    /// The revision's list has the file, its address does not.
    Gone(&'static str),
    /// No body of the file gets past this byte.
    CutAt(&'static str, usize),
    /// The first body of the file ends after this byte.
    CutOnceAt(&'static str, usize),
    /// A byte of the file is another one.
    Altered(&'static str),
    /// The file is said to have this size.
    Claims(&'static str, u64),
    /// The list can be read by all, the files with this token only, as gated models are.
    Gated(&'static str),
    /// All is answered with this status.
    Status(u16),
    /// The file's body stops after this byte and the connection stays open.
    SilentAt(&'static str, usize),
    /// The list is for this commit.
    Commit(&'static str),
    /// The files are of this commit.
    FileCommit(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

struct State {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    fault: Mutex<Fault>,
    requests: Mutex<Vec<Request>>,
    stopping: AtomicBool,
}

pub(crate) struct HubServer {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl HubServer {
    pub(crate) fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            files: Mutex::new(files),
            fault: Mutex::new(Fault::None),
            requests: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let mut connections = Vec::new();
            for stream in listener.incoming() {
                if shared.stopping.load(Ordering::SeqCst) {
                    break;
                }
                let (state, stream) = (Arc::clone(&shared), stream.unwrap());
                // A client that goes away is none of the server's business.
                connections.push(std::thread::spawn(move || drop(state.serve(stream))));
            }
            for connection in connections {
                connection.join().unwrap();
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.state.fault.lock().unwrap() = fault;
    }

    pub(crate) fn add(&self, name: &str, content: &[u8]) {
        self.state.files.lock().unwrap().insert(name.to_owned(), content.to_vec());
    }

    pub(crate) fn remove(&self, name: &str) {
        self.state.files.lock().unwrap().remove(name).unwrap();
    }

    /// The requests since the last call.
    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.requests.lock().unwrap())
    }
}

impl Drop for HubServer {
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        let stopped = self.thread.take().unwrap().join();
        assert!(stopped.is_ok() || std::thread::panicking(), "the server panicked");
    }
}

pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Large files are named by their SHA-256, small ones by git; any 40 digits do for git here.
pub(crate) fn etag(name: &str, content: &[u8]) -> String {
    let mut digest = sha256(content);
    digest.truncate(if name.ends_with(".safetensors") { 64 } else { 40 });
    digest
}

impl State {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let Some(first) = lines.next().transpose()? else { return Ok(()) };
        let headers: Vec<(String, String)> = lines
            .map_while(|line| line.ok().filter(|line| !line.is_empty()))
            .filter_map(|line| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())))
            .collect();
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        let request = Request {
            path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
            host: header("host").unwrap_or_default(),
            range: header("range"),
            authorization: header("authorization"),
        };
        self.requests.lock().unwrap().push(request.clone());
        let fault = *self.fault.lock().unwrap();
        if let Fault::Status(status) = fault {
            return empty(&mut stream, status, "");
        }
        let list = format!("/api/models/{REPOSITORY}/revision/");
        let file = format!("/{REPOSITORY}/resolve/{COMMIT}/");
        let path = request.path.clone();
        if let Some(revision) = path.strip_prefix(&list) {
            self.list(&mut stream, revision, fault)
        } else if let Some(name) = path.strip_prefix(&file) {
            self.resolve(&mut stream, &request, name, fault)
        } else if let Some(name) = path.strip_prefix("/api/resolve-cache/").or(path.strip_prefix("/large/")) {
            self.content(&mut stream, &request, name, fault)
        } else {
            empty(&mut stream, 404, "")
        }
    }

    fn list(&self, stream: &mut TcpStream, revision: &str, fault: Fault) -> std::io::Result<()> {
        if fault == Fault::NoRepository || !["main", COMMIT].contains(&revision) {
            return empty(stream, 404, "X-Error-Code: RepoNotFound\r\n");
        }
        let commit = if let Fault::Commit(commit) = fault { commit } else { COMMIT };
        let files = self.files.lock().unwrap();
        let siblings: Vec<_> = files.keys().map(|name| serde_json::json!({ "rfilename": name })).collect();
        let body = serde_json::json!({ "id": REPOSITORY, "sha": commit, "siblings": siblings }).to_string();
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    /// Answers for a file as the hub itself does; for all but `tokenizer.json` the bytes are at another
    /// address.
    fn resolve(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        name: &str,
        fault: Fault,
    ) -> std::io::Result<()> {
        if let Fault::Gated(token) = fault {
            match request.authorization.as_deref() {
                Some(given) if given == format!("Bearer {token}") => (),
                Some(_) => return empty(stream, 403, "X-Error-Code: GatedRepo\r\n"),
                None => return empty(stream, 401, "X-Error-Code: GatedRepo\r\n"),
            }
        }
        let content = self.files.lock().unwrap().get(name).cloned();
        let Some(content) = content.filter(|_| fault != Fault::Gone(name_of(name))) else {
            return empty(stream, 404, "X-Error-Code: EntryNotFound\r\n");
        };
        if name == "tokenizer.json" {
            return self.content(stream, request, name, fault);
        }
        if matches!(name, "config.json" | "frontdesk.json") {
            return empty(stream, 307, &format!("Location: /api/resolve-cache/{name}\r\n"));
        }
        let size = claimed(name, fault).unwrap_or(content.len() as u64);
        let (port, etag) = (request.host.rsplit(':').next().unwrap(), etag(name, &content));
        // Another host name, as the real one has: the token must not follow.
        let headers = format!(
            "Location: http://localhost:{port}/large/{name}\r\nX-Repo-Commit: {}\r\n\
             X-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {size}\r\n",
            file_commit(fault)
        );
        empty(stream, 302, &headers)
    }

    fn content(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        name: &str,
        fault: Fault,
    ) -> std::io::Result<()> {
        let Some(mut content) = self.files.lock().unwrap().get(name).cloned() else {
            return empty(stream, 404, "");
        };
        let etag = etag(name, &content);
        if fault == Fault::Altered(name_of(name)) {
            *content.last_mut().unwrap() ^= 1;
        }
        let total = content.len();
        let span = request.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let from: usize = span.map_or(0, |(from, _)| from.parse().unwrap());
        let to = span.and_then(|(_, to)| to.parse().ok()).map_or(total, |last: usize| total.min(last + 1));
        if from >= to {
            return empty(stream, 416, "");
        }
        let size = claimed(name, fault).unwrap_or(total as u64);
        let status = if span.is_some() { "206 Partial Content" } else { "200 OK" };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nConnection: close\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\n\
             Content-Range: bytes {from}-{}/{size}\r\nETag: \"{etag}\"\r\nX-Repo-Commit: {}\r\n\r\n",
            to - from,
            to - 1,
            file_commit(fault)
        )?;
        let end = match fault {
            Fault::CutAt(file, at) | Fault::CutOnceAt(file, at) | Fault::SilentAt(file, at)
                if file == name =>
            {
                to.min(at.max(from))
            }
            _ => to,
        };
        stream.write_all(&content[from..end])?;
        stream.flush()?;
        if matches!(fault, Fault::CutOnceAt(..)) && end < to {
            *self.fault.lock().unwrap() = Fault::None;
        }
        // The client gives up; its closing ends the wait.
        if matches!(fault, Fault::SilentAt(..)) && end < to {
            let _ = std::io::copy(stream, &mut std::io::sink());
        }
        Ok(())
    }
}

fn empty(stream: &mut TcpStream, status: u16, headers: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status} Test\r\nConnection: close\r\nContent-Length: 0\r\n{headers}\r\n")
}

fn file_commit(fault: Fault) -> &'static str {
    if let Fault::FileCommit(commit) = fault { commit } else { COMMIT }
}

fn claimed(name: &str, fault: Fault) -> Option<u64> {
    match fault {
        Fault::Claims(file, size) if file == name => Some(size),
        _ => None,
    }
}

/// The static name that a fault would have for this file.
fn name_of(name: &str) -> &'static str {
    let names = [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "frontdesk.json",
        "heads.safetensors",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];
    names.into_iter().find(|known| *known == name).unwrap_or("")
}
