//! Apache Arrow's IPC format: a file, or a stream.

use std::io::BufReader;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::arrow::{Rows, broken, names, places};
use super::{Record, Records, fault};
use crate::Result;
use crate::archive::blob::{Blob, BlobReader};

type Batches = Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>>>;

/// What an Arrow file begins with.
const MAGIC: &[u8] = b"ARROW1";

pub(super) fn columns(blob: &Arc<dyn Blob>) -> Result<Vec<String>> {
    Ok(names(&batches(blob)?.0))
}

pub(super) fn open(blob: &Arc<dyn Blob>, columns: &[String]) -> Result<Box<dyn Records>> {
    let (schema, batches) = batches(blob)?;
    let places = places(&schema, columns)?;
    Ok(Box::new(Ipc { batches, places, names: columns.to_vec(), rows: Rows::default(), number: 0 }))
}

fn batches(blob: &Arc<dyn Blob>) -> Result<(SchemaRef, Batches)> {
    let mut first = [0; MAGIC.len()];
    let count = blob.read_at(0, &mut first).map_err(fault)?;
    let reader = BufReader::new(BlobReader::new(blob));
    if &first[..count] == MAGIC {
        let reader = FileReader::try_new(reader, None).map_err(broken)?;
        return Ok((reader.schema(), Box::new(reader)));
    }
    let reader = StreamReader::try_new(reader, None).map_err(broken)?;
    Ok((reader.schema(), Box::new(reader)))
}

struct Ipc {
    batches: Batches,
    places: Vec<usize>,
    names: Vec<String>,
    rows: Rows,
    number: u64,
}

impl Records for Ipc {
    fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.rows.next(self.number + 1) {
                self.number += 1;
                return Ok(Some(record));
            }
            let Some(batch) = self.batches.next() else { return Ok(None) };
            self.rows = Rows::new(&batch.map_err(broken)?, &self.places, &self.names)?;
        }
    }
}
