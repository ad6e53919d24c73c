//! `frontdesk train`.

use frontdesk::data::read_labelled;
use frontdesk::train::{Progress, TrainOptions, train};
use frontdesk::{ModelSource, Result};

use crate::args::{ReportFormat, TrainArgs};
use crate::output::{Output, json};
use crate::{progress, render};

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let read = |path| read_labelled(path, &args.text_column, &args.label_column);
    let data = read(&args.data)?;
    let valid = args.valid.as_deref().map(read).transpose()?;
    let base = args.base.as_deref().map_or(ModelSource::Default, ModelSource::from);
    let options = TrainOptions {
        name: args.name.clone(),
        version: args.version.clone(),
        licence: args.licence.clone(),
        half: args.half,
        dense: args.dense,
        epochs: args.epochs,
        patience: args.patience,
        batch: args.batch,
        learning_rate: args.learning_rate,
        dropout: args.dropout,
        seed: args.seed,
        ..TrainOptions::new(base, &args.task, &args.output)
    };
    let bar = progress::rows(data.len() + valid.as_ref().map_or(0, Vec::len), "reading texts");
    let report = train(&data, valid.as_deref(), &options, &|progress| {
        match progress {
            Progress::Features { done, .. } => bar.set_position(done as u64),
            Progress::Steps { epoch, epochs, done, total } => {
                bar.set_message(format!("epoch {epoch}/{epochs}"));
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            Progress::Epoch { epoch, epochs, loss, metric } => {
                bar.suspend(|| {
                    eprintln!("epoch {epoch:>3}/{epochs}  loss {loss:.4}  validation {metric:.4}");
                });
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    let mut output = Output::open(None)?;
    output.write(&match args.format {
        ReportFormat::Json => json(&report)?,
        ReportFormat::Table => render::report(&report, &args.output),
    })?;
    output.finish()
}
