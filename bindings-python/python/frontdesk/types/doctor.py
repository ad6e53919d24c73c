"""Faults of labelled rows."""

from __future__ import annotations

from dataclasses import dataclass

from frontdesk.types._value import Value


@dataclass(frozen=True, slots=True)
class RowCount(Value):
    """Rows to train on, and to validate on."""

    train: int
    valid: int


@dataclass(frozen=True, slots=True)
class LabelCount(Value):
    """The number of rows that have a label."""

    label: str
    train: int
    valid: int


@dataclass(frozen=True, slots=True)
class LanguageCount(Value):
    """The number of rows to train on that are in a language, ISO 639-3."""

    language: str
    rows: int


@dataclass(frozen=True, slots=True)
class Place(Value):
    """The place of a row: among the rows to train on, `train`, or to validate on, `valid`."""

    file: str
    line: int
    """Of a file, or the row of a table, from 1."""


@dataclass(frozen=True, slots=True)
class FindingRow(Value):
    """A row that a finding is about, with its particulars."""

    file: str
    line: int
    """Of a file, or the row of a table, from 1."""
    other: Place | None
    """The row that it is a pair with."""
    similarity: float | None
    """Of the pair, 0 to 1; 1 for the same text."""
    margin: float | None
    """The probability of the row's label less that of the likeliest other, -1 to 1."""
    suggested: str | None
    """The label that it should perhaps have."""
    tokens: int | None
    language: str | None
    """ISO 639-3."""


@dataclass(frozen=True, slots=True)
class Finding(Value):
    """One fault of labelled rows."""

    kind: str
    severity: str
    """`stop`, `warn` or `note`."""
    message: str
    labels: tuple[str, ...]
    """The labels that it is about, where it is about labels."""
    count: int
    """The number of rows that it is about."""
    rows: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis(Value):
    """The result of an examination of labelled rows."""

    rows: RowCount
    labels: tuple[LabelCount, ...]
    languages: tuple[LanguageCount, ...]
    """Of the rows to train on, the commonest first; short texts are not counted."""
    findings: tuple[Finding, ...]
    """The gravest first."""
