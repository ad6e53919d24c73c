//! A client's socket: an answer has to be taken within its time, and the refusals of the HTTP parser, which
//! have no body, get the one that every other error has.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use frontdesk::ErrorKind;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::request::refused;
use crate::{App, Problem};

/// A socket that is written to by the HTTP parser.
#[derive(Debug)]
pub(crate) struct Socket<S> {
    inner: S,
    app: Arc<App>,
    /// Runs from the first moment at which the client did not take what there was, until it has taken all.
    late: Option<Pin<Box<Sleep>>>,
    /// A refusal that is being written in the place of the parser's, and how much of it was.
    refusal: Option<(Vec<u8>, usize)>,
}

impl<S> Socket<S> {
    pub(crate) fn new(inner: S, app: Arc<App>) -> Self {
        Self { inner, app, late: None, refusal: None }
    }
}

impl<S: AsyncWrite + Unpin> Socket<S> {
    fn write(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = self.write_refusal(cx, parts);
        if written.is_pending() {
            let time = self.app.options.answer_timeout;
            let late = self.late.get_or_insert_with(|| Box::pin(sleep(time)));
            ready!(late.as_mut().poll(cx));
            let message = "the client did not take its answer in time";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)));
        }
        written
    }

    fn write_refusal(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut filled = parts.iter().filter(|part| !part.is_empty());
        let (Some(first), None) = (filled.next(), filled.next()) else {
            return Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        };
        if self.refusal.is_none()
            && let Some((status, refusal)) = with_problem(first)
        {
            refused(&self.app, status);
            self.refusal = Some((refusal, 0));
        }
        let Some((refusal, written)) = &mut self.refusal else {
            return Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        };
        while *written < refusal.len() {
            match ready!(Pin::new(&mut self.inner).poll_write(cx, &refusal[*written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => *written += count,
            }
        }
        self.refusal = None;
        // The parser's own bytes count as written.
        Poll::Ready(Ok(first.len()))
    }
}

/// The status of a refusal of the parser's, and the refusal with a body; `None` for all else. No answer of this service has one of these
/// statuses and no body.
fn with_problem(head: &[u8]) -> Option<(u16, Vec<u8>)> {
    const EMPTY: &str = "content-length: 0\r\n";
    let head = head.strip_suffix(b"\r\n\r\n").and_then(|head| std::str::from_utf8(head).ok())?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse::<u16>().ok()?;
    let (kind, message) = match status {
        400 => (ErrorKind::InvalidInput, "this is no request of HTTP/1.1"),
        414 => (ErrorKind::TooLarge, "the path and the query are too long"),
        431 => (ErrorKind::TooLarge, "the headers are too many, or too long"),
        _ => return None,
    };
    let head = format!("{head}\r\n");
    let (start, end) = head.split_once(EMPTY)?;
    let problem = Problem::of(StatusCode::from_u16(status).ok()?, kind, message);
    let body = serde_json::to_string(&problem).ok()?;
    let length = body.len();
    let kind = "content-type: application/problem+json";
    let answer = format!("{start}{kind}\r\ncontent-length: {length}\r\n{end}\r\n{body}");
    Some((status, answer.into_bytes()))
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// The parser flushes once all that it had is written: the client has taken its answer.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.late = None;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::with_problem;

    #[test]
    fn only_the_parsers_own_refusals_get_a_body() {
        for (status, kind) in [("400 Bad Request", "invalid-input"), ("431 Too Large", "too-large")] {
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\ndate: now\r\n\r\n");
            let (number, answer) = with_problem(head.as_bytes()).unwrap();
            assert!(status.starts_with(&number.to_string()));
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")) && body.contains(kind), "{answer}");
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{answer}");
            assert!(head.contains("\r\nconnection: close\r\ndate: now"), "{answer}");
        }
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 99\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            "{\"text\":\"HTTP/1.1 400 Bad Request\"}",
            "",
        ] {
            assert_eq!(with_problem(other.as_bytes()), None, "{other}");
        }
    }
}
