//! Complexity of a message.

use super::keywords::Keywords;

/// Words at which a message counts as half as long as can be.
const HALF_LENGTH: f64 = 60.0;

/// The largest complexity that each part alone can give: length, problems, specifics, attempts.
const PARTS: [f64; 4] = [0.5, 0.6, 0.4, 0.4];

/// The complexity of a message, as a whole and by part. Every part is 0 to below 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Complexity {
    /// The whole, 0 to 1: `1 - (1 - 0.5 length)(1 - 0.6 problems)(1 - 0.4 specifics)(1 - 0.4 attempts)`.
    /// Every part alone raises it, and together they come near 1.
    pub value: f64,
    /// Length: `words / (words + 60)`.
    pub length: f64,
    /// More than one distinct problem: `more / (more + 2)`, where `more` is the number of named faults, or
    /// of items of a list, beyond the first.
    pub problems: f64,
    /// Code, file names and error codes: `n / (n + 2)` for n of them.
    pub specifics: f64,
    /// Steps that were already tried: `n / (n + 2)` for n of them.
    pub attempts: f64,
}

/// Measures the complexity of `text`, whose keywords are `keywords`.
pub fn analyze_complexity(text: &str, keywords: &Keywords) -> Complexity {
    let part = |count: usize, half: f64| count as f64 / (count as f64 + half);
    let length = part(keywords.words(), HALF_LENGTH);
    let items = text.lines().filter(|line| is_item(line)).count();
    let problems = part(keywords.problems().max(items).saturating_sub(1), 2.0);
    let specifics = part(text.split_whitespace().filter(|chunk| is_specific(chunk)).count(), 2.0);
    let attempts = part(keywords.attempts(), 2.0);
    let parts = [length, problems, specifics, attempts];
    let simple: f64 = PARTS.iter().zip(parts).map(|(weight, part)| 1.0 - weight * part).product();
    Complexity { value: 1.0 - simple, length, problems, specifics, attempts }
}

/// Whether a line is an item of a list: a dash or a bullet and a space, or a number of one or two digits and
/// a dot or a parenthesis.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let bullet = line.strip_prefix(['-', '*', '•', '–']);
    let number = || {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = line.len() - rest.len();
        rest.strip_prefix(['.', ')']).filter(|_| (1..=2).contains(&digits))
    };
    bullet.or_else(number).is_some_and(|rest| rest.starts_with(' '))
}

/// Endings of names of files that people send to a desk.
const FILES: [&str; 44] = [
    "ai", "avi", "bat", "cfg", "conf", "css", "csv", "dll", "doc", "docx", "eps", "exe", "gif", "html",
    "icc", "indd", "ini", "jpeg", "jpg", "js", "json", "log", "mov", "mp4", "odt", "pdf", "php", "png",
    "ppt", "pptx", "psb", "psd", "py", "rs", "sql", "svg", "tif", "tiff", "txt", "xls", "xlsx", "xml",
    "yaml", "zip",
];

/// The longest piece between spaces that is looked at: no name or code is longer.
const LONGEST_CHUNK: usize = 120;

/// Whether a piece between spaces is code, a file's name, a path or an error code. A plain number, a price, a
/// date or an order number is not.
fn is_specific(chunk: &str) -> bool {
    if chunk.len() > LONGEST_CHUNK {
        return false;
    }
    let outer = |c: char| !(c.is_alphanumeric() || matches!(c, '(' | ')' | '_' | '/' | '\\'));
    let chunk = chunk.trim_matches(outer);
    // Nearly every piece is a plain word; each of the searches below costs as much as reading it.
    if chunk.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let name = chunk.trim_matches(|c: char| matches!(c, '(' | ')'));
    is_code(chunk) || is_file(name) || is_error_code(name)
}

fn is_code(chunk: &str) -> bool {
    let inner = chunk.trim_matches('_');
    let call =
        chunk.strip_suffix("()").is_some_and(|name| name.ends_with(|c: char| c.is_ascii_alphanumeric()));
    let path = chunk.contains(":\\") || (chunk.starts_with('/') && chunk.matches('/').count() > 1);
    let sign = ["::", "->", "=>", "&&", "://"].iter().any(|sign| chunk.contains(sign));
    call || path || sign || inner.contains('_')
}

fn is_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && ending.len() <= 5
            && FILES.binary_search(&ending.to_ascii_lowercase().as_str()).is_ok()
    })
}

/// `0x80070005`, `E1042`, `ERR-17`, `HTTP500`.
fn is_error_code(name: &str) -> bool {
    let digits = |rest: &str, least: usize| rest.len() >= least && rest.bytes().all(|b| b.is_ascii_digit());
    let hexadecimal =
        |rest: &str| (4..=16).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(rest) = name.strip_prefix("0x") {
        return hexadecimal(rest);
    }
    ["ERR", "ERROR", "HTTP", "E", "Err", "Error"].iter().any(|prefix| {
        name.strip_prefix(prefix).is_some_and(|rest| digits(rest.trim_start_matches(['-', '_', '#']), 2))
    })
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn endings_are_sorted() {
        assert!(FILES.is_sorted());
    }
}
