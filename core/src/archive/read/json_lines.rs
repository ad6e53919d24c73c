//! One JSON object a line.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{Fault, MAX_ROW_BYTES, Record, Records, fault};
use crate::Result;

/// Lines whose names are taken for the columns.
const LOOKED_AT: usize = 200;

pub(super) struct JsonLines {
    lines: Lines,
    columns: Vec<String>,
    number: u64,
}

impl JsonLines {
    pub(super) fn new(input: Box<dyn Read + Send>, columns: &[String]) -> Self {
        Self { lines: Lines::new(input), columns: columns.to_vec(), number: 0 }
    }
}

impl Records for JsonLines {
    fn next(&mut self) -> Result<Option<Record>> {
        let Some((line, bytes)) = self.lines.next()? else { return Ok(None) };
        self.number += 1;
        let cells = bytes.and_then(|bytes| cells(bytes, &self.columns));
        Ok(Some(Record { number: self.number, line: Some(line), cells }))
    }

    fn pass(&mut self) -> Result<bool> {
        let there = self.lines.next()?.is_some();
        self.number += u64::from(there);
        Ok(there)
    }
}

/// The names that the first lines have, in the order of their appearance.
pub(super) fn columns(input: Box<dyn Read + Send>) -> Result<Vec<String>> {
    let mut lines = Lines::new(input);
    let mut columns = Vec::new();
    for _ in 0..LOOKED_AT {
        let Some((_, bytes)) = lines.next()? else { break };
        let Ok(Ok(Value::Object(object))) = bytes.map(serde_json::from_slice) else { continue };
        for (name, _) in object {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
    }
    Ok(columns)
}

fn cells(bytes: &[u8], columns: &[String]) -> std::result::Result<Vec<Option<String>>, Fault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Fault::data(format!("the line is not valid UTF-8 from byte {} on", e.valid_up_to())))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let cells = Wanted(columns).deserialize(&mut json).and_then(|cells| json.end().map(|()| cells));
    cells.map_err(|e| Fault::data(e.to_string()))
}

/// A line with its number, or what is wrong with it.
type Line<'a> = (u64, std::result::Result<&'a [u8], Fault>);

/// The lines that are not empty, with their numbers.
struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    line: u64,
    bytes: Vec<u8>,
}

impl Lines {
    fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input: BufReader::with_capacity(1 << 16, input), line: 0, bytes: Vec::new() }
    }

    fn next(&mut self) -> Result<Option<Line<'_>>> {
        loop {
            self.bytes.clear();
            let most = MAX_ROW_BYTES as u64 + 1;
            let count = self.input.by_ref().take(most).read_until(b'\n', &mut self.bytes).map_err(fault)?;
            if count == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.bytes.len() > MAX_ROW_BYTES && self.bytes.last() != Some(&b'\n') {
                self.pass_the_rest()?;
                return Ok(Some((self.line, Err(Fault::too_large()))));
            }
            if !self.bytes.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.line, Ok(self.bytes.trim_ascii_end()))))
    }

    fn pass_the_rest(&mut self) -> Result<()> {
        loop {
            let bytes = self.input.fill_buf().map_err(fault)?;
            let (count, ends) = match bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (bytes.len(), bytes.is_empty()),
            };
            self.input.consume(count);
            if ends {
                return Ok(());
            }
        }
    }
}

/// Reads the wanted values of an object and passes over the others.
struct Wanted<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = Vec<Option<String>>;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = Vec<Option<String>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
        let mut cells = vec![None; self.0.len()];
        let mut seen = vec![false; self.0.len()];
        while let Some(name) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if !self.0.iter().any(|wanted| *wanted == name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = match map.next_value::<Value>()? {
                Value::Null => None,
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            };
            // A column may be asked for more than once: as a field, to be kept, in a condition.
            for (place, _) in self.0.iter().enumerate().filter(|(_, wanted)| **wanted == name) {
                if std::mem::replace(&mut seen[place], true) {
                    return Err(A::Error::custom(format!("`{name}` stands there twice")));
                }
                cells[place].clone_from(&value);
            }
        }
        Ok(cells)
    }
}
