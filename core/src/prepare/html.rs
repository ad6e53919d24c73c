//! HTML to text.
//!
//! mail-parser knows the entities and how white space runs together. Of the tags it knows `br` and `p` only,
//! loses what follows a `<` that begins no tag, and knows nothing of quotations; so a message is first
//! rewritten with no other tag than `br`, its quoted lines marked with `>` as in plain text.

use mail_parser::decoders::html::html_to_text;

use super::tags::{Tag, is_html, tag};

/// Elements whose content is not text.
const HIDDEN: &[&str] = &["script", "style", "title", "template", "xml", "svg"];
/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "html", "body", "div", "table", "tbody", "thead", "tfoot", "tr", "ul", "ol", "li", "dl", "dt", "dd",
    "section", "article", "header", "footer", "center", "form", "pre", "address",
];
/// Elements with a blank line around them.
const PARAGRAPHS: &[&str] = &["p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote"];
/// Quotations within quotations beyond which they are not counted.
const DEEP: usize = 20;

/// The text of a message that is HTML; `None` where it is not.
pub(super) fn to_text(text: &str) -> Option<String> {
    if !text.contains('<') || !is_html(text) {
        return None;
    }
    let plain = html_to_text(&rewrite(text)).replace('\u{a0}', " ");
    let lines: Vec<&str> = plain.lines().map(str::trim).collect();
    let plain = lines.join("\n").trim().to_owned();
    // Where the message itself speaks of tags, it must not be mistaken for HTML when it is read again.
    Some(if is_html(&plain) { plain.replace('<', "&lt;") } else { plain })
}

#[derive(Debug, Default)]
struct Writer {
    out: String,
    /// Line breaks to write before the next text, two at most.
    breaks: usize,
    /// The open quotations: whether each is one of a message.
    quotes: Vec<bool>,
    /// The number of them that are.
    depth: usize,
    preformatted: bool,
}

fn rewrite(text: &str) -> String {
    let mut writer = Writer { out: String::with_capacity(text.len()), ..Writer::default() };
    let mut rest = text;
    // Names of which no closing tag is left: to look for it again and again would take its time.
    let mut unclosed: Vec<String> = Vec::new();
    while let Some(at) = rest.find('<') {
        writer.text(&rest[..at]);
        rest = &rest[at..];
        let skipped = declaration(rest, &mut unclosed);
        if skipped > 0 {
            rest = &rest[skipped..];
        } else if let Some(tag) = tag(rest) {
            rest = &rest[tag.length..];
            if HIDDEN.contains(&tag.name.as_str()) && !tag.closes && !unclosed.contains(&tag.name) {
                match closing(rest, &tag.name) {
                    Some(at) => rest = &rest[at..],
                    None => unclosed.push(tag.name),
                }
            } else {
                writer.tag(&tag);
            }
        } else {
            writer.text("&lt;");
            rest = &rest[1..];
        }
    }
    writer.text(rest);
    writer.out
}

/// The bytes of the comment, or of the declaration, that a text begins with.
fn declaration(text: &str, unclosed: &mut Vec<String>) -> usize {
    let end = match text.as_bytes() {
        [b'<', b'!', b'-', b'-', ..] => "-->",
        [b'<', b'!' | b'?', ..] => ">",
        _ => return 0,
    };
    if unclosed.iter().any(|name| name == end) {
        return 0;
    }
    // "<!-->" is a comment too.
    let from = if end == "-->" { 2 } else { 0 };
    let Some(at) = text[from..].find(end) else {
        unclosed.push(end.to_owned());
        return 0;
    };
    from + at + end.len()
}

/// Where the tag begins that closes `name`.
fn closing(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|at| {
        let found = text.as_bytes().get(at + 2..at + 2 + name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.preformatted {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.line_break();
                }
                self.run(line);
            }
        } else {
            self.run(text);
        }
    }

    fn run(&mut self, text: &str) {
        if text.trim().is_empty() {
            if self.breaks == 0 {
                self.out.push_str(text);
            }
            return;
        }
        if self.breaks > 0 && !self.out.trim_end().is_empty() {
            for _ in 0..self.breaks {
                self.out.push_str("<br>");
            }
        }
        let starts_line = self.breaks > 0 || self.out.trim_end().is_empty();
        if starts_line {
            self.out.extend(std::iter::repeat_n("&gt; ", self.depth));
        }
        self.breaks = 0;
        self.out.push_str(text);
    }

    fn line_break(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        // Outlook writes every line as a paragraph, blank ones too.
        let is_line = name == "p" && (tag.closes || tag.has("msonormal"));
        if name == "br" {
            self.line_break();
        } else if BLOCKS.contains(&name) || is_line {
            self.breaks = self.breaks.max(1);
        } else if PARAGRAPHS.contains(&name) {
            self.breaks = 2;
        } else if matches!(name, "td" | "th") {
            self.run(" ");
        }
        match name {
            "pre" => self.preformatted = !tag.closes,
            "blockquote" if tag.closes => {
                self.depth -= usize::from(self.quotes.pop() == Some(true));
            }
            // One without a border is how some programs set text in.
            "blockquote" => {
                let set_in = tag.has("border:none") || tag.has("border: none");
                let quoted = !set_in && self.depth < DEEP;
                self.quotes.push(quoted);
                self.depth += usize::from(quoted);
            }
            _ => (),
        }
    }
}
