"""Python's strings may hold half a surrogate pair, which no text has."""

from __future__ import annotations

from frontdesk.errors import InvalidInputError


def check(text: str, place: str, what: str, field: str | None) -> None:
    """Refuses what is no text, in the words of the native layer. `place` is put before them."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"{place}{what} is no valid Unicode: {error}", field) from None


def check_all(value: object, place: str, field: str | None, path: str = "") -> None:
    """Refuses a value that JSON can hold, with a text in it that is none. The field is the last name on the way there."""
    match value:
        case str():
            check(value, f"{place}{path}: " if path else place, "the text", field)
        case dict():
            for name, item in value.items():
                if not isinstance(name, str):
                    continue
                check(name, f"{place}{path}: " if path else place, "a field's name", field)
                check_all(item, place, name, f"{path}.{name}" if path else name)
        case list() | tuple():
            for index, item in enumerate(value):
                check_all(item, place, field, f"{path}[{index}]")
