"""Reads support messages on the machine where they arrive: sentiment, urgency, category and route, in-process."""

from frontdesk import errors, types
from frontdesk.engine import AnyTicket, Engine, Model
from frontdesk.errors import *  # noqa: F403

# `import *` does not bring it: it would take the place of a builtin.
from frontdesk.errors import TimeoutError as TimeoutError
from frontdesk.routing import replay, train_route
from frontdesk.training import check, compare, estimate, evaluate, train
from frontdesk.types import *  # noqa: F403

__all__ = [
    "AnyTicket",
    "Engine",
    "Model",
    "check",
    "compare",
    "estimate",
    "evaluate",
    "replay",
    "train",
    "train_route",
    *errors.__all__,
    *types.__all__,
]
