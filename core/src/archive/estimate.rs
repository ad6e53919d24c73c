//! Estimates of a run's time, from its first rows.

use std::time::Instant;

use serde::Serialize;

use super::Archive;
use super::in_flight::InFlight;
use super::options::ArchiveOptions;
use super::plan::Plan;
use super::work::{Chunk, Place, Quarantined, SelectedRow};
use crate::table::{ColumnMapping, Record};
use crate::{Error, ErrorKind, Result};

/// Rows that are scored for an estimate of the time.
const TRIED: u64 = 1_024;

/// Bytes that are read for an estimate of the number of rows; of smaller archives all are counted.
const COUNTED: u64 = 64 << 20;

/// The estimated work and time of a run on this machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchiveEstimate {
    /// The column of each field that has one.
    pub columns: Vec<ColumnMapping>,
    /// The number of inputs.
    pub inputs: u64,
    /// Their bytes, as they are packed.
    pub bytes: u64,
    /// The number of rows: from the inputs' metadata, else by the size of the first ones.
    pub rows: u64,
    /// True where `rows` is exact: from the metadata, or counted.
    pub rows_known: bool,
    /// The number of rows that would be scored.
    pub selected: u64,
    /// The number of rows that were scored for this.
    pub tried: u64,
    /// Of the rows that were read for this, the number of those that could not be read or scored.
    pub errors: u64,
    /// Of the rows that were scored, the share whose text came before, 0 to 1.
    pub repeated: f64,
    /// The mean number of tokens of a text.
    pub tokens_per_row: f64,
    /// The number of rows scored per second.
    pub rows_per_second: f64,
    /// The time that scoring would take, in seconds; where texts come again later than among the first rows,
    /// less.
    pub seconds: f64,
}

impl Archive {
    /// Scores the first rows, writes nothing, and estimates the time for all.
    ///
    /// # Errors
    /// As [`Archive::score`].
    pub fn estimate(&self) -> Result<ArchiveEstimate> {
        let Self { engine, options, plan } = self;
        let mut first = First { plan, options, read: 0, selected: 0, chunk: Chunk::new(0) };
        let (read_bytes, all) = first.read()?;
        let First { read, selected, chunk, .. } = first;
        let mut in_flight = InFlight::new(engine, &plan.shape.layout, options)?;
        let began = Instant::now();
        let errors = chunk.faults.len() as u64;
        let tried = chunk.rows.len() as u64;
        in_flight.begin(chunk)?;
        let mut scored = 0;
        while let Some(done) = in_flight.end(&mut || Ok(()))? {
            scored += done.rows.len() as u64;
        }
        let seconds = began.elapsed().as_secs_f64();
        let known = plan.known_rows().or(all.then_some(read));
        let by_size = read as f64 * plan.bytes() as f64 / read_bytes.max(1) as f64;
        let rows = known.unwrap_or(by_size.round() as u64).max(read);
        let share = selected as f64 / read.max(1) as f64;
        let most = [options.limit, options.sample].into_iter().flatten().min().unwrap_or(u64::MAX);
        let selected = ((rows as f64 * share).round() as u64).min(most);
        let rate = tried as f64 / seconds.max(1e-9);
        Ok(ArchiveEstimate {
            columns: plan.taken.clone(),
            inputs: plan.inputs.len() as u64,
            bytes: plan.bytes(),
            rows,
            rows_known: known.is_some(),
            selected,
            tried,
            errors: errors + tried - scored,
            repeated: in_flight.repeated as f64 / tried.max(1) as f64,
            tokens_per_row: in_flight.tokens as f64 / (tried - in_flight.repeated).max(1) as f64,
            rows_per_second: rate,
            seconds: selected as f64 / rate.max(1e-9),
        })
    }
}

/// The first wanted rows.
struct First<'a> {
    plan: &'a Plan,
    options: &'a ArchiveOptions,
    read: u64,
    selected: u64,
    chunk: Chunk<SelectedRow>,
}

impl First<'_> {
    /// Reads until there are enough rows, and enough to count. Returns the bytes that this took, and whether
    /// it was all.
    fn read(&mut self) -> Result<(u64, bool)> {
        let mut bytes = 0;
        let counted = self.plan.known_rows().is_some();
        let passes = |error: &Error| self.options.skip_damaged && error.kind() == ErrorKind::DataInvalid;
        for (place, input) in self.plan.inputs.iter().enumerate() {
            let mut records = match self.plan.open(place) {
                Ok(records) => records,
                Err(error) if passes(&error) => continue,
                Err(error) => return Err(error),
            };
            loop {
                let record = match records.next() {
                    Ok(Some(record)) => record,
                    Ok(None) => break,
                    Err(error) if passes(&error) => break,
                    Err(error) => return Err(error),
                };
                let wants = self.plan.wants(self.read, &record);
                self.read += 1;
                self.selected += u64::from(wants);
                let tries = TRIED.min(self.options.limit.unwrap_or(TRIED));
                if wants && self.selected <= tries {
                    self.take(input.name.as_str(), record);
                }
                let far = bytes + input.bytes_read();
                if self.selected >= tries && (far >= COUNTED || counted) {
                    return Ok((far, false));
                }
            }
            bytes += input.bytes();
        }
        Ok((bytes, true))
    }

    fn take(&mut self, input: &str, record: Record) {
        let at = Place { number: 0, input: input.into(), row: record.number, line: record.line, id: None };
        let chosen = self.plan.choose(record, self.options);
        match chosen.ticket {
            Ok(prepared) => self.chunk.rows.push(SelectedRow { place: at, kept: Vec::new(), prepared }),
            Err(fault) => self.chunk.faults.push(Quarantined::new(at, fault)),
        }
    }
}
