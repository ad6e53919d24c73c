//! What a message repeats of its input: enough to find it, never all of it.

use std::borrow::Cow;

/// Characters of a name or a value that a message repeats.
const SHOWN: usize = 80;
/// Bytes of a whole message.
const MESSAGE: usize = 4096;

/// A name or a value of the input between backticks, cut to its first 80 characters.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", short(text))
}

/// The first 80 characters, with an ellipsis where there are more.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    cut(text, SHOWN)
}

/// So many characters of a text, with an ellipsis where there are more.
pub(crate) fn cut(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A message of at most 4 KiB: of a longer one, its beginning and its end, which often says what is expected.
pub(crate) fn bounded(message: String) -> String {
    if message.len() <= MESSAGE {
        return message;
    }
    let start = message.floor_char_boundary(MESSAGE * 3 / 4);
    let end = message.ceil_char_boundary(message.len() - MESSAGE / 8);
    format!("{} … {}", &message[..start], &message[end..])
}

/// A message of serde's with the value that it repeats cut to its first 80 characters.
pub(crate) fn shortened(reason: String) -> String {
    const REPEATING: [&str; 4] =
        ["unknown field `", "unknown variant `", "invalid type: string \"", "invalid value: string \""];
    for start in REPEATING {
        let Some(rest) = reason.strip_prefix(start) else { continue };
        // The last one is serde's own: what is expected is no text of the input.
        let (value, expected) = rest.rfind(", expected ").map_or((rest, ""), |at| rest.split_at(at));
        if let Cow::Owned(value) = short(value) {
            let quote = &start[start.len() - 1..];
            return format!("{start}{value}{quote}{expected}");
        }
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::{MESSAGE, bounded, quoted, shortened};

    #[test]
    fn what_is_short_stays_and_what_is_long_is_cut_between_characters() {
        assert_eq!(quoted("mood"), "`mood`");
        assert_eq!(quoted(&"é".repeat(80)), format!("`{}`", "é".repeat(80)));
        assert_eq!(quoted(&"é".repeat(81)), format!("`{}…`", "é".repeat(80)));
        assert_eq!(bounded("a fault".to_owned()), "a fault");
        let long = bounded(format!("start{}end", "é".repeat(MESSAGE)));
        assert!(long.len() <= MESSAGE && long.starts_with("starté") && long.ends_with("éend"), "{long}");
    }

    #[test]
    fn of_a_message_of_serde_only_the_value_is_cut() {
        let name = "n".repeat(1000);
        let cut = "n".repeat(80);
        for (reason, expected) in [
            (
                format!("unknown field `{name}`, expected `text`"),
                format!("unknown field `{cut}…`, expected `text`"),
            ),
            (format!("unknown field `{name}`, there are no fields"), format!("unknown field `{cut}…`")),
            (
                format!("invalid type: string \"{name}, expected {name}\", expected a list"),
                format!("invalid type: string \"{cut}…\", expected a list"),
            ),
            ("missing field `text`".to_owned(), "missing field `text`".to_owned()),
        ] {
            assert_eq!(shortened(reason), expected);
        }
    }
}
