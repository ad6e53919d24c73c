//! The digests of the inputs: taken before the first row is scored, and once more behind the last.
//!
//! The manifest names the inputs by them, so that they have to be those of the bytes that were scored.

use super::{ArchiveProgress, ArchiveStage};
use crate::table::{Identity, Input, Located};
use crate::{Error, ErrorKind, OnProgress, Result};

pub(crate) struct Digests(Vec<(Identity, String)>);

impl Digests {
    /// Reads every input once.
    ///
    /// # Errors
    /// `io`, `network`; `data-invalid` for one that is changed meanwhile; those of `progress`.
    pub(crate) fn new(
        located: Vec<Located>,
        progress: OnProgress<'_, ArchiveProgress>,
    ) -> Result<(Vec<Input>, Self)> {
        let all_bytes = located.iter().map(|one| one.input.bytes()).sum();
        let mut state =
            ArchiveProgress { stage: ArchiveStage::Checking, all_bytes, ..ArchiveProgress::default() };
        let (mut inputs, mut digests) = (Vec::new(), Vec::new());
        for Located { input, identity, .. } in located {
            let digest = identity.digest(&mut |read| {
                state.bytes += read;
                progress(state)
            });
            digests.push((identity, digest.map_err(|e| input.cause(e))?));
            inputs.push(input);
        }
        Ok((inputs, Self(digests)))
    }

    /// The digests in the order of the inputs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, digest)| digest.as_str())
    }

    /// Refuses an input, by its place among them, that has another digest by now. `progress` is called with
    /// the bytes that were read.
    ///
    /// # Errors
    /// `data-invalid`; `io`; those of `progress`.
    pub(crate) fn check(
        &self,
        place: usize,
        input: &Input,
        progress: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        input.unchanged()?;
        let Some((identity, before)) = self.0.get(place) else { return Ok(()) };
        // A store gives no other bytes for a tag.
        if identity.is_tag() || identity.digest(progress).map_err(|e| input.cause(e))? == *before {
            return Ok(());
        }
        let message = "it has another digest than before its rows were scored; take another directory, and start again when nothing writes to it";
        Err(Error::new(ErrorKind::DataInvalid, message).context(&input.name))
    }
}
