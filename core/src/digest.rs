//! SHA-256 as this project writes it.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Bytes that are hashed at once.
const BLOCK: usize = 1 << 20;

/// `sha256:` and the digest of some bytes in hexadecimal.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    digest_named(&Sha256::digest(bytes))
}

/// `sha256:` and a digest in hexadecimal.
pub(crate) fn digest_named(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `sha256:` and the digest of everything that is read. `progress` is called with the number of bytes that
/// were read since the last time; an error that it returns is the result.
pub(crate) fn digest_read(
    mut from: impl Read,
    fault: impl Fn(io::Error) -> Error,
    progress: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<String> {
    let (mut hash, mut bytes) = (Sha256::new(), vec![0; BLOCK]);
    loop {
        match from.read(&mut bytes) {
            Ok(0) => return Ok(digest_named(&hash.finalize())),
            Ok(count) => {
                hash.update(&bytes[..count]);
                progress(count as u64)?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(fault(e)),
        }
    }
}
