"""Tables of every kind: a column of texts out, columns of answers in, and the same kind back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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


def frame(data: Any, text: str, field: str = "text") -> Frame:
    """The table that `data` is, with its texts in the column `text`; a list, an array or a series is a column by itself."""
    if not isinstance(text, str):
        raise InvalidInputError(f"`{field}` is of type {type(text).__name__}; the name of a column is expected", field)
    if isinstance(data, list):
        texts = [None if _missing(item) else item for item in data]
        return Frame(texts, (), lambda columns: _records(texts, columns), len(data))
    kinds = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow, "numpy": _numpy}
    # A table of somebody's own class is a pandas table if it derives from one.
    modules = (base.__module__.partition(".")[0] for base in type(data).__mro__)
    kind = next((kinds[module] for module in modules if module in kinds), None)
    found = kind(data, text, field) if kind else None
    if found is None:
        raise InvalidInputError(
            f"{type(data).__name__} is no table; known: a list, a NumPy array, a pandas, polars or pyarrow table or column",
            "data",
        )
    return found


def columns(data: Any, **names: str) -> tuple[list[str | None], ...]:
    """The values of columns, as text; the names are given by the options that have them. A list has rows that are mappings."""
    if isinstance(data, list):
        return tuple(_strings([_cell(row, place, name, field) for place, row in enumerate(data)], name) for field, name in names.items())
    found = [frame(data, name, field) for field, name in names.items()]
    if not (hasattr(data, "columns") or hasattr(data, "schema")):
        raise InvalidInputError(f"{type(data).__name__} has no columns; a table of texts and labels is expected", "data")
    return tuple(_strings(frame.texts, name) for frame, name in zip(found, names.values(), strict=True))


def _cell(row: object, place: int, name: str, field: str) -> object:
    if not isinstance(row, Mapping):
        raise InvalidInputError(f"row {place}: a mapping with the columns is expected, not {type(row).__name__}", "data")
    if name not in row:
        raise InvalidInputError(f"row {place}: there is no `{name}`", field)
    return row[name]


def _strings(values: Any, name: str) -> list[str | None]:
    items = values if isinstance(values, list) else values.to_pylist() if hasattr(values, "to_pylist") else values.to_list()
    return [_string(item, place, name) for place, item in enumerate(items)]


def _string(item: Any, place: int, name: str) -> str | None:
    if _missing(item):
        return None
    # Labels are often numbers: urgency has the levels 1 to 10.
    if not isinstance(item, str | int) and not (isinstance(item, float) and item.is_integer()):
        raise InvalidInputError(f"row {place}: `{name}` is of type {type(item).__name__}; a text is expected", "data")
    text = str(int(item)) if isinstance(item, float) else str(item)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"row {place}: `{name}` is no valid Unicode: a lone surrogate at {error.start}", "data") from None
    return text


def _missing(item: object) -> bool:
    """None, a float's NaN, and pandas' NA, whose comparisons have no truth."""
    return item is None or type(item).__name__ in ("NAType", "NaTType") or (isinstance(item, float) and item != item)


def _has(names: Sequence[object], text: str, field: str) -> None:
    if list(names).count(text) != 1:
        problem = "more than one column" if text in names else "no column"
        raise InvalidInputError(f"there is {problem} `{text}`; there are: {', '.join(map(str, names))}", field)


def _records(texts: list[Any], columns: list[Column]) -> list[dict[str, Any]]:
    names = [_TEXT, *(name for name, _, _ in columns)]
    values = [texts, *(values for _, _, values in columns)]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _pandas(data: Any, text: str, field: str) -> Frame | None:
    import pandas as pd

    if isinstance(data, pd.Series):
        text = _TEXT if data.name is None else str(data.name)
        data = data.to_frame(text)
    if not isinstance(data, pd.DataFrame):
        return None
    _has(list(data.columns), text, field)
    series = data[text]
    # Objects, and categories of them, may hold anything; a column of nothing has whatever type was guessed.
    plain = pd.api.types.is_object_dtype(getattr(series.dtype, "categories", series).dtype) or not series.notna().any()
    arrow = hasattr(series, "__arrow_c_stream__") and not plain
    texts: object = series if arrow else [None if _missing(item) else item for item in series.tolist()]
    dtypes = {"text": "string", "score": "Float32", "count": "UInt32", "flag": "boolean"}

    def add(columns: list[Column]) -> pd.DataFrame:
        return data.assign(**{name: pd.array(values, dtype=dtypes[kind]) for name, kind, values in columns})  # type: ignore[call-overload]

    return Frame(texts, data.columns, add, len(data))


def _polars(data: Any, text: str, field: str) -> Frame | None:
    import polars as pl

    if isinstance(data, pl.LazyFrame):
        raise InvalidInputError("a LazyFrame has no rows yet: collect() it first", "data")
    if isinstance(data, pl.Series):
        text = data.name or _TEXT
        data = data.to_frame(text)
    if not isinstance(data, pl.DataFrame):
        return None
    _has(data.columns, text, field)
    dtypes = {"text": pl.String, "score": pl.Float32, "count": pl.UInt32, "flag": pl.Boolean}

    def add(columns: list[Column]) -> pl.DataFrame:
        return data.with_columns(pl.Series(name, values, dtype=dtypes[kind]) for name, kind, values in columns)

    column = data.get_column(text)
    texts = column.cast(pl.String) if column.dtype == pl.Null else column
    return Frame(texts, data.columns, add, data.height)


def _pyarrow(data: Any, text: str, field: str) -> Frame | None:
    import pyarrow as pa

    if isinstance(data, pa.ChunkedArray | pa.Array):
        text = _TEXT
        data = pa.table([data], [text])
    if not isinstance(data, pa.Table | pa.RecordBatch):
        return None
    _has(data.schema.names, text, field)
    types = {"text": pa.string(), "score": pa.float32(), "count": pa.uint32(), "flag": pa.bool_()}

    def add(columns: list[Column]) -> Any:
        fields = [*data.schema, *(pa.field(name, types[kind]) for name, kind, _ in columns)]
        arrays = [*data.columns, *(pa.array(values, types[kind]) for _, kind, values in columns)]
        return type(data).from_arrays(arrays, schema=pa.schema(fields).with_metadata(data.schema.metadata))

    column = data.column(text)
    texts = column.cast(pa.string()) if pa.types.is_null(column.type) else column
    return Frame(texts, data.schema.names, add, data.num_rows)


def _numpy(data: Any, text: str, field: str) -> Frame | None:
    import numpy as np

    if not isinstance(data, np.ndarray):
        return None
    if data.ndim != 1 or data.dtype.kind not in "OUT":
        raise InvalidInputError(f"an array of shape {data.shape} of {data.dtype}; one dimension of texts is expected", "data")
    texts = [None if _missing(item) else item for item in data.tolist()]
    # A structured array cannot hold NumPy's own strings of any length.
    kept: Any = object if data.dtype.kind == "T" else data.dtype
    dtypes: dict[str, Any] = {"text": object, "score": np.float32, "count": np.uint32, "flag": np.bool_}
    absent = {"text": None, "score": np.nan, "count": 0, "flag": False}

    def add(columns: list[Column]) -> Any:
        """A structured array whose missing values are masked."""
        fields = [(_TEXT, kept), *((name, dtypes[kind]) for name, kind, _ in columns)]
        table = np.empty(len(data), dtype=fields)
        mask = np.zeros(len(data), dtype=[(name, bool) for name, _ in fields])
        table[_TEXT] = data
        for name, kind, values in columns:
            table[name] = [absent[kind] if value is None else value for value in values]
            mask[name] = [value is None for value in values]
        return np.ma.masked_array(table, mask)

    return Frame(texts, (), add, len(data))
