"""Tables of every kind: a column of texts out, columns of answers in, and the same kind back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from frontdesk.errors import InvalidInputError

Column = tuple[str, str, list[Any]]
"""Name, kind (`text`, `score`, `count` or `flag`) and values."""

_TEXT = "text"
"""The name of a column that has none."""


class Frame:
    """A table: its texts, the names that it has, and how it takes columns."""

    def __init__(self, texts: object, names: Iterable[object], add: Callable[[list[Column]], Any], rows: int) -> None:
        self.texts = texts
        self.names = frozenset(names)
        self.add = add
        self.rows = rows


def frame(data: Any, text: str) -> Frame:
    """The table that `data` is, with its texts in the column `text`; a list, an array or a series is a column by itself."""
    kinds = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow, "numpy": _numpy}
    if isinstance(data, list):
        return Frame(data, (), lambda columns: _records(data, columns), len(data))
    kind = kinds.get(type(data).__module__.partition(".")[0])
    found = kind(data, text) if kind else None
    if found is None:
        raise InvalidInputError(
            f"{type(data).__name__} is no table; known: a list, a NumPy array, a pandas, polars or pyarrow table or column",
            "data",
        )
    return found


def columns(data: Any, *names: str) -> tuple[list[str | None], ...]:
    """The values of columns, as text."""
    return tuple(_strings(frame(data, name).texts) for name in names)


def _strings(values: Any) -> list[str | None]:
    items = values if isinstance(values, list) else values.to_pylist() if hasattr(values, "to_pylist") else values.to_list()
    return [None if item is None or item != item else str(item) for item in items]


def _has(names: Sequence[object], text: str) -> None:
    if list(names).count(text) != 1:
        problem = "more than one column" if text in names else "no column"
        raise InvalidInputError(f"there is {problem} `{text}`; there are: {', '.join(map(str, names))}", "text")


def _records(texts: list[Any], columns: list[Column]) -> list[dict[str, Any]]:
    names = [_TEXT, *(name for name, _, _ in columns)]
    values = [texts, *(values for _, _, values in columns)]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _pandas(data: Any, text: str) -> Frame | None:
    import pandas as pd

    if isinstance(data, pd.Series):
        text = _TEXT if data.name is None else str(data.name)
        data = data.to_frame(text)
    if not isinstance(data, pd.DataFrame):
        return None
    _has(list(data.columns), text)
    series = data[text]
    arrow = hasattr(series, "__arrow_c_stream__") and not pd.api.types.is_object_dtype(series.dtype)
    texts: object = series if arrow else series.astype(object).where(series.notna(), None).tolist()
    dtypes = {"text": "string", "score": "Float32", "count": "UInt32", "flag": "boolean"}

    def add(columns: list[Column]) -> pd.DataFrame:
        return data.assign(**{name: pd.array(values, dtype=dtypes[kind]) for name, kind, values in columns})  # type: ignore[call-overload]

    return Frame(texts, data.columns, add, len(data))


def _polars(data: Any, text: str) -> Frame | None:
    import polars as pl

    if isinstance(data, pl.LazyFrame):
        raise InvalidInputError("a LazyFrame has no rows yet: collect() it first", "data")
    if isinstance(data, pl.Series):
        text = data.name or _TEXT
        data = data.to_frame(text)
    if not isinstance(data, pl.DataFrame):
        return None
    _has(data.columns, text)
    dtypes = {"text": pl.String, "score": pl.Float32, "count": pl.UInt32, "flag": pl.Boolean}

    def add(columns: list[Column]) -> pl.DataFrame:
        return data.with_columns(pl.Series(name, values, dtype=dtypes[kind]) for name, kind, values in columns)

    column = data.get_column(text)
    texts = column.cast(pl.String) if column.dtype == pl.Null else column
    return Frame(texts, data.columns, add, data.height)


def _pyarrow(data: Any, text: str) -> Frame | None:
    import pyarrow as pa

    if isinstance(data, pa.ChunkedArray | pa.Array):
        text = _TEXT
        data = pa.table([data], [text])
    if not isinstance(data, pa.Table | pa.RecordBatch):
        return None
    _has(data.schema.names, text)
    types = {"text": pa.string(), "score": pa.float32(), "count": pa.uint32(), "flag": pa.bool_()}

    def add(columns: list[Column]) -> Any:
        fields = [*data.schema, *(pa.field(name, types[kind]) for name, kind, _ in columns)]
        arrays = [*data.columns, *(pa.array(values, types[kind]) for _, kind, values in columns)]
        return type(data).from_arrays(arrays, schema=pa.schema(fields).with_metadata(data.schema.metadata))

    column = data.column(text)
    texts = column.cast(pa.string()) if pa.types.is_null(column.type) else column
    return Frame(texts, data.schema.names, add, data.num_rows)


def _numpy(data: Any, text: str) -> Frame | None:
    import numpy as np

    if not isinstance(data, np.ndarray):
        return None
    if data.ndim != 1 or data.dtype.kind not in "OUT":
        raise InvalidInputError(f"an array of {data.ndim} dimensions of {data.dtype}; one dimension of texts is expected", "data")
    texts = [None if item is None or item != item else item for item in data.tolist()]
    dtypes: dict[str, Any] = {"text": object, "score": np.float32, "count": np.uint32, "flag": np.bool_}
    absent = {"text": None, "score": np.nan, "count": 0, "flag": False}

    def add(columns: list[Column]) -> Any:
        """A structured array whose missing values are masked."""
        fields = [(_TEXT, data.dtype), *((name, dtypes[kind]) for name, kind, _ in columns)]
        table = np.empty(len(data), dtype=fields)
        mask = np.zeros(len(data), dtype=[(name, bool) for name, _ in fields])
        table[_TEXT] = data
        for name, kind, values in columns:
            table[name] = [absent[kind] if value is None else value for value in values]
            mask[name] = [value is None for value in values]
        return np.ma.masked_array(table, mask)

    return Frame(texts, (), add, len(data))
