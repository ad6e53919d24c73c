"""One exception for each kind of error, under `FrontdeskError`."""

from __future__ import annotations

import builtins
from typing import ClassVar, Literal

__all__ = [
    "CancelledError",
    "DataInvalidError",
    "DeviceUnavailableError",
    "ErrorCode",
    "FrontdeskError",
    "InternalError",
    "InvalidInputError",
    "IoError",
    "ModelInvalidError",
    "ModelNotFoundError",
    "NetworkError",
    "OverloadedError",
    "TooLargeError",
    "TooLongError",
]

ErrorCode = Literal[
    "invalid-input",
    "too-long",
    "too-large",
    "overloaded",
    "timeout",
    "cancelled",
    "model-not-found",
    "model-invalid",
    "data-invalid",
    "device-unavailable",
    "network",
    "io",
    "internal",
]


class FrontdeskError(Exception):
    """The base of all exceptions of this package. `code` is stable; `field` is the field at fault, where one is."""

    code: ClassVar[ErrorCode] = "internal"
    field: str | None

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field

    def __reduce__(self) -> tuple[type[FrontdeskError], tuple[str | float | None, ...]]:
        return type(self), (str(self), self.field)


class InvalidInputError(FrontdeskError, ValueError):
    """An argument, an option or a ticket is not valid."""

    code = "invalid-input"


class TooLongError(FrontdeskError, ValueError):
    """A text has more tokens than the policy allows."""

    code = "too-long"


class TooLargeError(FrontdeskError, ValueError):
    """More bytes, rows or tickets than a limit allows."""

    code = "too-large"


class OverloadedError(FrontdeskError):
    """The queue is full, or what waits would take until after the deadline.

    `retry_after` is the time in seconds after which the call would be accepted, as things stand, where it is known.
    """

    code = "overloaded"
    retry_after: float | None

    def __init__(self, message: str, field: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, field)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[FrontdeskError], tuple[str | float | None, ...]]:
        return type(self), (str(self), self.field, self.retry_after)


class TimeoutError(FrontdeskError, builtins.TimeoutError):
    """The deadline passed."""

    code = "timeout"


class CancelledError(FrontdeskError):
    """The engine was closed while the call waited."""

    code = "cancelled"


class ModelNotFoundError(FrontdeskError):
    """There is no such model: no such directory, no such name on the hub, a file that a model needs is missing."""

    code = "model-not-found"


class ModelInvalidError(FrontdeskError):
    """The model is there and not usable."""

    code = "model-invalid"


class DataInvalidError(FrontdeskError, ValueError):
    """Data is broken: invalid UTF-8, a ragged row, a missing column, a label that the model does not know."""

    code = "data-invalid"


class DeviceUnavailableError(FrontdeskError):
    """The requested device is not available."""

    code = "device-unavailable"


class NetworkError(FrontdeskError):
    """A download failed."""

    code = "network"


class IoError(FrontdeskError, OSError):
    """A file could not be read or written."""

    code = "io"


class InternalError(FrontdeskError):
    """A fault of the engine itself."""

    code = "internal"


_CLASSES: dict[str, type[FrontdeskError]] = {c.code: c for c in FrontdeskError.__subclasses__()}


def of(code: str, message: str, field: str | None, retry_after: float | None = None) -> FrontdeskError:
    """The exception of a kind. Called by the native layer."""
    if code == OverloadedError.code:
        return OverloadedError(message, field, retry_after)
    return _CLASSES[code](message, field)
