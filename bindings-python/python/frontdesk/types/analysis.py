"""A ticket, and the answer for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from frontdesk.types._value import Value
from frontdesk.types.routing import Route, RouteAnalysis

Polarity = Literal["positive", "neutral", "negative"]
"""The polarity of the customer's sentiment."""
Category = Literal["approval", "revision", "question", "urgent", "technical", "general"]
"""The purpose of the message."""
Urgency = Literal["low", "medium", "high", "critical"]
"""The urgency of a ticket as its sender or the desk gave it."""
AbstainReason = Literal["low-confidence", "out-of-domain", "unsupported-language", "empty", "no-route"]
"""The reason why the engine abstains."""
Removed = Literal["html", "quotes", "forwards", "signature", "disclaimer"]
"""A kind of text that is removed from a message before it is read; of HTML, the tags."""


@dataclass(frozen=True, slots=True)
class CustomerHistory(Value):
    """The customer's history with the desk."""

    previous_issues: tuple[str, ...] | list[str] = ()
    """Earlier issues, in the customer's or the desk's words."""
    preferred_channel: Route | None = None
    """The channel that the customer asks for."""
    successful_channels: tuple[Route, ...] | list[Route] = ()
    """One entry for every earlier issue that was solved, naming the channel."""


@dataclass(frozen=True, slots=True)
class Ticket(Value):
    """A support message: `text`, or `subject` and `body`."""

    text: str | None = None
    subject: str | None = None
    body: str | None = None
    id: str | None = None
    """The sender's own identifier, given back in the analysis."""
    urgency: Urgency | None = None
    customer_history: CustomerHistory | None = None


@dataclass(frozen=True, slots=True)
class Emotions(Value):
    """Four emotions, each with its own probability, 0 to 1; they do not add up to 1."""

    joy: float
    anger: float
    frustration: float
    satisfaction: float


@dataclass(frozen=True, slots=True)
class SentimentAnalysis(Value):
    """The sentiment with its probability, 0 to 1, and the urgency level: 1 (nothing to do) to 10 (act now)."""

    sentiment: Polarity
    score: float
    emotions: Emotions
    urgency_level: int


@dataclass(frozen=True, slots=True)
class LabelScore(Value):
    """A label with its probability, 0 to 1 (for a regression: its value)."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class CategoryAnalysis(Value):
    """The purpose of the message: the best label with its probability, 0 to 1, and all labels, best first."""

    category: Category
    score: float
    labels: tuple[LabelScore, ...]


@dataclass(frozen=True, slots=True)
class TaskResult(Value):
    """The labels of a single-task model: the best one with its probability, and all, best first."""

    label: str
    score: float
    labels: tuple[LabelScore, ...]


@dataclass(frozen=True, slots=True)
class TaskAnalysis(Value):
    """The output of one head of a single-task model."""

    task: str
    result: TaskResult


@dataclass(frozen=True, slots=True)
class Abstain(Value):
    """An output on which the engine abstains. Its scores are still given."""

    output: str
    """`sentiment`, `category`, `route` or the task's name."""
    reason: AbstainReason
    queue: str | None
    """The queue for a ticket for which no route is left; `None` for every other reason."""


@dataclass(frozen=True, slots=True)
class Usage(Value):
    """Tokens that the model read, and whether the text was cut."""

    tokens: int
    truncated: bool
    removed: tuple[Removed, ...] | None
    """The kinds of text that were removed before it was read, where the engine does that."""


@dataclass(frozen=True, slots=True)
class ModelInfo(Value):
    """The model that gave the analysis; the digest is the SHA-256 of its files."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Analysis(Value):
    """The engine's answer for one ticket. Outputs that the model does not have, or that are not requested, are `None`."""

    id: str | None
    sentiment: SentimentAnalysis | None
    category: CategoryAnalysis | None
    route: RouteAnalysis | None
    tasks: tuple[TaskAnalysis, ...]
    """The outputs of a single-task model; `analysis["task"]` finds one by its name."""
    abstain: tuple[Abstain, ...]
    """The outputs on which the engine abstains, and why."""
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
        plain = Value.to_dict(self)
        del plain["tasks"]
        last = {name: plain.pop(name) for name in ("abstain", "usage", "model")}
        return {**plain, **{analysis.task: analysis.result.to_dict() for analysis in self.tasks}, **last}
