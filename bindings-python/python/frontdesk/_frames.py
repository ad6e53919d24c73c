"""Tables of every kind: a column of texts out, columns of answers in, and the same kind back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from frontdesk import _cells, _json, _unicode
from frontdesk.errors import InvalidInputError

Column = tuple[str, str, list[Any]]
"""Name, kind (`text`, `score`, `count` or `flag`) and values."""

_TEXT = "text"
"""The name of a column that has none."""

_LABELLED = "known: a file, a pandas, polars or pyarrow table, a list of dictionaries"
"""A table with a column of texts and one of labels."""


class Frame:
    """A table: its texts, the names that it has, and how it takes columns."""

    def __init__(self, texts: object, names: Iterable[object], add: Callable[[list[Column]], Any], rows: int) -> None:
        self.texts = texts
        self.names = frozenset(names)
        self.add = add
        self.rows = rows


def frame(data: Any, text: Any) -> Frame:
    """The table that `data` is, with its texts in the column `text`; a list, an array or a series is a column by itself."""
    _named(text, "text")
    if isinstance(data, list):
        rows = list(data)
        return Frame(_cells.cells(rows), (), lambda columns: _records(rows, columns), len(rows))
    found = _table(data, text, "text")
    if found is None:
        raise InvalidInputError(
            f"{type(data).__name__} is no table; known: a list, a NumPy array, a pandas, polars or pyarrow table or column",
            "data",
        )
    return found


def columns(data: Any, text: Any, label: Any, field: str) -> tuple[list[str | None], list[str | None]]:
    """The columns of texts and labels of a table, or of a list of dictionaries."""
    names = {"text_column": text, "label_column": label}
    for option, name in names.items():
        _named(name, option)
    if isinstance(data, list):
        texts, labels = _of_rows(data, names, field)
    else:
        texts, labels = (_column(data, name, option, field) for option, name in names.items())
    return _cells.texts(texts, "text_column"), _cells.labels(labels, "label_column")


def _table(data: Any, text: Any, field: str) -> Frame | None:
    kinds = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow, "numpy": _numpy}
    kind = kinds.get(_cells.library(data))
    return kind(data, text, field) if kind else None


def _column(data: Any, name: Any, option: str, field: str) -> list[Any]:
    # By the class: a LazyFrame would have to compute its columns.
    alone = _cells.library(data) and not hasattr(type(data), "columns")
    found = None if alone else _table(data, name, option)
    if found is None:
        problem = "has no columns" if alone else "is no table"
        raise InvalidInputError(f"{type(data).__name__} {problem}; {_LABELLED}", field)
    values: Any = found.texts
    if isinstance(values, list):
        return values
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values.to_list())


def _of_rows(rows: list[Any], names: Mapping[str, Any], field: str) -> list[list[Any]]:
    """The named values of dictionaries."""
    if rows and not isinstance(rows[0], Mapping):
        raise InvalidInputError(f"a list of {type(rows[0]).__name__} has no columns; {_LABELLED}", field)
    found: list[list[Any]] = [[] for _ in names]
    for line, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise InvalidInputError(f"row {line}: a dictionary is expected, not {type(row).__name__}", field)
        for values, (option, name) in zip(found, names.items(), strict=True):
            try:
                if name in row:
                    values.append(row[name])
                    continue
                there = ", ".join(map(str, row))
            except Exception as error:
                raise _json.unreadable(f"row {line}", field, error) from error
            raise InvalidInputError(f"row {line}: there is no `{name}`; there are: {there}", option)
    return found


def _named(name: Any, field: str) -> None:
    """Refuses what is no column's name, before it is compared with one; pandas has numbers and tuples for names, too."""
    for part in name if isinstance(name, tuple) else (name,):
        if not isinstance(part, str | int):
            message = f"`{field}` is of type {type(name).__name__}; the name of a column is expected"
            raise InvalidInputError(message, field)
        if isinstance(part, str):
            _unicode.check(part, "", f"`{field}`", field)


def _has(names: Sequence[object], text: Any, field: str) -> None:
    if list(names).count(text) != 1:
        problem = "more than one column" if text in names else "no column"
        raise InvalidInputError(f"there is {problem} `{text}`; there are: {', '.join(map(str, names))}", field)


def _records(texts: list[Any], columns: list[Column]) -> list[dict[str, Any]]:
    names = [_TEXT, *(name for name, _, _ in columns)]
    values = [texts, *(values for _, _, values in columns)]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _pandas(data: Any, text: Any, field: str) -> Frame | None:
    import pandas as pd

    if isinstance(data, pd.Series):
        text = _TEXT if data.name is None else str(data.name)
        data = data.to_frame(text)
    if not isinstance(data, pd.DataFrame):
        return None
    _has(list(data.columns), text, field)
    series = data[text]
    # A column of nothing may be of any type: all but texts are read one by one.
    arrow = hasattr(series, "__arrow_c_stream__") and _holds_texts(series.dtype)
    texts: object = series if arrow else _cells.cells(series.tolist())
    dtypes = {"text": "string", "score": "Float32", "count": "UInt32", "flag": "boolean"}

    def add(columns: list[Column]) -> pd.DataFrame:
        return data.assign(**{name: pd.array(values, dtype=dtypes[kind]) for name, kind, values in columns})  # type: ignore[call-overload]

    return Frame(texts, data.columns, add, len(data))


def _holds_texts(dtype: Any) -> bool:
    """True where a column of this type can be passed as texts in Arrow's memory."""
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        # Arrow has one type for all categories.
        return pd.api.types.infer_dtype(dtype.categories) == "string"
    if isinstance(dtype, pd.ArrowDtype):
        import pyarrow as pa

        kind = dtype.pyarrow_dtype
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
    return isinstance(dtype, pd.StringDtype)


def _polars(data: Any, text: Any, field: str) -> Frame | None:
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


def _pyarrow(data: Any, text: Any, field: str) -> Frame | None:
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


def _numpy(data: Any, text: Any, field: str) -> Frame | None:
    import numpy as np

    if not isinstance(data, np.ndarray):
        return None
    if data.ndim != 1 or data.dtype.kind not in "OUT":
        raise InvalidInputError(f"an array of {data.ndim} dimensions of {data.dtype}; one dimension of texts is expected", "data")
    texts = _cells.cells(data.tolist())
    # NumPy's strings of any length cannot be a field of a structured array.
    own: Any = object if data.dtype.kind == "T" else data.dtype
    dtypes: dict[str, Any] = {"text": object, "score": np.float32, "count": np.uint32, "flag": np.bool_}
    absent = {"text": None, "score": np.nan, "count": 0, "flag": False}

    def add(columns: list[Column]) -> Any:
        """A structured array whose missing values are masked."""
        fields = [(_TEXT, own), *((name, dtypes[kind]) for name, kind, _ in columns)]
        table = np.empty(len(data), dtype=fields)
        mask = np.zeros(len(data), dtype=[(name, bool) for name, _ in fields])
        table[_TEXT] = data
        for name, kind, values in columns:
            table[name] = [absent[kind] if value is None else value for value in values]
            mask[name] = [value is None for value in values]
        return np.ma.masked_array(table, mask)

    return Frame(texts, (), add, len(data))
