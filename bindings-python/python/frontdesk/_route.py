"""The options of routing, as JSON. The engine knows the names and checks the values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from datetime import datetime, timezone
from typing import Any

from frontdesk import _json
from frontdesk.errors import InvalidInputError


def _mapping(value: object, field: str) -> dict[str, Any]:
    """A copy of a mapping. A list is none, although its indexes could be names."""
    if not isinstance(value, Mapping):
        raise InvalidInputError(f"`{field}` is of type {type(value).__name__}; a mapping is expected", field)
    try:
        return dict(value.items())
    except Exception as error:
        raise _json.unreadable(f"`{field}`", field, error) from error


def plain(value: object, field: str) -> dict[str, Any]:
    """A mapping as JSON has it; what the caller changes in it later is not changed here."""
    copy: dict[str, Any] = _json.copied(_mapping(value, field), field)
    return copy


def policy(value: object, field: str) -> str | dict[str, Any] | None:
    """A policy: the name of its file, or its contents."""
    if value is None:
        return None
    if isinstance(value, str | bytes | os.PathLike):
        return _json.path(value, field)
    if not isinstance(value, Mapping):
        message = f"`{field}` is of type {type(value).__name__}; a path or a mapping is expected"
        raise InvalidInputError(message, field)
    return plain(value, field)


def options(value: object) -> dict[str, Any] | None:
    """Options of routing."""
    if value is None:
        return None
    given = _mapping(value, "route")
    for name in ("policy", "shadow"):
        if name in given:
            given[name] = policy(given[name], name)
    return plain(given, "route")


def context(value: object) -> dict[str, Any] | None:
    """The context of a call's routing."""
    if value is None:
        return None
    given = _mapping(value, "route")
    if isinstance(given.get("now"), datetime):
        given["now"] = _moment(given["now"])
    for name, item in given.items():
        if isinstance(item, Set):
            # In one order, so that the same call leaves the same record.
            given[name] = sorted(item, key=str)
        elif isinstance(item, Mapping):
            given[name] = _mapping(item, name)
    return plain(given, "route")


def _moment(value: datetime) -> str:
    """A moment. Without a zone a time is one of many moments, and which one cannot be guessed."""
    try:
        if value.utcoffset() is None:
            message = f"now: {value.isoformat()} has no time zone; datetime.now(timezone.utc) has one"
            raise InvalidInputError(message, "now")
        return value.astimezone(timezone.utc).isoformat()
    except (OverflowError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise _json.unreadable("`now`", "now", error) from error
