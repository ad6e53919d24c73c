//! `frontdesk diff`.

use std::ffi::OsStr;
use std::path::Path;

use frontdesk::archive::{Archive, DiffOptions, diff};
use frontdesk::{Engine, EngineOptions, Error, ErrorKind, ModelSource, Result};

use crate::args::DiffArgs;
use crate::output::show;
use crate::render;
use crate::score::{Reporter, show_columns};
use crate::unfinished;

pub(crate) fn run(args: &DiffArgs) -> Result<()> {
    let options = DiffOptions { examples: args.examples };
    if args.archive.iter().any(|name| name == "-") {
        return Err(Error::invalid(
            "archive",
            "standard input can be read once, and two models want it: give a file",
        ));
    }
    let found = if args.archive.is_empty() {
        diff(Path::new(&args.old), Path::new(&args.new), &options)?
    } else {
        let place = unfinished::made(tempfile::tempdir, tempfile::TempDir::path)
            .map_err(|e| Error::new(ErrorKind::Io, format!("a temporary directory: {e}")))?;
        let (old, new) = (place.path().join("old"), place.path().join("new"));
        score(args, &args.old, &old)?;
        score(args, &args.new, &new)?;
        diff(&old, &new, &options)?
    };
    show(args.format, &found, render::diff)
}

/// Scores the archives with one of the models, and keeps the texts.
fn score(args: &DiffArgs, model: &OsStr, output: &Path) -> Result<()> {
    let mut engine = EngineOptions { model: ModelSource::from(model.to_owned()), ..EngineOptions::default() };
    args.run.set(&mut engine);
    let engine = Engine::open(engine)?;
    let reporter = Reporter::new(args.reading.progress);
    let mut options = args.reading.options();
    let first =
        Archive::open(&engine, &args.archive, options.clone(), &|progress| reporter.report(progress))?;
    show_columns(&first);
    let is_text = |field| matches!(field, frontdesk::table::Field::Text | frontdesk::table::Field::Body);
    let texts = first.columns().iter().filter(|taken| is_text(taken.field));
    options.keep = texts.map(|taken| taken.column.clone()).collect();
    let archive = Archive::open(&engine, &args.archive, options, &|progress| reporter.report(progress))?;
    let report = archive.score(output, &|progress| reporter.report(progress));
    reporter.finish();
    report.map(drop).map_err(|e| e.context(model.display()))
}
