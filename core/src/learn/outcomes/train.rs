//! From a file of outcomes to a policy's file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::learn::{LearnOptions, LearnReport, learn};
use super::row::{read_facts, read_outcomes};
use crate::options::threads;
use crate::route::{PolicySource, RouteOptions, RoutePolicy};
use crate::{Engine, EngineOptions, Error, ErrorKind, ModelSource, OnProgress, Result};

/// Options of fitting a policy to outcomes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteTraining {
    /// The file of outcomes, JSON lines.
    pub data: PathBuf,
    /// The file to write, `.toml` or `.json`; it must not exist.
    pub output: PathBuf,
    /// The policy whose weights are fitted; `None`: the default one.
    pub policy: Option<PolicySource>,
    /// The reward of outcomes, and the evidence that a new policy needs.
    pub options: LearnOptions,
    /// The model that reads tickets where outcomes have no facts.
    pub model: ModelSource,
    /// Threads for that, 1 to 1024; `None`: as many as the process may use.
    pub threads: Option<usize>,
}

/// The progress of reading the tickets of outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RouteTrainingProgress {
    /// Tickets that were read.
    pub done: usize,
    /// Tickets to read.
    pub total: usize,
}

/// The result of a fit, and the file of the policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainedRoute {
    /// The result of the fit, and whether it is better.
    #[serde(flatten)]
    pub report: LearnReport,
    /// The written file; `None` where the current weights are kept, and nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
}

/// Fits a policy's weights to outcomes, and writes the policy where they are better. `progress` is called
/// with the number of tickets read; an error that it returns stops the work and is the result.
///
/// # Errors
/// `io` where the output exists; `invalid-input` for its name and where `data` is empty; as
/// [`read_outcomes`], [`RoutePolicy::read`], [`Engine::open`], [`read_facts`] and [`learn`].
pub fn train_route(
    training: &RouteTraining,
    progress: OnProgress<'_, RouteTrainingProgress>,
) -> Result<TrainedRoute> {
    let output = &training.output;
    if training.data.as_os_str().is_empty() {
        return Err(Error::invalid("data", "a file of outcomes is needed"));
    }
    check_output(output)?;
    threads(training.threads)?;
    let policy = training.policy.as_ref().map(PolicySource::read).transpose()?.unwrap_or_default();
    let mut outcomes = read_outcomes(&training.data)?;
    let unread = outcomes.iter().filter(|outcome| outcome.known().is_none()).count();
    if unread > 0 {
        // Tickets are read as they would be when they are routed.
        let options = EngineOptions {
            model: training.model.clone(),
            threads: training.threads,
            route: RouteOptions { records: true, ..RouteOptions::default() },
            ..EngineOptions::default()
        };
        read_facts(&Engine::open(options)?, &mut outcomes, &|done| {
            progress(RouteTrainingProgress { done, total: unread })
        })?;
    }
    let (learnt, report) = learn(&outcomes, &policy, &training.options)?;
    let policy = report.accepted.then(|| write(&learnt, output).map(|()| output.clone())).transpose()?;
    Ok(TrainedRoute { report, policy })
}

fn check_output(output: &Path) -> Result<()> {
    let named = |ending: &str| output.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    if !named("toml") && !named("json") {
        let message = format!("{}: the name of a policy ends in .toml or .json", output.display());
        return Err(Error::invalid("output", message));
    }
    if output.exists() {
        return Err(Error::new(ErrorKind::Io, format!("{} is there already", output.display())));
    }
    Ok(())
}

/// Writes a file that is whole or not there.
fn write(policy: &RoutePolicy, output: &Path) -> Result<()> {
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(|e| Error::io(parent, e))?;
    file.write_all(policy.to_text(output)?.as_bytes()).map_err(|e| Error::io(output, e))?;
    file.persist_noclobber(output).map_err(|e| Error::io(output, e.error))?;
    Ok(())
}
