//! Legal notices at the end of a message.

use super::lines::{self, Line};
use super::notices::{BEGINNINGS, PERSONAL, SIGNS, TREES};

/// The number of paragraphs at the end that are examined.
const PARAGRAPHS: usize = 12;
/// Bytes of a paragraph beyond which it is not examined.
const LONG: usize = 6000;
/// Bytes of a line that may have been wrapped.
const WRAPPED: usize = 50;

/// Where a notice begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub(super) line: usize,
    /// The byte of that line.
    byte: usize,
}

/// The lines without the notices at their end; `None` where there are none.
pub(super) fn cut<'a>(lines: &[Line<'a>]) -> Option<Vec<Line<'a>>> {
    let start = start(lines)?;
    let mut kept = lines[..start.line].to_vec();
    if start.byte > 0 {
        kept.push(lines[start.line].before(start.byte));
    } else {
        // The rule that set the notice apart.
        while kept.last().is_some_and(|line| line.is_blank() || line.is_rule()) {
            kept.pop();
        }
    }
    Some(kept)
}

/// Where the notices at the end begin.
pub(super) fn start(lines: &[Line<'_>]) -> Option<Start> {
    let mut found = None;
    let mut end = lines.len();
    for _ in 0..PARAGRAPHS {
        let Some(last) = lines[..end].iter().rposition(|line| !line.is_blank()) else { break };
        let first = lines[..last].iter().rposition(Line::is_blank).map_or(0, |blank| blank + 1);
        let paragraph = Paragraph::read(&lines[first..=last]);
        if let Some(start) = paragraph.as_ref().and_then(Paragraph::notice) {
            found = Some(Start { line: first + start.line, byte: start.byte });
            if start.line > 0 || start.byte > 0 {
                break;
            }
        } else if !lines[first..=last].iter().all(Line::is_rule)
            && !paragraph.is_some_and(|paragraph| paragraph.goes_with_a_notice())
        {
            break;
        }
        end = first;
    }
    found
}

/// A paragraph as it is compared, with where its sentences stand.
struct Paragraph {
    text: String,
    sentences: Vec<Sentence>,
}

struct Sentence {
    /// Where it begins in the text that is compared.
    at: usize,
    start: Start,
    /// Whether it could be the end of a sentence on the line above.
    goes_on: bool,
}

impl Paragraph {
    fn read(lines: &[Line<'_>]) -> Option<Self> {
        let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
        if bytes > LONG {
            return None;
        }
        let mut paragraph = Self { text: String::new(), sentences: Vec::new() };
        let mut goes_on = false;
        for (number, line) in lines.iter().enumerate() {
            let mut byte = 0;
            for piece in line.text.split_inclusive(['.', '!', '?']) {
                let end = byte + piece.len();
                let is_end = line.text[end..].starts_with(char::is_whitespace);
                let folded = lines::fold(piece.trim_start_matches(|c: char| !c.is_alphanumeric()));
                if !folded.is_empty() {
                    if !paragraph.text.is_empty() {
                        paragraph.text.push(' ');
                    }
                    let start = Start { line: number, byte };
                    paragraph.sentences.push(Sentence { at: paragraph.text.len(), start, goes_on });
                    paragraph.text.push_str(&folded);
                }
                byte = end;
                goes_on = !is_end;
            }
            goes_on =
                line.text.len() >= WRAPPED && !line.text.trim_end().ends_with(['.', '!', '?', ':', ',']);
        }
        Some(paragraph)
    }

    /// Where a notice begins in it.
    fn notice(&self) -> Option<Start> {
        let trees = self.beginning(TREES);
        let start = match self.beginning(BEGINNINGS).or(trees) {
            Some(at) => at,
            None => self.signs().filter(|(_, kinds)| *kinds >= 2)?.0,
        };
        let mut sentence = self.sentences.iter().rposition(|sentence| sentence.at <= start)?;
        while sentence > 0 && self.sentences[sentence].goes_on {
            sentence -= 1;
        }
        let sentence = &self.sentences[sentence];
        (!is_personal(&self.text[sentence.at..], trees.is_some())).then_some(sentence.start)
    }

    /// Whether it could be a part of a notice that it would not be by itself.
    fn goes_with_a_notice(&self) -> bool {
        self.signs().is_some() && !is_personal(&self.text, false)
    }

    /// The first sentence that begins with one of these.
    fn beginning(&self, phrases: &[&str]) -> Option<usize> {
        let begins = |at: usize| phrases.iter().any(|phrase| self.text[at..].starts_with(phrase));
        self.sentences
            .iter()
            .filter(|sentence| !sentence.goes_on)
            .map(|sentence| sentence.at)
            .find(|at| begins(*at))
    }

    /// The place of the first sign, and the number of kinds.
    fn signs(&self) -> Option<(usize, usize)> {
        let firsts =
            SIGNS.iter().filter_map(|kind| kind.iter().filter_map(|sign| self.text.find(sign)).min());
        let (mut first, mut kinds) = (None, 0);
        for at in firsts {
            first = Some(first.map_or(at, |first: usize| first.min(at)));
            kinds += 1;
        }
        first.map(|first| (first, kinds))
    }
}

fn is_personal(text: &str, may_ask: bool) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    text.contains('?') && !may_ask || words.into_iter().any(|word| PERSONAL.contains(&word))
}
