//! What is no regular file, wherever a file is named: nothing waits for it, and nothing is read without end.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use frontdesk::archive::Archive;
use frontdesk::route::{RoutePolicy, read_record};
use frontdesk::table::{
    InputFormat, LabelledFile, Reading, TicketColumns, TicketFile, read_labelled, read_values,
};
use frontdesk::{Engine, EngineOptions, Error, ErrorKind, ModelSource, default_model_dir};

use super::{csv, engine, options, score};

/// The error of work that must not wait for anybody.
fn error<T: Send + 'static>(work: impl FnOnce() -> frontdesk::Result<T> + Send + 'static) -> Error {
    let (send, ended) = channel();
    std::thread::spawn(move || send.send(work().err()));
    ended.recv_timeout(Duration::from_mins(2)).expect("it waits").expect("it is read")
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// One of each kind, with a name of that ending.
fn all(place: &Path, ending: &str) -> Vec<(PathBuf, &'static str)> {
    let named = |name: &str| place.join(format!("{name}.{ending}"));
    pipe(&named("pipe"));
    // Its file stays when nobody listens any more.
    drop(UnixListener::bind(named("socket")).unwrap());
    fs::create_dir(named("directory")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", named("device")).unwrap();
    vec![
        (named("pipe"), "a pipe"),
        (named("socket"), "a socket"),
        (named("directory"), "a directory"),
        (named("device"), "a device"),
    ]
}

fn refused<T: Send + 'static>(
    ending: &str,
    read: impl Fn(&Path) -> frontdesk::Result<T> + Clone + Send + 'static,
) {
    let place = tempfile::tempdir().unwrap();
    for (path, what) in all(place.path(), ending) {
        let (read, at) = (read.clone(), path.clone());
        let error = error(move || read(&at));
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{}: {error}", path.display());
        let name = path.display().to_string();
        assert!(error.message().contains(&name) && error.message().contains(what), "{name}: {error}");
    }
}

#[test]
fn tables_are_regular_files() {
    let reading = || Reading { format: Some(InputFormat::Csv), ..Reading::default() };
    refused("csv", move |path| TicketFile::open(path, &TicketColumns::default(), &reading()).map(drop));
    refused("csv", move |path| LabelledFile::open(path, "text", "label", &reading()).map(drop));
    refused("csv", move |path| read_labelled(path, "text", "label", &reading()));
    refused("jsonl", read_values::<serde_json::Value>);
}

#[test]
fn policies_and_records_are_regular_files() {
    refused("toml", RoutePolicy::read);
    refused("json", read_record);
    #[cfg(feature = "train")]
    {
        refused("toml", frontdesk::outcomes::LearnOptions::read);
        refused("jsonl", frontdesk::outcomes::read_outcomes);
        refused("toml", frontdesk::train::TrainConfig::read);
    }
}

#[test]
fn inputs_of_an_archive_are_regular_files() {
    let place = tempfile::tempdir().unwrap();
    for (path, what) in all(place.path(), "csv") {
        // A directory is one of files.
        if path.is_dir() {
            continue;
        }
        let error = error(move || {
            Archive::open(engine(), &[path.display().to_string()], options(), &|_| Ok(())).map(drop)
        });
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("input")), "{error}");
        assert!(error.message().contains(what), "{error}");
    }
    // And so are those below a directory: what cannot be read is not passed over.
    let directory = place.path().display().to_string();
    csv(&place.path().join("directory.csv"), "in.csv", 3);
    let error = error(move || Archive::open(engine(), &[directory], options(), &|_| Ok(())).map(drop));
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

#[test]
fn an_output_is_a_directory_of_regular_files() {
    let place = tempfile::tempdir().unwrap();
    let input = csv(place.path(), "in.csv", 3);
    for (path, _) in all(place.path(), "out") {
        if path.is_dir() {
            continue;
        }
        let input = input.clone();
        let error = error(move || score(&[&input], &path, &options()));
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("output")), "{error}");
    }
    for name in ["manifest.json", "journal.jsonl", "quarantine.jsonl", ".lock", "summary.json"] {
        let output = place.path().join(format!("of-{name}"));
        score(&[&input], &output, &options()).unwrap();
        fs::remove_file(output.join(name)).unwrap();
        pipe(&output.join(name));
        let input = input.clone();
        let error = error(move || score(&[&input], &output, &options()));
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}: {error}");
        assert!(error.message().contains(name), "{name}: {error}");
    }
}

#[test]
fn the_files_of_a_model_are_regular_files() {
    let bundled = default_model_dir().unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let model = tempfile::tempdir().unwrap();
        for file in fs::read_dir(&bundled).unwrap() {
            let file = file.unwrap();
            if file.file_name() != name && file.path().is_file() {
                fs::copy(file.path(), model.path().join(file.file_name())).unwrap();
            }
        }
        pipe(&model.path().join(name));
        let path = model.path().to_owned();
        let error = error(move || {
            Engine::open(EngineOptions { model: ModelSource::from(path), ..EngineOptions::default() })
                .map(drop)
        });
        assert_eq!(error.kind(), ErrorKind::ModelInvalid, "{name}: {error}");
        assert!(error.message().contains(name), "{name}: {error}");
    }
}
