//! Messages that the customer passed on.

use super::lines::{self, Line};
use super::words::{FORWARD_BEGINS, FORWARDED, GREETINGS, NOTES};
use super::{Preparation, Removed, disclaimers, headers, quotes, signature};

/// The first forwarded message: where its marker begins, where its text begins, and whether the marker is
/// one of forwards alone. A header alone is above an answered message too.
struct Forward {
    start: usize,
    body: usize,
    named: bool,
}

/// The lines without what was passed on, or, where the customer wrote nothing else, without its header; and
/// what else went. `None` where there is nothing to take.
pub(super) fn cut<'a>(lines: &[Line<'a>], how: Preparation) -> Option<(Vec<Line<'a>>, Vec<Removed>)> {
    let first = find(lines, false)?;
    cut_at(lines, how, &first).or_else(|| {
        let named = if first.named { None } else { find(lines, true) };
        cut_at(lines, how, &named?)
    })
}

fn cut_at<'a>(
    lines: &[Line<'a>],
    how: Preparation,
    forward: &Forward,
) -> Option<(Vec<Line<'a>>, Vec<Removed>)> {
    let head = &lines[..forward.start];
    let (own, _) = own_part(head, Preparation::ALL);
    // An empty answer is not treated as a forwarded message: then the text would be somebody else's.
    let passed_on = only_notes(own) && (forward.named || lines::has_text(own) || !lines::has_text(head));
    if !passed_on {
        return forward.named.then(|| (head.to_vec(), Vec::new()));
    }
    let body = body(lines, forward);
    // What signs the note would make the forwarded message look like a part of the signature.
    let (kept, also) = own_part(head, how);
    let apart = kept.last().is_some_and(Line::is_blank);
    let body_start = if apart { body.iter().position(|line| !line.is_blank())? } else { 0 };
    lines::has_text(&body).then(|| (kept.iter().chain(&body[body_start..]).copied().collect(), also))
}

fn find(lines: &[Line<'_>], named: bool) -> Option<Forward> {
    (0..lines.len()).find_map(|start| {
        if is_marker(&lines[start]) {
            return Some(Forward { start, body: start + 1, named: true });
        }
        let (start, body) = quotes::headed(lines, start).filter(|_| !named)?;
        Some(Forward { start, body, named: false })
    })
}

fn is_marker(line: &Line<'_>) -> bool {
    if lines::between_dashes(line).is_some_and(|inner| FORWARDED.contains(&inner.as_str())) {
        return true;
    }
    line.short().is_some_and(|text| {
        text.ends_with(':') && FORWARD_BEGINS.contains(&lines::fold(text).trim_end_matches([':', ' ']))
    })
}

/// The forwarded text. Some programs mark it all as quoted, its headers too.
fn body<'a>(lines: &[Line<'a>], forward: &Forward) -> Vec<Line<'a>> {
    let mut rest = lines[forward.body..].to_vec();
    if rest.iter().all(|line| line.is_blank() || line.is_quoted()) {
        for line in &mut rest {
            *line = line.unquoted();
        }
    }
    let mut start = 0;
    if forward.named {
        start = rest.iter().position(|line| !line.is_blank()).unwrap_or(0);
        start = headers::skip(&rest, start);
    }
    rest.split_off(start)
}

/// The lines without a notice and a signature at their end, and which of the two went.
fn own_part<'l, 'a>(head: &'l [Line<'a>], how: Preparation) -> (&'l [Line<'a>], Vec<Removed>) {
    let (mut own, mut also) = (head, Vec::new());
    if let Some(start) = disclaimers::start(own).filter(|_| how.disclaimers) {
        own = &own[..start.line];
        also.push(Removed::Disclaimer);
    }
    if let Some(start) = signature::start(own).filter(|_| how.signatures) {
        own = &own[..start];
        also.push(Removed::Signature);
    }
    (own, also)
}

/// Whether the customer wrote at most a word that points to what is below.
fn only_notes(lines: &[Line<'_>]) -> bool {
    lines.iter().filter(|line| !line.is_blank()).take(4).enumerate().all(|(place, line)| {
        let Some(text) = line.short().filter(|_| place < 3) else { return false };
        let text = lines::fold(text);
        let text = text.trim_end_matches(['.', '!', ',', ':', ';', '?', ' ']);
        let words = text.split(' ').count();
        NOTES.contains(&text)
            || text.split(' ').next().is_some_and(|first| words <= 4 && GREETINGS.contains(&first))
    })
}
