//! `frontdesk evaluate`.

use std::path::Path;

use frontdesk::evaluate::{EvaluateOptions, compare, evaluate, out_of_domain};
use frontdesk::table::{LabelledFile, LabelledRows};
use frontdesk::{Engine, ModelSource, Result};

use crate::args::EvaluateArgs;
use crate::output::{notices, show};
use crate::{progress, render};

pub(crate) fn run(args: &EvaluateArgs) -> Result<()> {
    let rows = open(args, &args.data, &args.label_column)?;
    let engine = Engine::open(args.engine.options())?;
    let other = args.compare.clone().map(|model| {
        let mut options = args.engine.options();
        options.model = ModelSource::from(model);
        Engine::open(options)
    });
    let other = other.transpose()?;
    let outside = args.outside.as_deref();
    let outside = outside.map(|file| open(args, file, &args.text_column)).transpose()?;
    let passes = if other.is_some() { 2 } else { 1 };
    let bar = progress::rows(passes * rows.count(), "evaluating");
    let on_progress = |done| {
        bar.set_position(done as u64);
        Ok(())
    };
    let options = EvaluateOptions {
        task: args.task.clone(),
        seed: args.seed,
        errors: args.errors,
        texts: args.texts,
        automate_at: args.automate_at,
        ..EvaluateOptions::default()
    };
    let named = |e: frontdesk::Error| e.context(args.data.display());
    if let Some(other) = &other {
        let found = compare(&engine, other, &rows, &options, &on_progress).map_err(named)?;
        bar.finish_and_clear();
        show(args.format, &found, |found| render::comparison(found, args.errors))
    } else if let Some(outside) = &outside {
        let found = out_of_domain(&engine, &rows, outside, &options, &on_progress).map_err(named)?;
        bar.finish_and_clear();
        show(args.format, &found, render::out_of_domain)
    } else {
        let found = evaluate(&engine, &rows, &options, &on_progress).map_err(named)?;
        bar.finish_and_clear();
        show(args.format, &found, render::evaluation)
    }
}

fn open(args: &EvaluateArgs, file: &Path, label: &str) -> Result<LabelledFile> {
    let file = LabelledFile::open(file, &args.text_column, label, &args.table.reading())?;
    notices(&file.notices());
    Ok(file)
}
