"""The report and the progress of a training."""

from __future__ import annotations

from dataclasses import dataclass

from frontdesk.types._value import Value


@dataclass(frozen=True, slots=True)
class FindingReport(Value):
    """A finding of the doctor in the rows of a head."""

    kind: str
    """Its name: `near-duplicate`."""
    severity: str
    """`stop`, `warn` or `note`."""
    rows: int
    message: str


@dataclass(frozen=True, slots=True)
class Threshold(Value):
    """The score from which on a label has the wanted precision; `None` where no score has it."""

    label: str
    score: float | None


@dataclass(frozen=True, slots=True)
class HeadReport(Value):
    """The report of one head: `value` is the metric on the validation rows, of the model as it was written."""

    task: str
    labels: tuple[str, ...]
    train_rows: int
    valid_rows: int
    validation: str
    """The origin of the validation rows."""
    metric: str
    value: float
    calibration: str
    """`temperature` or `vector`."""
    temperature: float
    nll_before: float
    nll_after: float
    """Of rows under a calibration that was not fitted to them."""
    thresholds: tuple[Threshold, ...]
    """Empty unless `automate_at` was given."""
    findings: tuple[FindingReport, ...]
    """The gravest first."""


@dataclass(frozen=True, slots=True)
class Point(Value):
    """One epoch of a training: the steps until its end, the mean loss, and the metric of each head."""

    epoch: int
    steps: int
    loss: float
    metrics: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report(Value):
    """The report of a training; `epoch` is the one that was kept."""

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
class TrainEstimate(Value):
    """The estimate of a training that runs through all its epochs: early stopping makes it less."""

    steps: int
    """Of the optimizer."""
    tokens: int
    """That go through the trunk in training."""
    tokens_per_second: float
    """Of the steps that were timed; 0 for a frozen trunk."""
    seconds: float
    """Of all epochs with their validation, extrapolated from the first steps."""
    bytes: int
    """Of memory at the peak."""


@dataclass(frozen=True, slots=True)
class Reading(Value):
    """A training reads its texts: `done` of `total`."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Steps(Value):
    """An epoch of a training: `done` of its `total` batches, with their mean loss."""

    epoch: int
    epochs: int
    done: int
    total: int
    loss: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Epoch(Value):
    """An epoch of a training has ended, with the mean loss and the metric on the validation rows."""

    epoch: int
    epochs: int
    loss: float
    metric: float
