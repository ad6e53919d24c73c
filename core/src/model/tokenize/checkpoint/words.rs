//! The vocabulary of a checkpoint, from `tokenizer.json` or from files of its own.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::{BYTE_PAIRS, TOKENIZER, WORD_PIECES, file};

/// The ids of a vocabulary.
#[derive(Debug)]
pub(super) enum Words {
    /// Of tokens.
    Ids(BTreeMap<String, u32>),
    /// Of pieces with scores, which are numbered by their places.
    Pieces(Vec<(String, f64)>, HashMap<String, u32>),
}

impl Words {
    /// The `vocab` of a `tokenizer.json`.
    pub(super) fn of_json(vocab: &RawValue) -> Result<Self, String> {
        let bad = |e: serde_json::Error| format!("{TOKENIZER}: model: vocab: {e}");
        if !vocab.get().starts_with('[') {
            return Ok(Self::Ids(serde_json::from_str(vocab.get()).map_err(bad)?));
        }
        let pieces: Vec<(String, f64)> = serde_json::from_str(vocab.get()).map_err(bad)?;
        let ids = pieces.iter().zip(0..).map(|((piece, _), id)| (piece.clone(), id)).collect();
        Ok(Self::Pieces(pieces, ids))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Ids(ids) => ids.len(),
            Self::Pieces(pieces, _) => pieces.len(),
        }
    }

    pub(super) fn id(&self, token: &str) -> Option<u32> {
        match self {
            Self::Ids(ids) => ids.get(token).copied(),
            Self::Pieces(_, ids) => ids.get(token).copied(),
        }
    }

    /// The place of the first piece of which this holds.
    pub(super) fn place(&self, is: impl Fn(&str, f64) -> bool) -> Option<usize> {
        match self {
            Self::Ids(_) => None,
            Self::Pieces(pieces, _) => pieces.iter().position(|(piece, score)| is(piece, *score)),
        }
    }

    /// The vocabulary as a `tokenizer.json` has it.
    pub(super) fn json(&self) -> Result<Box<RawValue>, String> {
        match self {
            Self::Ids(ids) => serde_json::value::to_raw_value(ids),
            Self::Pieces(pieces, _) => serde_json::value::to_raw_value(pieces),
        }
        .map_err(|e| e.to_string())
    }
}

/// The vocabulary and the merges of the files that were read without a `tokenizer.json`.
pub(super) fn of_files(read: &[(&'static str, Vec<u8>)]) -> Result<(Words, Option<Box<RawValue>>), String> {
    let text = |name: &str| match std::str::from_utf8(file(read, name).unwrap_or_default()) {
        Ok(text) => Ok(text),
        Err(e) => Err(format!("{name}: is not UTF-8 from byte {} on", e.valid_up_to())),
    };
    let [vocabulary, merges] = BYTE_PAIRS;
    if file(read, vocabulary).is_none() {
        return Ok((of_lines(text(WORD_PIECES)?)?, None));
    }
    let ids: BTreeMap<String, u32> =
        serde_json::from_str(text(vocabulary)?).map_err(|e| format!("{vocabulary}: {e}"))?;
    let mut pairs = Vec::new();
    for (line, number) in text(merges)?.lines().zip(1..) {
        if line.starts_with("#version") {
            continue;
        }
        let pair = line.split_once(' ').filter(|(_, second)| !second.contains(' '));
        pairs.push(
            pair.ok_or_else(|| format!("{merges}: line {number} is no two tokens with a space between"))?,
        );
    }
    let pairs = serde_json::value::to_raw_value(&pairs).map_err(|e| e.to_string())?;
    Ok((Words::Ids(ids), Some(pairs)))
}

/// A token a line, which is numbered by its place; of a token that is there twice, the last place holds.
fn of_lines(text: &str) -> Result<Words, String> {
    let ids: BTreeMap<String, u32> =
        text.lines().zip(0..).map(|(line, id)| (line.trim_end().to_owned(), id)).collect();
    if ids.is_empty() {
        return Err(format!("{WORD_PIECES}: is empty"));
    }
    Ok(Words::Ids(ids))
}
