//! `frontdesk score`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use frontdesk::archive::{Archive, ArchiveProgress, ArchiveStage};
use frontdesk::table::{ColumnMapping, SkippedColumn};
use frontdesk::{Engine, Error, ErrorKind, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Progress, ScoreArgs};
use crate::output::{notices, say, show};
use crate::render;

/// JSON lines of progress, at most one in this time.
const PERIOD: Duration = Duration::from_millis(250);

pub(crate) fn run(args: &ScoreArgs) -> Result<()> {
    let engine = Engine::open(args.engine())?;
    let reporter = Reporter::new(args.reading.progress);
    let archive =
        Archive::open(&engine, &args.archives, args.options(), &|progress| reporter.report(progress))?;
    show_columns(&archive);
    if args.dry_run {
        let estimate = archive.estimate()?;
        reporter.finish();
        return show(args.summary, &estimate, render::archive_estimate);
    }
    let Some(output) = &args.output else {
        return Err(Error::invalid("output", "say --output"));
    };
    let report = archive.score(output, &|progress| reporter.report(progress));
    reporter.finish();
    notices(&archive.notices());
    let report = report?;
    if report.resumed_parts > 0 {
        say(format_args!("{}: went on after {} whole parts", output.display(), report.resumed_parts));
    }
    if report.tally.quarantined > 0 {
        let place = output.join("quarantine.jsonl");
        let count = report.tally.quarantined;
        say(format_args!("{count} rows could not be read or scored: {}", place.display()));
    }
    show(args.summary, &report, render::archive_report)?;
    match report.tally.damaged.as_slice() {
        [] => Ok(()),
        damaged => {
            let message = format!("damaged, and read only so far: {}", damaged.join(", "));
            Err(Error::new(ErrorKind::DataInvalid, message))
        }
    }
}

/// Prints on stderr the field of each mapped column.
pub(crate) fn show_columns(archive: &Archive) {
    let inputs = archive.inputs();
    let more = if inputs.len() > 1 { format!(" and {} more", inputs.len() - 1) } else { String::new() };
    let taken: Vec<String> = archive.columns().iter().map(taken).collect();
    say(format_args!("{}{more}: {}", inputs.first().unwrap_or(&""), taken.join(", ")));
    show_skipped(archive.skipped());
    for (column, name) in archive.kept().filter(|(column, name)| column != name) {
        say(format_args!("`{column}` is written as `{name}`: the scores have a column of that name"));
    }
}

/// A column and its field.
fn taken(taken: &ColumnMapping) -> String {
    let guess = if taken.guessed { " (by its name)" } else { "" };
    format!("{} from `{}`{guess}", taken.field, taken.column)
}

/// Prints on stderr the columns that have a field's name and were skipped.
pub(crate) fn show_skipped(skipped: &[SkippedColumn]) {
    for SkippedColumn { column, why } in skipped {
        say(format_args!("`{column}` was left alone: {why}"));
    }
}

/// Reports the progress of a run on stderr.
pub(crate) struct Reporter {
    how: Progress,
    bar: ProgressBar,
    reported: Mutex<Reported>,
}

/// The last report.
#[derive(Default)]
struct Reported {
    stage: Option<ArchiveStage>,
    at: Option<Instant>,
}

impl Reporter {
    pub(crate) fn new(how: Progress) -> Self {
        let bar = if how == Progress::Bar { ProgressBar::no_length() } else { ProgressBar::hidden() };
        Self { how, bar, reported: Mutex::default() }
    }

    pub(crate) fn report(&self, progress: ArchiveProgress) -> Result<()> {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let staged = reported.stage.replace(progress.stage) != Some(progress.stage);
        match self.how {
            Progress::None => {}
            Progress::Bar => self.draw(&progress, staged),
            Progress::Json => {
                if staged || reported.at.is_none_or(|last| last.elapsed() >= PERIOD) {
                    reported.at = Some(Instant::now());
                    eprintln!("{}", line(&progress)?);
                }
            }
        }
        Ok(())
    }

    /// Draws the bar, in another style where the stage is new.
    fn draw(&self, progress: &ArchiveProgress, staged: bool) {
        if staged {
            let template = match progress.stage {
                ArchiveStage::Checking => "checking the inputs {wide_bar} {bytes}/{total_bytes}",
                ArchiveStage::Choosing => "choosing rows: {human_pos}",
                ArchiveStage::Scoring => "scoring {wide_bar} {percent} %  {msg}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
            self.bar.reset();
        }
        let (done, all) = match (progress.stage, progress.all_rows) {
            (ArchiveStage::Choosing, _) | (ArchiveStage::Scoring, Some(_)) => {
                (progress.rows, progress.all_rows)
            }
            _ => (progress.bytes, Some(progress.all_bytes)),
        };
        if let Some(all) = all {
            self.bar.set_length(all);
        }
        self.bar.set_position(done);
        if progress.stage == ArchiveStage::Scoring {
            let left =
                progress.seconds_left().map_or_else(String::new, |left| format!(", {} left", duration(left)));
            self.bar.set_message(format!(
                "{} rows, {:.0} rows/s, {:.0} tokens/s, {} errors{left}",
                progress.rows,
                progress.scored as f64 / progress.seconds.max(1e-3),
                progress.tokens as f64 / progress.seconds.max(1e-3),
                progress.errors
            ));
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// The progress of a run, for a program.
fn line(progress: &ArchiveProgress) -> Result<String> {
    let value = serde_json::to_value(progress).and_then(|mut value| {
        if let (Some(fields), ArchiveStage::Scoring) = (value.as_object_mut(), progress.stage) {
            let rate = |count: u64| count as f64 / progress.seconds.max(1e-9);
            fields.insert("rows_per_second".to_owned(), rate(progress.scored).into());
            fields.insert("tokens_per_second".to_owned(), rate(progress.tokens).into());
            fields.insert("seconds_left".to_owned(), progress.seconds_left().into());
        }
        serde_json::to_string(&value)
    });
    value.map_err(|e| Error::new(ErrorKind::Internal, format!("writing JSON: {e}")))
}

fn duration(seconds: f64) -> String {
    let seconds = seconds as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) => format!("{h} h {m:02} min"),
    }
}
