//! Text to token ids.

mod bounds;
mod charsmap;
pub(crate) mod checkpoint;
mod parts;
mod pattern;
mod vocabulary;

use tokenizers::models::ModelWrapper;
use tokenizers::{Model as _, Tokenizer as HfTokenizer};

use crate::error::caught;
use crate::{Error, ErrorKind, LongText, Result};

/// The ids of one text, as the network reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// The text's tokens between those that the tokenizer puts around each text, such as `[CLS]` and `[SEP]`.
    pub(crate) ids: Vec<u32>,
    /// Whether tokens were cut.
    pub(crate) truncated: bool,
    /// Tokens before the cut.
    pub(crate) whole: usize,
}

/// A `tokenizer.json` whose work is bounded, without its own truncation and padding: length is the engine's
/// business.
pub(crate) struct Tokenizer {
    inner: HfTokenizer,
    max_tokens: usize,
    max_bytes: usize,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer").field("max_tokens", &self.max_tokens).finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json`; `vocabulary` is the number of rows of the model's word embedding.
    ///
    /// # Errors
    /// `model-invalid` names the component that cannot be read, is not bounded, or is random.
    pub(crate) fn new(json: &[u8], vocabulary: usize, max_tokens: usize, max_bytes: usize) -> Result<Self> {
        let invalid =
            |reason: String| Error::new(ErrorKind::ModelInvalid, format!("tokenizer.json: {reason}"));
        let json = bounds::checked(json).map_err(invalid)?;
        let opened = caught(|| Self::open(&json, vocabulary, max_tokens, max_bytes));
        // What the checks do not know of is the file's fault all the same.
        opened.map_err(|panic| format!("its reader panicked: {panic}")).flatten().map_err(invalid)
    }

    fn open(
        json: &[u8],
        vocabulary: usize,
        max_tokens: usize,
        max_bytes: usize,
    ) -> std::result::Result<Self, String> {
        let inner = HfTokenizer::from_bytes(json).map_err(|e| e.to_string())?;
        let beyond = |id: u32, token: &str| {
            format!("the token `{token}` has the id {id}; the model has {vocabulary} rows")
        };
        let tokens = inner.get_vocab(true);
        let largest = tokens.iter().max_by_key(|(token, id)| (**id, *token));
        if let Some((token, id)) = largest.filter(|(_, id)| **id as usize >= vocabulary) {
            return Err(beyond(*id, token));
        }
        check_unknown(&inner)?;
        let empty = inner.encode("", true).map_err(|e| e.to_string())?;
        if empty.is_empty() {
            return Err(
                "no special token around a text, so that an empty one would have none at all".to_owned()
            );
        }
        if empty.len() >= max_tokens {
            let count = empty.len();
            return Err(format!(
                "{count} special tokens around a text that may have {max_tokens} tokens in all"
            ));
        }
        let around = empty.get_ids().iter().zip(empty.get_tokens());
        if let Some((id, token)) = around.into_iter().find(|(id, _)| **id as usize >= vocabulary) {
            return Err(beyond(*id, token));
        }
        Ok(Self { inner, max_tokens, max_bytes })
    }

    /// Tokens that the model reads of a text at most.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// Refuses a text of more bytes than the limit: `too-large`.
    pub(crate) fn check(&self, text: &str) -> Result<()> {
        if text.len() > self.max_bytes {
            let message = format!("the text has {} bytes; at most {}", text.len(), self.max_bytes);
            return Err(Error::new(ErrorKind::TooLarge, message).at("text"));
        }
        Ok(())
    }

    /// The text's ids, cut by `policy` where there are more than the model reads.
    ///
    /// # Errors
    /// `too-large` where the text has more bytes than the limit; `too-long` under [`LongText::Refuse`].
    pub(crate) fn encode(&self, text: &str, policy: LongText) -> Result<Encoding> {
        self.check(text)?;
        let encoding = caught(|| self.inner.encode_fast(text, true).map_err(|e| e.to_string()));
        let encoding = encoding.unwrap_or_else(|panic| Err(format!("the tokenizer panicked: {panic}")));
        let encoding = encoding.map_err(|e| Error::new(ErrorKind::Internal, format!("tokenizing: {e}")))?;
        let ids = encoding.get_ids();
        let max = self.max_tokens;
        if ids.len() <= max {
            return Ok(Encoding { ids: ids.to_vec(), truncated: false, whole: ids.len() });
        }
        // Of the tokenizer, and not those that the text itself has.
        let around = encoding.get_special_tokens_mask();
        let first = around.iter().take_while(|special| **special == 1).count();
        let last = ids.len() - around.iter().rev().take_while(|special| **special == 1).count();
        let room = max - first - (ids.len() - last);
        let head = match policy {
            LongText::Head => room,
            LongText::HeadAndTail => room - room / 4,
            LongText::Refuse => {
                let message = format!("the text has {} tokens; at most {max}", ids.len());
                return Err(Error::new(ErrorKind::TooLong, message).at("text"));
            }
        };
        let cut = [&ids[..first + head], &ids[last - (room - head)..]].concat();
        Ok(Encoding { ids: cut, truncated: true, whole: ids.len() })
    }
}

/// Refuses a model whose token for what is unknown is not in its vocabulary: it would fail at the first word
/// that is.
fn check_unknown(tokenizer: &HfTokenizer) -> std::result::Result<(), String> {
    let unknown = match tokenizer.get_model() {
        ModelWrapper::WordPiece(model) => Some(&model.unk_token),
        ModelWrapper::WordLevel(model) => Some(&model.unk_token),
        // One of bytes knows all there is; that of pieces was checked with them.
        ModelWrapper::BPE(_) | ModelWrapper::Unigram(_) => None,
    };
    match unknown {
        Some(token) if tokenizer.get_model().token_to_id(token).is_none() => {
            Err(format!("model: the unk_token `{token}` is not in the vocabulary"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
