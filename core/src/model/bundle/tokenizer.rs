//! The tokenizer of a model's files.

use super::{Files, TOKENIZER};
use crate::Result;
use crate::model::tokenize::checkpoint::{Assembled, Folder, assemble};

impl Folder for Files {
    fn place(&self) -> String {
        self.place()
    }

    fn has(&self, name: &str) -> bool {
        self.has(name)
    }

    fn read_if_there(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.read_if_there(name)
    }
}

/// The tokenizer of a checkpoint as transformers would open it, or of a bundle, whose `tokenizer.json` says all.
///
/// # Errors
/// `model-not-found` where there is none; `model-invalid` names the file at fault.
pub(crate) fn tokenizer(files: &Files, is_bundle: bool, config: &[u8], rows: usize) -> Result<Assembled> {
    if !is_bundle {
        return assemble(files, config, rows);
    }
    let json = files.read(TOKENIZER)?;
    Ok(Assembled { json, max_tokens: None, read: Vec::new() })
}
