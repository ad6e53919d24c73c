//! Gibberish as machines write it: numbers, identifiers, addresses, logs, code.

use super::joined;
use super::letters::invented;
use crate::rng::Rng;

const HEX: &[u8] = b"0123456789abcdef";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const OPERATORS: [&str; 16] =
    ["=", "==", "+=", "<", ">=", "&&", "||", "+", "-", "*", "%", "^", "<<", "!=", "->", "::"];

fn ascii(rng: &mut Rng, of: &[u8], count: usize) -> String {
    (0..count).map(|_| char::from(rng.pick(of))).collect()
}

fn number(rng: &mut Rng, longest: usize) -> String {
    let length = rng.within(1..=longest);
    ascii(rng, b"0123456789", length)
}

pub(super) fn digits(rng: &mut Rng) -> String {
    let longest = rng.pick(&[4, 12, 40]);
    let digits = number(rng, longest);
    let lead = rng.pick(&["", "", "", "-", "+", "#"]);
    format!("{lead}{digits}")
}

pub(super) fn numbers(rng: &mut Rng) -> String {
    let longest = rng.within(1..=8);
    let between = rng.pick(&[" ", " ", ", ", ";", " / ", "-", "\n"]);
    let point = rng.pick(&["", "", ".", ",", ":"]);
    let count = rng.within(2..=20);
    joined(count, between, |_| {
        let whole = number(rng, longest);
        if point.is_empty() || rng.once_in(3) { whole } else { format!("{whole}{point}{}", number(rng, 3)) }
    })
}

pub(super) fn hex(rng: &mut Rng) -> String {
    let (lead, width, between) = rng.pick(&[
        ("", 2, " "),
        ("", 4, " "),
        ("", 8, " "),
        ("0x", 2, ", "),
        ("\\x", 2, ""),
        ("0x", 8, " "),
        ("", 32, ""),
        ("", 2, ":"),
    ]);
    let count = if width > 8 { rng.within(1..=2) } else { rng.within(2..=20) };
    let text = joined(count, between, |_| format!("{lead}{}", ascii(rng, HEX, width)));
    if rng.once_in(3) { text.to_uppercase().replace('X', "x") } else { text }
}

pub(super) fn base64(rng: &mut Rng) -> String {
    let length = rng.within(2..=45) * 4;
    let end = rng.pick(&["", "=", "=="]);
    ascii(rng, BASE64, length - end.len()) + end
}

fn uuid(rng: &mut Rng) -> String {
    [8, 4, 4, 4, 12].map(|width| ascii(rng, HEX, width)).join("-")
}

pub(super) fn uuids(rng: &mut Rng) -> String {
    let count = rng.within(1..=4);
    let between = rng.pick(&[" ", ", ", "\n"]);
    let (open, close) = rng.pick(&[("", ""), ("", ""), ("{", "}"), ("urn:uuid:", "")]);
    joined(count, between, |_| format!("{open}{}{close}", uuid(rng)))
}

pub(super) fn url(rng: &mut Rng) -> String {
    let scheme = rng.pick(&["https://", "http://", "https://www.", "ftp://", "www.", "//"]);
    let end = rng.pick(&["example", "invalid", "test", "localhost"]);
    let mut url = format!("{scheme}{}.{end}", invented(rng));
    for _ in 0..rng.within(0..=5) {
        let part = if rng.once_in(2) { invented(rng) } else { number(rng, 6) };
        url.push_str(&format!("/{part}"));
    }
    for place in 0..rng.within(0..=4) {
        let mark = if place == 0 { "?" } else { "&" };
        url.push_str(&format!("{mark}{}={}", invented(rng), ascii(rng, HEX, 5)));
    }
    url
}

fn time(rng: &mut Rng) -> String {
    let mut two = |least: usize, most: usize| format!("{:02}", rng.within(least..=most));
    let clock = format!("{}:{}:{}", two(0, 23), two(0, 59), two(0, 59));
    let day = format!("{}-{}", two(1, 12), two(1, 28));
    let year = rng.within(2001..=2039);
    match rng.below(4) {
        0 => format!("{year}-{day}T{clock}Z"),
        1 => format!("[{clock}.{:03}]", rng.below(1000)),
        2 => format!("{year}/{} {clock}", day.replace('-', "/")),
        _ => format!("{}.{:06}", rng.below(90_000), rng.below(1_000_000)),
    }
}

pub(super) fn log(rng: &mut Rng) -> String {
    let line = |rng: &mut Rng| {
        let level = rng.pick(&["INFO", "DEBUG", "TRACE", "WARN", "<6>", "I", "notice:", ""]);
        let place = rng.pick(&[".", "::", "/", "-"]);
        let count = rng.within(1..=3);
        let module = joined(count, place, |_| invented(rng));
        let count = rng.within(1..=5);
        let pairs = joined(count, " ", |_| {
            let value = if rng.once_in(2) { number(rng, 5) } else { invented(rng) };
            format!("{}{}{value}", invented(rng), rng.pick(&["=", ": ", "="]))
        });
        format!("{} {level} {module}[{}] {pairs}", time(rng), number(rng, 5))
    };
    let count = rng.within(1..=2);
    joined(count, "\n", |_| line(rng))
}

pub(super) fn code(rng: &mut Rng) -> String {
    let name = |rng: &mut Rng| {
        let count = rng.within(1..=2);
        joined(count, "_", |_| invented(rng))
    };
    let value = |rng: &mut Rng| if rng.once_in(2) { name(rng) } else { number(rng, 4) };
    let compared = |rng: &mut Rng| format!("{} {} {}", name(rng), rng.pick(&OPERATORS), value(rng));
    let line = |rng: &mut Rng| match rng.below(10) {
        0 => format!("if ({}) {{ {}; }}", compared(rng), compared(rng)),
        1 => format!("for (int {0} = 0; {0} < {1}; {0}++) {{", name(rng), value(rng)),
        2 => format!("def {}({}, {}):", name(rng), name(rng), name(rng)),
        3 => format!("let {} = {}({}, {});", name(rng), name(rng), value(rng), value(rng)),
        4 => format!("return {}[{}] {} {};", name(rng), value(rng), rng.pick(&OPERATORS), value(rng)),
        5 => format!("<{0} {1}=\"{2}\"></{0}>", name(rng), name(rng), value(rng)),
        6 => format!("SELECT {}, {} FROM {} WHERE {}", name(rng), name(rng), name(rng), compared(rng)),
        7 => format!(".{} {{ {}: {}px; }}", name(rng), name(rng), number(rng, 3)),
        8 => format!("#include <{}.h>", name(rng)),
        _ => format!("}} else {{ {}(&{}); }}", name(rng), compared(rng)),
    };
    let count = rng.within(1..=4);
    let between = rng.pick(&[" ", "\n", "\n  "]);
    joined(count, between, |_| line(rng))
}

pub(super) fn json(rng: &mut Rng) -> String {
    let depth = rng.within(1..=3);
    json_value(rng, depth)
}

fn json_value(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 {
        return match rng.below(5) {
            0 => rng.pick(&["null", "true", "false"]).to_owned(),
            1 | 2 => number(rng, 6),
            _ => format!("\"{}\"", invented(rng)),
        };
    }
    let count = rng.within(1..=4);
    if rng.once_in(4) {
        return format!("[{}]", joined(count, ",", |_| json_value(rng, depth - 1)));
    }
    let pair = |rng: &mut Rng| {
        let under = if rng.once_in(2) { depth - 1 } else { 0 };
        format!("\"{}\":{}", invented(rng), json_value(rng, under))
    };
    format!("{{{}}}", joined(count, ", ", |_| pair(rng)))
}
