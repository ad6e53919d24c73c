"""The results of an evaluation and of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from frontdesk.types._value import Value
from frontdesk.types.analysis import ModelInfo

Effect = Literal["better", "worse", "neither"]
"""The effect on a row: it was wrong and is right, the other way round, or it is wrong both times."""


@dataclass(frozen=True, slots=True)
class Interval(Value):
    """A figure with its 95 % interval over the rows."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PerClass(Value):
    """Precision, recall and F1 of one label, each 0 where its denominator is 0; `support` counts the rows with it."""

    label: str
    precision: Interval
    recall: Interval
    f1: Interval
    support: int


@dataclass(frozen=True, slots=True)
class Confusion(Value):
    """Counts of the data's labels by the label that the model gave: `matrix[true][predicted]`."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ReliabilityBin(Value):
    """Scores from `low` to below `high`: their number, their mean, and the share of them that was right. An empty bin has neither."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class CoveragePoint(Value):
    """Of the labels that the model gave, those with a score of at least `threshold`: their share, and the share of those that is right."""

    threshold: float
    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class Abstention(Value):
    """The score below which a head abstains, the share of rows on which it does, and its accuracy on the others."""

    below: float
    share: Interval
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class LabelThreshold(Value):
    """The lowest score from which on a label has the wanted precision. Where no threshold has it, nothing is kept."""

    label: str
    given: int
    """Rows that were given it."""
    threshold: float | None
    kept: int
    """The number of the given rows that is kept."""
    coverage: float
    """Their share."""
    precision: float | None
    """The share of the kept rows that is right."""
    low: float | None
    """Its lower bound; at least the wanted precision."""


@dataclass(frozen=True, slots=True)
class Automation(Value):
    """The labels that could be acted upon without a person. Each label's claim holds with a confidence of 95 % by itself."""

    wanted: float
    """The wanted precision."""
    coverage: float
    """The share of all given labels that is kept."""
    labels: tuple[LabelThreshold, ...]


@dataclass(frozen=True, slots=True)
class Mistake(Value):
    """A row that is wrong, by its line or its place from 1, with the score of the wrong label. Several labels of one row are
    joined by `|`."""

    line: int
    truth: str
    given: str
    score: float
    text: str | None
    """Where `texts` was given."""


@dataclass(frozen=True, slots=True)
class Evaluation(Value):
    """The result of an evaluation."""

    task: str
    rows: int
    accuracy: Interval
    macro_f1: Interval
    ece: Interval
    """Expected calibration error."""
    brier: Interval
    """Brier score over all labels of a row, 0 to 2; the mean over the labels, 0 to 1, of a multi-label head. Less is better."""
    nll: Interval
    """Negative log-likelihood of a row's label, in nats; the mean over the labels of a multi-label head. Less is better."""
    mean_absolute_error: Interval | None
    """In levels; of ordinal heads only."""
    spearman: Interval | None
    """Rank correlation; of ordinal heads only."""
    abstention: Abstention | None
    """A head that never abstains has none."""
    automation: Automation | None
    """Where `automate_at` was given."""
    per_class: tuple[PerClass, ...]
    confusion: Confusion | None
    """A multi-label head has none."""
    reliability: tuple[ReliabilityBin, ...]
    """The 15 bins of `ece`."""
    coverage: tuple[CoveragePoint, ...]
    """At up to 100 thresholds, highest first."""
    errors: tuple[Mistake, ...]
    """The wrong rows of the highest scores, highest first."""


@dataclass(frozen=True, slots=True)
class Contrast(Value):
    """One figure of two models: `difference` is b's less a's over the same samples, `b_better` the share of samples on which b
    is better (a half where they are equal)."""

    a: Interval
    b: Interval
    difference: Interval
    b_better: float


@dataclass(frozen=True, slots=True)
class McNemar(Value):
    """McNemar's exact test: rows that only b has right, rows that only a has right, and the probability of a division at least as
    unequal if both are equally often right."""

    fixed: int
    broken: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Flow(Value):
    """The rows that a gives one label and b another; `fixed` of them are right now, `broken` were."""

    before: str
    after: str
    count: int
    fixed: int
    broken: int


@dataclass(frozen=True, slots=True)
class Change(Value):
    """A row to which the two models give different labels, by its line or its place from 1."""

    line: int
    truth: str
    before: str
    after: str
    effect: Effect
    text: str | None
    """Where `texts` was given."""


@dataclass(frozen=True, slots=True)
class Comparison(Value):
    """The result of a comparison of two models."""

    task: str
    rows: int
    a: ModelInfo
    b: ModelInfo
    accuracy: Contrast
    macro_f1: Contrast
    ece: Contrast
    mean_absolute_error: Contrast | None
    """In levels; of ordinal heads only."""
    mcnemar: McNemar
    """McNemar's test of the difference of accuracy."""
    flows: tuple[Flow, ...]
    """Most rows first."""
    changes: tuple[Change, ...]
    """Every row whose labels changed."""
