//! Texts and tables for people: what comes from files and models cannot command the terminal.

use std::fmt;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Attribute, Color, ContentArrangement};
use frontdesk::readable;

/// The width where stdout is no terminal.
const PLAIN_WIDTH: u16 = 132;

/// A text for people, made of tables and lines.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    pub(super) fn table(mut self, table: &Table) -> Self {
        self.0.push_str(&format!("{}\n", table.0));
        self
    }

    pub(super) fn line(mut self, line: impl fmt::Display) -> Self {
        self.0.push_str(&readable(&line.to_string()).replace('\n', "\\n"));
        self.0.push('\n');
        self
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug)]
pub(super) struct Table(comfy_table::Table);

#[derive(Debug)]
pub(super) struct Cell(comfy_table::Cell);

impl Table {
    pub(super) fn new() -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        if table.width().is_none() {
            table.set_width(PLAIN_WIDTH);
        }
        if std::env::var_os("NO_COLOR").is_some() {
            table.force_no_tty();
        }
        Self(table)
    }

    pub(super) fn set_header<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.0.set_header(cells.into_iter().map(|cell| cell.into().0));
    }

    pub(super) fn add_row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.0.add_row(cells.into_iter().map(|cell| cell.into().0));
    }
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self(comfy_table::Cell::new(readable(text.as_ref())))
    }

    pub(super) fn bold(text: impl AsRef<str>) -> Self {
        Self(Self::new(text).0.add_attribute(Attribute::Bold))
    }

    pub(super) fn fg(self, color: Color) -> Self {
        Self(self.0.fg(color))
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}
