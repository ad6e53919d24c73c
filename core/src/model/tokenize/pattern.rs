//! Patterns that a text is split or replaced by: only those that read it in one go.
//!
//! A search takes time that grows with the square of the text where it looks far ahead for what is not there,
//! falls back on a short match, and does so again from the next place on. So a repetition without limit is
//! one of single characters, and what it looked at in vain is taken by the next alternative at once.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

use super::parts::Pattern;

/// Bytes of a pattern; those in use have some 400.
const PATTERN_BYTES: usize = 1024;
/// Bytes of the longest match of a part that is not a repetition without limit.
const PART_BYTES: usize = 256;
/// Ways through a pattern.
const WAYS: usize = 256;

/// The one condition on what follows that patterns of tokenizers have: all spaces but the one before a word.
const BEFORE_A_WORD: &str = r"\s+(?!\S)";

/// The parts of one way through a pattern, in their order.
type Way<'a> = Vec<Part<'a>>;

#[derive(Clone)]
enum Part<'a> {
    /// Matches a bounded number of bytes.
    Bounded(&'a Hir),
    /// Any number of these characters, as many as there are: at least `least`.
    Run { of: ClassUnicode, least: u32 },
}

impl Part<'_> {
    /// Whether a match goes on without it.
    fn is_optional(&self) -> bool {
        match self {
            Self::Bounded(hir) => {
                hir.properties().minimum_len() == Some(0) && hir.properties().look_set().is_empty()
            }
            Self::Run { least, .. } => *least == 0,
        }
    }
}

/// Returns the bytes of its shortest match.
///
/// # Errors
/// What is not bounded.
pub(super) fn check(pattern: &Pattern) -> Result<usize, String> {
    let (Pattern::String(text) | Pattern::Regex(text)) = pattern;
    if text.len() > PATTERN_BYTES {
        return Err(format!("a pattern of {} bytes; at most {PATTERN_BYTES}", text.len()));
    }
    match pattern {
        Pattern::String(text) if text.is_empty() => Err("the pattern is empty".to_owned()),
        Pattern::String(text) => Ok(text.len()),
        Pattern::Regex(text) => check_regex(text).map_err(|reason| format!("the pattern `{text}` {reason}")),
    }
}

fn check_regex(pattern: &str) -> Result<usize, String> {
    let plain = pattern.replace(BEFORE_A_WORD, r"\s+");
    let hir = regex_syntax::parse(&plain)
        .map_err(|e| format!("looks around or back, or is no regular expression: {}", reason(&e)))?;
    let mut ways = Vec::new();
    expand(&hir, vec![Vec::new()], &mut ways)?;
    // At the start of a text only, and so once.
    let start = HirKind::Look(Look::Start);
    let once = |way: &Way<'_>| matches!(way.first(), Some(Part::Bounded(hir)) if *hir.kind() == start);
    ways.retain(|way| !once(way));
    let is_alone = ways.len() == 1 && plain == pattern;
    for (at, way) in ways.iter().enumerate() {
        for (place, part) in way.iter().enumerate() {
            let Part::Run { of, .. } = part else { continue };
            let in_vain = way[place + 1..].iter().any(|part| !part.is_optional());
            if in_vain && !is_alone && !ways[..(at + 2).min(ways.len())].iter().any(|way| takes(way, of)) {
                return Err("looks ahead without limit, and may do so again from the next character".into());
            }
        }
    }
    Ok(hir.properties().minimum_len().unwrap_or(0))
}

/// The last line of a message is what it says.
fn reason(error: &regex_syntax::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Whether a way matches a run of these characters wherever it begins.
fn takes(way: &Way<'_>, run: &ClassUnicode) -> bool {
    let is_superset = |of: &ClassUnicode| {
        let mut rest = run.clone();
        rest.difference(of);
        rest.ranges().is_empty()
    };
    let Some(at) = way.iter().position(|part| matches!(part, Part::Run { .. })) else { return false };
    let others = way.iter().enumerate().filter(|(place, _)| *place != at);
    matches!(&way[at], Part::Run { of, least } if *least < 2 && is_superset(of))
        && others.into_iter().all(|(_, part)| part.is_optional())
}

/// Continues `ways` by `hir`.
fn expand<'a>(hir: &'a Hir, ways: Vec<Way<'a>>, to: &mut Vec<Way<'a>>) -> Result<(), String> {
    let with = |part: Part<'a>, mut ways: Vec<Way<'a>>| {
        for way in &mut ways {
            way.push(part.clone());
        }
        ways
    };
    if hir.properties().maximum_len().is_some_and(|longest| longest <= PART_BYTES) {
        to.extend(match hir.kind() {
            HirKind::Empty => ways,
            _ => with(Part::Bounded(hir), ways),
        });
        return Ok(());
    }
    match hir.kind() {
        HirKind::Capture(capture) => expand(&capture.sub, ways, to)?,
        HirKind::Concat(parts) => {
            let mut ways = ways;
            for part in parts {
                let mut longer = Vec::new();
                expand(part, ways, &mut longer)?;
                ways = longer;
            }
            to.extend(ways);
        }
        HirKind::Alternation(alternatives) => {
            // Each way is followed by all alternatives, in the order in which they are tried.
            for way in ways {
                for alternative in alternatives {
                    expand(alternative, vec![way.clone()], to)?;
                    if to.len() > WAYS {
                        return Err(format!("has more than {WAYS} alternatives"));
                    }
                }
            }
        }
        HirKind::Repetition(repetition) if repetition.max.is_none() && repetition.greedy => {
            let of =
                characters(&repetition.sub).ok_or("repeats more than a single character without limit")?;
            to.extend(with(Part::Run { of, least: repetition.min }, ways));
        }
        HirKind::Repetition(repetition) if !repetition.greedy => {
            return Err("has a lazy repetition without limit".to_owned());
        }
        _ => return Err(format!("has a part that matches more than {PART_BYTES} bytes")),
    }
    Ok(())
}

/// The characters of a class, or of a literal of one character.
fn characters(hir: &Hir) -> Option<ClassUnicode> {
    match hir.kind() {
        HirKind::Capture(capture) => characters(&capture.sub),
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        HirKind::Literal(literal) => {
            let mut characters = std::str::from_utf8(&literal.0).ok()?.chars();
            let only = characters.next().filter(|_| characters.next().is_none())?;
            Some(ClassUnicode::new([ClassUnicodeRange::new(only, only)]))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str) -> Result<usize, String> {
        check(&Pattern::Regex(pattern.to_owned()))
    }

    #[test]
    fn patterns_in_use_are_read_in_one_go() {
        let upper = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
        let lower = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
        let first = r"[^\r\n\p{L}\p{N}]?";
        let short = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
        let marks = r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*";
        let spaces = r"\s*[\r\n]+|\s+(?!\S)|\s+";
        let words = [
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+".to_owned(),
            format!(r"{short}|{first}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{spaces}"),
            format!(r"{first}{upper}*{lower}+{short}?|{first}{upper}+{lower}*{short}?|{marks}|{spaces}"),
            r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+".to_owned(),
            r" ?[^(\s|[.,!?…。，、।۔،])]+".to_owned(),
        ];
        for pattern in words.iter().map(String::as_str).chain([r"\s+", r"^\s+|\s+$", "[0-9][0-9][0-9]"]) {
            assert!(regex(pattern).is_ok(), "{pattern}: {:?}", regex(pattern));
        }
        assert_eq!(regex(" {2,}"), Ok(2));
    }

    #[test]
    fn patterns_that_read_a_text_again_and_again_are_refused() {
        for (pattern, reason) in [
            ("[^x]*x|.", "without limit"),
            ("[ab]*c|a|[ab]+", "without limit"),
            (r"\S+y|\s+(?!\S)|\S", "without limit"),
            ("(a|ab)*c", "more than a single character"),
            ("(a+)+$", "more than a single character"),
            (".*?x", "lazy"),
            (r"(a)\1", "looks around or back"),
            ("(?<=a)b+", "looks around or back"),
            ("a(?!b)", "looks around or back"),
            ("(?:a{500}|b)", "256 bytes"),
        ] {
            let found = regex(pattern).unwrap_err();
            assert!(found.contains(reason) && found.contains(pattern), "{found}");
        }
        assert!(regex(&"a".repeat(2000)).unwrap_err().contains("2000 bytes"));
        assert!(check(&Pattern::String(String::new())).unwrap_err().contains("empty"));
    }
}
