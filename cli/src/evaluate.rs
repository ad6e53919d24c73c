//! `frontdesk evaluate`.

use frontdesk::data::read_labelled;
use frontdesk::evaluate::{EvaluateOptions, evaluate};
use frontdesk::{Engine, Result};

use crate::args::{EvaluateArgs, ReportFormat};
use crate::output::{Output, json};
use crate::{progress, render};

pub(crate) fn run(args: &EvaluateArgs) -> Result<()> {
    let rows = read_labelled(&args.data, &args.text_column, &args.label_column)?;
    let engine = Engine::open(args.engine.options())?;
    let bar = progress::rows(rows.len(), "evaluating");
    let options = EvaluateOptions { task: args.task.clone(), seed: args.seed, ..EvaluateOptions::default() };
    let told = |done| {
        bar.set_position(done as u64);
        Ok(())
    };
    let evaluation = evaluate(&engine, &rows, &options, &told).map_err(|e| e.context(args.data.display()))?;
    bar.finish_and_clear();
    let mut output = Output::open(None)?;
    output.write(&match args.format {
        ReportFormat::Json => json(&evaluation)?,
        ReportFormat::Table => render::evaluation(&evaluation),
    })?;
    output.finish()
}
