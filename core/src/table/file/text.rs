//! Text in any encoding becomes UTF-8 on its way.

use std::io::{Cursor, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::damage::fault;
use crate::{Error, Result};

/// The bytes as UTF-8, without a byte order mark.
///
/// UTF-8 passes as it is, so that a row with invalid bytes is one row's fault; other encodings put U+FFFD in
/// the place of what they cannot read. Returns, too, whether another encoding than UTF-8 was read.
pub(super) fn decoded(
    mut bytes: Box<dyn Read + Send>,
    encoding: Option<&str>,
) -> Result<(Box<dyn Read + Send>, bool)> {
    let mut first = Vec::new();
    bytes.by_ref().take(3).read_to_end(&mut first).map_err(fault)?;
    let utf16 = matches!(first.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let named = match encoding {
        None => None,
        // The standard's `replacement` covers encodings that must not be read.
        Some(label) => Some(encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
            let message = format!(
                "`{label}` is no encoding; known are the labels of the WHATWG Encoding Standard, such as utf-8, windows-1252, shift_jis"
            );
            Error::invalid("encoding", message)
        })?),
    };
    let plain = named.is_none_or(|encoding| encoding == encoding_rs::UTF_8);
    if plain && !utf16 {
        if first == [0xef, 0xbb, 0xbf] {
            first.clear();
        }
        return Ok((Box::new(Cursor::new(first).chain(bytes)), false));
    }
    let all = Cursor::new(first).chain(bytes);
    Ok((Box::new(DecodeReaderBytesBuilder::new().encoding(named).bom_override(true).build(all)), true))
}
