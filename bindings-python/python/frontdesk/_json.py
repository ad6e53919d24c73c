"""Python's values as JSON, which the engine reads and checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from frontdesk.errors import InvalidInputError
from frontdesk.types import Ticket


def _dumps(value: object, what: str, field: str | None = None) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInputError(f"{what} is no valid Unicode: it has a lone surrogate", field) from None
    except Exception as error:
        raise InvalidInputError(f"{what} cannot be read: {_said(error)}", field) from error
    return text


def _said(error: Exception) -> str:
    try:
        return str(error)
    except Exception:
        return type(error).__name__


def ticket(value: object, place: int | None) -> str:
    """A ticket that is not a text. Called by the native layer."""
    name = "the ticket" if place is None else f"ticket {place}"
    try:
        if isinstance(value, Ticket):
            value = value.to_dict()
        elif isinstance(value, Mapping):
            value = dict(value.items())
    except Exception as error:
        raise InvalidInputError(f"{name} cannot be read: {_said(error)}") from error
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str) and key.isprintable():
                _dumps(item, f"{name}: `{key}`", key)
    return _dumps(value, name)


def options(given: Mapping[str, Any], unknown: Mapping[str, Any]) -> str:
    """Options by name; what is `None` is as if it had not been given, but for a name that is not known."""
    present = {name: value for name, value in given.items() if value is not None} | dict(unknown)
    for name, value in present.items():
        _dumps(value, f"`{name}`", name)
    return _dumps(present, "the options")
