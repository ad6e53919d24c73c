//! One JSON object a line.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Take, invalid, no_column};
use crate::Result;

fn objects(text: &str) -> impl Iterator<Item = Result<(u64, Map<String, Value>)>> + '_ {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| {
        let number = index as u64 + 1;
        match serde_json::from_str(line) {
            Ok(Value::Object(object)) => Ok((number, object)),
            Ok(_) => Err(invalid(number, "not a JSON object")),
            Err(e) => Err(invalid(number, e)),
        }
    })
}

/// Every key that some line has.
pub(super) fn columns(text: &str) -> Result<Vec<String>> {
    let mut columns = BTreeSet::new();
    for object in objects(text) {
        columns.extend(object?.1.into_iter().map(|(key, _)| key));
    }
    Ok(columns.into_iter().collect())
}

/// The named values of every line: strings as they are, numbers and truth values as JSON writes them.
pub(super) fn records(text: &str, names: &[&str], take: Take<'_>) -> Result<()> {
    for object in objects(text) {
        let (line, object) = object?;
        let value = |name: &&str| match object.get(*name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            Some(_) => Err(invalid(line, format!("`{name}` is not a string or a number"))),
            None => {
                let there: Vec<String> = object.keys().cloned().collect();
                Err(no_column(name, &there).context(format!("line {line}")))
            }
        };
        take(line, names.iter().map(value).collect::<Result<_>>()?)?;
    }
    Ok(())
}

/// Each line whole, for tickets.
pub(super) fn values(text: &str) -> Result<Vec<(u64, Map<String, Value>)>> {
    objects(text).collect()
}
