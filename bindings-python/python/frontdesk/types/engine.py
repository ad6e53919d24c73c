"""The description and the metrics of an engine."""

from __future__ import annotations

from dataclasses import dataclass

from frontdesk.types._value import Value
from frontdesk.types.analysis import ModelInfo


@dataclass(frozen=True, slots=True)
class HeadInfo(Value):
    """One head of the model; its labels in the order of the logits."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Info(Value):
    """The description of an engine. `max_tokens` are read of a text, special tokens counted."""

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
class Histogram(Value):
    """Observations counted by upper bound, and their sum: `(bound, observations over the bound before)`; the last bound is
    infinite."""

    buckets: tuple[tuple[float, int], ...]
    sum: float


@dataclass(frozen=True, slots=True)
class Metrics(Value):
    """The metrics of an engine since it was opened. Durations are in seconds."""

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
