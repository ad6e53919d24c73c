//! SHA-256 as this project writes it.

use sha2::{Digest, Sha256};

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
