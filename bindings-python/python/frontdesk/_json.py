"""Python's values as JSON, which the engine reads and checks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from frontdesk.errors import InvalidInputError
from frontdesk.types import Ticket


def _dumps(value: object, what: str, field: str | None = None) -> str:
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False)
    except Exception as error:
        raise InvalidInputError(f"{what} cannot be read: {error}", field) from error


def ticket(value: object, place: int | None) -> str:
    """A ticket that is not a text. Called by the native layer."""
    name = "the ticket" if place is None else f"ticket {place}"
    if isinstance(value, Ticket):
        value = value.to_dict()
    elif isinstance(value, Mapping):
        try:
            value = dict(value.items())
        except Exception as error:
            raise InvalidInputError(f"{name} cannot be read: {error}") from error
    return _dumps(value, name)


def options(given: Mapping[str, Any]) -> str:
    """Options by name; what is `None` is as if it had not been given."""
    present = {name: value for name, value in given.items() if value is not None}
    for name, value in present.items():
        _dumps(value, f"`{name}`", name)
    return _dumps(present, "the options")
