"""The engine: opened once, called from any thread."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, overload

from frontdesk import _frames, _json, _native, _progress, _route, _unicode
from frontdesk._json import path
from frontdesk.errors import InvalidInputError
from frontdesk.types import Analysis, Comparison, Evaluation, Info, Metrics, Removed, RouteContext, RouteOptions, Ticket

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["AnyTicket", "Engine", "Model"]

AnyTicket = str | Ticket | Mapping[str, object]
"""A text, a `Ticket`, or a mapping with a ticket's fields."""

Model = str | os.PathLike[str]
"""A directory, or a name on the hub, with `@revision` after it where wanted."""

# Analyses that are made into Python's objects in one turn of an event loop.
_SLICE = 256

_BUNDLED = "frontdesk-small"
_BUNDLE = Path(__file__).parent / "models" / _BUNDLED


def located(model: Model | None, option: str = "model") -> str | None:
    """The model to open: that of this package in place of the bundled one, unless the environment names one."""
    name = None if model is None else path(model, option)
    wanted = name is None or (name == _BUNDLED and not Path(name).exists())
    if wanted and "FRONTDESK_MODEL" not in os.environ and (_BUNDLE / "config.json").is_file():
        return str(_BUNDLE)
    return name


class Engine:
    """Reads support messages.

    Any thread may call it, and other Python threads run while it works; a forked process opens threads of its own. It is pickled
    as its model and options: unpickling opens it anew.

    Args:
        model: a directory, or a name on the hub; by default the bundled model.
        sentiment_model: a sequence-classification checkpoint that replaces the bundle's sentiment head.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `metal`.
        precision: `auto`, `int8`, `bf16` or `f32`.
        threads: of the engine's own pool; by default as many as the process may use.
        outputs: the outputs to compute; by default all that the model has.
        prepare: the parts that are removed from texts before they are read: `all`, or kinds; by default none.
        long_text: the treatment of a text that is longer than the model reads; by default `head-and-tail`.
        queue: tickets that may wait before calls are refused as `overloaded`; by default 4096.
        max_memory: bytes that the models' weights and buffers may take, by an estimate; by default no limit.
        route: options of routing: the active policy, a shadow policy, whether answers carry records, the comparison with earlier issues.

    Raises:
        ModelNotFoundError, ModelInvalidError, DeviceUnavailableError, NetworkError, IoError; TooLargeError for `max_memory`; InvalidInputError for an option;
        DataInvalidError for a routing policy.
    """

    def __init__(
        self,
        model: Model | None = None,
        *,
        sentiment_model: Model | None = None,
        device: str | None = None,
        precision: Literal["auto", "int8", "bf16", "f32"] | None = None,
        threads: int | None = None,
        outputs: Iterable[str] | None = None,
        long_text: Literal["head", "head-and-tail", "refuse"] | None = None,
        prepare: Literal["all", "none"] | Sequence[Removed] | None = None,
        queue: int | None = None,
        max_memory: int | None = None,
        route: RouteOptions | None = None,
        **unknown: NoReturn,
    ) -> None:
        given = {
            "model": None if model is None else path(model, "model"),
            "sentiment_model": None if sentiment_model is None else path(sentiment_model, "sentiment_model"),
            "device": device,
            "precision": precision,
            "threads": threads,
            "outputs": _names(outputs),
            "long_text": long_text,
            "prepare": prepare if prepare is None or isinstance(prepare, str) else list(prepare),
            "queue": queue,
            "max_memory": max_memory,
            "route": _route.options(route),
        }
        self._options = {name: value for name, value in given.items() if value is not None}
        self._native = _native.open(_json.options({**given, "model": located(model)}, unknown))

    @property
    def info(self) -> Info:
        """The description of this engine."""
        return cast(Info, self._native.info())

    def evaluate(self, data: Any, **options: Any) -> Evaluation:
        """As `frontdesk.evaluate`, of this engine's model."""
        # That module imports this one.
        from frontdesk.training import evaluate

        return evaluate(data, model=self, **options)

    def compare(self, data: Any, other: Engine | Model | None, **options: Any) -> Comparison:
        """As `frontdesk.compare`: this engine's model is `a`, and `other` could take its place."""
        from frontdesk.training import compare

        return compare(data, self, other, **options)

    def metrics(self) -> Metrics:
        """The metrics of this engine so far."""
        return cast(Metrics, self._native.metrics())

    def analyze(
        self,
        ticket: AnyTicket,
        *,
        outputs: Iterable[str] | None = None,
        timeout_ms: float | None = None,
        route: RouteContext | None = None,
        **unknown: NoReturn,
    ) -> Analysis:
        """Analyzes one ticket.

        Args:
            ticket: a text, a `Ticket`, or a mapping with a ticket's fields.
            outputs: what to compute; by default what the engine was opened with.
            timeout_ms: gives up after this time, waiting counted.
            route: what is known beside the ticket that hard rules ask for: the time, free agents, consent.

        Raises:
            InvalidInputError, TooLargeError, TooLongError, OverloadedError, TimeoutError; CancelledError where the engine
            is closed meanwhile.
        """
        return cast(Analysis, self._native.analyze(ticket, _call_options(outputs, timeout_ms, route, unknown)))

    def analyze_batch(
        self,
        tickets: Iterable[AnyTicket],
        *,
        outputs: Iterable[str] | None = None,
        timeout_ms: float | None = None,
        route: RouteContext | None = None,
        **unknown: NoReturn,
    ) -> list[Analysis]:
        """Analyzes tickets, 100,000 at most, in their order. One bad ticket fails the call and is named by its place, from 0."""
        return cast(
            "list[Analysis]", self._native.analyze_batch(_listed(tickets), _call_options(outputs, timeout_ms, route, unknown))
        )

    async def analyze_async(
        self,
        ticket: AnyTicket,
        *,
        outputs: Iterable[str] | None = None,
        timeout_ms: float | None = None,
        route: RouteContext | None = None,
        **unknown: NoReturn,
    ) -> Analysis:
        """As `analyze`, without blocking the event loop. Cancelling the task gives its place in the queue to others."""
        options = _call_options(outputs, timeout_ms, route, unknown)
        return (await self._run(ticket, False, options, timeout_ms))[0]

    async def analyze_batch_async(
        self,
        tickets: Iterable[AnyTicket],
        *,
        outputs: Iterable[str] | None = None,
        timeout_ms: float | None = None,
        route: RouteContext | None = None,
        **unknown: NoReturn,
    ) -> list[Analysis]:
        """As `analyze_batch`, without blocking the event loop."""
        options = _call_options(outputs, timeout_ms, route, unknown)
        return await self._run(_listed(tickets), True, options, timeout_ms)

    async def _run(
        self, tickets: object, many: bool, options: str | None, timeout_ms: float | None
    ) -> list[Analysis]:
        loop = asyncio.get_running_loop()
        settled = asyncio.Event()
        # The engine's threads hold nothing of the task: of one that is lost with its loop, the collector frees the call.
        waiting = weakref.ref(settled)

        def ready() -> None:
            if (event := waiting()) is not None:
                loop.call_soon_threadsafe(event.set)

        call = self._native.call(tickets, many, ready, options)
        # The engine notices a deadline when it comes to the call; the caller gets the error in time.
        timer = None if timeout_ms is None else loop.call_later(timeout_ms / 1000, settled.set)
        try:
            await settled.wait()
            while (taken := call.take(_SLICE)) is None:
                await asyncio.sleep(0.001)
            analyses = taken
            while many and taken:
                await asyncio.sleep(0)
                taken = call.take(_SLICE) or []
                analyses += taken
            return cast("list[Analysis]", analyses)
        finally:
            call.cancel()
            if timer is not None:
                timer.cancel()

    @overload
    def score(self, data: pd.DataFrame | pd.Series[Any], text: str = ..., **options: Any) -> pd.DataFrame: ...
    @overload
    def score(self, data: pl.DataFrame | pl.Series, text: str = ..., **options: Any) -> pl.DataFrame: ...
    @overload
    def score(self, data: np.ndarray[Any, Any], text: str = ..., **options: Any) -> np.ma.MaskedArray[Any, Any]: ...
    @overload
    def score(self, data: Sequence[str | None], text: str = ..., **options: Any) -> list[dict[str, Any]]: ...
    @overload
    def score(self, data: pa.RecordBatch, text: str = ..., **options: Any) -> pa.RecordBatch: ...
    @overload
    def score(self, data: pa.Table | pa.ChunkedArray[Any] | pa.Array[Any], text: str = ..., **options: Any) -> pa.Table: ...
    def score(
        self,
        data: Any,
        text: str = "text",
        *,
        outputs: Iterable[str] | None = None,
        prefix: str = "",
        progress: _progress.Progress[int] = None,
        **unknown: NoReturn,
    ) -> Any:
        """Scores a column of texts of any length.

        Args:
            data: a pandas, polars or pyarrow table, or a column of one; a NumPy array; a list. Texts in Arrow's memory are read
                where they are.
            text: the column of texts.
            outputs: what to compute; by default what the engine was opened with.
            prefix: before the name of each new column.
            progress: `True` shows a bar, `False` none; by default there is one in a terminal or a notebook, where tqdm is
                installed. A function is called with the rows done.

        Returns:
            The same kind of table with new columns: `sentiment`, `sentiment_score`, `joy`, `anger`, `frustration`,
            `satisfaction`, `urgency_level`; `category`, `category_score`; `route`, `route_confidence`; `abstain`, `tokens`,
            `truncated`. A column alone becomes a table, a list a list of dictionaries, an array a masked structured array.
            A missing text has no values.

        Raises:
            InvalidInputError names the row, from 0, or the column that is there already.
        """
        _json.refuse(unknown, ("outputs", "prefix", "progress"))
        asked = _names(outputs) or []
        if not isinstance(prefix, str):
            raise InvalidInputError(f"`prefix` is of type {type(prefix).__name__}; a text is expected", "prefix")
        _unicode.check(prefix, "", "`prefix`", "prefix")
        frame = _frames.frame(data, text)
        if not frame.rows:
            # Without rows nothing is computed, and a closed engine would go unnoticed.
            self._native.analyze_batch([])
        # Of no texts there are the names alone: a clash is found before the work.
        taken = [prefix + name for name, _, _ in self._native.score([], asked) if prefix + name in frame.names]
        if taken:
            message = f"the table has {', '.join(taken)} already; `prefix` gives the new columns other names"
            raise InvalidInputError(message, "prefix")
        with _progress.of_rows(progress, "scoring", frame.rows) as on_progress:
            columns = self._native.score(frame.texts, asked, on_progress)
        return frame.add([(prefix + name, kind, values) for name, kind, values in columns])

    def close(self) -> None:
        """Closes the engine: calls under way are cancelled, its threads end, and later calls raise InvalidInputError."""
        self._native.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened, (self._options,)

    def __repr__(self) -> str:
        return f"Engine({', '.join(f'{name}={value!r}' for name, value in self._options.items())})"


def _opened(options: dict[str, Any]) -> Engine:
    return Engine(**options)


def _call_options(
    outputs: Iterable[str] | None, timeout_ms: float | None, route: RouteContext | None, unknown: Mapping[str, object]
) -> str | None:
    if outputs is None and timeout_ms is None and route is None and not unknown:
        return None
    given = {"outputs": _names(outputs), "timeout_ms": timeout_ms, "route": _route.context(route)}
    return _json.options(given, unknown)


def _names(outputs: Iterable[str] | None) -> list[str] | None:
    """Names, read once: an iterator has them no second time."""
    if outputs is None:
        return None
    if isinstance(outputs, str | bytes | bytearray | Mapping) or not isinstance(outputs, Iterable):
        raise InvalidInputError(f"`outputs` is of type {type(outputs).__name__}; a list of names is expected", "outputs")
    names = list(outputs)
    for place, name in enumerate(names):
        if not isinstance(name, str):
            message = f"outputs[{place}] is of type {type(name).__name__}; a name is expected"
            raise InvalidInputError(message, "outputs")
        _unicode.check(name, f"outputs[{place}]: ", "the text", "outputs")
    return names


def _listed(tickets: Iterable[AnyTicket]) -> Iterable[AnyTicket]:
    """Refuses what would be taken apart by mistake."""
    if isinstance(tickets, str | bytes | bytearray | Mapping) or not isinstance(tickets, Iterable):
        kind = "None" if tickets is None else f"of type {type(tickets).__name__}"
        raise InvalidInputError(f"the tickets are {kind}; a list of tickets is expected", "tickets")
    return tickets
