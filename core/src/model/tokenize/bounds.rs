//! A `tokenizer.json` whose work on a text is bounded for each of its bytes, whose answer is the same each
//! time, and that is refused otherwise, before the tokenizer reads it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::parts::{
    AddedToken, Normalizer, Padding, PaddingStrategy, Piece, PostProcessor, PreTokenizer, Truncation, Which,
};
use super::vocabulary::Model;
use super::{charsmap, pattern};

/// Normalizers, pre-tokenizers and post-processors, each of the three with what is nested in it.
const COMPONENTS: usize = 64;
/// How many times as long normalizers and pre-tokenizers may each make a text: a space becomes three bytes in
/// many, four with the one that is put before a text. Unicode's forms and a charsmap are not counted: the one
/// goes by the text, the other has a limit of its own.
const GROWTH: f64 = 16.0;
/// Pieces of a template.
const PIECES: usize = 16;
/// Ids of one special token of a template.
const IDS: usize = 16;
/// Tokens that are found before a text is split.
const ADDED_TOKENS: usize = 1 << 14;
/// Bytes of one of them, of what replaces a match, and of what is put before a text.
const TEXT_BYTES: usize = 1024;

/// What is read of the file; the decoder is not.
#[derive(Deserialize)]
struct Outline<'a> {
    version: Option<String>,
    #[serde(borrow)]
    truncation: Option<&'a RawValue>,
    #[serde(borrow)]
    padding: Option<&'a RawValue>,
    #[serde(borrow)]
    added_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    normalizer: Option<&'a RawValue>,
    #[serde(borrow)]
    pre_tokenizer: Option<&'a RawValue>,
    #[serde(borrow)]
    post_processor: Option<&'a RawValue>,
    #[serde(borrow)]
    model: &'a RawValue,
}

#[derive(Serialize)]
struct Checked<'a> {
    version: &'static str,
    added_tokens: Vec<AddedToken>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: Option<PreTokenizer>,
    post_processor: Option<PostProcessor>,
    model: &'a RawValue,
}

/// Returns the file as the tokenizer may read it.
///
/// # Errors
/// The part that is not bounded, and why.
pub(super) fn checked(json: &[u8]) -> Result<Vec<u8>, String> {
    let outline: Outline<'_> = serde_json::from_slice(json).map_err(|e| e.to_string())?;
    if let Some(version) = outline.version.filter(|version| version != "1.0") {
        return Err(format!("version `{version}`; known: 1.0"));
    }
    let truncation: Option<Truncation> = part("truncation", outline.truncation)?;
    if truncation.is_some_and(|truncation| truncation.max_length == 0) {
        return Err("truncation: max_length is 0".to_owned());
    }
    let padding: Option<Padding> = part("padding", outline.padding)?;
    if let Some(
        Padding { strategy: PaddingStrategy::Fixed(0), .. } | Padding { pad_to_multiple_of: Some(0), .. },
    ) = padding
    {
        return Err("padding: a length of 0".to_owned());
    }
    let added_tokens: Option<Vec<AddedToken>> = part("added_tokens", outline.added_tokens)?;
    let added_tokens = added_tokens.unwrap_or_default();
    check_added(&added_tokens).map_err(|reason| format!("added_tokens: {reason}"))?;

    let normalizer: Option<Normalizer> = part("normalizer", outline.normalizer)?;
    let pre_tokenizer: Option<PreTokenizer> = part("pre_tokenizer", outline.pre_tokenizer)?;
    let post_processor: Option<PostProcessor> = part("post_processor", outline.post_processor)?;
    let mut of_normalizer = Components::default();
    let found = normalizer.as_ref().map_or(Ok(()), |normalizer| of_normalizer.normalizer(normalizer));
    found.map_err(|reason| format!("normalizer: {reason}"))?;
    let mut of_pre_tokenizer = Components::default();
    let found = pre_tokenizer.as_ref().map_or(Ok(()), |splitter| of_pre_tokenizer.pre_tokenizer(splitter));
    found.map_err(|reason| format!("pre_tokenizer: {reason}"))?;
    let found = post_processor.as_ref().map_or(Ok(()), |last| Components::default().post_processor(last));
    found.map_err(|reason| format!("post_processor: {reason}"))?;
    let model: Option<Model> = part("model", Some(outline.model))?;
    if let Some(model) = model {
        model.check().map_err(|reason| format!("model: {reason}"))?;
    }
    let model = outline.model;
    let checked = Checked { version: "1.0", added_tokens, normalizer, pre_tokenizer, post_processor, model };
    serde_json::to_vec(&checked).map_err(|e| e.to_string())
}

/// A part of the file, named in its errors.
fn part<'a, T: Deserialize<'a>>(name: &str, json: Option<&'a RawValue>) -> Result<Option<T>, String> {
    let read = |json: &'a RawValue| serde_json::from_str(json.get()).map_err(|e| format!("{name}: {e}"));
    json.map(read).transpose()
}

fn check_added(tokens: &[AddedToken]) -> Result<(), String> {
    if tokens.len() > ADDED_TOKENS {
        return Err(format!("{} tokens; at most {ADDED_TOKENS}", tokens.len()));
    }
    tokens.iter().try_for_each(|token| short("a token", &token.content))
}

fn short(what: &str, text: &str) -> Result<(), String> {
    if text.len() > TEXT_BYTES {
        return Err(format!("{what} of {} bytes; at most {TEXT_BYTES}", text.len()));
    }
    Ok(())
}

/// The components of one part so far, and how many times as long they make a text.
struct Components {
    count: usize,
    growth: f64,
    charsmaps: usize,
}

impl Default for Components {
    fn default() -> Self {
        Self { count: 0, growth: 1.0, charsmaps: 0 }
    }
}

impl Components {
    fn one_more(&mut self) -> Result<(), String> {
        self.count += 1;
        if self.count > COMPONENTS {
            return Err(format!("more than {COMPONENTS} components"));
        }
        Ok(())
    }

    fn grow(&mut self, name: &str, factor: f64) -> Result<(), String> {
        self.growth *= factor.max(1.0);
        if self.growth > GROWTH {
            let growth = self.growth;
            return Err(format!("{name}: a text may become {growth:.0} times as long; at most {GROWTH}"));
        }
        Ok(())
    }

    fn normalizer(&mut self, normalizer: &Normalizer) -> Result<(), String> {
        self.one_more()?;
        match normalizer {
            // A space on either side of a character of three bytes.
            Normalizer::Bert { handle_chinese_chars: true, .. } => self.grow("BertNormalizer", 5.0 / 3.0),
            Normalizer::ByteLevel => self.grow("ByteLevel", 2.0),
            Normalizer::Sequence { normalizers } => {
                normalizers.iter().try_for_each(|normalizer| self.normalizer(normalizer))
            }
            Normalizer::Precompiled { precompiled_charsmap } => {
                self.charsmaps += 1;
                if self.charsmaps > 1 {
                    return Err("Precompiled: is there twice".to_owned());
                }
                charsmap::check(precompiled_charsmap).map_err(|reason| format!("Precompiled: {reason}"))
            }
            Normalizer::Replace { pattern, content } => {
                let shortest = pattern::check(pattern).map_err(|reason| format!("Replace: {reason}"))?;
                short("Replace: a text", content)?;
                let length = content.len() as f64;
                let factor = if shortest == 0 { length + 1.0 } else { length / shortest as f64 };
                self.grow("Replace", factor)
            }
            // Before each part between added tokens, which can be a single byte.
            Normalizer::Prepend { prepend } => self.grow("Prepend", prepend.len() as f64 + 1.0),
            Normalizer::Bert { .. }
            | Normalizer::Strip { .. }
            | Normalizer::StripAccents
            | Normalizer::Lowercase
            | Normalizer::Nfc
            | Normalizer::Nfd
            | Normalizer::Nfkc
            | Normalizer::Nfkd
            | Normalizer::Nmt => Ok(()),
        }
    }

    fn pre_tokenizer(&mut self, splitter: &PreTokenizer) -> Result<(), String> {
        self.one_more()?;
        match splitter {
            PreTokenizer::ByteLevel { add_prefix_space, .. } => {
                self.grow("ByteLevel", if *add_prefix_space { 4.0 } else { 2.0 })
            }
            PreTokenizer::Metaspace { replacement, .. } => {
                self.grow("Metaspace", replacement.len_utf8() as f64 + 1.0)
            }
            PreTokenizer::Sequence { pretokenizers } => {
                pretokenizers.iter().try_for_each(|splitter| self.pre_tokenizer(splitter))
            }
            PreTokenizer::Split { pattern, .. } => {
                pattern::check(pattern).map(drop).map_err(|reason| format!("Split: {reason}"))
            }
            PreTokenizer::FixedLength { length: 0 } => Err("FixedLength: a length of 0".to_owned()),
            PreTokenizer::FixedLength { .. }
            | PreTokenizer::Bert
            | PreTokenizer::Whitespace
            | PreTokenizer::WhitespaceSplit
            | PreTokenizer::UnicodeScripts
            | PreTokenizer::Delimiter { .. }
            | PreTokenizer::Punctuation { .. }
            | PreTokenizer::Digits { .. } => Ok(()),
        }
    }

    fn post_processor(&mut self, processor: &PostProcessor) -> Result<(), String> {
        self.one_more()?;
        let PostProcessor::TemplateProcessing { single, pair, special_tokens } = processor else {
            return match processor {
                PostProcessor::Sequence { processors } => {
                    processors.iter().try_for_each(|processor| self.post_processor(processor))
                }
                _ => Ok(()),
            };
        };
        let texts = |pieces: &[Piece], which: Which| {
            pieces.iter().filter(|piece| matches!(piece, Piece::Sequence { id, .. } if *id == which)).count()
        };
        let bad = |reason: String| Err(format!("TemplateProcessing: {reason}"));
        for (name, pieces) in [("single", single), ("pair", pair)] {
            if pieces.len() > PIECES {
                return bad(format!("{name} has {} pieces; at most {PIECES}", pieces.len()));
            }
            let unknown = pieces.iter().find_map(|piece| match piece {
                Piece::SpecialToken { id, .. } if !special_tokens.contains_key(id) => Some(id),
                _ => None,
            });
            if let Some(id) = unknown {
                return bad(format!("{name} names the special token `{id}`, which is not there"));
            }
        }
        if texts(single, Which::A) != 1 || texts(single, Which::B) != 0 {
            return bad("single has to have the text A once, and no other".to_owned());
        }
        if texts(pair, Which::A) > 1 || texts(pair, Which::B) > 1 {
            return bad("pair has a text twice".to_owned());
        }
        for (name, token) in special_tokens {
            if token.ids.len() > IDS || token.ids.len() != token.tokens.len() {
                let (ids, tokens) = (token.ids.len(), token.tokens.len());
                return bad(format!("`{name}` has {ids} ids and {tokens} tokens; as many, at most {IDS}"));
            }
            token.tokens.iter().try_for_each(|token| short("TemplateProcessing: a token", token))?;
        }
        Ok(())
    }
}
