//! The plan of a run: its inputs, the columns that it reads, the rows that it wants.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::digests::Digests;
use super::filter::Filter;
use super::options::{ArchiveOptions, OutputFormat};
use super::select::{Sample, Sampling};
use super::write::Shape;
use super::{ArchiveProgress, ArchiveStage};
use crate::score::Layout;
use crate::table::{
    ColumnMapping, Fault, Field, Input, Making, Names, Prepared, Record, Records, SkippedColumn,
    SourceColumn, Wanted, check, fitting, locate, map, no_column, ticket,
};
use crate::{Engine, Error, ErrorKind, OnProgress, Result};

/// Everything that is known before the first row is scored.
pub(crate) struct Plan {
    pub(crate) inputs: Vec<Input>,
    /// The fault of each input that cannot be opened, where such inputs are passed over.
    damaged: Vec<Option<Fault>>,
    pub(crate) digests: Digests,
    pub(crate) taken: Vec<ColumnMapping>,
    pub(crate) skipped: Vec<SkippedColumn>,
    /// The columns that are read: fields first, then kept ones, then those of the condition.
    columns: Vec<Wanted>,
    /// The columns that are carried along.
    pub(crate) keep: Vec<String>,
    filter: Option<Filter>,
    sample: Option<Sample>,
    pub(crate) shape: Shape,
}

/// The largest number of rows that metadata is believed where a sample is chosen: it may claim any, and each
/// takes some time. Where it claims more, the rows themselves are read.
const BELIEVED: u64 = 1 << 31;

/// Rows between two reports of progress.
const REPORTED_EVERY: u64 = 65_536;

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
        progress: OnProgress<'_, ArchiveProgress>,
    ) -> Result<Self> {
        check_options(engine, options)?;
        let filter = options.filter.as_deref().map(Filter::new).transpose()?;
        let layout = Layout::new(engine, &options.outputs)?;
        let (inputs, digests) = Digests::new(locate(names, &options.reading)?, progress)?;
        let (headers, damaged) = headers(&inputs, options)?;
        // An empty input has no columns.
        let whole = || inputs.iter().zip(&headers).filter(|(_, header)| !header.is_empty());
        let Some((input, first)) = whole().next() else {
            return Err(nothing(&inputs));
        };
        let named = |e: Error| e.context(&input.name);
        let mapping = map(first, &options.columns, input.is_sparse()).map_err(named)?;
        let mut report = |rows| choosing(rows, progress);
        let readable = whole().map(|(input, _)| input);
        let (taken, mut skipped) = fitting(readable, mapping, &options.columns.customer, &mut report)?;
        let taken = everywhere(taken, &whole(), &mut skipped);
        check(&taken, first, &skipped).map_err(named)?;
        let keep = kept_columns(&options.keep, &headers)?;
        let columns: Vec<Wanted> = taken
            .iter()
            .map(|one| one.wanted(&taken))
            .chain(keep.iter().map(|name| Wanted::nested(name)))
            .chain(filter.iter().flat_map(|filter| filter.columns().map(Wanted::nested)))
            .collect();
        required(&columns, &whole()).map_err(|(column, error)| {
            let quoted = filter.as_ref().is_some_and(|filter| filter.is_quoted(&column));
            if quoted {
                error.context(format!(
                    "in a condition of SQL, double quotes stand around names of columns; as a text, write '{column}'"
                ))
            } else {
                error
            }
        })?;
        let shape = Shape {
            has_id: taken.iter().any(|taken| taken.field == Field::Id),
            kept: kept_names(&keep, &layout)?,
            has_removed: !options.prepare.is_none(),
            spreadsheet_safe: options.spreadsheet_safe,
            layout,
        };
        let mut plan =
            Self { inputs, damaged, digests, taken, skipped, columns, keep, filter, sample: None, shape };
        if let Some(wanted) = options.sample {
            plan.sample = Some(plan.sampled(wanted, options, progress)?);
        }
        Ok(plan)
    }

    /// Returns the manifest, which an unfinished run must match to be resumed.
    pub(crate) fn manifest(&self, engine: &Engine, options: &ArchiveOptions) -> Result<Value> {
        let inputs = self.inputs.iter().zip(self.digests.iter());
        let inputs: Vec<Value> = inputs
            .map(|(input, digest)| json!({ "name": input.name, "bytes": input.bytes(), "digest": digest }))
            .collect();
        let info = engine.info();
        let policy = engine.install(|pipeline| Ok(pipeline.router().policy().1.to_owned()))?;
        Ok(json!({
            "format": 3,
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
            "customer": options.columns.customer,
            "keep": self.keep,
            "outputs": self.shape.layout.columns().iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "prepare": options.prepare,
            "where": options.filter,
            "limit": options.limit,
            "sample": options.sample,
            "seed": options.sample.map(|_| options.seed),
            "output_format": options.form(),
            "part_rows": options.part_rows,
        }))
    }

    /// Returns the rows of an input from its beginning, or its fault where the input is passed over.
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

    /// The number of rows of all inputs, where the metadata of all has it.
    pub(crate) fn known_rows(&self) -> Option<u64> {
        self.inputs.iter().try_fold(0_u64, |all, input| all.checked_add(input.known_rows()?))
    }

    /// Whether the row with this number over all inputs, from 0, is wanted. A row that cannot be read is
    /// wanted, since it is not known whether the condition holds.
    pub(crate) fn wants(&self, row: u64, record: &Record) -> bool {
        self.sample.is_none_or(|sample| sample.has(row)) && self.passes(record)
    }

    fn passes(&self, record: &Record) -> bool {
        let (Some(filter), Ok(cells)) = (&self.filter, &record.cells) else { return true };
        filter.holds(&cells[self.taken.len() + self.keep.len()..])
    }

    /// Returns the parts of a row that are scored and carried along.
    pub(crate) fn choose(&self, record: Record, options: &ArchiveOptions) -> Chosen {
        let mut cells = match record.cells {
            Ok(cells) => cells,
            Err(fault) => return Chosen { id: None, kept: vec![None; self.keep.len()], ticket: Err(fault) },
        };
        let values: Vec<(Field, Option<&str>)> =
            self.taken.iter().zip(&cells).map(|(taken, cell)| (taken.field, cell.as_deref())).collect();
        let how = Making { prepare: options.prepare, customer: &options.columns.customer, empty: false };
        let ticket = ticket(&values, how);
        let mut rest = cells.split_off(self.taken.len());
        rest.truncate(self.keep.len());
        let place = self.taken.iter().position(|taken| taken.field == Field::Id);
        let id = place.and_then(|place| cells.swap_remove(place));
        Chosen { id, kept: rest, ticket }
    }

    fn sampled(
        &self,
        wanted: u64,
        options: &ArchiveOptions,
        progress: OnProgress<'_, ArchiveProgress>,
    ) -> Result<Sample> {
        let mut sampling = Sampling::new(wanted, options.seed);
        let known = self.known_rows().filter(|rows| *rows <= BELIEVED && self.filter.is_none());
        if let Some(rows) = known {
            for row in 0..rows {
                sampling.offer(row);
                if row % REPORTED_EVERY == 0 {
                    choosing(row, progress)?;
                }
            }
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
                        if row % REPORTED_EVERY == 0 {
                            choosing(row, progress)?;
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

/// Reports rows that were read to choose columns or rows.
fn choosing(rows: u64, progress: OnProgress<'_, ArchiveProgress>) -> Result<()> {
    progress(ArchiveProgress { stage: ArchiveStage::Choosing, rows, ..ArchiveProgress::default() })
}

/// The columns of one input.
type Header = Vec<SourceColumn>;

/// The columns of every input, and the fault of each that cannot be opened, where such inputs are passed
/// over.
fn headers(inputs: &[Input], options: &ArchiveOptions) -> Result<(Vec<Header>, Vec<Option<Fault>>)> {
    let header = |input: &Input| match input.columns() {
        Ok(columns) => Ok((columns, None)),
        Err(error) if options.skip_damaged && error.kind() == ErrorKind::DataInvalid => {
            Ok((Vec::new(), Some(Fault::data(error.message()))))
        }
        Err(error) => Err(error),
    };
    let headers: Vec<_> = inputs.iter().map(header).collect::<Result<_>>()?;
    Ok(headers.into_iter().unzip())
}

/// Returns the error where none of the inputs has a column: the fault of the first row of one that has rows.
fn nothing(inputs: &[Input]) -> Error {
    for input in inputs {
        let first = input.records(&[]).and_then(|mut records| records.next());
        match first {
            Ok(Some(record)) => {
                let place = record.place();
                if let Err(fault) = record.cells {
                    return fault.error(place).context(&input.name);
                }
            }
            Ok(None) => {}
            Err(error) => return error,
        }
    }
    Error::new(ErrorKind::DataInvalid, "none of the inputs has a row")
}

/// Inputs with their columns.
trait Headers<'a>: Iterator<Item = (&'a Input, &'a Header)> + Clone {}
impl<'a, I: Iterator<Item = (&'a Input, &'a Header)> + Clone> Headers<'a> for I {}

fn has(header: &[SourceColumn], column: &str) -> bool {
    header.iter().any(|there| there.name == column)
}

/// Of the columns that were guessed, a ticket can do without all but its text: they are taken where every
/// input has them.
fn everywhere<'a>(
    taken: Vec<ColumnMapping>,
    inputs: &impl Headers<'a>,
    skipped: &mut Vec<SkippedColumn>,
) -> Vec<ColumnMapping> {
    let (mut there, mut lacking) = (Vec::new(), Vec::new());
    // A JSON object may lack a name that others have.
    let inputs = inputs.clone().filter(|(input, _)| !input.is_sparse());
    for taken in taken {
        let lacks = inputs.clone().find(|(_, header)| !has(header, &taken.column));
        match lacks.filter(|_| taken.guessed && !taken.field.is_text()) {
            Some((input, _)) => {
                let why = format!("{} does not have it", input.name);
                lacking.push(SkippedColumn { column: taken.column, why });
            }
            None => there.push(taken),
        }
    }
    skipped.append(&mut lacking);
    there
}

/// Refuses a column that an input does not have, or of inputs whose rows may lack columns, one that no row
/// has; with the column.
fn required<'a>(columns: &[Wanted], inputs: &impl Headers<'a>) -> std::result::Result<(), (String, Error)> {
    let names = |header: &[SourceColumn]| header.iter().map(|there| there.name.clone()).collect::<Vec<_>>();
    for (input, header) in inputs.clone().filter(|(input, _)| !input.is_sparse()) {
        let names = names(header);
        let there = Names::of(&names);
        for Wanted { name, .. } in columns {
            there.place(name).map_err(|e| (name.clone(), e.context(&input.name)))?;
        }
    }
    if inputs.clone().any(|(input, _)| !input.is_sparse()) {
        return Ok(());
    }
    let headers = inputs.clone().flat_map(|(_, header)| header);
    let seen: HashSet<&str> = headers.map(|there| there.name.as_str()).collect();
    let unseen = columns.iter().map(|wanted| &wanted.name).filter(|name| !seen.contains(name.as_str()));
    let mut lacking: Vec<String> = unseen.cloned().collect();
    let mut last = None;
    for (input, header) in inputs.clone() {
        lacking = input.lacking(lacking).map_err(|e| (String::new(), e))?;
        if lacking.is_empty() {
            return Ok(());
        }
        last = Some((input, header));
    }
    // The last input is the last that could have had it.
    let Some(((input, header), column)) = last.zip(lacking.into_iter().next()) else { return Ok(()) };
    let error = no_column(&column, &names(header)).context(&input.name);
    Err((column, error))
}

/// The columns to carry along: an entry that is no column's name is a list of names with commas
/// between.
fn kept_columns(keep: &[String], headers: &[Header]) -> Result<Vec<String>> {
    let headers = || headers.iter().flatten().map(|there| there.name.as_str());
    let there: HashSet<&str> = headers().filter(|name| name.contains(',')).collect();
    let mut columns = Vec::new();
    for entry in keep {
        if !entry.contains(',') || there.contains(entry.as_str()) {
            columns.push(entry.clone());
            continue;
        }
        // A space before a quote would make it a letter.
        let entry = &entry.replace(", \"", ",\"");
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(entry.as_bytes());
        for record in reader.records() {
            let record = record.map_err(|e| Error::invalid("keep", format!("`{entry}`: {e}")))?;
            columns.extend(record.iter().map(str::to_owned));
        }
    }
    Ok(columns)
}

fn check_options(engine: &Engine, options: &ArchiveOptions) -> Result<()> {
    if options.part_rows == 0 {
        return Err(Error::invalid("part_rows", "a part of 0 rows; from 1"));
    }
    for (name, value) in [("limit", options.limit), ("sample", options.sample)] {
        if value == Some(0) {
            return Err(Error::invalid(name, "0 rows; from 1"));
        }
    }
    if options.spreadsheet_safe && options.format != OutputFormat::Csv {
        return Err(Error::invalid(
            "spreadsheet_safe",
            "only CSV has cells that a spreadsheet takes for formulas",
        ));
    }
    let is_time_dependent = engine.install(|pipeline| Ok(pipeline.router().is_time_dependent()))?;
    if is_time_dependent && options.route.now.is_none() {
        let message = "the routing policy has opening hours, and a run that is interrupted and resumed must answer alike: name the time that counts";
        return Err(Error::invalid("now", message));
    }
    Ok(())
}

/// The names under which columns are carried along: one that scores have, too, gets `input_` before it.
fn kept_names(keep: &[String], layout: &Layout) -> Result<Vec<String>> {
    let scores: HashSet<&str> = layout.columns().iter().map(|(name, _)| name.as_str()).collect();
    let is_taken = |name: &str| scores.contains(name) || ["input", "row", "id", "removed"].contains(&name);
    let (mut names, mut known) = (Vec::new(), HashSet::new());
    for column in keep {
        let name = if is_taken(column) { format!("input_{column}") } else { column.clone() };
        if is_taken(&name) || !known.insert(name.clone()) {
            return Err(Error::invalid("keep", format!("`{column}` is kept twice")));
        }
        names.push(name);
    }
    Ok(names)
}
