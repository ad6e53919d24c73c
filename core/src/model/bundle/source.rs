//! From the name that a user gave to the files of a model.

use std::path::{Path, PathBuf};

use super::{CONFIG, Files};
use crate::{Error, ErrorKind, HubOptions, ModelSource, Result};

/// The bundled model's folder name.
const DEFAULT_MODEL: &str = "frontdesk-small";
/// Names the directory of the default model, before every other place.
const DEFAULT_MODEL_VARIABLE: &str = "FRONTDESK_MODEL";

/// The bundles of the source tree; `None` in a build that is handed on, which has no path of its machine.
const SOURCE_TREE: Option<&str> = match option_env!("FRONTDESK_PORTABLE") {
    Some(_) => None,
    None => Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/bundles")),
};

/// The directory of the default model: the first of these that exists:
/// 1. the environment variable `FRONTDESK_MODEL`,
/// 2. `frontdesk-small` or `models/frontdesk-small` next to the executable, or
///    `../share/frontdesk/frontdesk-small`,
/// 3. `models/bundles/frontdesk-small` of the source tree that this library was built from, unless it was
///    built to be handed on (`ci/portable`).
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
    places.extend(SOURCE_TREE.map(|bundles| Path::new(bundles).join(DEFAULT_MODEL)));
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

/// Finds a model's files.
pub(crate) fn locate(source: &ModelSource, hub: &HubOptions) -> Result<Files> {
    match source {
        ModelSource::Default => Ok(Files::directory(default_model_dir()?)),
        ModelSource::Bytes(files) => Ok(Files::Memory(files.clone())),
        ModelSource::Path(path) => directory(path),
        ModelSource::Hub(name) => from_hub(name, hub),
        ModelSource::Named(name) => {
            let path = Path::new(name);
            if path.is_dir() || looks_like_path(name) {
                return directory(path);
            }
            if name == DEFAULT_MODEL {
                return Ok(Files::directory(default_model_dir()?));
            }
            from_hub(name, hub)
        }
    }
}

fn directory(path: &Path) -> Result<Files> {
    if !path.is_dir() {
        let message = format!("there is no directory {}", path.display());
        return Err(Error::new(ErrorKind::ModelNotFound, message));
    }
    Ok(Files::directory(path.to_owned()))
}

/// `./model`, `/models/a`, `C:\a`, `~/a` are never asked of the hub.
fn looks_like_path(name: &str) -> bool {
    name.starts_with(['.', '/', '~', '\\'])
        || name.contains('\\')
        || name.ends_with('/')
        || name.matches('/').count() > 1
}

#[cfg(feature = "hub")]
fn from_hub(name: &str, options: &HubOptions) -> Result<Files> {
    let model = name.split('@').next().unwrap_or(name).to_owned();
    Ok(Files::Directory(super::hub::fetch(name, options)?, model))
}

#[cfg(not(feature = "hub"))]
fn from_hub(name: &str, _options: &HubOptions) -> Result<Files> {
    let message =
        format!("there is no directory {name}, and this build does not load from the hub (feature `hub`)");
    Err(Error::new(ErrorKind::ModelNotFound, message))
}
