//! The tokenizer of a checkpoint as the hub has them: what transformers makes of `tokenizer.json`,
//! `tokenizer_config.json` and the vocabulary files is written as one `tokenizer.json`.
//!
//! Transformers (from version 5 on) knows classes of tokenizers. One that is a family's own takes no more than
//! vocabulary, merges and charsmap from `tokenizer.json`, and builds everything else from
//! `tokenizer_config.json` and its own defaults. The one of no family takes `tokenizer.json` as it is.

mod class;
mod family;
mod given;
mod settings;
mod words;

use std::collections::BTreeMap;

use class::Class;
use family::Family;
use given::Given;
use serde::Deserialize;
use serde_json::value::RawValue;
use settings::Settings;
use words::Words;

use super::bounds;
use super::parts::{AddedToken, Normalizer};
use crate::{Error, ErrorKind, Result};

const TOKENIZER: &str = "tokenizer.json";
const SETTINGS: &str = "tokenizer_config.json";
/// Of checkpoints that transformers wrote before it kept added tokens in `tokenizer_config.json`.
const SPECIAL_TOKENS: &str = "special_tokens_map.json";
const ADDED_TOKENS: &str = "added_tokens.json";
const WORD_PIECES: &str = "vocab.txt";
const BYTE_PAIRS: [&str; 2] = ["vocab.json", "merges.txt"];
/// Models of SentencePiece by the names that they have on the hub.
const SENTENCE_PIECE: [&str; 4] = ["sentencepiece.bpe.model", "spm.model", "spiece.model", "tokenizer.model"];

/// Files beside a vocabulary that change what is made of it, and that may be missing.
pub(crate) const OPTIONAL: [&str; 3] = [SETTINGS, SPECIAL_TOKENS, ADDED_TOKENS];

/// Where a checkpoint's files lie.
pub(crate) trait Folder {
    /// Its name in messages.
    fn place(&self) -> String;
    fn has(&self, name: &str) -> bool;
    /// A small file; `None` where it is not there.
    fn read_if_there(&self, name: &str) -> Result<Option<Vec<u8>>>;
}

/// A checkpoint's tokenizer.
#[derive(Debug)]
pub(crate) struct Assembled {
    /// A `tokenizer.json` that stands for all files; not yet checked.
    pub(crate) json: Vec<u8>,
    /// Tokens that a text may have, special tokens counted, where `tokenizer_config.json` has a limit.
    pub(crate) max_tokens: Option<usize>,
    /// The files that were read.
    pub(crate) read: Vec<(&'static str, Vec<u8>)>,
}

/// The files of a folder that a tokenizer is read from; none where there is no vocabulary.
#[cfg(feature = "hub")]
pub(crate) fn files(has: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let vocabularies: [&[&'static str]; 3] = [&[TOKENIZER], &[WORD_PIECES], &BYTE_PAIRS];
    let there = |files: &&[&'static str]| files.iter().all(|file| has(file));
    // The model's class decides between vocab.txt and vocab.json; tokenizer.json goes before both.
    let whole = has(TOKENIZER);
    let found: Vec<_> = vocabularies.iter().copied().filter(there).take(if whole { 1 } else { 2 }).collect();
    let settings = OPTIONAL.into_iter().filter(|file| !found.is_empty() && has(file));
    found.concat().into_iter().chain(settings).collect()
}

/// The model of SentencePiece that a folder has, where there is one.
pub(crate) fn sentence_piece(has: impl Fn(&str) -> bool) -> Option<&'static str> {
    SENTENCE_PIECE.into_iter().find(|name| has(name))
}

/// Says how transformers converts the model of SentencePiece `file`; `from` is the model's name, `to` a folder.
pub(crate) fn conversion(file: &str, from: &str, to: &str) -> String {
    format!(
        "it has no {TOKENIZER}, and its {file} alone is not read; transformers, with the packages sentencepiece and \
         protobuf, converts it:\n\
         from transformers import AutoTokenizer\n\
         AutoTokenizer.from_pretrained({from:?}).save_pretrained({to:?})"
    )
}

/// Reads the tokenizer of a checkpoint. `config` is its `config.json`, `rows` the number of rows of its word
/// embedding.
///
/// # Errors
/// `model-not-found` where there is no tokenizer; `model-invalid` names the file at fault and what is wrong.
pub(crate) fn assemble(folder: &dyn Folder, config: &[u8], rows: usize) -> Result<Assembled> {
    let mut read = Vec::new();
    for name in [TOKENIZER].into_iter().chain(OPTIONAL) {
        read.extend(folder.read_if_there(name)?.map(|bytes| (name, bytes)));
    }
    let invalid = |reason: String| Error::new(ErrorKind::ModelInvalid, reason).context(folder.place());
    let class = Class::of(file(&read, SETTINGS), config).map_err(invalid)?;
    if file(&read, TOKENIZER).is_none() {
        let wanted: &[&'static str] = match class {
            Class::Bert | Class::Mpnet => &[WORD_PIECES],
            Class::Roberta => &BYTE_PAIRS,
            Class::XlmRoberta | Class::Camembert | Class::DebertaV2 | Class::Plain => &[],
        };
        for &name in wanted {
            let bytes = folder.read_if_there(name)?.ok_or_else(|| missing(folder, class))?;
            read.push((name, bytes));
        }
        if wanted.is_empty() {
            return Err(missing(folder, class));
        }
    }
    let (json, max_tokens) = write(&read, class, rows).map_err(invalid)?;
    Ok(Assembled { json, max_tokens, read })
}

fn file<'a>(read: &'a [(&'static str, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    read.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.as_slice())
}

/// Says what a tokenizer of this class can be read from, and what is there instead.
fn missing(folder: &dyn Folder, class: Class) -> Error {
    let place = folder.place();
    if let Some(name) = sentence_piece(|name| folder.has(name)) {
        let message = format!("{place}: {}", conversion(name, &place, &place));
        return Error::new(ErrorKind::ModelInvalid, message);
    }
    let [vocabulary, merges] = BYTE_PAIRS;
    let files = match class {
        Class::Bert | Class::Mpnet => format!("{TOKENIZER} or {WORD_PIECES}"),
        Class::Roberta => format!("{TOKENIZER}, or {vocabulary} with {merges}"),
        Class::XlmRoberta | Class::Camembert | Class::DebertaV2 | Class::Plain => TOKENIZER.to_owned(),
    };
    let message = format!("{place} has no tokenizer; {} is read from {files}", class.named());
    Error::new(ErrorKind::ModelNotFound, message)
}

/// The parts of a `tokenizer.json` that are read here.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(default)]
    added_tokens: Option<Vec<AddedToken>>,
    #[serde(borrow, default)]
    normalizer: Option<&'a RawValue>,
    #[serde(borrow)]
    model: ModelOutline<'a>,
}

#[derive(Deserialize)]
struct ModelOutline<'a> {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(borrow)]
    vocab: &'a RawValue,
    #[serde(borrow, default)]
    merges: Option<&'a RawValue>,
}

impl ModelOutline<'_> {
    /// Old files name no kind.
    fn kind(&self) -> &str {
        match &self.kind {
            Some(kind) => kind,
            None if self.vocab.get().starts_with('[') => "Unigram",
            None if self.merges.is_some() => "BPE",
            None => "WordPiece",
        }
    }
}

/// One `tokenizer.json` for all files, and the most tokens of a text.
fn write(
    read: &[(&'static str, Vec<u8>)],
    class: Class,
    rows: usize,
) -> std::result::Result<(Vec<u8>, Option<usize>), String> {
    let whole = file(read, TOKENIZER);
    let outline: Option<Outline<'_>> =
        whole.map(serde_json::from_slice).transpose().map_err(|e| format!("{TOKENIZER}: {e}"))?;
    let own = outline.as_ref().and_then(|outline| outline.added_tokens.as_deref()).unwrap_or_default();
    let texts = OPTIONAL.map(|name| (name, file(read, name)));
    let settings = Settings::read(texts, own)?;
    let max_tokens = settings.max_tokens()?;
    match (whole, &outline) {
        (Some(whole), Some(outline)) if class.model() != Some(outline.model.kind()) => {
            Ok((as_it_is(whole, outline, &settings, rows)?, max_tokens))
        }
        (Some(whole), Some(outline)) => {
            // What a class does not take from the file has to be sound all the same.
            bounds::checked(whole).map_err(|reason| format!("{TOKENIZER}: {reason}"))?;
            let model = &outline.model;
            let words = Words::of_json(model.vocab)?;
            let charsmap = charsmap(outline.normalizer)?;
            let family = Family::new(class, &settings, &words, charsmap)?;
            Ok((family.write(&settings, &words, Some(model.vocab), model.merges, rows)?, max_tokens))
        }
        _ => {
            let (words, merges) = words::of_files(read)?;
            let family = Family::new(class, &settings, &words, None)?;
            Ok((family.write(&settings, &words, None, merges.as_deref(), rows)?, max_tokens))
        }
    }
}

/// The file with the tokens that the other files add to it; its own bytes where that is none.
fn as_it_is(
    whole: &[u8],
    outline: &Outline<'_>,
    settings: &Settings,
    rows: usize,
) -> std::result::Result<Vec<u8>, String> {
    let own = outline.added_tokens.as_deref().unwrap_or_default();
    let added = given::to_add(&settings.added, &settings.named(&[]), &settings.extra, own);
    if added.is_empty() {
        return Ok(whole.to_vec());
    }
    let words = Words::of_json(outline.model.vocab)?;
    let mut tokens: Vec<Given> = own.iter().map(Given::of).collect();
    tokens.extend(added);
    let tokens = given::numbered(&tokens, &words, rows);
    // A part that is there twice is an error, and not the last of the two.
    let whole = bounds::checked(whole).map_err(|reason| format!("{TOKENIZER}: {reason}"))?;
    let mut parts: BTreeMap<String, &RawValue> =
        serde_json::from_slice(&whole).map_err(|e| format!("{TOKENIZER}: {e}"))?;
    let tokens = serde_json::value::to_raw_value(&tokens).map_err(|e| e.to_string())?;
    parts.insert("added_tokens".to_owned(), &tokens);
    serde_json::to_vec(&parts).map_err(|e| e.to_string())
}

/// The charsmap of a normalizer, where it has one.
fn charsmap(normalizer: Option<&RawValue>) -> std::result::Result<Option<String>, String> {
    let Some(json) = normalizer else { return Ok(None) };
    let normalizer: Option<Normalizer> =
        serde_json::from_str(json.get()).map_err(|e| format!("{TOKENIZER}: normalizer: {e}"))?;
    let parts = match normalizer {
        Some(Normalizer::Sequence { normalizers }) => normalizers,
        one => one.into_iter().collect(),
    };
    Ok(parts.into_iter().find_map(|part| match part {
        Normalizer::Precompiled { precompiled_charsmap } => Some(precompiled_charsmap),
        _ => None,
    }))
}

#[cfg(test)]
mod tests;
