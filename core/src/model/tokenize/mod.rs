//! Text to token ids.

mod bounds;
mod charsmap;
mod parts;
mod pattern;
mod vocabulary;

use tokenizers::Tokenizer as HfTokenizer;

use crate::error::caught;
use crate::{Error, ErrorKind, LongText, Result};

/// The ids of one text, as the network reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// `[CLS]`, the text's tokens, `[SEP]`.
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
        let largest = inner.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        if largest > vocabulary {
            return Err(format!("its ids go up to {}, the model has {vocabulary} rows", largest - 1));
        }
        let empty = inner.encode("", true).map_err(|e| e.to_string())?;
        if empty.len() != 2 {
            let count = empty.len();
            return Err(format!("{count} special tokens around a text; BERT models have [CLS] and [SEP]"));
        }
        if let Some(id) = empty.get_ids().iter().find(|&&id| id as usize >= vocabulary) {
            return Err(format!("special token {id}; the model has {vocabulary} rows"));
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
        let (last, text) = (ids[ids.len() - 1], &ids[..ids.len() - 1]);
        let head = match policy {
            LongText::Head => max - 1,
            LongText::HeadAndTail => max - 1 - (max - 2) / 4,
            LongText::Refuse => {
                let message = format!("the text has {} tokens; at most {max}", ids.len());
                return Err(Error::new(ErrorKind::TooLong, message).at("text"));
            }
        };
        let tail = max - 1 - head;
        let mut cut = text[..head].to_vec();
        cut.extend_from_slice(&text[text.len() - tail..]);
        cut.push(last);
        Ok(Encoding { ids: cut, truncated: true, whole: ids.len() })
    }
}

#[cfg(test)]
mod tests;
