//! TweetEval's sentiment: tweets that people labelled.

use super::{Card, Row, bad_row, read_csv};
use crate::error::Result;
use crate::tickets::Sentiment;
use std::path::Path;

/// The set's card.
pub const CARD: Card = Card {
    folder: "tweeteval",
    hub_name: "cardiffnlp/tweet_eval (sentiment)",
    licence: "of the tasks that it is made of (SemEval 2017 task 4: CC BY 3.0)",
    licence_source: "from memory; not verified",
    task: "sentiment: training (`sentiment_train`), choosing the epoch and calibrating (a part of `sentiment_dev`)",
    label_map: &[("positive", "positive"), ("neutral", "neutral"), ("negative", "negative")],
    notes: &[
        "12,280 and 2,000 tweets: SemEval 2017's test and validation rows as TweetEval has them, not TweetEval's own training rows.",
        "Politics, sports and entertainment of 2011 to 2016; few are about a service.",
        "The loader takes away handles at the start of a tweet, since neither a desk's messages nor the airline rows have any; those further on stay.",
        "HTML entities and JSON's escapes become their characters, and a pair of quotation marks around a whole tweet goes.",
    ],
};

/// The tweets, cleaned.
#[derive(Debug)]
pub struct Tweets {
    /// To train on.
    pub train: Vec<Row>,
    /// To choose with.
    pub dev: Vec<Row>,
}

/// Loads the tweets from `tweeteval/` under the root. Tweets of nothing but handles are left out.
pub fn load(root: &Path) -> Result<Tweets> {
    let part = |name: &str| -> Result<Vec<Row>> {
        let path = root.join(CARD.folder).join(name);
        let mut rows = Vec::new();
        for (line, row) in read_csv(&path)? {
            if Sentiment::parse(&row.label).is_none() {
                return Err(bad_row(&path, line, format!("unknown label `{}`", row.label)));
            }
            rows.push(Row { text: clean(&row.text), label: row.label });
        }
        rows.retain(|row| !row.text.is_empty());
        Ok(rows)
    };
    Ok(Tweets { train: part("sentiment_train.csv")?, dev: part("sentiment_dev.csv")? })
}

fn clean(text: &str) -> String {
    let text = without_entities(&without_escapes(text));
    without_handles(without_quotes(text.trim())).to_owned()
}

/// JSON's `\uXXXX`, `\"` and `\\`; any other backslash stays.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let code = after.strip_prefix('u').and_then(|code| code.get(..4));
        let character = code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?));
        (rest, out) = match (character, after.chars().next()) {
            (Some(character), _) => (&after[5..], out + character.encode_utf8(&mut [0; 4])),
            (None, Some(mark @ ('"' | '\\'))) => (&after[1..], out + mark.encode_utf8(&mut [0; 4])),
            _ => (after, out + "\\"),
        };
    }
    out + rest
}

/// The five entities of XML, the no-break space, and those by number; any other `&` stays.
fn without_entities(text: &str) -> String {
    const NAMES: [(&str, char); 6] =
        [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')];
    let character = |name: &str| match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => char::from_u32(u32::from_str_radix(hex, 16).ok()?),
            None => char::from_u32(number.parse().ok()?),
        },
        None => NAMES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let found = after.split_once(';').and_then(|(name, behind)| Some((character(name)?, behind)));
        let (character, behind) = found.unwrap_or(('&', after));
        out.push(character);
        rest = behind;
    }
    out + rest
}

/// The text between two quotation marks, if there are no others.
fn without_quotes(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).map_or(text, str::trim)
}

/// The text behind the handles that it begins with, and behind the `RT` or `.` that stands before them.
fn without_handles(text: &str) -> &str {
    let mut text = text;
    loop {
        let start = ["RT", "."].iter().find_map(|lead| text.strip_prefix(lead)).map_or(text, str::trim_start);
        let Some(handle) = start.strip_prefix('@') else { return text };
        let end = handle.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(handle.len());
        if end == 0 {
            return text;
        }
        text = handle[end..].trim_start_matches(|c: char| c.is_whitespace() || c == ':' || c == ',');
    }
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn handles_go_at_the_start_alone() {
        assert_eq!(clean("@user @user_2 late again, @user"), "late again, @user");
        assert_eq!(clean("RT @user: RT @user the gate moved"), "the gate moved");
        assert_eq!(clean(".@user no seats"), "no seats");
        assert_eq!(clean("@user"), "");
        assert_eq!(clean("RT if you agree"), "RT if you agree");
        assert_eq!(clean("@ noon the doors open"), "@ noon the doors open");
    }

    #[test]
    fn entities_and_escapes_become_their_characters() {
        assert_eq!(
            clean("you &amp; me &lt;3 &#39;til &#x2019;25 R&D & co; &bogus;"),
            "you & me <3 'til ’25 R&D & co; &bogus;"
        );
        assert_eq!(clean(r#"it\u2019s \"fine\"\u002c \o/ C:\"#), r#"it’s "fine", \o/ C:\"#);
        assert_eq!(clean("\"all of it\""), "all of it");
        assert_eq!(clean("\"this\" and \"that\""), "\"this\" and \"that\"");
    }
}
