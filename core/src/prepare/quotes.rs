//! Messages that this one answers.

use super::headers;
use super::lines::{self, Line};
use super::words::{ATTRIBUTION_STARTS, ORIGINAL, REPLY_ABOVE, WROTE};

/// Lines over which an attribution may be wrapped.
const WRAPPED: usize = 3;

/// The lines above the first marker under which all is older; `None` where there is none.
pub(super) fn cut_answered<'a>(lines: &[Line<'a>]) -> Option<Vec<Line<'a>>> {
    let first = lines.iter().position(|line| !line.is_blank())?;
    let mut at = first;
    while at < lines.len() {
        if let Some((start, end)) = marker(lines, at) {
            if start > first {
                return Some(lines[..start].to_vec());
            }
            // Nothing is above: what the customer wrote, if anything, is below.
            at = end;
        } else {
            at += 1;
        }
    }
    None
}

/// The marker that begins at a line: its first line, and the line after it.
fn marker(lines: &[Line<'_>], at: usize) -> Option<(usize, usize)> {
    if let Some(found) = headed(lines, at) {
        return Some(found);
    }
    let text = lines[at].short()?;
    if is_original(&lines[at]) || is_reply_above(text) {
        return Some((rule_above(lines, at), at + 1));
    }
    // Without a `>` below it must have a date, and an address or a time: else a customer may quote a sentence
    // in their own text.
    let start = attribution(lines, at)?;
    let below = lines[at + 1..].iter().find(|line| !line.is_blank())?;
    let text = || lines[start..=at].iter().map(|line| line.text).collect::<Vec<_>>().join(" ");
    (!below.is_quoted() && is_sure(&text())).then_some((start, at + 1))
}

/// The block of headers that begins at a line, with what announces it: its first line, and the line after it.
pub(super) fn headed(lines: &[Line<'_>], at: usize) -> Option<(usize, usize)> {
    let mut block = at;
    if is_original(&lines[at]) {
        block = at + 1;
        while block < at + 3 && lines.get(block).is_some_and(Line::is_blank) {
            block += 1;
        }
    }
    let end = headers::block(lines, block)?;
    Some((rule_above(lines, at), end))
}

fn is_original(line: &Line<'_>) -> bool {
    lines::between_dashes(line).is_some_and(|inner| ORIGINAL.contains(&inner.as_str()))
}

fn is_reply_above(text: &str) -> bool {
    text.len() >= 20 && text.starts_with(['#', '-', '=']) && {
        let text = lines::fold(text);
        REPLY_ABOVE.iter().any(|phrase| text.contains(phrase))
    }
}

/// The rule that is drawn right above a line, or with one line between, else the line.
fn rule_above(lines: &[Line<'_>], at: usize) -> usize {
    let above = |back: usize| at.checked_sub(back).filter(|above| lines[*above].is_rule());
    let blank_between = || at > 1 && lines[at - 1].is_blank();
    above(1).or_else(|| above(2).filter(|_| blank_between())).unwrap_or(at)
}

/// Where an attribution begins that ends with the line `last`.
fn attribution(lines: &[Line<'_>], last: usize) -> Option<usize> {
    let text = lines[last].short()?;
    if lines[last].is_quoted() || !text.ends_with([':', '\u{ff1a}']) {
        return None;
    }
    let above =
        lines[..last].iter().rev().take(WRAPPED - 1).take_while(|line| line.short().is_some()).count();
    let begins = (last - above..=last).rev().find(|at| lines[*at].short().is_some_and(begins_attribution));
    let start = begins.unwrap_or(last);
    let text = lines::fold(&lines[start..=last].iter().map(|line| line.text).collect::<Vec<_>>().join(" "));
    let wrote = WROTE.iter().any(|verb| text.contains(verb));
    let dated = text.starts_with(|c: char| c.is_ascii_digit());
    let fits = if wrote {
        text.contains('@') || text.contains(|c: char| c.is_ascii_digit())
    } else {
        dated && text.contains('@')
    };
    fits.then_some(start)
}

/// Whether a line begins an attribution: with "On" or its like, and a date; or with the date.
fn begins_attribution(text: &str) -> bool {
    let first = lines::fold(text.split(' ').next().unwrap_or_default());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    ATTRIBUTION_STARTS.contains(&first.as_str()) && digits > 0
        || digits >= 6 && text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether an attribution has a date, and an address or a time.
fn is_sure(text: &str) -> bool {
    let bytes = text.as_bytes();
    let time = bytes
        .windows(4)
        .any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit() && w[3].is_ascii_digit());
    let year =
        bytes.windows(4).any(|w| w.starts_with(b"20") && w[2].is_ascii_digit() && w[3].is_ascii_digit());
    begins_attribution(text.trim()) && (year && time || text.contains('@'))
}

/// The lines without those marked with `>`, and without the attributions above these; `None` where there are
/// none.
pub(super) fn cut_quoted<'a>(lines: &[Line<'a>]) -> Option<Vec<Line<'a>>> {
    let mut gone = vec![false; lines.len()];
    let mut fenced = false;
    let mut at = 0;
    while at < lines.len() {
        fenced ^= lines[at].text.trim_start().starts_with("```");
        let run = lines[at..].iter().take_while(|line| line.is_quoted()).count();
        if run == 0 || fenced {
            at += 1;
            continue;
        }
        let quoted = &lines[at..at + run];
        let attributed = attributed(lines, at);
        if attributed.is_some() || is_quotation(quoted) && !is_shown(lines, at) {
            gone[attributed.unwrap_or(at)..at + run].fill(true);
        }
        at += run;
    }
    gone.contains(&true).then(|| lines::without(lines, &gone))
}

/// Where the attribution above a line begins, with at most a blank line between.
fn attributed(lines: &[Line<'_>], at: usize) -> Option<usize> {
    let last = lines[..at].iter().rposition(|line| !line.is_blank()).filter(|last| at - last <= 2)?;
    attribution(lines, last)
}

/// Whether the customer shows what follows, as an error or a piece of code: "It says:".
fn is_shown(lines: &[Line<'_>], at: usize) -> bool {
    let above = lines[..at].iter().rev().take(2).find(|line| !line.is_blank()).and_then(Line::short);
    above.is_some_and(|text| {
        let dated = text.contains('@') || text.bytes().filter(u8::is_ascii_digit).count() >= 4;
        let folded = lines::fold(text);
        text.ends_with(':')
            && !text.starts_with('>')
            && !dated
            && !WROTE.iter().any(|verb| folded.contains(verb))
    })
}

/// Whether lines that begin with `>` are a quotation without an attribution. A face, a number with "more
/// than" before it and what was typed at a prompt are not.
fn is_quotation(run: &[Line<'_>]) -> bool {
    let fits = |line: &Line<'_>| {
        let rest = line.text.trim_start().trim_start_matches('>');
        rest.starts_with(|c: char| c.is_whitespace() || c.is_alphabetic()) || rest.is_empty()
    };
    let numbered = |line: &Line<'_>| {
        line.text
            .trim_start_matches(['>', ' '])
            .starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation())
    };
    let prompt = run.iter().all(|line| line.text.starts_with(">>>"));
    !prompt && run.iter().all(fits) && !(run.len() == 1 && numbered(&run[0]))
}
