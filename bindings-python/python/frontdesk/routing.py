"""Making a routing decision again, and learning a policy from what became of tickets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from frontdesk import _json, _native, _progress, _route
from frontdesk.engine import Model, located
from frontdesk.errors import InvalidInputError
from frontdesk.types import Epoch, Policy, Reading, RouteAnalysis, Steps, TrainedRoute

__all__ = ["replay", "train_route"]


def replay(record: Mapping[str, Any], policy: Policy | None = None) -> RouteAnalysis:
    """Makes a recorded decision again: the same policy gives the same answer, byte for byte. The choice of a shadow policy is
    not made again.

    Args:
        record: `analysis.route.record` of an engine with `route={"records": True}`.
        policy: what acted then: its file, or a mapping; by default the default policy.

    Raises:
        InvalidInputError where the policy is another one than that of the record, or the record is not whole; DataInvalidError where the policy is
        broken, or its rules left no channel; IoError.
    """
    if record is None:
        message = "there is no record; an engine with route={\"records\": True} gives them"
        raise InvalidInputError(message, "record")
    given = {"record": _route.plain(record, "record"), "policy": _route.policy(policy, "policy")}
    return cast(RouteAnalysis, _native.replay(_json.options(given, {})))


def train_route(
    data: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    policy: Policy | None = None,
    options: Mapping[str, Any] | None = None,
    model: Model | None = None,
    threads: int | None = None,
    progress: _progress.Progress[Reading | Steps | Epoch] = None,
    **unknown: NoReturn,
) -> TrainedRoute:
    """Fits a policy's weights to outcomes, and writes the policy where the log shows that they are better.

    Args:
        data: a JSON lines file, an outcome a line: `record`, `facts` or `ticket`; `route`, the channel that was taken, and `propensity`, its
            probability; `outcome`, `solved` or `unsolved`; and, as far as known, `available`, `satisfaction` (1 to 5) and `duration` (seconds).
        output: the file to write, `.toml` or `.json`; must not be there.
        policy: whose weights learn; its rules and what it tries stay. By default the default policy.
        options: `reward`, what outcomes are worth (`solved`, `cost` by channel, `minute`, `satisfaction`), and `effective_rows`, the least decisions
            of the new policy that the log must be worth.
        model: what reads tickets where an outcome has neither facts nor a record; by default the bundled model.
        threads: for that; by default as many as the process may use.
        progress: as in `Engine.score`; a function is called with `Reading` where tickets are read.

    Raises:
        DataInvalidError names the line, or what the log lacks; InvalidInputError, ModelNotFoundError, ModelInvalidError, IoError.
    """
    given = {
        "data": _json.path(data, "data"),
        "output": _json.path(output, "output"),
        "policy": _route.policy(policy, "policy"),
        "options": None if options is None else _route.plain(options, "options"),
        "model": located(model),
        "threads": threads,
    }
    with _progress.of_training(progress, "reading tickets") as on_progress:
        return cast(TrainedRoute, _native.train_route(_json.options(given, unknown), on_progress))
