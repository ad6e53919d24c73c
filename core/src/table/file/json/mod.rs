//! JSON: one object a line, or an array of objects.

mod scan;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Read;

use serde::de::IgnoredAny;

use self::scan::{Malformed, Members, Nest};
use super::record::{Fault, MAX_ROW_BYTES, Record, Records, Wanted};
use super::window::Window;
use crate::{Error, ErrorKind, Result};

/// Names that a row may have, and columns that are known before they are named.
const NAMES: usize = 1 << 18;

/// Rows whose names are the columns.
pub(super) const LOOKED_AT: usize = 200;

pub(super) struct Json {
    objects: Objects,
    columns: Columns,
    number: u64,
}

/// The wanted columns.
struct Columns {
    all: Vec<Wanted>,
    /// Each name with its places: a column may be wanted more than once, as a field, to be kept, in a
    /// condition.
    names: Vec<(String, Vec<usize>)>,
    /// The names' places among them.
    known: HashMap<String, usize>,
}

/// Names that are compared one after the other, which takes less time than to look one up.
const FEW: usize = 16;

impl Columns {
    fn new(all: &[Wanted]) -> Self {
        let (mut names, mut known) = (Vec::<(String, Vec<usize>)>::new(), HashMap::new());
        for (place, wanted) in all.iter().enumerate() {
            let known = *known.entry(wanted.name.clone()).or_insert(names.len());
            if known == names.len() {
                names.push((wanted.name.clone(), Vec::new()));
            }
            names[known].1.push(place);
        }
        Self { all: all.to_vec(), names, known }
    }

    fn places(&self, name: &str) -> Option<&[usize]> {
        let found = if self.names.len() > FEW {
            self.names.get(*self.known.get(name)?)
        } else {
            self.names.iter().find(|(wanted, _)| wanted == name)
        };
        found.map(|(_, places)| places.as_slice())
    }
}

impl Json {
    pub(super) fn new(input: Box<dyn Read + Send>, columns: &[Wanted]) -> Result<Self> {
        Ok(Self { objects: Objects::new(input)?, columns: Columns::new(columns), number: 0 })
    }
}

impl Records for Json {
    fn next(&mut self) -> Result<Option<Record>> {
        let Some((line, bytes)) = self.objects.next()? else { return Ok(None) };
        self.number += 1;
        let cells = bytes.and_then(|bytes| cells(bytes, &self.columns));
        Ok(Some(Record { number: self.number, line: Some(line), cells }))
    }

    fn pass(&mut self) -> Result<bool> {
        let there = self.objects.next()?.is_some();
        self.number += u64::from(there);
        Ok(there)
    }
}

/// The names that the first rows have, in the order of their appearance.
pub(super) fn columns(input: Box<dyn Read + Send>) -> Result<Vec<String>> {
    let mut objects = Objects::new(input)?;
    let (mut columns, mut known) = (Vec::new(), HashSet::new());
    for _ in 0..LOOKED_AT {
        let Some((_, bytes)) = objects.next()? else { break };
        // A fault of a row is reported where the row is read.
        let Ok(bytes) = bytes else { continue };
        for (name, _) in Members::of(bytes).flatten().take(NAMES) {
            if let Ok(name) = name_of(name)
                && !known.contains(name.as_ref())
            {
                known.insert(name.clone().into_owned());
                columns.push(name.into_owned());
            }
        }
        // Names beyond are found where they are named.
        if columns.len() >= NAMES {
            columns.truncate(NAMES);
            break;
        }
    }
    Ok(columns)
}

/// Returns those of the names that no row has.
pub(super) fn lacking(input: Box<dyn Read + Send>, mut names: Vec<String>) -> Result<Vec<String>> {
    let mut objects = Objects::new(input)?;
    let mut lacking: HashSet<String> = names.iter().cloned().collect();
    while let Some((_, bytes)) = objects.next()? {
        let Ok(bytes) = bytes else { continue };
        for (name, _) in Members::of(bytes).flatten() {
            if let Ok(name) = name_of(name) {
                lacking.remove(name.as_ref());
            }
        }
        if lacking.is_empty() {
            break;
        }
    }
    names.retain(|name| lacking.contains(name));
    Ok(names)
}

/// Every row as a value of its own, with its line.
pub(super) fn values<T: serde::de::DeserializeOwned>(input: Box<dyn Read + Send>) -> Result<Vec<(u64, T)>> {
    let (mut objects, mut values) = (Objects::new(input)?, Vec::new());
    while let Some((line, bytes)) = objects.next()? {
        let value = bytes.and_then(|bytes| {
            serde_json::from_slice(bytes).map_err(|e| Fault::data(without_line(&e.to_string())))
        });
        let value =
            value.map_err(|fault| Error::new(fault.kind, fault.message).context(format!("line {line}")))?;
        values.push((line, value));
    }
    Ok(values)
}

impl From<Malformed> for Fault {
    fn from(Malformed { at, what }: Malformed) -> Self {
        Self::data(format!("broken JSON at byte {at} of the row: {what}"))
    }
}

fn cells(bytes: &[u8], columns: &Columns) -> std::result::Result<Vec<Option<String>>, Fault> {
    let all = &columns.all;
    let mut cells = vec![None; all.len()];
    let mut seen = vec![false; all.len()];
    for (count, member) in Members::of(bytes).enumerate() {
        let (name, raw) = member?;
        if count == NAMES {
            let message = format!("the row has more than {NAMES} names");
            return Err(Fault::new(ErrorKind::TooLarge, message));
        }
        // A name that is not valid does not concern the wanted ones.
        let Ok(name) = name_of(name) else { continue };
        let Some([first, again @ ..]) = columns.places(&name) else { continue };
        let lenient = all[*first].lenient;
        if seen[*first] {
            if lenient {
                continue;
            }
            return Err(Fault::data(format!("`{name}` stands there twice")).of(&name));
        }
        let value = match value(raw) {
            Err(_) | Ok(Value::Nested(_)) if lenient => continue,
            value => value.map_err(|what| Fault::data(format!("`{name}`: {what}")).of(&name))?,
        };
        seen[*first] = true;
        if matches!(value, Value::Nested(_))
            && !(all[*first].nested && again.iter().all(|place| all[*place].nested))
        {
            let message = format!("`{name}` is a list or an object, which is no text");
            return Err(Fault::data(message).of(&name));
        }
        let (Value::Text(text) | Value::Nested(text)) = value else { continue };
        for place in again {
            cells[*place] = Some(text.clone());
        }
        cells[*first] = Some(text);
    }
    Ok(cells)
}

/// A value as text: strings unescaped, all else as it is written.
enum Value {
    Missing,
    Text(String),
    Nested(String),
}

fn value(raw: &[u8]) -> std::result::Result<Value, String> {
    let text =
        std::str::from_utf8(raw).map_err(|e| format!("not valid UTF-8 from byte {} on", e.valid_up_to()))?;
    let invalid = |e: serde_json::Error| without_line(&e.to_string());
    if raw.first() == Some(&b'"') {
        return plain(text).map_or_else(
            || serde_json::from_str(text).map(Value::Text).map_err(invalid),
            |text| Ok(Value::Text(text.to_owned())),
        );
    }
    // Digits stay as they stand: a number of JSON may have any number of them.
    serde_json::from_str::<IgnoredAny>(text).map_err(|e| match text {
        "NaN" | "Infinity" | "-Infinity" => format!("`{text}` is no value of JSON"),
        _ => invalid(e),
    })?;
    Ok(match text {
        "null" => Value::Missing,
        _ if matches!(raw.first(), Some(b'{' | b'[')) => Value::Nested(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    })
}

fn name_of(raw: &[u8]) -> std::result::Result<Cow<'_, str>, Fault> {
    let text = std::str::from_utf8(raw).map_err(|e| Fault::not_utf8("a name", e))?;
    if let Some(name) = plain(text) {
        return Ok(Cow::Borrowed(name));
    }
    serde_json::from_str(text).map(Cow::Owned).map_err(|e| Fault::data(without_line(&e.to_string())))
}

/// The text between the quotes, where none of it is an escape or forbidden.
fn plain(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    // Without an early end, the compiler looks at many bytes at once.
    let escaped = |byte: u8| u8::from(byte == b'\\') | u8::from(byte < 0x20);
    (inner.bytes().fold(0, |found, byte| found | escaped(byte)) == 0).then_some(inner)
}

/// serde_json counts the lines of what it was given, which is one row.
fn without_line(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(what, _)| what).to_owned()
}

/// A row's line and its bytes, or what is wrong with it.
type Object<'a> = (u64, std::result::Result<&'a [u8], Fault>);

/// The objects with the lines on which they begin.
struct Objects {
    window: Window,
    form: Form,
}

#[derive(PartialEq, Eq)]
enum Form {
    Lines,
    /// Elements of an array, before the first one or behind one.
    Array {
        begun: bool,
    },
    /// Behind the array's end.
    Ended,
}

impl Objects {
    fn new(input: Box<dyn Read + Send>) -> Result<Self> {
        let mut window = Window::new(input);
        let form = if space(&mut window)? == Some(b'[') {
            window.take(1);
            Form::Array { begun: false }
        } else {
            Form::Lines
        };
        Ok(Self { window, form })
    }

    fn next(&mut self) -> Result<Option<Object<'_>>> {
        match self.form {
            Form::Lines => self.line(),
            Form::Array { .. } => self.element(),
            Form::Ended => Ok(None),
        }
    }

    fn line(&mut self) -> Result<Option<Object<'_>>> {
        loop {
            if !self.window.begin()? {
                return Ok(None);
            }
            self.window.take_line()?;
            if self.window.taken().is_none_or(|line| !line.trim_ascii().is_empty()) {
                break;
            }
        }
        Ok(Some(self.taken(self.window.line())))
    }

    /// The object that was taken, or a fault where it is too large.
    fn taken(&self, line: u64) -> Object<'_> {
        match self.window.taken() {
            Some(bytes) if bytes.len() <= MAX_ROW_BYTES => (line, Ok(bytes.trim_ascii())),
            _ => (line, Err(Fault::too_large())),
        }
    }

    fn element(&mut self) -> Result<Option<Object<'_>>> {
        let begun = self.form == Form::Array { begun: true };
        let mut next = space(&mut self.window)?;
        let line = self.window.line();
        let damaged = |what: &str| Error::new(ErrorKind::DataInvalid, format!("line {line}: {what}"));
        if next == Some(b']') {
            self.window.take(1);
            self.form = Form::Ended;
            if space(&mut self.window)?.is_none() {
                return Ok(None);
            }
            let line = self.window.line();
            let message = format!("line {line}: something stands behind the end of the JSON array");
            return Err(Error::new(ErrorKind::DataInvalid, message));
        }
        if begun {
            if next.is_some_and(|byte| byte != b',') {
                return Err(damaged("`,` or `]` is expected between the elements of the JSON array"));
            }
            self.window.take(usize::from(next.is_some()));
            next = space(&mut self.window)?;
        }
        let line = self.window.line();
        let ends = || {
            let message = format!("line {line}: the JSON array ends too early");
            Error::new(ErrorKind::DataInvalid, message)
        };
        if next.is_none() {
            return Err(ends());
        }
        let mut nest = Nest::default();
        loop {
            let rest = self.window.rest()?;
            if rest.is_empty() {
                return Err(ends());
            }
            let (length, end) = (rest.len(), nest.feed(rest));
            self.window.take(end.unwrap_or(length));
            if end.is_some() {
                break;
            }
        }
        if self.window.taken().is_some_and(<[u8]>::is_empty) {
            let message = format!("line {line}: an element of the JSON array is missing");
            return Err(Error::new(ErrorKind::DataInvalid, message));
        }
        self.form = Form::Array { begun: true };
        Ok(Some(self.taken(line)))
    }
}

/// Passes over space, and gives the byte behind it.
fn space(window: &mut Window) -> Result<Option<u8>> {
    while window.begin()? {
        let rest = window.rest()?;
        let count = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if let Some(byte) = rest.get(count).copied() {
            window.take(count);
            window.begin()?;
            return Ok(Some(byte));
        }
        window.take(count);
    }
    Ok(None)
}
