//! Signatures of messages.

use super::lines::{self, Line};
use super::names::{
    CLOSINGS, CONTACTS, DEVICES, NOT_IN_NAMES, NUMBERED, ON_BEHALF, PARTICLES, SENT_FROM, THANKS,
};

/// Lines that may follow a closing.
const LINES: usize = 8;
/// Lines that may follow the delimiter of signatures, which is surer.
const DELIMITED: usize = 12;
/// The number of lines that are examined, including blank ones.
const LOOKED_AT: usize = 40;
/// Characters of a line that may belong to a signature.
const SHORT: usize = 70;
const WORDS: usize = 7;

/// The lines without their signature; `None` where there is none.
pub(super) fn cut<'a>(lines: &[Line<'a>]) -> Option<Vec<Line<'a>>> {
    Some(lines[..start(lines)?].to_vec())
}

/// Where the signature begins.
pub(super) fn start(lines: &[Line<'_>]) -> Option<usize> {
    let last = lines.iter().rposition(|line| !line.is_blank())?;
    if lines[last].short().is_some_and(is_sent_from) {
        return Some(last);
    }
    // Of the lines below: how many, whether each could belong to a signature, and which are a name in small
    // letters.
    let (mut below, mut fits, mut small) = (0, true, Vec::new());
    let mut asked = false;
    for at in (0..=last).rev().take(LOOKED_AT) {
        let line = &lines[at];
        if line.is_blank() {
            continue;
        }
        if line.text.trim() == "--" && below > 0 {
            let sure = line.text == "-- " && below <= DELIMITED && !asked;
            return (sure || fits && below <= LINES).then_some(at);
        }
        let text = line.short()?;
        if let Some(thanks) = closing(text) {
            let named = small.is_empty() || !thanks && small == [below];
            if fits && named && below <= LINES && (!thanks || below > 0) {
                return Some(at);
            }
        }
        if line.is_rule() {
            continue;
        }
        below += 1;
        if is_small_name(text) {
            small.push(below);
        } else {
            fits &= may_sign(text);
        }
        asked |= text.ends_with('?');
        if below > DELIMITED {
            return None;
        }
    }
    None
}

/// Whether a line is a closing, and if so whether it has thanks.
fn closing(text: &str) -> Option<bool> {
    let end: &[char] = &[',', '.', '!', ';', ':', ' '];
    let folded = lines::fold(text);
    let whole = folded.trim_end_matches(end);
    // Some close in two languages: "Mit freundlichen Grüßen / Best regards".
    let mut parts = whole.split(['/', '|']).map(|part| part.trim_matches(end));
    if parts.all(|part| CLOSINGS.contains(&part)) {
        return Some(false);
    }
    if THANKS.contains(&whole) {
        return Some(true);
    }
    // "Best regards, Ada Berg"
    let (first, name) = text.split_once(',')?;
    let words = name.split_whitespace().count();
    let named = words > 0 && words <= 3 && is_name(name.trim().trim_end_matches('.'));
    (named && CLOSINGS.contains(&lines::fold(first).as_str())).then_some(false)
}

fn is_sent_from(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let folded = lines::fold(text);
    words <= WORDS
        && SENT_FROM.iter().any(|start| folded.starts_with(start))
        && DEVICES.iter().any(|device| folded.contains(device))
}

/// Whether a line could belong to a signature: a name, a title, an address, a way to reach somebody.
fn may_sign(text: &str) -> bool {
    if text.chars().count() > SHORT || text.ends_with(['?', '!', ':']) {
        return false;
    }
    let words = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
    words <= WORDS && is_address(text)
        || is_contact(text)
        || is_number(text)
        || words <= WORDS && is_name(text) && !is_sentence(text)
}

fn is_address(text: &str) -> bool {
    let folded = lines::fold(text);
    let web = folded.starts_with("www.") || folded.starts_with("http");
    let plain = !folded.contains(' ') && (folded.contains('@') || web);
    plain || is_name(text) && (folded.contains('@') || folded.contains("www.") || folded.contains("http"))
}

/// "Tel: 030 123 45", "M +44 20 …": the label and no more words than a number and an address need.
fn is_contact(text: &str) -> bool {
    let label = text.split([':', ' ', '.']).next().map(lines::fold).unwrap_or_default();
    let rest = &text[text.find([':', ' ', '.']).unwrap_or(text.len())..];
    let letters = rest.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count();
    let reachable =
        rest.contains(|c: char| c.is_ascii_digit()) || rest.contains('@') || rest.contains("www.");
    CONTACTS.contains(&label.as_str()) && reachable && letters <= 2
}

/// A telephone number.
fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 6
        && text.chars().all(|c| c.is_ascii_digit() || " +-()/.\u{2013}".contains(c))
        && text.starts_with(['+', '0', '('])
}

/// Whether every word is written as in a name, a title or a postal address.
fn is_name(text: &str) -> bool {
    let text = ON_BEHALF.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    let mut seen = false;
    let numbered = text.contains(|c: char| c.is_ascii_digit() || c == '#');
    for word in
        text.split([' ', '\t', '\u{a0}', ',', '|', '/', '\u{b7}', '\u{2022}']).filter(|word| !word.is_empty())
    {
        let plain = lines::fold(word.trim_end_matches(['.', ':', ';', ')']).trim_start_matches('('));
        let stops = NOT_IN_NAMES.contains(&plain.as_str()) && !PARTICLES.contains(&plain.as_str())
            || numbered && NUMBERED.contains(&plain.as_str());
        let first = word.chars().find(|c| c.is_alphanumeric());
        let small = first.is_some_and(char::is_lowercase);
        let is_link = word.contains('@') || word.contains("www.") || word.contains("://");
        if stops || small && !is_link && !PARTICLES.contains(&plain.as_str()) {
            return false;
        }
        seen |= first.is_some_and(char::is_uppercase);
    }
    seen
}

/// Whether a line ends as a sentence does; "Ltd." and "Inc." end with a full stop as well.
fn is_sentence(text: &str) -> bool {
    text.strip_suffix('.').is_some_and(|text| {
        let last = text.rsplit(' ').next().unwrap_or_default();
        last.chars().count() > 4
    })
}

fn is_small_name(text: &str) -> bool {
    text.len() <= 20
        && text.chars().all(char::is_alphabetic)
        && text.chars().all(char::is_lowercase)
        && !NOT_IN_NAMES.contains(&text)
}
