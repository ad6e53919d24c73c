"""Python's values as JSON, which the engine reads and checks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from frontdesk import _unicode
from frontdesk.errors import InvalidInputError
from frontdesk.types import Ticket


class UnknownKeywordError(InvalidInputError, TypeError):
    """A keyword that a function does not have: Python's own error for it, and the engine's."""


def refuse(unknown: Mapping[str, object], known: Iterable[str]) -> None:
    """Names the keywords that there are."""
    for name in unknown:
        names = ", ".join(f"`{one}`" for one in known)
        raise UnknownKeywordError(f"unknown field `{name}`, expected one of {names}", name)


def unreadable(what: str, field: str | None, error: Exception) -> InvalidInputError:
    """The error for a value that cannot be read; an exception of the caller's own may have no text."""
    try:
        text = str(error)
    except Exception:
        text = type(error).__name__
    return InvalidInputError(f"{what} cannot be read: {text}", field)


def _dumps(value: object, what: str, field: str | None = None) -> str:
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False)
    except Exception as error:
        raise unreadable(what, field, error) from error


def _checked(json: str, value: object, place: str) -> str:
    """Where no surrogate is written, none can be alone; the engine would name one by its place in the JSON."""
    if "\\ud" in json:
        try:
            _unicode.check_all(value, place, None)
        except RecursionError:
            # The engine refuses what is nested so deep.
            pass
    return json


def ticket(value: object, place: int | None) -> str:
    """A ticket that is not a text. Called by the native layer."""
    name = "the ticket" if place is None else f"ticket {place}"
    try:
        if isinstance(value, Ticket):
            value = value.to_dict()
        elif isinstance(value, Mapping):
            value = dict(value.items())
    except Exception as error:
        raise unreadable(name, None, error) from error
    return _checked(_dumps(value, name), value, "" if place is None else f"{name}: ")


def path(value: str | bytes | os.PathLike[str], option: str) -> str:
    """A path as text: options are JSON, which has no bytes that are not UTF-8."""
    try:
        name = os.fsdecode(value)
    except TypeError:
        message = f"`{option}` is of type {type(value).__name__}; a name or a path is expected"
        raise InvalidInputError(message, option) from None
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InvalidInputError(f"`{option}` is a path that is not UTF-8: {name!r}", option) from None
    return name


def copied(value: object, field: str) -> Any:
    """A copy of an option, of nothing but what JSON has."""
    return json.loads(_dumps(value, f"`{field}`", field))


def options(given: Mapping[str, Any], unknown: Mapping[str, object]) -> str:
    """Options by name; what is `None` is as if it had not been given. Unknown ones are refused."""
    refuse(unknown, given)
    present = {name: value for name, value in given.items() if value is not None}
    for name, value in present.items():
        _dumps(value, f"`{name}`", name)
    return _checked(_dumps(present, "the options"), present, "")
