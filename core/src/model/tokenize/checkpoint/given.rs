//! Tokens that the files of a checkpoint add to the vocabulary, in transformers' order.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::words::Words;
use crate::model::tokenize::parts::AddedToken;

/// A token as a file gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Given {
    pub(super) content: String,
    pub(super) single_word: bool,
    pub(super) lstrip: bool,
    pub(super) rstrip: bool,
    /// Found in the normalized text; where a file does not say so, only what is not special.
    pub(super) normalized: Option<bool>,
    pub(super) special: bool,
    /// A text alone, without the switches.
    pub(super) plain: bool,
    /// In a file, and not only a default of the class.
    pub(super) stated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct Switches {
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    normalized: Option<bool>,
    #[serde(default)]
    special: bool,
    #[serde(default, rename = "__type")]
    _type: Option<String>,
}

impl Given {
    /// A special token by its text.
    pub(super) fn plain(content: &str) -> Self {
        Self {
            content: content.to_owned(),
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: None,
            special: true,
            plain: true,
            stated: true,
        }
    }

    /// A token of a `tokenizer.json`.
    pub(super) fn of(token: &AddedToken) -> Self {
        Self {
            content: token.content.clone(),
            single_word: token.single_word,
            lstrip: token.lstrip,
            rstrip: token.rstrip,
            normalized: Some(token.normalized),
            special: token.special,
            plain: false,
            stated: true,
        }
    }

    /// A text, or an object with a token's switches.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        if let Some(text) = value.as_str() {
            return Ok(Self::plain(text));
        }
        let Switches { content, single_word, lstrip, rstrip, normalized, special, _type } =
            Switches::deserialize(value).map_err(|e| format!("is neither a text nor an added token: {e}"))?;
        Ok(Self { content, single_word, lstrip, rstrip, normalized, special, plain: false, stated: true })
    }
}

/// The tokens that are added behind those of `own`: those of the files by their ids, then the named ones, then
/// the further special ones.
pub(super) fn to_add(
    added: &BTreeMap<u32, Given>,
    named: &[(String, Given)],
    extra: &[Given],
    own: &[AddedToken],
) -> Vec<Given> {
    let own: Vec<Given> = own.iter().map(Given::of).collect();
    let known: HashSet<&str> = own.iter().chain(added.values()).map(|token| token.content.as_str()).collect();
    let special: HashSet<&str> = named.iter().map(|(_, token)| token.content.as_str()).collect();
    let mut once = HashSet::new();
    let further = named.iter().map(|(_, token)| token).chain(extra);
    let further = further.filter(|token| !known.contains(token.content.as_str()) && once.insert(*token));
    let settled = |token: &Given| {
        let special = token.special || special.contains(token.content.as_str());
        let normalized = Some(token.normalized.unwrap_or(!special));
        Given { special, normalized, plain: false, ..token.clone() }
    };
    let there: HashSet<&Given> = own.iter().collect();
    added.values().chain(further).map(settled).filter(|token| !there.contains(token)).collect()
}

/// The tokens with the ids that they get: that of the vocabulary, else the next one behind it. A class's own
/// default without a row in an embedding of `rows` is left out: no file asks for it, and the network cannot
/// read it.
pub(super) fn numbered(tokens: &[Given], words: &Words, rows: usize) -> Vec<AddedToken> {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut next = words.len();
    let mut numbered = Vec::new();
    for token in tokens.iter().filter(|token| !token.content.is_empty()) {
        let known = ids.get(token.content.as_str()).copied();
        let known = known.or_else(|| words.id(&token.content).map(|id| id as usize));
        if known.is_none() && !token.stated && next >= rows {
            continue;
        }
        let id = known.unwrap_or(next);
        next += usize::from(known.is_none());
        ids.insert(&token.content, id);
        numbered.push(AddedToken {
            id: u32::try_from(id).unwrap_or(u32::MAX),
            content: token.content.clone(),
            single_word: token.single_word,
            lstrip: token.lstrip,
            rstrip: token.rstrip,
            normalized: token.normalized.unwrap_or(!token.special),
            special: token.special,
        });
    }
    numbered
}
