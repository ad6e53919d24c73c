"""What goes in and what comes out. Values are frozen; they compare by value and can be pickled."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "Abstain",
    "AbstainReason",
    "Analysis",
    "Category",
    "CategoryAnalysis",
    "Confusion",
    "CustomerHistory",
    "Emotions",
    "Epoch",
    "Evaluation",
    "HeadInfo",
    "Histogram",
    "Info",
    "Interval",
    "LabelScore",
    "Metrics",
    "ModelInfo",
    "PerClass",
    "Polarity",
    "Reading",
    "Report",
    "Route",
    "RouteAnalysis",
    "RouteScore",
    "SentimentAnalysis",
    "Steps",
    "TaskAnalysis",
    "TaskResult",
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
    """Precision, recall and F1 of one label; `support` counts the rows with it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Confusion(_Value):
    """How often each label of the data was given which label by the model: `matrix[true][predicted]`."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Evaluation(_Value):
    """What an evaluation found."""

    task: str
    rows: int
    accuracy: Interval
    macro_f1: Interval
    ece: Interval
    """Expected calibration error."""
    mean_absolute_error: Interval | None
    """In levels; of ordinal heads only."""
    spearman: Interval | None
    """Rank correlation; of ordinal heads only."""
    per_class: tuple[PerClass, ...]
    confusion: Confusion | None
    """A multi-label head has none."""


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
    temperature: float
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
