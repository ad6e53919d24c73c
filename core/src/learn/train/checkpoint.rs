//! Checkpoints: a folder beside the output's place, from which a training that was cut off resumes and ends
//! with the same bytes.
//!
//! The arrays of a step are written under a new name, then `state.json` is put in the place of the one
//! before: at any moment it names arrays that are whole.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use frontdesk_models::weights::{Limits, Weights};
use safetensors::tensor::{Dtype, View};
use serde::{Deserialize, Serialize};

use super::learner::Learner;
use super::state::State;
use super::tensors::little_endian;
use crate::atomic::write_atomically;
use crate::gate::gate;
use crate::regular;
use crate::{Error, ErrorKind, Result};

const STATE: &str = "state.json";

/// The largest state, in bytes: its epochs are some hundred bytes each.
const MAX_STATE_BYTES: u64 = 64 << 20;

pub(super) struct Checkpoints {
    folder: PathBuf,
    /// Steps between two; `None`: only where the loop requests one.
    every: Option<usize>,
    /// A digest of the training: a checkpoint of another training is refused.
    fingerprint: String,
    resume: bool,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    fingerprint: String,
    arrays: String,
    state: State,
}

/// Values that are written as they lie in memory.
struct Floats<'a>(&'a [f32], [usize; 1]);

impl View for Floats<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.1
    }
    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        little_endian(self.0, f32::to_le_bytes).into()
    }
    fn data_len(&self) -> usize {
        self.0.len() * 4
    }
}

impl Checkpoints {
    /// Where checkpoints of a training to `output` are, whether or not there are any.
    fn folder_of(output: &Path) -> PathBuf {
        let mut name = output.file_name().unwrap_or_default().to_os_string();
        name.push(".checkpoint");
        output.with_file_name(name)
    }

    /// # Errors
    /// `io` where there are checkpoints and the training does not resume.
    pub(super) fn new(
        output: &Path,
        every: Option<usize>,
        fingerprint: String,
        resume: bool,
    ) -> Result<Self> {
        let folder = Self::folder_of(output);
        if folder.exists() && !resume {
            let message = format!(
                "{} has checkpoints of a training that was cut off: go on from them with `resume`, or delete the folder",
                folder.display()
            );
            return Err(Error::new(ErrorKind::Io, message));
        }
        Ok(Self { folder, every, fingerprint, resume })
    }

    pub(super) fn due(&self, steps: usize) -> bool {
        self.every.is_some_and(|every| steps.is_multiple_of(every))
    }

    /// Where the last one is, for a message.
    pub(super) fn kept(&self) -> String {
        if self.folder.join(STATE).exists() {
            format!("; the last checkpoint is in {}", self.folder.display())
        } else {
            String::new()
        }
    }

    pub(super) fn save(&self, learner: &Learner<'_>, state: &State, best: &[Vec<f32>]) -> Result<()> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |e: std::io::Error| Error::io(&path, e)
        };
        fs::create_dir_all(&self.folder).map_err(io(&self.folder))?;
        let name = format!("arrays-{}-{}.safetensors", state.epoch, state.steps);
        let path = self.folder.join(&name);
        let (mut values, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
        for (array, moments) in learner.arrays().into_iter().zip(&learner.moments) {
            values.push(array);
            first.push(&moments.first);
            second.push(&moments.second);
        }
        let kinds =
            [("value", values), ("first", first), ("second", second), ("best", best.iter().collect())];
        let views = kinds.iter().flat_map(|(kind, arrays)| {
            let there = arrays.iter().enumerate().filter(|(_, values)| !values.is_empty());
            there.map(move |(index, values)| (format!("{kind}.{index}"), Floats(values, [values.len()])))
        });
        let metadata: Option<HashMap<String, String>> = None;
        if let Err(error) = safetensors::serialize_to_file(views, metadata, &path) {
            // A part of a checkpoint is of no use, and takes up space on a full disk.
            let _ = fs::remove_file(&path);
            return Err(Error::new(ErrorKind::Io, format!("{}: {error}{}", path.display(), self.kept()))
                .with_source(error));
        }
        let saved =
            Saved { fingerprint: self.fingerprint.clone(), arrays: name.clone(), state: state.clone() };
        let json = serde_json::to_vec_pretty(&saved)
            .map_err(|e| Error::new(ErrorKind::Internal, e.to_string()).with_source(e))?;
        gate("checkpoint-arrays");
        write_atomically(&self.folder.join(STATE), &json)?;
        for entry in fs::read_dir(&self.folder).map_err(io(&self.folder))?.flatten() {
            let old = entry.file_name();
            if old.to_string_lossy().starts_with("arrays-") && old != *name {
                let _ = fs::remove_file(entry.path());
            }
        }
        gate("checkpoint");
        Ok(())
    }

    /// Restores the learner from the last checkpoint, and returns the state and the best epoch's arrays;
    /// `None` where there is no checkpoint.
    pub(super) fn load(&self, learner: &mut Learner<'_>) -> Result<Option<(State, Vec<Vec<f32>>)>> {
        let path = self.folder.join(STATE);
        if !self.resume || !path.exists() {
            return Ok(None);
        }
        let bad =
            |reason: String| Error::new(ErrorKind::DataInvalid, format!("{}: {reason}", path.display()));
        let json = regular::read(&path, MAX_STATE_BYTES)?;
        let saved: Saved = serde_json::from_slice(&json).map_err(|e| bad(e.to_string()))?;
        if saved.fingerprint != self.fingerprint {
            return Err(bad(
                "a checkpoint of a training with other data, another base or other options".into()
            ));
        }
        let arrays = self.folder.join(&saved.arrays);
        let weights = Weights::open(&arrays, Limits::default())
            .map_err(|e| Error::from(e).context(arrays.display()))?;
        let read = |kind: &str, index: usize, size: usize| -> Result<Vec<f32>> {
            let name = format!("{kind}.{index}");
            match weights.shape(&name) {
                None => Ok(Vec::new()),
                Some(_) => Ok(weights.values(&name, &[size])?),
            }
        };
        let sizes: Vec<usize> = learner.arrays().iter().map(|values| values.len()).collect();
        let all = |kind: &str| -> Result<Vec<Vec<f32>>> {
            sizes.iter().enumerate().map(|(index, &size)| read(kind, index, size)).collect()
        };
        learner.restore(all("value")?);
        for ((moments, first), second) in learner.moments.iter_mut().zip(all("first")?).zip(all("second")?) {
            (moments.first, moments.second) = (first, second);
        }
        Ok(Some((saved.state, all("best")?)))
    }

    /// Removes all, once the output is in its place.
    pub(super) fn clear(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
