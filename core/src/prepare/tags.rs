//! The tags of HTML, and whether a text is HTML at all.

/// Bytes of a text that are read to decide whether it is HTML.
const READ: usize = 64 * 1024;

/// The tags that mail is made of.
const KNOWN: &[&str] = &[
    "html",
    "head",
    "body",
    "title",
    "meta",
    "link",
    "style",
    "script",
    "div",
    "p",
    "br",
    "span",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "td",
    "th",
    "ul",
    "ol",
    "li",
    "a",
    "b",
    "i",
    "u",
    "em",
    "strong",
    "font",
    "center",
    "blockquote",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "img",
    "pre",
    "small",
    "section",
    "article",
    "header",
    "footer",
    "o:p",
];
/// The tags with which a text begins that is HTML as a whole.
const WHOLE: &[&str] = &["html", "head", "body"];

/// One tag.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    /// Its name, in small letters.
    pub(super) name: String,
    pub(super) closes: bool,
    pub(super) attributes: &'a str,
    /// Its bytes.
    pub(super) length: usize,
}

impl Tag<'_> {
    fn is_known(&self) -> bool {
        KNOWN.contains(&self.name.as_str())
    }

    /// Whether its attributes hold this text, in small letters.
    pub(super) fn has(&self, text: &str) -> bool {
        self.attributes.to_lowercase().contains(text)
    }
}

/// The tag that a text begins with. A `<` in an address or in a comparison begins none.
pub(super) fn tag(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    let closes = inner.starts_with('/');
    let named = inner.strip_prefix('/').unwrap_or(inner);
    if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let bytes = named.as_bytes();
    let is_in_name = |at: usize, b: u8| {
        b.is_ascii_alphanumeric() || b == b':' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic)
    };
    let name_end = bytes.iter().enumerate().position(|(at, b)| !is_in_name(at, *b))?;
    if !matches!(bytes[name_end], b'>' | b'/') && !bytes[name_end].is_ascii_whitespace() {
        return None;
    }
    let mut quote = None;
    for (at, b) in bytes.iter().enumerate().skip(name_end) {
        match (quote, b) {
            (None, b'>') => {
                let length = text.len() - named.len() + at + 1;
                let attributes = &named[name_end..at];
                return Some(Tag {
                    name: named[..name_end].to_ascii_lowercase(),
                    closes,
                    attributes,
                    length,
                });
            }
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(*b),
            (Some(open), b) if open == *b => quote = None,
            _ => (),
        }
    }
    None
}

/// Whether a text is HTML, rather than a text that speaks of tags.
pub(super) fn is_html(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let start = text.get(..9).unwrap_or_default();
    if start.eq_ignore_ascii_case("<!doctype") {
        return true;
    }
    // A comment of Outlook's may stand first.
    let text = text
        .strip_prefix("<!--")
        .and_then(|rest| Some(&rest[rest.find("-->")? + 3..]))
        .unwrap_or(text)
        .trim_start();
    let first = tag(text);
    if first.as_ref().is_some_and(|first| !first.closes && WHOLE.contains(&first.name.as_str())) {
        // "<body> is not closed" speaks of one.
        return count(text).known >= 2;
    }
    if text.contains("```") {
        return false;
    }
    let seen = count(text);
    if first.is_some_and(|first| !first.closes && first.is_known()) {
        return seen.known >= 2
            && (text.trim_end().ends_with('>') || seen.known >= 4)
            && (seen.closed || seen.breaks > 0);
    }
    // A text that begins with words may speak of tags, or hold code, which has its tags at the beginnings of
    // lines.
    let is_code = text.contains('`') || text.split(['\n', '\r']).any(|line| tag(line.trim_start()).is_some());
    seen.breaks >= 2 || !is_code && seen.touching >= 3
}

#[derive(Debug, Default)]
struct Seen {
    known: usize,
    /// Whether a tag was closed by one of its name.
    closed: bool,
    /// Line breaks that touch a word or each other: in "use <br> here" none does.
    breaks: usize,
    /// Closing tags that touch a word.
    touching: usize,
}

fn count(text: &str) -> Seen {
    let mut seen = Seen::default();
    let mut opened: Vec<String> = Vec::new();
    let (mut at, mut last_end) = (0, usize::MAX);
    while let Some(offset) = text[at..].find('<').filter(|_| at < READ) {
        at += offset;
        let Some(tag) = tag(&text[at..]).filter(Tag::is_known) else {
            at += 1;
            continue;
        };
        let before = text[..at].chars().next_back();
        let touches = last_end == at || before.is_some_and(|c| c.is_alphanumeric() || ",.;:!?)".contains(c));
        seen.known += 1;
        if tag.name == "br" {
            seen.breaks += usize::from(touches);
        } else if tag.closes {
            seen.closed |= opened.contains(&tag.name);
            seen.touching += usize::from(touches);
        } else if !opened.contains(&tag.name) {
            opened.push(tag.name.clone());
        }
        at += tag.length;
        last_end = at;
    }
    seen
}
