//! A message as lines, each with its place in the message, so that what stays in one piece need not be
//! copied.

use std::borrow::Cow;

/// Bytes of a line beyond which it is nobody's marker, header or name.
const LONG: usize = 300;

/// One line of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Its text, without its end.
    pub(super) text: &'a str,
    /// Where its text begins.
    at: usize,
    /// Where the next line begins.
    next: usize,
}

impl<'a> Line<'a> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether it is marked as quoted.
    pub(super) fn is_quoted(&self) -> bool {
        self.text.trim_start().starts_with('>')
    }

    /// The text without white space around it, where it is short enough to be a marker, a header or a name.
    pub(super) fn short(&self) -> Option<&'a str> {
        let text = self.text.trim();
        (text.len() <= LONG && !text.is_empty()).then_some(text)
    }

    /// The line from its byte `start` on, which is a boundary of characters.
    pub(super) fn after(&self, start: usize) -> Self {
        self.text.get(start..).map_or(*self, |text| Self { text, at: self.at + start, next: self.next })
    }

    /// The line up to its byte `end`, which is a boundary of characters.
    pub(super) fn before(&self, end: usize) -> Self {
        self.text.get(..end).map_or(*self, |text| Self { text, at: self.at, next: self.at + end })
    }

    /// Without the `>` that marks it as quoted.
    pub(super) fn unquoted(&self) -> Self {
        let Some(inner) = self.text.trim_start().strip_prefix('>') else { return *self };
        let inner = inner.strip_prefix(' ').unwrap_or(inner);
        self.after(self.text.len() - inner.len())
    }

    /// Whether it is drawn with one character: a row of dashes, underscores, stars or equals signs.
    pub(super) fn is_rule(&self) -> bool {
        let text = self.text.trim();
        text.len() >= 3 && text.bytes().all(|b| matches!(b, b'-' | b'_' | b'*' | b'='))
    }
}

/// The lines of a text: they end with `\n`, `\r\n` or `\r`.
pub(super) fn split(text: &str) -> Vec<Line<'_>> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r'));
        let end = length.map_or(bytes.len(), |length| at + length);
        let next = match bytes.get(end..) {
            Some([b'\r', b'\n', ..]) => end + 2,
            Some([_, ..]) => end + 1,
            _ => end,
        };
        lines.push(Line { text: &text[at..end], at, next });
        at = next;
    }
    lines
}

/// Whether any line is more than white space.
pub(super) fn has_text(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| !line.is_blank())
}

/// The lines that are not `gone`. Where some went, one blank line stays of those around them.
pub(super) fn without<'a>(lines: &[Line<'a>], gone: &[bool]) -> Vec<Line<'a>> {
    let mut kept: Vec<Line<'a>> = Vec::with_capacity(lines.len());
    let mut after_gap = false;
    for (line, gone) in lines.iter().zip(gone) {
        if *gone {
            after_gap = true;
        } else if after_gap && line.is_blank() {
            if kept.last().is_some_and(|last| !last.is_blank()) {
                kept.push(*line);
            }
        } else {
            after_gap = false;
            kept.push(*line);
        }
    }
    kept
}

/// The text of these lines of `source`, without blank lines around it.
pub(super) fn join<'a>(source: &'a str, lines: &[Line<'a>]) -> Cow<'a, str> {
    let first = lines.iter().position(|line| !line.is_blank()).unwrap_or(lines.len());
    let lines = &lines[first..];
    let (Some(start), Some(end)) = (lines.first(), lines.last()) else { return Cow::Borrowed("") };
    if lines.windows(2).all(|pair| pair[0].next == pair[1].at) {
        return Cow::Borrowed(source[start.at..end.next].trim_end());
    }
    let mut text: String = lines.iter().map(|line| &source[line.at..line.next]).collect();
    text.truncate(text.trim_end().len());
    Cow::Owned(text)
}

/// Folds a text for comparison: in small letters, with single spaces, plain apostrophes and hyphens, and
/// `email` in one word.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase).map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{b4}' | '`' => '\'',
            '\u{2010}'..='\u{2013}' => '-',
            c => c,
        }));
    }
    if folded.contains("e-mail") { folded.replace("e-mail", "email") } else { folded }
}

/// The text between two rows of dashes, folded for comparison.
pub(super) fn between_dashes(line: &Line<'_>) -> Option<String> {
    let text = line.short()?.trim_matches('*');
    let inner = text.strip_prefix("--")?.strip_suffix("--")?.trim_matches(['-', ' ']);
    (!inner.is_empty()).then(|| fold(inner))
}
