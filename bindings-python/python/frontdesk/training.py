"""Examining rows, training a head, evaluating one, and comparing two."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NoReturn, cast

from frontdesk import _frames, _json, _native, _progress, _unicode
from frontdesk._json import path
from frontdesk.engine import Engine, Model, located
from frontdesk.errors import InvalidInputError
from frontdesk.types import Comparison, Diagnosis, Epoch, Evaluation, Reading, Report, Steps, TrainEstimate

__all__ = ["check", "compare", "estimate", "evaluate", "train"]


def check(
    data: Any,
    *,
    task: str,
    valid: Any = None,
    text_column: str = "text",
    label_column: str = "label",
    kind: str | None = None,
    base: Model | None = None,
    max_tokens: int | None = None,
    threads: int | None = None,
    seed: int | None = None,
    progress: _progress.Progress[Reading | Steps | Epoch] = None,
    **unknown: NoReturn,
) -> Diagnosis:
    """Finds faults in labelled rows: copies, leaks into `valid`, conflicting and likely wrong labels, words that give a label away, and more.
    `train` does the same by itself; this also searches for label errors in more rows than 5,000, and names the rows.

    Args:
        data: a CSV, TSV or JSON lines file, a pandas, polars or pyarrow table, or a list of dictionaries.
        task, kind: the head's name and kind, as in `train`.
        valid: rows to validate on.
        text_column, label_column: the columns of the texts and of the labels.
        base: the model that counts tokens and estimates label errors; by default the bundled model.
        distil: the factor of a loss that keeps the trunk's vectors near its base's, so that heads of other tasks still fit.
        quantised_epochs: the number of last epochs in which the trunk learns to bear the rounding of `int8`.
        max_tokens: tokens that are read of a text.
        threads, seed: of the cross-validation that estimates label errors.
        progress: as in `Engine.score`; a function is called with `Reading`.

    Raises:
        DataInvalidError where a row has no text or label; InvalidInputError, ModelNotFoundError, ModelInvalidError, IoError. Faults of
        the rows are not errors but findings.
    """
    given = {**locals()}
    return cast(Diagnosis, _run(_native.check, "examining", given))


def train(
    data: Any,
    *,
    output: str | os.PathLike[str],
    task: str,
    kind: str | None = None,
    valid: Any = None,
    text_column: str = "text",
    label_column: str = "label",
    base: Model | None = None,
    name: str | None = None,
    version: str | None = None,
    licence: str | None = None,
    half: bool | None = None,
    max_tokens: int | None = None,
    dense: int | None = None,
    epochs: int | None = None,
    patience: int | None = None,
    batch: int | None = None,
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    dropout: float | None = None,
    method: str | None = None,
    pooling: str | None = None,
    metric: str | None = None,
    accumulate: int | None = None,
    head_learning_rate: float | None = None,
    layer_decay: float | None = None,
    warmup: float | None = None,
    clip: float | None = None,
    smoothing: float | None = None,
    balanced: bool | None = None,
    probe: bool | None = None,
    distil: float | None = None,
    quantised_epochs: int | None = None,
    lora_rank: int | None = None,
    lora_alpha: float | None = None,
    checkpoint_every: int | None = None,
    resume: bool | None = None,
    threads: int | None = None,
    automate_at: float | None = None,
    texts: bool | None = None,
    allow: Sequence[str] | None = None,
    seed: int | None = None,
    progress: _progress.Progress[Reading | Steps | Epoch] = None,
    **unknown: NoReturn,
) -> Report:
    """Trains a model on labelled texts and writes it; nothing is at `output` unless all of it is.

    Args:
        data: a CSV, TSV or JSON lines file, a pandas, polars or pyarrow table, or a list of dictionaries.
        output: the directory to write; must not exist.
        task: the head's name.
        kind: `single-label`, `multi-label` (labels of one text joined by `|`) or `ordinal` (levels in an order, whole numbers); by default
            `emotions` is multi-label, `urgency` the levels 1 to 10, every other head single-label.
        valid: rows that choose the epoch and the temperature; without it, training splits by itself.
        text_column, label_column: the columns of the texts and of the labels.
        base: a trunk or a bundle in a directory, or a name on the hub; by default the bundled model.
        name, version, licence: of the bundle that is written.
        half: stores the trunk as float16.
        method: `frozen` (the head alone), `full` (everything) or `lora`; by default `frozen` on a bundle, `full` on a plain encoder.
        pooling: `mean`, or `cls` as transformers' classifiers have it, which can then open the model.
        metric: the metric that chooses the epoch: `macro_f1`, `accuracy`, `mean_absolute_error` or `loss`.
        automate_at: a precision that each label shall have; below the score that this needs, the engine abstains.
        texts: whether the report that lies beside the model names the worst errors with their texts.
        allow: findings of the data doctor that do not stop the training though they would, such as `leak`.
        checkpoint_every, resume: steps between checkpoints, and whether to resume from the last one.
        probe: whether the heads are trained on the frozen trunk first, before the trunk is trained with them: better with few rows.
        max_tokens: tokens that are read of a text.
        dense: width of a dense layer before the output layer; None: no such layer, or with `cls` pooling the classifier's.
        epochs, patience, batch, accumulate, learning_rate, head_learning_rate, layer_decay, warmup, weight_decay, clip, dropout, smoothing,
            balanced, lora_rank, lora_alpha, threads, seed: of the training; what is left out is as in `frontdesk train`.
        progress: as in `Engine.score`; a function is called with `Reading`, `Steps` and `Epoch`.

    Raises:
        DataInvalidError names the line, or the row from 1; InvalidInputError, ModelNotFoundError, ModelInvalidError, IoError.
    """
    given = {**locals()}
    return cast(Report, _run(_native.train, "training", given))


def estimate(
    data: Any,
    *,
    task: str,
    valid: Any = None,
    text_column: str = "text",
    label_column: str = "label",
    base: Model | None = None,
    progress: _progress.Progress[Reading | Steps | Epoch] = None,
    **options: Any,
) -> TrainEstimate:
    """Estimates the time and memory of a training: a few of its steps are timed, and nothing is written.

    Args:
        data, task, valid, text_column, label_column, base, progress: as in `train`.
        options: the other options of `train`, such as `epochs`, `batch` or `method`.

    Raises:
        As `train`.
    """
    given = {name: value for name, value in locals().items() if name != "options"}
    known = train.__kwdefaults__ or {}
    _json.refuse({name: value for name, value in options.items() if name not in known}, known)
    return cast(TrainEstimate, _run(_native.estimate, "estimating", {**given, **options}))


def evaluate(
    data: Any,
    *,
    model: Engine | Model | None = None,
    text_column: str = "text",
    label_column: str = "label",
    task: str | None = None,
    seed: int | None = None,
    resamples: int | None = None,
    errors: int | None = None,
    texts: bool | None = None,
    automate_at: float | None = None,
    progress: _progress.Progress[int] = None,
    **unknown: NoReturn,
) -> Evaluation:
    """Evaluates a model on labelled texts, each figure with its 95 % interval over the rows.

    Args:
        data: a CSV, TSV or JSON lines file, a pandas, polars or pyarrow table, or a list of dictionaries.
        model: an engine, or what one is opened with; by default the bundled model.
        text_column, label_column: the columns of the texts and of the labels.
        task: the head; may be left out where the model has one.
        seed, resamples: of the bootstrap.
        errors: wrong rows to name, at most; 20 where it is left out.
        texts: whether they come with their texts.
        automate_at: a precision such as 0.95; for each label the score from which on it is reached is then in `automation`.
        progress: as in `Engine.score`.

    Raises:
        DataInvalidError names the line, or the row from 1; InvalidInputError where the task is not a head of the model.
    """
    rows = _rows(data, text_column, label_column, "data")
    given = {
        "task": task,
        "seed": seed,
        "resamples": resamples,
        "errors": errors,
        "texts": texts,
        "automate_at": automate_at,
    }
    options = _json.options(given, unknown)
    engine = model if isinstance(model, Engine) else Engine(model)
    with _progress.of_rows(progress, "evaluating", None) as on_progress:
        return cast(Evaluation, _native.evaluate(engine._native, rows, options, on_progress))


def compare(
    data: Any,
    a: Engine | Model | None,
    b: Engine | Model | None,
    *,
    text_column: str = "text",
    label_column: str = "label",
    task: str | None = None,
    seed: int | None = None,
    resamples: int | None = None,
    texts: bool | None = None,
    progress: _progress.Progress[int] = None,
    **unknown: NoReturn,
) -> Comparison:
    """Compares two models on labelled texts: the figures of both, and the rows that change between them.

    Args:
        data: a CSV, TSV or JSON lines file, a pandas, polars or pyarrow table, or a list of dictionaries.
        a: the current model: an engine, or what one is opened with; `None` is the bundled model.
        b: the model that could replace it. Both have the same labels.
        text_column, label_column: the columns of the texts and of the labels.
        task: the head; a model with one head is compared by it, whatever its name.
        seed, resamples: of the bootstrap, which measures both models on each sample.
        texts: whether the rows that changed come with their texts.
        progress: as in `Engine.score`; each row counts once for each model.

    Raises:
        DataInvalidError where the models do not have the same labels, or a row has one that they do not know;
        InvalidInputError where the task is not a head.
    """
    rows = _rows(data, text_column, label_column, "data")
    options = _json.options({"task": task, "seed": seed, "resamples": resamples, "texts": texts}, unknown)
    first, second = (model if isinstance(model, Engine) else Engine(model) for model in (a, b))
    with _progress.of_rows(progress, "comparing", None) as on_progress:
        return cast(Comparison, _native.compare(first._native, second._native, rows, options, on_progress))


def _rows(data: Any, text: Any, label: Any, field: str) -> Any:
    """A file with its columns' names, or the columns of a table."""
    if not isinstance(data, str | os.PathLike):
        return _frames.columns(data, text, label, field)
    for option, name in (("text_column", text), ("label_column", label)):
        if not isinstance(name, str):
            message = f"`{option}` is of type {type(name).__name__}; the name of a column is expected"
            raise InvalidInputError(message, option)
        _unicode.check(name, "", f"`{option}`", option)
    file = os.fsdecode(data)
    try:
        # Unlike an option, it may have all bytes that a file's name can have.
        os.fsencode(file)
    except UnicodeEncodeError:
        raise InvalidInputError(f"`{field}` is no path: {file!r}", field) from None
    return (file, text, label)


def _run(verb: Any, doing: str, given: dict[str, Any]) -> object:
    """Runs a verb on labelled rows; `given` are the arguments of the function that was called."""
    columns = given.pop("text_column"), given.pop("label_column")
    rows = _rows(given.pop("data"), *columns, "data")
    valid = given.pop("valid")
    valid_rows = None if valid is None else _rows(valid, *columns, "valid")
    progress, unknown = given.pop("progress"), given.pop("unknown", {})
    given["base"] = located(given["base"], "base")
    if "output" in given:
        given["output"] = path(given["output"], "output")
    if given.get("allow") is not None:
        given["allow"] = list(given["allow"])
    with _progress.of_training(progress, doing) as on_progress:
        return verb(rows, valid_rows, _json.options(given, unknown), on_progress)
