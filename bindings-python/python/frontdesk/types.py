"""What goes in and what comes out. Values are frozen; they compare by value and can be pickled."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "Abstain",
    "AbstainReason",
    "Abstention",
    "Analysis",
    "Automation",
    "Category",
    "CategoryAnalysis",
    "Change",
    "Comparison",
    "Confusion",
    "Contrast",
    "CoveragePoint",
    "CustomerHistory",
    "Diagnosis",
    "Effect",
    "Emotions",
    "Epoch",
    "Evaluation",
    "Finding",
    "FindingReport",
    "Flow",
    "HeadInfo",
    "HeadReport",
    "Histogram",
    "Info",
    "Interval",
    "LabelCount",
    "LabelScore",
    "LabelThreshold",
    "LanguageCount",
    "McNemar",
    "Metrics",
    "Mistake",
    "ModelInfo",
    "PerClass",
    "Place",
    "Point",
    "Pointed",
    "Polarity",
    "Reading",
    "ReliabilityBin",
    "Report",
    "Route",
    "RouteAnalysis",
    "RouteScore",
    "RowCount",
    "SentimentAnalysis",
    "Steps",
    "TaskAnalysis",
    "TaskResult",
    "Threshold",
    "Ticket",
    "Urgency",
    "Usage",
]

Polarity = Literal["positive", "neutral", "negative"]
"""How the customer feels."""
Category = Literal["approval", "revision", "question", "urgent", "technical", "general"]
"""What the sender wants done."""
Route = Literal["ai-chatbot", "live-chat", "co-browse", "video-call"]
"""A channel that can take a ticket."""
Urgency = Literal["low", "medium", "high", "critical"]
"""How urgent a ticket was said to be."""
AbstainReason = Literal["low-confidence", "out-of-domain", "unsupported-language", "empty"]
"""Why the engine does not commit itself."""
Effect = Literal["better", "worse", "neither"]
"""What becomes of a row: it was wrong and is right, the other way round, or it is wrong both times."""


def _plain(value: object) -> object:
    """A value as JSON has it: what is `None` is left out."""
    if isinstance(value, _Value):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


class _Value:
    """What all values of this module can do."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """This value as JSON has it, in snake case; what is absent is left out."""
        fields = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))  # type: ignore[arg-type]
        return {name: _plain(value) for name, value in fields if value is not None}


@dataclass(frozen=True, slots=True)
class CustomerHistory(_Value):
    """What is known of the customer."""

    previous_issues: tuple[str, ...] | list[str] = ()
    """Earlier issues, in the customer's or the desk's words."""
    preferred_channel: Route | None = None
    """The channel that the customer asks for."""
    successful_channels: tuple[Route, ...] | list[Route] = ()
    """One entry for every earlier issue that was solved, naming the channel."""


@dataclass(frozen=True, slots=True)
class Ticket(_Value):
    """A support message: `text`, or `subject` and `body`."""

    text: str | None = None
    subject: str | None = None
    body: str | None = None
    id: str | None = None
    """The sender's own identifier, given back in the analysis."""
    urgency: Urgency | None = None
    customer_history: CustomerHistory | None = None


@dataclass(frozen=True, slots=True)
class Emotions(_Value):
    """Four emotions, each with its own probability, 0 to 1; they do not add up to 1."""

    joy: float
    anger: float
    frustration: float
    satisfaction: float


@dataclass(frozen=True, slots=True)
class SentimentAnalysis(_Value):
    """How the customer feels, with its probability, and how soon a person must act: 1 (nothing to do) to 10 (now)."""

    sentiment: Polarity
    score: float
    emotions: Emotions
    urgency_level: int


@dataclass(frozen=True, slots=True)
class LabelScore(_Value):
    """A label with its probability, 0 to 1 (for a regression: its value)."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class CategoryAnalysis(_Value):
    """What the sender wants done: the best label with its probability, and all labels, best first."""

    category: Category
    score: float
    labels: tuple[LabelScore, ...]


@dataclass(frozen=True, slots=True)
class RouteScore(_Value):
    """A channel with its share, 0 to 1."""

    route: Route
    score: float


@dataclass(frozen=True, slots=True)
class RouteAnalysis(_Value):
    """Which channel should take a ticket, its share of the four, why, and the other channels, best first."""

    recommended_route: Route
    confidence: float
    reasoning: str
    alternative_routes: tuple[RouteScore, ...]


@dataclass(frozen=True, slots=True)
class TaskResult(_Value):
    """The labels of a single-task model: the best one with its probability, and all, best first."""

    label: str
    score: float
    labels: tuple[LabelScore, ...]


@dataclass(frozen=True, slots=True)
class TaskAnalysis(_Value):
    """What one head of a single-task model says."""

    task: str
    result: TaskResult


@dataclass(frozen=True, slots=True)
class Abstain(_Value):
    """An output on which the engine does not commit itself. The scores are still there, for who wants them."""

    output: str
    reason: AbstainReason


@dataclass(frozen=True, slots=True)
class Usage(_Value):
    """Tokens that the model read, and whether the text had more."""

    tokens: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class ModelInfo(_Value):
    """What said so; the digest is that of its files."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Analysis(_Value):
    """Everything that the engine says of one ticket. What a model does not have, or was not asked for, is `None`."""

    id: str | None
    sentiment: SentimentAnalysis | None
    category: CategoryAnalysis | None
    route: RouteAnalysis | None
    tasks: tuple[TaskAnalysis, ...]
    """What a single-task model says; `analysis["task"]` finds one by its name."""
    abstain: tuple[Abstain, ...]
    """Where the engine is not sure, and why."""
    usage: Usage
    model: ModelInfo

    def __getitem__(self, task: str) -> TaskResult:
        """The result of a single-task model's task."""
        for analysis in self.tasks:
            if analysis.task == task:
                return analysis.result
        raise KeyError(task)

    def to_dict(self) -> dict[str, Any]:
        """This value as JSON has it, in snake case; what is absent is left out, and a task's result is under its name."""
        # Without arguments, `super` does not find a class that was made anew for its slots.
        plain = _Value.to_dict(self)
        del plain["tasks"]
        last = {name: plain.pop(name) for name in ("abstain", "usage", "model")}
        return {**plain, **{analysis.task: analysis.result.to_dict() for analysis in self.tasks}, **last}


@dataclass(frozen=True, slots=True)
class HeadInfo(_Value):
    """One head of the model; its labels in the order of the logits."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Info(_Value):
    """What an engine is made of. `max_tokens` are read of a text, special tokens counted."""

    model: ModelInfo
    sentiment_model: ModelInfo | None
    outputs: tuple[str, ...]
    heads: tuple[HeadInfo, ...]
    max_tokens: int
    device: str
    precision: str
    threads: int
    cpu_features: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Histogram(_Value):
    """Observations counted by upper bound, and their sum: `(bound, observations over the bound before)`; the last bound is
    infinite."""

    buckets: tuple[tuple[float, int], ...]
    sum: float


@dataclass(frozen=True, slots=True)
class Metrics(_Value):
    """What an engine has done since it was opened. Durations are in seconds."""

    queue_depth: int
    """Tickets that wait."""
    calls: int
    """Calls accepted."""
    overloaded: int
    """Calls refused."""
    tickets: int
    """Tickets answered."""
    tokens: int
    """Tokens read."""
    queue_seconds: Histogram
    inference_seconds: Histogram
    """Of a forward pass."""
    batch_texts: Histogram


@dataclass(frozen=True, slots=True)
class Interval(_Value):
    """A figure with its 95 % interval over the rows."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PerClass(_Value):
    """Precision, recall and F1 of one label, each 0 where its denominator is 0; `support` counts the rows with it."""

    label: str
    precision: Interval
    recall: Interval
    f1: Interval
    support: int


@dataclass(frozen=True, slots=True)
class Confusion(_Value):
    """How often each label of the data was given which label by the model: `matrix[true][predicted]`."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ReliabilityBin(_Value):
    """Scores from `low` to below `high`: how many, their mean, and the share of them that was right. An empty bin has neither."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class CoveragePoint(_Value):
    """Of the labels that the model gave, those with a score of at least `threshold`: their share, and how much of it is right."""

    threshold: float
    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class Abstention(_Value):
    """A head abstains under the score `below`: on which share of the rows, and how good it is on the others."""

    below: float
    share: Interval
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class LabelThreshold(_Value):
    """The lowest score from which on a label has the wanted precision. Where no threshold has it, nothing is kept."""

    label: str
    given: int
    """Rows that were given it."""
    threshold: float | None
    kept: int
    """How many of the given rows are kept."""
    coverage: float
    """Their share."""
    precision: float | None
    """The share of the kept rows that is right."""
    low: float | None
    """Its lower bound, which was compared with what was wanted."""


@dataclass(frozen=True, slots=True)
class Automation(_Value):
    """Which labels could be acted upon without a person. Each label's claim holds with a confidence of 95 % by itself."""

    wanted: float
    """The precision that was asked for."""
    coverage: float
    """The share of all given labels that is kept."""
    labels: tuple[LabelThreshold, ...]


@dataclass(frozen=True, slots=True)
class Mistake(_Value):
    """A row that is wrong, by its line or its place from 1, with the score of the wrong label. Several labels of one row are
    joined by `|`."""

    line: int
    truth: str
    given: str
    score: float
    text: str | None
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class Evaluation(_Value):
    """What an evaluation found."""

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
class Contrast(_Value):
    """One figure of two models: `difference` is b's less a's over the same samples, `b_better` the share of samples on which b
    is better (a half where they are equal)."""

    a: Interval
    b: Interval
    difference: Interval
    b_better: float


@dataclass(frozen=True, slots=True)
class McNemar(_Value):
    """McNemar's exact test: rows that only b has right, rows that only a has right, and how probable so unequal a division is if
    both are equally often right."""

    fixed: int
    broken: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Flow(_Value):
    """The rows that a gives one label and b another; `fixed` of them are right now, `broken` were."""

    before: str
    after: str
    count: int
    fixed: int
    broken: int


@dataclass(frozen=True, slots=True)
class Change(_Value):
    """A row to which the two models give different labels, by its line or its place from 1."""

    line: int
    truth: str
    before: str
    after: str
    effect: Effect
    text: str | None
    """Where it was asked for."""


@dataclass(frozen=True, slots=True)
class Comparison(_Value):
    """What a comparison of two models found."""

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
    """Whether the difference of accuracy could be chance."""
    flows: tuple[Flow, ...]
    """Most rows first."""
    changes: tuple[Change, ...]
    """Every row whose labels changed."""


@dataclass(frozen=True, slots=True)
class FindingReport(_Value):
    """What the doctor found in the rows of a head."""

    kind: str
    """Its name: `near-duplicate`."""
    severity: str
    """`stop`, `warn` or `note`."""
    rows: int
    message: str


@dataclass(frozen=True, slots=True)
class Threshold(_Value):
    """The score from which on a label has the precision that was asked for; none where no score has it."""

    label: str
    score: float | None


@dataclass(frozen=True, slots=True)
class HeadReport(_Value):
    """What became of one head: `value` is the metric on the validation rows, of the model as it was written."""

    task: str
    labels: tuple[str, ...]
    train_rows: int
    valid_rows: int
    validation: str
    """Where the validation rows come from."""
    metric: str
    value: float
    calibration: str
    """`temperature` or `vector`."""
    temperature: float
    nll_before: float
    nll_after: float
    """Of rows under a calibration that has not seen them."""
    thresholds: tuple[Threshold, ...]
    """Where a precision was asked for by `automate_at`."""
    findings: tuple[FindingReport, ...]
    """The gravest first."""


@dataclass(frozen=True, slots=True)
class Point(_Value):
    """One epoch of a training: the steps until its end, the mean loss, and the metric of each head."""

    epoch: int
    steps: int
    loss: float
    metrics: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report(_Value):
    """What a training did; `epoch` is the one that was kept."""

    method: str
    """`frozen`, `full` or `lora`."""
    heads: tuple[HeadReport, ...]
    epoch: int
    steps: int
    curve: tuple[Point, ...]
    seconds: float
    tokens_per_second: float
    """0 for a frozen trunk."""


@dataclass(frozen=True, slots=True)
class RowCount(_Value):
    """Rows to train on, and to validate on."""

    train: int
    valid: int


@dataclass(frozen=True, slots=True)
class LabelCount(_Value):
    """How many rows have a label."""

    label: str
    train: int
    valid: int


@dataclass(frozen=True, slots=True)
class LanguageCount(_Value):
    """How many rows to train on are in a language, ISO 639-3."""

    language: str
    rows: int


@dataclass(frozen=True, slots=True)
class Place(_Value):
    """Where a row stands: of the rows to train on, `train`, or to validate on, `valid`."""

    file: str
    line: int
    """Of a file, or the row of a table, from 1."""


@dataclass(frozen=True, slots=True)
class Pointed(_Value):
    """A row that a finding is about, and what is particular to it."""

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
class Finding(_Value):
    """One thing that is wrong with labelled rows."""

    kind: str
    severity: str
    """`stop`, `warn` or `note`."""
    message: str
    labels: tuple[str, ...]
    """The labels that it is about, where it is about labels."""
    count: int
    """How many rows it is about."""
    rows: tuple[Pointed, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis(_Value):
    """What an examination of labelled rows found."""

    rows: RowCount
    labels: tuple[LabelCount, ...]
    languages: tuple[LanguageCount, ...]
    """Of the rows to train on, the commonest first; short texts are not counted."""
    findings: tuple[Finding, ...]
    """The gravest first."""


@dataclass(frozen=True, slots=True)
class Reading(_Value):
    """A training reads its texts: so many of so many."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Steps(_Value):
    """An epoch of a training goes on: so many of its batches, with their mean loss."""

    epoch: int
    epochs: int
    done: int
    total: int
    loss: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Epoch(_Value):
    """An epoch of a training has ended, with the mean loss and the metric on the validation rows."""

    epoch: int
    epochs: int
    loss: float
    metric: float
