//! The headers of an older message, as mail programs write them above it.

use super::lines::Line;

/// The largest number of lines of one block of headers that are examined.
const LINES: usize = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    From,
    Date,
    To,
    Copy,
    Subject,
}

/// Their names in English, German, French, Spanish, Italian, Dutch, Portuguese, Swedish, Danish, Norwegian,
/// Polish and Russian.
const NAMES: [(Header, &[&str]); 5] = [
    (Header::From, &["from", "von", "de", "da", "van", "från", "fra", "od", "от"]),
    (
        Header::Date,
        &[
            "sent",
            "date",
            "gesendet",
            "gesendet am",
            "datum",
            "envoyé",
            "envoyé le",
            "enviado",
            "enviado el",
            "fecha",
            "inviato",
            "data",
            "verzonden",
            "enviada em",
            "enviado em",
            "skickat",
            "sendt",
            "dato",
            "wysłano",
            "отправлено",
            "дата",
        ],
    ),
    (Header::To, &["to", "an", "à", "para", "a", "aan", "till", "til", "do", "кому"]),
    (Header::Copy, &["cc", "bcc", "kopie", "copie à", "reply-to", "antwort an", "répondre à", "копия"]),
    (
        Header::Subject,
        &[
            "subject",
            "betreff",
            "objet",
            "asunto",
            "oggetto",
            "onderwerp",
            "assunto",
            "ämne",
            "emne",
            "temat",
            "тема",
        ],
    ),
];

fn header(line: &Line<'_>) -> Option<Header> {
    let (name, _) = line.short()?.split_once([':', '\u{ff1a}'])?;
    let name = name.trim_matches(['*', ' ', '\u{a0}']).to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(header, _)| *header)
}

/// Where the headers end that begin at `start`, and which they are. A long list of addresses runs over
/// several lines.
fn headers(lines: &[Line<'_>], start: usize) -> (usize, Vec<Header>) {
    let mut found = Vec::new();
    let mut end = start;
    let mut goes_on = false;
    for line in lines.iter().skip(start).take(LINES) {
        if let Some(header) = header(line) {
            found.push(header);
        } else if found.is_empty() || line.is_blank() || !(goes_on || line.text.starts_with([' ', '\t'])) {
            break;
        }
        goes_on = line.text.trim_end().ends_with([',', ';', ':']);
        end += 1;
    }
    (end, found)
}

/// Where the lines end that are headers, `start` where there are none.
pub(super) fn skip(lines: &[Line<'_>], start: usize) -> usize {
    headers(lines, start).0
}

/// Where a block of headers ends that begins at `start`, where they are surely those of a message: a journey
/// has a `From`, a `To` and a `Date` too.
pub(super) fn block(lines: &[Line<'_>], start: usize) -> Option<usize> {
    header(lines.get(start)?)?;
    // It would have begun with the line above.
    if start > 0 && header(&lines[start - 1]).is_some() {
        return None;
    }
    let (end, found) = headers(lines, start);
    let has = |header| found.contains(&header);
    let address = || lines[start..end].iter().any(|line| line.text.contains('@'));
    let kinds = NAMES.iter().filter(|(header, _)| has(*header)).count();
    let sure = kinds >= 3
        && has(Header::From)
        && (has(Header::Date) || has(Header::To))
        && (has(Header::Subject) || address());
    sure.then_some(end)
}
