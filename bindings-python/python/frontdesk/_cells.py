"""The cells of a column: a text, a label, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from frontdesk import _unicode
from frontdesk.errors import InvalidInputError


def library(value: object) -> str:
    """The package that a value's class, or one that it is derived from, is of; empty where none is known."""
    heads = (kind.__module__.partition(".")[0] for kind in type(value).__mro__)
    return next((head for head in heads if head in ("pandas", "polars", "pyarrow", "numpy")), "")


def _plain(item: Any) -> Any:
    """A NumPy number as Python has it."""
    # One of NumPy's numbers exists only where it is imported; so with pandas.
    numpy: Any = sys.modules.get("numpy")
    number: Any = getattr(numpy, "generic", ())
    if not isinstance(item, number):
        return item
    kind = item.dtype.kind
    return float(item) if kind == "f" else item.item() if kind in "biu" else item


def _is_missing(item: object) -> bool:
    """True for `None`, NaN and what pandas calls missing. Nothing is compared: an array's or NA's answer is no truth value."""
    if item is None:
        return True
    plain = _plain(item)
    if isinstance(plain, float):
        return plain != plain
    pandas = sys.modules.get("pandas")
    return pandas is not None and (item is getattr(pandas, "NA", None) or item is getattr(pandas, "NaT", None))


def cells(items: Iterable[Any]) -> list[Any]:
    """Cells with `None` for what is missing; what is no text is left for the engine to refuse."""
    return [item if isinstance(item, str) else None if _is_missing(item) else item for item in items]


def texts(items: Iterable[Any], field: str) -> list[str | None]:
    """Cells that are texts."""
    found = cells(items)
    for line, item in enumerate(found, 1):
        if isinstance(item, str):
            _unicode.check(item, f"row {line}: ", "the text", field)
        elif item is not None:
            raise InvalidInputError(f"row {line}: a text is expected, not {type(item).__name__}", field)
    return found


def labels(items: Iterable[Any], field: str) -> list[str | None]:
    """Cells that are labels: texts, and whole numbers and truth values as Python writes them."""
    return [_label(line, item, field) for line, item in enumerate(cells(items), 1)]


def _label(line: int, item: Any, field: str) -> str | None:
    item = _plain(item)
    if isinstance(item, str):
        _unicode.check(item, f"row {line}: ", "the label", field)
        return item
    if isinstance(item, int):
        try:
            return str(item)
        except Exception as error:
            raise InvalidInputError(f"row {line}: the label cannot be read: {error}", field) from error
    if item is None:
        return None
    raise InvalidInputError(f"row {line}: a text or a whole number is expected, not {type(item).__name__}", field)
