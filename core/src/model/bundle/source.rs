//! From the name that a user gave to the files of a model.

use std::path::{Path, PathBuf};

use super::{CONFIG, Files};
use crate::{EngineOptions, Error, ErrorKind, ModelSource, Result};

/// The bundled model's folder name.
const DEFAULT_MODEL: &str = "frontdesk-small";
/// Names the directory of the default model, before every other place.
const DEFAULT_MODEL_VARIABLE: &str = "FRONTDESK_MODEL";

/// The directory of the default model: the first of these that exists:
/// 1. the environment variable `FRONTDESK_MODEL`,
/// 2. `frontdesk-small` or `models/frontdesk-small` next to the executable, or
///    `../share/frontdesk/frontdesk-small`,
/// 3. `models/bundles/frontdesk-small` of the source tree that this library was built from.
///
/// # Errors
/// [`ErrorKind::ModelNotFound`] lists the places.
pub fn default_model_dir() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os(DEFAULT_MODEL_VARIABLE) {
        let dir = PathBuf::from(dir);
        if dir.join(CONFIG).is_file() {
            return Ok(dir);
        }
        let message = format!("{DEFAULT_MODEL_VARIABLE} is {}, which has no {CONFIG}", dir.display());
        return Err(Error::new(ErrorKind::ModelNotFound, message));
    }
    let mut places = Vec::new();
    if let Some(beside) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        places.push(beside.join(DEFAULT_MODEL));
        places.push(beside.join("models").join(DEFAULT_MODEL));
        places.push(beside.join("../share/frontdesk").join(DEFAULT_MODEL));
    }
    places.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/bundles").join(DEFAULT_MODEL));
    places.iter().find(|dir| dir.join(CONFIG).is_file()).cloned().ok_or_else(|| {
        let places: Vec<_> = places.iter().map(|dir| dir.display().to_string()).collect();
        let message = format!(
            "the default model {DEFAULT_MODEL} is not installed; set {DEFAULT_MODEL_VARIABLE} to its directory, or name a \
             model. Looked in: {}",
            places.join(", ")
        );
        Error::new(ErrorKind::ModelNotFound, message)
    })
}

/// Finds the files: in a directory that exists, else by a name on the hub.
pub(crate) fn locate(source: &ModelSource, options: &EngineOptions) -> Result<Files> {
    match source {
        ModelSource::Default => Ok(Files::directory(default_model_dir()?)),
        ModelSource::Bytes(files) => Ok(Files::Memory(files.clone())),
        ModelSource::Named(name) => {
            let dir = PathBuf::from(name);
            if dir.is_dir() {
                return Ok(Files::directory(dir));
            }
            if looks_like_path(name) {
                return Err(Error::new(ErrorKind::ModelNotFound, format!("there is no directory {name}")));
            }
            if name == DEFAULT_MODEL {
                return Ok(Files::directory(default_model_dir()?));
            }
            from_hub(name, options)
        }
    }
}

/// `./model`, `/models/a`, `C:\a`, `~/a` are never asked of the hub.
fn looks_like_path(name: &str) -> bool {
    name.starts_with(['.', '/', '~', '\\'])
        || name.contains('\\')
        || name.ends_with('/')
        || name.matches('/').count() > 1
}

#[cfg(feature = "hub")]
fn from_hub(name: &str, options: &EngineOptions) -> Result<Files> {
    let model = name.split('@').next().unwrap_or(name).to_owned();
    Ok(Files::Directory(super::hub::fetch(name, &options.hub)?, model))
}

#[cfg(not(feature = "hub"))]
fn from_hub(name: &str, _options: &EngineOptions) -> Result<Files> {
    let message =
        format!("there is no directory {name}, and this build does not load from the hub (feature `hub`)");
    Err(Error::new(ErrorKind::ModelNotFound, message))
}
