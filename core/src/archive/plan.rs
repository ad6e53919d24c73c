//! What a run will do: its inputs, the columns that it reads, the rows that it wants.

use serde_json::{Value, json};

use super::columns::{Field, LeftAlone, Taken, map, require};
use super::filter::Filter;
use super::locate::{Located, locate};
use super::options::{ArchiveOptions, InputFormat};
use super::read::{Fault, Input, Record, Records};
use super::select::{Sample, Sampling};
use super::tickets::{Prepared, fits as fits_field, ticket};
use super::write::Shape;
use super::{ArchiveProgress, Stage};
use crate::score::Layout;
use crate::{Engine, Error, ErrorKind, Result};

/// Everything that is known before the first row is scored.
pub(crate) struct Plan {
    pub(crate) inputs: Vec<Input>,
    /// What is wrong with an input that cannot be opened, where such are passed over.
    damaged: Vec<Option<Fault>>,
    digests: Vec<String>,
    pub(crate) taken: Vec<Taken>,
    pub(crate) left_alone: Vec<LeftAlone>,
    /// The names of the columns that are read: fields first, then kept ones, then those of the condition.
    columns: Vec<String>,
    kept: usize,
    filter: Option<Filter>,
    sample: Option<Sample>,
    pub(crate) shape: Shape,
}

/// A row that was chosen.
pub(crate) struct Chosen {
    pub(crate) id: Option<String>,
    pub(crate) kept: Vec<Option<String>>,
    pub(crate) ticket: std::result::Result<Prepared, Fault>,
}

impl Plan {
    pub(crate) fn new(
        engine: &Engine,
        names: &[String],
        options: &ArchiveOptions,
        progress: &mut dyn FnMut(&ArchiveProgress) -> Result<()>,
    ) -> Result<Self> {
        check(engine, options)?;
        let filter = options.filter.as_deref().map(Filter::new).transpose()?;
        let layout = Layout::new(engine, &options.outputs)?;
        let located = locate(names, &options.reading)?;
        let digests = digests(&located, progress)?;
        let inputs: Vec<Input> = located.into_iter().map(|one| one.input).collect();
        let mut damaged = Vec::new();
        let mut there: Option<Vec<String>> = None;
        let mut headers = Vec::new();
        for input in &inputs {
            match input.columns() {
                Ok(columns) => {
                    // One with nothing in it tells nothing.
                    if !columns.is_empty() {
                        there.get_or_insert_with(|| columns.clone());
                    }
                    headers.push(columns);
                    damaged.push(None);
                }
                Err(error) if options.skip_damaged && error.kind() == ErrorKind::DataInvalid => {
                    headers.push(Vec::new());
                    damaged.push(Some(Fault::data(error.message())));
                }
                Err(error) => return Err(error),
            }
        }
        let Some(first) = there else {
            return Err(Error::new(ErrorKind::DataInvalid, "none of the inputs has a row that can be read"));
        };
        let taken = map(&first, &options.columns)?;
        let whole =
            inputs.iter().zip(&headers).find(|(_, header)| !header.is_empty()).map(|(input, _)| input);
        let (taken, mut left_alone) = fitting(whole, taken)?;
        let others = inputs.iter().zip(&headers).filter(|(input, header)| {
            // A JSON object may lack a name that others have.
            !header.is_empty() && input.format() != InputFormat::Jsonl
        });
        let taken = everywhere(taken, &others, &mut left_alone);
        let fields = taken.iter().map(|taken| taken.column.clone());
        let of_filter = filter.iter().flat_map(|filter| filter.columns().iter().cloned());
        let columns: Vec<String> = fields.chain(options.keep.iter().cloned()).chain(of_filter).collect();
        for (input, header) in others {
            let required = columns.iter().try_for_each(|column| require(column, header));
            required.map_err(|e| e.context(&input.name))?;
        }
        let shape = Shape {
            has_id: taken.iter().any(|taken| taken.field == Field::Id),
            kept: kept_names(&options.keep, &layout)?,
            has_removed: !options.prepare.is_none(),
            layout,
        };
        let kept = options.keep.len();
        let mut plan =
            Self { inputs, damaged, digests, taken, left_alone, columns, kept, filter, sample: None, shape };
        if let Some(wanted) = options.sample {
            plan.sample = Some(plan.sampled(wanted, options, progress)?);
        }
        Ok(plan)
    }

    /// What an unfinished run must agree with to be gone on with.
    pub(crate) fn manifest(&self, engine: &Engine, options: &ArchiveOptions) -> Result<Value> {
        let inputs = self.inputs.iter().zip(&self.digests);
        let inputs: Vec<Value> = inputs
            .map(|(input, digest)| json!({ "name": input.name, "bytes": input.bytes(), "digest": digest }))
            .collect();
        let info = engine.info();
        let policy = engine.install(|pipeline| Ok(pipeline.router().policy().1.to_owned()))?;
        Ok(json!({
            "format": 1,
            "frontdesk": info.version,
            "model": info.model,
            "sentiment_model": info.sentiment_model,
            "precision": info.precision,
            "device": info.device.split(':').next(),
            "long_text": engine.install(|pipeline| Ok(pipeline.long_text()))?,
            "policy": policy,
            "route": options.route,
            "inputs": inputs,
            "reading": options.reading,
            "columns": self.taken,
            "keep": options.keep,
            "outputs": self.shape.layout.columns().iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "prepare": options.prepare,
            "where": options.filter,
            "limit": options.limit,
            "sample": options.sample,
            "seed": options.sample.map(|_| options.seed),
            "output_format": options.format,
            "part_rows": options.part_rows,
        }))
    }

    /// The rows of an input from its beginning; what is wrong with it where it was to be passed over.
    pub(crate) fn open(&self, input: usize) -> Result<Box<dyn Records + '_>> {
        match self.damaged.get(input).and_then(Option::as_ref) {
            Some(fault) => Err(Error::new(fault.kind, fault.message.clone())),
            None => self.inputs[input].records(&self.columns),
        }
    }

    /// Bytes of all inputs.
    pub(crate) fn bytes(&self) -> u64 {
        self.inputs.iter().map(Input::bytes).sum()
    }

    /// Those that were read.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.inputs.iter().map(Input::bytes_read).sum()
    }

    /// Rows of all inputs, where all of them say how many they have.
    pub(crate) fn told_rows(&self) -> Option<u64> {
        self.inputs.iter().map(Input::told_rows).sum()
    }

    /// Whether the row with this number over all inputs, from 0, is wanted. Of a row that cannot be read nobody knows whether the condition holds: it is.
    pub(crate) fn wants(&self, row: u64, record: &Record) -> bool {
        self.sample.is_none_or(|sample| sample.has(row)) && self.passes(record)
    }

    fn passes(&self, record: &Record) -> bool {
        let (Some(filter), Ok(cells)) = (&self.filter, &record.cells) else { return true };
        filter.holds(&cells[self.taken.len() + self.kept..])
    }

    /// What is scored and carried along of a row.
    pub(crate) fn choose(&self, record: Record, options: &ArchiveOptions) -> Chosen {
        let mut cells = match record.cells {
            Ok(cells) => cells,
            Err(fault) => return Chosen { id: None, kept: vec![None; self.kept], ticket: Err(fault) },
        };
        let values = self.taken.iter().zip(&cells).map(|(taken, cell)| (taken.field, cell.as_deref()));
        let ticket = ticket(values, options.prepare);
        let mut rest = cells.split_off(self.taken.len());
        rest.truncate(self.kept);
        let place = self.taken.iter().position(|taken| taken.field == Field::Id);
        let id = place.and_then(|place| cells.swap_remove(place));
        Chosen { id, kept: rest, ticket }
    }

    fn sampled(
        &self,
        wanted: u64,
        options: &ArchiveOptions,
        progress: &mut dyn FnMut(&ArchiveProgress) -> Result<()>,
    ) -> Result<Sample> {
        let mut sampling = Sampling::new(wanted, options.seed);
        if let (Some(rows), None) = (self.told_rows(), &self.filter) {
            (0..rows).for_each(|row| sampling.offer(row));
            return Ok(sampling.done());
        }
        let mut row = 0;
        for input in 0..self.inputs.len() {
            let mut records = match self.open(input) {
                Ok(records) => records,
                Err(error) if options.skip_damaged && error.kind() == ErrorKind::DataInvalid => continue,
                Err(error) => return Err(error),
            };
            loop {
                match records.next() {
                    Ok(Some(record)) => {
                        if self.passes(&record) {
                            sampling.offer(row);
                        }
                        row += 1;
                        if row % 65_536 == 0 {
                            progress(&ArchiveProgress {
                                stage: Stage::Choosing,
                                rows: row,
                                ..ArchiveProgress::default()
                            })?;
                        }
                    }
                    Ok(None) => break,
                    Err(error) if options.skip_damaged && error.kind() == ErrorKind::DataInvalid => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(sampling.done())
    }
}

/// Rows whose values say whether a column is what its name says.
const LOOKED_AT: usize = 1_000;

/// Takes apart the columns that were guessed and whose first values fit, and those that do not.
pub(crate) fn fitting(input: Option<&Input>, taken: Vec<Taken>) -> Result<(Vec<Taken>, Vec<LeftAlone>)> {
    let (guessed, mut fit): (Vec<Taken>, Vec<Taken>) =
        taken.into_iter().partition(|taken| taken.guessed && taken.field.has_a_form());
    let Some(input) = input.filter(|_| !guessed.is_empty()) else { return Ok((fit, Vec::new())) };
    let names: Vec<String> = guessed.iter().map(|taken| taken.column.clone()).collect();
    let mut fits = vec![true; guessed.len()];
    let mut records = input.records(&names)?;
    for _ in 0..LOOKED_AT {
        // A fault is told where the row is scored.
        let Ok(Some(record)) = records.next() else { break };
        let Ok(cells) = record.cells else { continue };
        for ((taken, cell), fits) in guessed.iter().zip(&cells).zip(&mut fits) {
            *fits &= cell.as_deref().is_none_or(|value| fits_field(taken.field, value));
        }
    }
    let mut left_alone = Vec::new();
    for (taken, fits) in guessed.into_iter().zip(fits) {
        if fits {
            fit.push(taken);
        } else {
            let why = format!("its values do not fit `{}`", taken.field);
            left_alone.push(LeftAlone { column: taken.column, why });
        }
    }
    Ok((fit, left_alone))
}

/// Of the columns that were guessed, a ticket can do without all but its text: they are taken where every input has them.
fn everywhere<'a>(
    taken: Vec<Taken>,
    inputs: &(impl Iterator<Item = (&'a Input, &'a Vec<String>)> + Clone),
    left_alone: &mut Vec<LeftAlone>,
) -> Vec<Taken> {
    let (mut there, mut lacking) = (Vec::new(), Vec::new());
    for taken in taken {
        let lacks = inputs.clone().find(|(_, header)| !header.contains(&taken.column));
        match lacks.filter(|_| taken.guessed && !taken.field.is_text()) {
            Some((input, _)) => {
                let why = format!("{} does not have it", input.name);
                lacking.push(LeftAlone { column: taken.column, why });
            }
            None => there.push(taken),
        }
    }
    left_alone.append(&mut lacking);
    there
}

fn check(engine: &Engine, options: &ArchiveOptions) -> Result<()> {
    if options.part_rows == 0 {
        return Err(Error::invalid("part_rows", "a part of 0 rows; from 1"));
    }
    for (name, value) in [("limit", options.limit), ("sample", options.sample)] {
        if value == Some(0) {
            return Err(Error::invalid(name, "0 rows; from 1"));
        }
    }
    let tells_the_time = engine.install(|pipeline| Ok(pipeline.router().tells_the_time()))?;
    if tells_the_time && options.route.now.is_none() {
        let message = "the routing policy has opening hours, and a run that is stopped and gone on with must answer alike: say which time counts";
        return Err(Error::invalid("now", message));
    }
    Ok(())
}

/// The names under which columns are carried along: one that scores have, too, gets `input_` before it.
fn kept_names(keep: &[String], layout: &Layout) -> Result<Vec<String>> {
    let mut taken: Vec<String> = ["input", "row", "id", "removed"].map(str::to_owned).to_vec();
    taken.extend(layout.columns().iter().map(|(name, _)| name.clone()));
    let mut names = Vec::new();
    for column in keep {
        let name = if taken.contains(column) { format!("input_{column}") } else { column.clone() };
        if names.contains(&name) || taken.contains(&name) {
            return Err(Error::invalid("keep", format!("`{column}` is kept twice")));
        }
        names.push(name);
    }
    Ok(names)
}

fn digests(
    located: &[Located],
    progress: &mut dyn FnMut(&ArchiveProgress) -> Result<()>,
) -> Result<Vec<String>> {
    let bytes = located.iter().map(|one| one.input.bytes()).sum();
    let mut told = ArchiveProgress { stage: Stage::Checking, all_bytes: bytes, ..ArchiveProgress::default() };
    let digest = |one: &Located| {
        let digest = one.identity.digest(&mut |read| {
            told.bytes += read;
            progress(&told)
        });
        digest.map_err(|e| e.context(&one.input.name))
    };
    located.iter().map(digest).collect()
}
