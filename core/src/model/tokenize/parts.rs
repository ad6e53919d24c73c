//! The parts of a `tokenizer.json` with the fields that are read. What is handed on is written anew from
//! these: no other part, and no other reading of the same text, reaches the tokenizer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Normalizer {
    #[serde(rename = "BertNormalizer")]
    Bert {
        clean_text: bool,
        handle_chinese_chars: bool,
        strip_accents: Option<bool>,
        lowercase: bool,
    },
    Strip {
        strip_left: bool,
        strip_right: bool,
    },
    StripAccents,
    Lowercase,
    #[serde(rename = "NFC")]
    Nfc,
    #[serde(rename = "NFD")]
    Nfd,
    #[serde(rename = "NFKC")]
    Nfkc,
    #[serde(rename = "NFKD")]
    Nfkd,
    Nmt,
    ByteLevel,
    Sequence {
        normalizers: Vec<Normalizer>,
    },
    Precompiled {
        precompiled_charsmap: String,
    },
    Replace {
        pattern: Pattern,
        content: String,
    },
    Prepend {
        prepend: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Pattern {
    String(String),
    Regex(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum PreTokenizer {
    #[serde(rename = "BertPreTokenizer")]
    Bert,
    Whitespace,
    WhitespaceSplit,
    UnicodeScripts,
    ByteLevel {
        add_prefix_space: bool,
        trim_offsets: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
    #[serde(rename = "CharDelimiterSplit", alias = "Delimiter")]
    Delimiter {
        delimiter: char,
    },
    Metaspace {
        replacement: char,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prepend_scheme: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        add_prefix_space: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        split: Option<bool>,
    },
    Sequence {
        pretokenizers: Vec<PreTokenizer>,
    },
    Split {
        pattern: Pattern,
        behavior: String,
        invert: bool,
    },
    Punctuation {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        behavior: Option<String>,
    },
    Digits {
        individual_digits: bool,
    },
    FixedLength {
        #[serde(default = "five")]
        length: usize,
    },
}

fn yes() -> bool {
    true
}

fn five() -> usize {
    5
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(super) enum PostProcessor {
    BertProcessing {
        sep: (String, u32),
        cls: (String, u32),
    },
    RobertaProcessing {
        sep: (String, u32),
        cls: (String, u32),
        trim_offsets: bool,
        add_prefix_space: bool,
    },
    ByteLevel {
        add_prefix_space: bool,
        trim_offsets: bool,
        #[serde(default = "yes")]
        use_regex: bool,
    },
    TemplateProcessing {
        single: Vec<Piece>,
        pair: Vec<Piece>,
        special_tokens: BTreeMap<String, SpecialToken>,
    },
    Sequence {
        processors: Vec<PostProcessor>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Piece {
    Sequence { id: Which, type_id: u32 },
    SpecialToken { id: String, type_id: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Which {
    A,
    B,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SpecialToken {
    pub(super) id: String,
    pub(super) ids: Vec<u32>,
    pub(super) tokens: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    pub(super) single_word: bool,
    pub(super) lstrip: bool,
    pub(super) rstrip: bool,
    pub(super) normalized: bool,
    pub(super) special: bool,
}

/// What a tokenizer may cut or pad to. The engine does both itself, so that these are checked and left out.
#[derive(Debug, Deserialize)]
pub(super) struct Truncation {
    pub(super) max_length: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Padding {
    pub(super) strategy: PaddingStrategy,
    pub(super) pad_to_multiple_of: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) enum PaddingStrategy {
    BatchLongest,
    Fixed(usize),
}
