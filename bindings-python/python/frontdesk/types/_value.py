"""The base of all values."""

from __future__ import annotations

import dataclasses
from typing import Any


def _plain(value: object) -> object:
    """A value as JSON has it: what is `None` is left out."""
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


class Value:
    """The methods of all values."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """This value as JSON has it, in snake case; what is absent is left out."""
        fields = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))  # type: ignore[arg-type]
        return {name: _plain(value) for name, value in fields if value is not None}
