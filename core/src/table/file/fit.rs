//! The guessed columns whose values fit the field of their name.

use super::columns::{ColumnMapping, Field, Mapping, SkippedColumn};
use super::input::Input;
use super::record::{Fault, Wanted};
use super::thread::Customer;
use super::ticket::{fits, thread_says_who};
use crate::{Error, ErrorKind, Result};

/// Rows that decide whether a column holds times, or a thread names its writers: a column that does not is no
/// fault of a row.
const LOOKED_AT: u64 = 1_000;

/// Rows between two calls that report progress.
const REPORTED_EVERY: u64 = 16_384;

/// Separates the columns that fit from those that do not: a guessed urgency or history fits where all values
/// do, a guessed time where the first ones do, and a thread where the first ones name their writers.
/// `progress` is called now and then with the rows that were read.
///
/// # Errors
/// `data-invalid` where a thread that was named does not name its writers.
pub(crate) fn fitting<'a>(
    inputs: impl Iterator<Item = &'a Input> + Clone,
    (taken, mut skipped): Mapping,
    customer: &[Customer],
    progress: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<Mapping> {
    // A JSON value may be of another kind in every row.
    let sparse = inputs.clone().any(Input::is_sparse);
    let looked_at = |taken: &ColumnMapping| match taken.field {
        Field::Urgency | Field::CustomerHistory | Field::Created => taken.guessed,
        Field::Messages | Field::Requester => true,
        Field::Id => taken.guessed && sparse,
        _ => false,
    };
    let (looked_at, mut fit): (Vec<ColumnMapping>, Vec<ColumnMapping>) =
        taken.into_iter().partition(looked_at);
    if looked_at.is_empty() {
        return Ok((fit, skipped));
    }
    let mut looks = Looks { misfit: vec![None; looked_at.len()], says_who: None, looked_at, rows: 0 };
    for input in inputs {
        looks.at(input, customer, progress)?;
    }
    let thread = looks.says_who.take().and_then(std::result::Result::err);
    for (taken, misfit) in looks.looked_at.into_iter().zip(looks.misfit) {
        let misfit = match &thread {
            Some(why) if taken.field == Field::Messages && !taken.guessed => {
                let message = format!("`{}` is no thread that can be read: {why}", taken.column);
                return Err(Error::new(ErrorKind::DataInvalid, message).at("customer"));
            }
            Some(why) if taken.field == Field::Messages => Some(why.clone()),
            _ => misfit,
        };
        match misfit {
            None => fit.push(taken),
            Some(why) => skipped.push(SkippedColumn { column: taken.column, why }),
        }
    }
    fit.sort_by_key(|taken| Field::ALL.iter().position(|field| *field == taken.field));
    Ok((fit, skipped))
}

struct Looks {
    looked_at: Vec<ColumnMapping>,
    /// The reason why each column does not fit.
    misfit: Vec<Option<String>>,
    /// Whether a message of a thread names its writer; `None` before the first.
    says_who: Option<std::result::Result<(), String>>,
    rows: u64,
}

impl Looks {
    fn at(
        &mut self,
        input: &Input,
        customer: &[Customer],
        progress: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let wanted: Vec<Wanted> = self
            .looked_at
            .iter()
            .map(|taken| Wanted { nested: taken.field.is_nested(), ..Wanted::text(&taken.column) })
            .collect();
        // A fault of an input is reported where the input is read.
        let Ok(mut records) = input.records(&wanted) else { return Ok(()) };
        while self.goes_on() {
            let Ok(Some(record)) = records.next() else { break };
            self.rows += 1;
            if self.rows.is_multiple_of(REPORTED_EVERY) {
                progress(self.rows)?;
            }
            let place = format!("{}: {}", input.name, record.place());
            match record.cells {
                Ok(cells) => self.look(&cells, &place, customer),
                Err(fault) => self.mark(&fault, &place),
            }
        }
        Ok(())
    }

    /// A value that cannot be read does not fit; other faults of a row are reported where the row is read.
    fn mark(&mut self, fault: &Fault, place: &str) {
        for (taken, misfit) in self.looked_at.iter().zip(&mut self.misfit) {
            if taken.guessed && misfit.is_none() && fault.column.as_deref() == Some(taken.column.as_str()) {
                *misfit = Some(format!("{}, first {place}", fault.message));
            }
        }
    }

    /// True where more rows can change the result.
    fn goes_on(&self) -> bool {
        let open = |(taken, misfit): (&ColumnMapping, &Option<String>)| {
            let all = matches!(taken.field, Field::Urgency | Field::CustomerHistory);
            misfit.is_none() && (all || self.rows < LOOKED_AT)
        };
        self.looked_at.iter().zip(&self.misfit).any(open)
    }

    fn look(&mut self, cells: &[Option<String>], place: &str, customer: &[Customer]) {
        let values: Vec<(Field, Option<&str>)> =
            self.looked_at.iter().zip(cells).map(|(taken, cell)| (taken.field, cell.as_deref())).collect();
        if !matches!(self.says_who, Some(Ok(()))) {
            self.says_who = thread_says_who(&values, customer).or(self.says_who.take());
        }
        for ((field, value), misfit) in values.into_iter().zip(&mut self.misfit) {
            let late = field == Field::Created && self.rows > LOOKED_AT;
            if misfit.is_none() && !late && value.is_some_and(|value| !fits(field, value)) {
                *misfit = Some(format!("its values do not fit `{field}`, first {place}"));
            }
        }
    }
}
