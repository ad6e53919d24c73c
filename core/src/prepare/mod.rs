//! Extraction of the text that the customer wrote in this message: HTML becomes text, and the additions of
//! mail programs are removed.
//!
//! A rule that is in doubt leaves text rather than remove a sentence of the customer's. A step that would
//! leave nothing is not done.

mod disclaimers;
mod forwards;
mod headers;
mod html;
mod lines;
mod names;
mod notices;
mod options;
mod quotes;
mod signature;
mod tags;
mod words;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use lines::Line;

pub use options::Preparation;

/// Rounds after which a text is left as it was. Mail takes two or three; only a text made to do so takes
/// more.
const ROUNDS: usize = 8;

/// A kind of text that is removed (or, of HTML, turned into text).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removed {
    /// Tags and entities.
    Html,
    /// Messages that this one answers.
    Quotes,
    /// A forwarded message, or its header.
    Forwards,
    /// A closing, or the signature of a mail program.
    Signature,
    /// A legal notice.
    Disclaimer,
}

impl Removed {
    /// Every kind, in the order in which they are reported.
    pub const ALL: &'static [Self] =
        &[Self::Html, Self::Quotes, Self::Forwards, Self::Signature, Self::Disclaimer];

    fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Quotes => "quotes",
            Self::Forwards => "forwards",
            Self::Signature => "signature",
            Self::Disclaimer => "disclaimer",
        }
    }
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A message as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared<'a> {
    /// The text; borrowed where it is the message itself, or one piece of it.
    pub text: Cow<'a, str>,
    /// The kinds of text that were removed, each once, in the order of [`Removed::ALL`].
    pub removed: Vec<Removed>,
}

/// Removes the parts of a message that `how` names. It cannot fail.
///
/// The result is not changed by preparing it again: the rules run until they find nothing more. A text on
/// which they do not come to rest is returned unchanged.
pub fn prepare<'a>(text: &'a str, how: &Preparation) -> Prepared<'a> {
    let mut current = Cow::Borrowed(text);
    let mut removed = Vec::new();
    for _ in 0..ROUNDS {
        let next = match &current {
            Cow::Borrowed(text) => round(text, *how, &mut removed),
            Cow::Owned(text) => round(text, *how, &mut removed).map(|next| Cow::Owned(next.into_owned())),
        };
        let Some(next) = next else {
            removed.sort_unstable();
            removed.dedup();
            return Prepared { text: current, removed };
        };
        current = next;
    }
    Prepared { text: Cow::Borrowed(text), removed: Vec::new() }
}

/// The lines that stay, or `None` where all do.
type Rule = for<'l, 'a> fn(&'l [Line<'a>]) -> Option<Vec<Line<'a>>>;

/// The text after one round, and the kinds of text that were removed; `None` where there was nothing to take.
fn round<'a>(text: &'a str, how: Preparation, removed: &mut Vec<Removed>) -> Option<Cow<'a, str>> {
    if how.html
        && let Some(plain) = html::to_text(text)
        && !plain.trim().is_empty()
    {
        removed.push(Removed::Html);
        return Some(Cow::Owned(plain));
    }
    let mut lines = lines::split(text);
    let mut taken = Vec::new();
    if how.forwards
        && let Some((kept, also)) = forwards::cut(&lines, how).filter(|(kept, _)| lines::has_text(kept))
    {
        lines = kept;
        taken.push(Removed::Forwards);
        taken.extend(also);
    }
    let rules: [(bool, Rule, Removed); 4] = [
        (how.quotes, quotes::cut_answered, Removed::Quotes),
        (how.quotes, quotes::cut_quoted, Removed::Quotes),
        // Notices stand below signatures.
        (how.disclaimers, disclaimers::cut, Removed::Disclaimer),
        (how.signatures, signature::cut, Removed::Signature),
    ];
    for (wanted, rule, kind) in rules {
        if wanted && let Some(kept) = rule(&lines).filter(|kept| lines::has_text(kept)) {
            lines = kept;
            taken.push(kind);
        }
    }
    if taken.is_empty() {
        return None;
    }
    let next = lines::join(text, &lines);
    (next != text).then(|| {
        removed.append(&mut taken);
        next
    })
}
