//! Archives: every format gives the same rows, nothing is lost, and a run that was cut off ends with the same
//! bytes.

mod changes;
mod claims;
mod conditions;
mod counts;
mod damage;
mod files;
mod formats;
mod journal;
mod long_conditions;
mod mutations;
mod quarantine;
mod resume;
mod rows;
#[cfg(unix)]
mod special;
mod summary;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use frontdesk::archive::{Archive, ArchiveOptions, ArchiveReport, OutputFormat};
use frontdesk::{Engine, EngineOptions, Result};
use serde_json::Value;

/// One engine for all tests.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::open(EngineOptions::default()).unwrap())
}

/// Small parts of JSON lines, which are easy to read; one output is enough.
fn options() -> ArchiveOptions {
    ArchiveOptions {
        format: OutputFormat::Jsonl,
        outputs: vec!["category".to_owned()],
        part_rows: 7,
        ..ArchiveOptions::default()
    }
}

fn score(inputs: &[&Path], output: &Path, options: &ArchiveOptions) -> Result<ArchiveReport> {
    let names: Vec<String> = inputs.iter().map(|path| path.display().to_string()).collect();
    let archive = Archive::open(engine(), &names, options.clone(), &|_| Ok(()))?;
    archive.score(output, &|_| Ok(()))
}

/// The rows of all parts.
fn rows(output: &Path) -> Vec<Value> {
    let mut parts: Vec<PathBuf> = fs::read_dir(output).unwrap().map(|entry| entry.unwrap().path()).collect();
    parts.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("part-"));
    parts.sort();
    let texts = parts.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
        .collect()
}

fn quarantined(output: &Path) -> Vec<Value> {
    let text = fs::read_to_string(output.join("quarantine.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every file with its bytes.
fn contents(output: &Path) -> Vec<(String, Vec<u8>)> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> = fs::read_dir(output)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (name(&path), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Runs a test that would hang, or take very long, if it failed.
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (send, done) = std::sync::mpsc::channel();
    let running = std::thread::spawn(move || {
        test();
        let _ = send.send(());
    });
    if let Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
        done.recv_timeout(std::time::Duration::from_mins(5))
    {
        panic!("it takes too long");
    }
    if let Err(panic) = running.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Distinct short messages.
fn message(row: usize) -> String {
    let what = [
        "Where is my invoice",
        "The proof looks good",
        "The upload fails",
        "Change the title",
        "Call me now",
    ];
    format!("{}, order {row}", what[row % what.len()])
}

fn csv(directory: &Path, name: &str, rows: usize) -> PathBuf {
    let lines: String = (0..rows).map(|row| format!("T-{row},\"{}\"\n", message(row))).collect();
    let path = directory.join(name);
    fs::write(&path, format!("id,text\n{lines}")).unwrap();
    path
}
