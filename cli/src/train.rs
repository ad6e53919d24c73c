//! `frontdesk train`.

use frontdesk::train::{
    HeadConfig, HeadRows, TrainConfig, TrainOptions, TrainProgress, check_heads, estimate_heads, train_heads,
};
use frontdesk::{Error, ModelSource, Result};
use indicatif::ProgressBar;

use crate::args::TrainArgs;
use crate::output::{Output, notices, show};
use crate::{progress, render};

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    if args.policy.is_some() || args.reward.is_some() {
        return Err(Error::invalid("task", "--policy and --reward are of --task route"));
    }
    let config = config(args)?;
    let rows = config.rows()?;
    notices(rows.iter().flat_map(HeadRows::notices));
    let bar = progress::rows(0, "reading texts");
    if args.check_only {
        return examine(args, &config, &rows, &bar);
    }
    if args.dry_run {
        let found = estimate_heads(&config.heads(&rows), &config.training, &|progress| {
            show_progress(&bar, progress)
        })?;
        bar.finish_and_clear();
        return show(args.format, &found, render::estimate);
    }
    let report =
        train_heads(&config.heads(&rows), &config.training, &|progress| show_progress(&bar, progress))?;
    bar.finish_and_clear();
    show(args.format, &report, |report| render::report(report, &config.training.output))
}

/// Shows the progress.
#[allow(clippy::unnecessary_wraps, reason = "a progress callback may stop the work")]
fn show_progress(bar: &ProgressBar, progress: TrainProgress) -> Result<()> {
    match progress {
        TrainProgress::Features { done, total } => {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
        TrainProgress::Steps { epoch, epochs, done, total, loss, tokens_per_second } => {
            let speed = if tokens_per_second > 0.0 {
                format!("  {tokens_per_second:.0} tokens/s")
            } else {
                String::new()
            };
            bar.set_message(format!("epoch {epoch}/{epochs}  loss {loss:.4}{speed}"));
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
        TrainProgress::Epoch { epoch, epochs, loss, metric } => {
            bar.suspend(|| {
                eprintln!("epoch {epoch:>3}/{epochs}  loss {loss:.4}  validation {metric:.4}");
            });
        }
    }
    Ok(())
}

/// Shows the findings of the doctor, and writes their rows.
fn examine(args: &TrainArgs, config: &TrainConfig, rows: &[HeadRows], bar: &ProgressBar) -> Result<()> {
    let heads = config.heads(rows);
    let found = check_heads(&heads, &config.training, &|progress| show_progress(bar, progress))?;
    bar.finish_and_clear();
    if let Some(file) = &args.findings {
        let mut output = Output::open(Some(file))?;
        for head in &found {
            let mut lines = Vec::new();
            head.diagnosis.write_rows(&mut lines)?;
            output.write(&String::from_utf8_lossy(&lines))?;
        }
        output.finish()?;
    }
    show(args.format, &found, |found| render::diagnoses(found))
}

/// The training that the arguments, and the file that they name, ask for.
fn config(args: &TrainArgs) -> Result<TrainConfig> {
    let mut config = match (&args.config, &args.data, &args.task) {
        (Some(file), ..) => TrainConfig::read(file)?,
        (None, data, task) => TrainConfig {
            training: TrainOptions::default(),
            heads: vec![HeadConfig {
                task: task.clone().unwrap_or_default(),
                data: data.clone().unwrap_or_default(),
                valid: args.valid.clone(),
                text_column: args.text_column.clone(),
                label_column: args.label_column.clone(),
                reading: args.table.reading(),
                passes: 1,
                weight: 1.0,
                dense: args.dense,
                kind: args.kind,
            }],
        },
    };
    let options = &mut config.training;
    take(&mut options.output, args.output.clone());
    take(&mut options.base, args.base.clone().map(ModelSource::from));
    take(&mut options.version, args.version.clone());
    take(&mut options.accumulate, args.accumulate);
    take(&mut options.layer_decay, args.layer_decay);
    take(&mut options.warmup, args.warmup);
    take(&mut options.smoothing, args.smoothing);
    take(&mut options.distil, args.distil);
    take(&mut options.quantised_epochs, args.quantised_epochs);
    take(&mut options.lora_rank, args.lora_rank);
    take(&mut options.seed, args.seed);
    options.name = args.name.clone().or(options.name.take());
    options.licence = args.licence.clone().or(options.licence.take());
    options.method = args.method.or(options.method);
    options.pooling = args.pooling.or(options.pooling);
    options.epochs = args.epochs.or(options.epochs);
    options.patience = args.patience.or(options.patience);
    options.metric = args.metric.or(options.metric);
    options.batch = args.batch.or(options.batch);
    options.learning_rate = args.learning_rate.or(options.learning_rate);
    options.head_learning_rate = args.head_learning_rate.or(options.head_learning_rate);
    options.weight_decay = args.weight_decay.or(options.weight_decay);
    options.dropout = args.dropout.or(options.dropout);
    options.checkpoint_every = args.checkpoint_every.or(options.checkpoint_every);
    options.threads = args.threads.or(options.threads);
    options.half |= args.half;
    options.balanced |= args.balanced;
    options.probe |= args.probe;
    options.automate_at = args.automate_at.or(options.automate_at);
    options.texts |= args.texts;
    options.resume |= args.resume;
    options.allow.extend(&args.allow);
    Ok(config)
}

/// A given value replaces the one that was there.
fn take<T>(to: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *to = given;
    }
}
