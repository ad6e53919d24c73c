//! The model of a `tokenizer.json`: what its work on a text depends on.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Bytes of the longest token; those in use are runs of spaces, of some 500 bytes.
const TOKEN_BYTES: usize = 1024;
/// Of a model that looks up every beginning of a text; those in use have at most 64.
const PIECE_BYTES: usize = 256;
/// Bytes of all pieces of such a model, which it keeps as a tree of single bytes; those in use have some
/// three million.
const PIECES_BYTES: usize = 8 << 20;
/// Pieces that begin at one place of a text; those in use have at most some 20.
const PIECES_AT_A_PLACE: usize = 64;
/// Bytes that may be put before or behind a part of a word, and of the unknown token, which stands for every
/// word that is not known.
const AFFIX_BYTES: usize = 64;
/// Characters of a word that is split: the time that this takes grows with their square. BERT has 100.
const WORD_CHARACTERS: u64 = 256;

/// The kinds of models.
const KINDS: [&str; 4] = ["BPE", "WordPiece", "WordLevel", "Unigram"];

#[derive(Debug, serde::Deserialize)]
pub(super) struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    dropout: Option<f64>,
    unk_token: Option<String>,
    unk_id: Option<usize>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    max_input_chars_per_word: Option<u64>,
    vocab: Vocabulary,
    /// Named, so that it cannot be there twice.
    #[allow(dead_code, reason = "its tokens are those of the vocabulary")]
    merges: Option<IgnoredAny>,
}

#[derive(Debug)]
enum Vocabulary {
    /// The length of the longest token, and all ids.
    Ids(usize, Vec<u32>),
    /// Pieces with scores.
    Pieces(Vec<String>),
}

impl Model {
    /// # Errors
    /// What is not bounded, or random.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(kind) = self.kind.as_ref().filter(|kind| !KINDS.contains(&kind.as_str())) {
            return Err(format!("`{kind}` is none of {}", KINDS.join(", ")));
        }
        if let Some(dropout) = self.dropout.filter(|dropout| *dropout != 0.0) {
            return Err(format!("dropout {dropout} gives another answer each time; it has to be 0"));
        }
        if let Some(length) = self.max_input_chars_per_word.filter(|length| *length > WORD_CHARACTERS) {
            return Err(format!("max_input_chars_per_word is {length}; at most {WORD_CHARACTERS}"));
        }
        let affixes = [
            ("unk_token", &self.unk_token),
            ("continuing_subword_prefix", &self.continuing_subword_prefix),
            ("end_of_word_suffix", &self.end_of_word_suffix),
        ];
        for (field, text) in affixes {
            if let Some(text) = text.as_ref().filter(|text| text.len() > AFFIX_BYTES) {
                return Err(format!("{field} has {} bytes; at most {AFFIX_BYTES}", text.len()));
            }
        }
        match &self.vocab {
            Vocabulary::Pieces(_) if self.unk_id.is_none() => Err("unk_id is missing".to_owned()),
            Vocabulary::Pieces(pieces) => check_pieces(pieces),
            Vocabulary::Ids(longest, ids) => {
                if *longest > TOKEN_BYTES {
                    return Err(format!("vocab: a token of {longest} bytes; at most {TOKEN_BYTES}"));
                }
                if self.kind.as_deref().is_none_or(|kind| kind == "BPE") { check_ids(ids) } else { Ok(()) }
            }
        }
    }
}

/// An id of two tokens would give the text of the other one, which can be longer than what was read.
fn check_ids(ids: &[u32]) -> Result<(), String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("vocab: two tokens have the id {}", pair[0])),
        None => Ok(()),
    }
}

fn check_pieces(pieces: &[String]) -> Result<(), String> {
    let longest = pieces.iter().map(String::len).max().unwrap_or(0);
    if longest > PIECE_BYTES {
        return Err(format!("vocab: a piece of {longest} bytes; at most {PIECE_BYTES}"));
    }
    let all: usize = pieces.iter().map(String::len).sum();
    if all > PIECES_BYTES {
        return Err(format!("vocab: pieces of {all} bytes in all; at most {PIECES_BYTES}"));
    }
    let mut sorted: Vec<&str> = pieces.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    // In this order a piece comes right behind those that it begins with.
    let mut begun: Vec<&str> = Vec::new();
    for piece in sorted {
        while begun.last().is_some_and(|shorter| !piece.starts_with(shorter)) {
            begun.pop();
        }
        begun.push(piece);
        if begun.len() > PIECES_AT_A_PLACE {
            let start: String = piece.chars().take(20).collect();
            return Err(format!("vocab: more than {PIECES_AT_A_PLACE} pieces begin as `{start}`"));
        }
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VocabularyVisitor)
    }
}

struct VocabularyVisitor;

impl<'de> Visitor<'de> for VocabularyVisitor {
    type Value = Vocabulary;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tokens with ids, or pieces with scores")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Vocabulary, M::Error> {
        let (mut longest, mut ids) = (0, Vec::new());
        while let Some((Length(length), id)) = map.next_entry()? {
            longest = longest.max(length);
            ids.push(id);
        }
        Ok(Vocabulary::Ids(longest, ids))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Vocabulary, S::Error> {
        let mut pieces = Vec::new();
        while let Some((piece, _)) = sequence.next_element::<(String, f64)>()? {
            pieces.push(piece);
        }
        Ok(Vocabulary::Pieces(pieces))
    }
}

/// The length of a text in bytes.
struct Length(usize);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(LengthVisitor)
    }
}

struct LengthVisitor;

impl Visitor<'_> for LengthVisitor {
    type Value = Length;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Length, E> {
        Ok(Length(text.len()))
    }
}
