"""A ticket, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from frontdesk.types._value import Value
from frontdesk.types.routing import Route, RouteAnalysis

Polarity = Literal["positive", "neutral", "negative"]
"""How the customer feels."""
Category = Literal["approval", "revision", "question", "urgent", "technical", "general"]
"""What the sender wants done."""
Urgency = Literal["low", "medium", "high", "critical"]
"""How urgent a ticket was said to be."""
AbstainReason = Literal["low-confidence", "out-of-domain", "unsupported-language", "empty", "no-route"]
"""Why the engine does not commit itself."""
Removed = Literal["html", "quotes", "forwards", "signature", "disclaimer"]
"""A kind of text that is taken away from a message before it is read; of HTML, the tags."""


@dataclass(frozen=True, slots=True)
class CustomerHistory(Value):
    """What is known of the customer."""

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
    """How the customer feels, with its probability, and how soon a person must act: 1 (nothing to do) to 10 (now)."""

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
    """What the sender wants done: the best label with its probability, and all labels, best first."""

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
    """What one head of a single-task model says."""

    task: str
    result: TaskResult


@dataclass(frozen=True, slots=True)
class Abstain(Value):
    """An output on which the engine does not commit itself. The scores are still there, for who wants them."""

    output: str
    """`sentiment`, `category`, `route` or the task's name."""
    reason: AbstainReason
    queue: str | None
    """Where a ticket that no route is left for goes instead."""


@dataclass(frozen=True, slots=True)
class Usage(Value):
    """Tokens that the model read, and whether the text had more."""

    tokens: int
    truncated: bool
    removed: tuple[Removed, ...] | None
    """What was taken away from the text before it was read, where the engine does that."""


@dataclass(frozen=True, slots=True)
class ModelInfo(Value):
    """What said so; the digest is that of its files."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Analysis(Value):
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
        plain = Value.to_dict(self)
        del plain["tasks"]
        last = {name: plain.pop(name) for name in ("abstain", "usage", "model")}
        return {**plain, **{analysis.task: analysis.result.to_dict() for analysis in self.tasks}, **last}
