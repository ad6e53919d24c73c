//! What a class of tokenizers builds around a vocabulary.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::class::Class;
use super::given::{Given, numbered, to_add};
use super::settings::{NAMES, Settings};
use super::words::Words;
use super::{SETTINGS, TOKENIZER};
use crate::model::tokenize::parts::{
    AddedToken, Normalizer, Pattern, Piece, PostProcessor, PreTokenizer, SpecialToken, Which,
};

/// A `tokenizer.json`.
#[derive(Serialize)]
struct File<'a> {
    version: &'static str,
    truncation: Option<()>,
    padding: Option<()>,
    added_tokens: Vec<AddedToken>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: PreTokenizer,
    post_processor: PostProcessor,
    decoder: Option<()>,
    model: Model<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Model<'a> {
    WordPiece {
        unk_token: &'a str,
        continuing_subword_prefix: &'static str,
        max_input_chars_per_word: usize,
        vocab: &'a RawValue,
    },
    #[serde(rename = "BPE")]
    Bpe {
        dropout: Option<f64>,
        unk_token: Option<String>,
        continuing_subword_prefix: &'static str,
        end_of_word_suffix: &'static str,
        fuse_unk: bool,
        byte_fallback: bool,
        ignore_merges: bool,
        vocab: &'a RawValue,
        merges: Vec<&'a RawValue>,
    },
    Unigram {
        unk_id: usize,
        byte_fallback: bool,
        vocab: &'a RawValue,
    },
}

/// A class with the settings of a checkpoint.
pub(super) struct Family {
    class: Class,
    named: Vec<(String, Given)>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: PreTokenizer,
    /// Of Unigram: the place of the unknown piece.
    unknown: usize,
}

impl Family {
    /// # Errors
    /// A setting of the wrong type.
    pub(super) fn new(
        class: Class,
        settings: &Settings,
        words: &Words,
        charsmap: Option<String>,
    ) -> Result<Self, String> {
        let named = named(class, settings);
        let charsmap = charsmap.map(|precompiled_charsmap| Normalizer::Precompiled { precompiled_charsmap });
        let metaspace = |scheme: &str| PreTokenizer::Metaspace {
            replacement: '▁',
            prepend_scheme: Some(scheme.to_owned()),
            add_prefix_space: None,
            split: Some(true),
        };
        let unknown = text(&named, "unk_token");
        let (normalizer, pre_tokenizer, unknown) = match class {
            Class::Bert | Class::Mpnet | Class::Plain => {
                let normalizer = Normalizer::Bert {
                    clean_text: true,
                    handle_chinese_chars: settings.flag("tokenize_chinese_chars", true)?,
                    strip_accents: settings.choice("strip_accents")?,
                    lowercase: settings.flag("do_lower_case", true)?,
                };
                (Some(normalizer), PreTokenizer::Bert, 0)
            }
            Class::Roberta => {
                let add_prefix_space = settings.flag("add_prefix_space", false)?;
                (None, PreTokenizer::ByteLevel { add_prefix_space, trim_offsets: true, use_regex: true }, 0)
            }
            Class::XlmRoberta | Class::Camembert => {
                let scheme = if settings.flag("add_prefix_space", true)? { "always" } else { "never" };
                let pretokenizers = vec![PreTokenizer::WhitespaceSplit, metaspace(scheme)];
                let place = words.place(|piece, _| piece == unknown.unwrap_or_default()).unwrap_or(0);
                let unknown = if class == Class::XlmRoberta { 3 } else { place };
                (charsmap, PreTokenizer::Sequence { pretokenizers }, unknown)
            }
            Class::DebertaV2 => {
                let scheme = if settings.flag("add_prefix_space", true)? { "always" } else { "first" };
                let punctuation = PreTokenizer::Punctuation { behavior: Some("Isolated".to_owned()) };
                let splits = settings.flag("split_by_punct", false)?;
                let pretokenizers =
                    splits.then_some(punctuation).into_iter().chain([metaspace(scheme)]).collect();
                let place = words.place(|piece, score| piece == unknown.unwrap_or_default() && score == 0.0);
                let unknown = place.or(settings.number("unk_id")?).unwrap_or(1);
                let lowercase = settings.flag("do_lower_case", false)?.then_some(Normalizer::Lowercase);
                let spaces = Normalizer::Replace {
                    pattern: Pattern::Regex(r"\s{2,}|[\n\r\t]".to_owned()),
                    content: " ".to_owned(),
                };
                let strip = Normalizer::Strip { strip_left: false, strip_right: true };
                let normalizers = lowercase.into_iter().chain([spaces, Normalizer::Nfc, strip]).collect();
                (
                    Some(Normalizer::Sequence { normalizers }),
                    PreTokenizer::Sequence { pretokenizers },
                    unknown,
                )
            }
        };
        Ok(Self { class, named, normalizer, pre_tokenizer, unknown })
    }

    /// The whole as a `tokenizer.json`; `vocab` and `merges` as the file has them, where there is one.
    ///
    /// # Errors
    /// A special token that the text needs and that is not there.
    pub(super) fn write(
        self,
        settings: &Settings,
        words: &Words,
        vocab: Option<&RawValue>,
        merges: Option<&RawValue>,
        rows: usize,
    ) -> Result<Vec<u8>, String> {
        let unused = ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"];
        let unused = unused.map(|token| Given { stated: false, ..Given::plain(token) });
        let extra = match self.class {
            Class::Camembert if !settings.has_extra => &unused[..],
            _ => &settings.extra,
        };
        let tokens = to_add(&settings.added, &self.named, extra, &[]);
        let added_tokens = numbered(&tokens, words, rows);
        let post_processor = self.post_processor(&added_tokens)?;
        let built;
        let vocab = if let Some(vocab) = vocab {
            vocab
        } else {
            built = words.json()?;
            &*built
        };
        let unknown = text(&self.named, "unk_token");
        let listed: Vec<&RawValue> = merges
            .map(|merges| {
                serde_json::from_str(merges.get()).map_err(|e| format!("{TOKENIZER}: model: merges: {e}"))
            })
            .transpose()?
            .unwrap_or_default();
        let model = match self.class.model() {
            Some("BPE") => Model::Bpe {
                dropout: None,
                unk_token: None,
                continuing_subword_prefix: "",
                end_of_word_suffix: "",
                fuse_unk: false,
                byte_fallback: false,
                ignore_merges: false,
                vocab,
                merges: listed,
            },
            Some("Unigram") => Model::Unigram { unk_id: self.unknown, byte_fallback: false, vocab },
            _ => Model::WordPiece {
                unk_token: unknown.ok_or_else(|| absent("unk_token"))?,
                continuing_subword_prefix: "##",
                max_input_chars_per_word: 100,
                vocab,
            },
        };
        let file = File {
            version: "1.0",
            truncation: None,
            padding: None,
            added_tokens,
            normalizer: self.normalizer,
            pre_tokenizer: self.pre_tokenizer,
            post_processor,
            decoder: None,
            model,
        };
        serde_json::to_vec(&file).map_err(|e| e.to_string())
    }

    /// The special tokens around a text.
    fn post_processor(&self, added: &[AddedToken]) -> Result<PostProcessor, String> {
        let token = |name: &str| -> Result<(String, u32), String> {
            let text = text(&self.named, name).ok_or_else(|| absent(name))?;
            let token = added.iter().find(|token| token.content == text);
            token.map(|token| (text.to_owned(), token.id)).ok_or_else(|| {
                format!("the {name} `{text}` is not in the vocabulary, and the network has no row for it")
            })
        };
        Ok(match self.class {
            Class::Roberta | Class::Mpnet => PostProcessor::RobertaProcessing {
                sep: token("sep_token")?,
                cls: token("cls_token")?,
                trim_offsets: true,
                add_prefix_space: false,
            },
            Class::XlmRoberta | Class::Camembert => template(&token("bos_token")?, &token("eos_token")?),
            Class::Bert | Class::DebertaV2 | Class::Plain => {
                template(&token("cls_token")?, &token("sep_token")?)
            }
        })
    }
}

fn absent(name: &str) -> String {
    format!("{SETTINGS}: {name} is null")
}

fn text<'a>(named: &'a [(String, Given)], name: &str) -> Option<&'a str> {
    named.iter().find(|(named, _)| named == name).map(|(_, token)| token.content.as_str())
}

/// The class's named tokens, those of the files before its own.
fn named(class: Class, settings: &Settings) -> Vec<(String, Given)> {
    let words = |tokens: [&str; 7]| {
        let tokens = NAMES.into_iter().zip(tokens).filter(|(_, token)| !token.is_empty());
        tokens.map(|(name, token)| (name, Given::plain(token))).collect::<Vec<_>>()
    };
    let defaults = words(match class {
        Class::Bert | Class::Plain => ["", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"],
        Class::Mpnet => ["<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>"],
        Class::DebertaV2 => ["[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"],
        Class::Roberta | Class::XlmRoberta | Class::Camembert => {
            ["<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"]
        }
    });
    let mut named = settings.named(&defaults);
    if matches!(class, Class::Mpnet | Class::Camembert) {
        // The mask takes the space before it along, as a word would.
        for (_, token) in named.iter_mut().filter(|(name, token)| name == "mask_token" && token.plain) {
            token.lstrip = true;
            token.plain = false;
        }
    }
    named
}

/// A text between two special tokens.
fn template((first, first_id): &(String, u32), (last, last_id): &(String, u32)) -> PostProcessor {
    let special = |id: &str, type_id: u32| Piece::SpecialToken { id: id.to_owned(), type_id };
    let token = |name: &String, id: u32| {
        (name.clone(), SpecialToken { id: name.clone(), ids: vec![id], tokens: vec![name.clone()] })
    };
    PostProcessor::TemplateProcessing {
        single: vec![special(first, 0), Piece::Sequence { id: Which::A, type_id: 0 }, special(last, 0)],
        pair: vec![
            special(first, 0),
            Piece::Sequence { id: Which::A, type_id: 0 },
            special(last, 0),
            Piece::Sequence { id: Which::B, type_id: 1 },
            special(last, 1),
        ],
        special_tokens: BTreeMap::from([token(first, *first_id), token(last, *last_id)]),
    }
}
