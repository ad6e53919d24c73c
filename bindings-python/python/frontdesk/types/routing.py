"""The channel that should take a ticket: the input of the decision, its result, and policies that are fitted to outcomes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict

from frontdesk.types._value import Value

Route = Literal["ai-chatbot", "live-chat", "co-browse", "video-call"]
"""A channel that can take a ticket."""
Rule = Literal["unavailable", "closed", "no-agent", "no-consent", "need", "cap"]
"""The reason why a channel was excluded: the desk does not have it at the moment, it is outside of its hours, too few agents are free, the
customer did not consent, it does not suit the customer's needs, it has reached its largest share of the decisions."""
Need = Literal["hearing", "speech", "vision"]
"""An action that cannot be asked of a customer."""
Policy = str | os.PathLike[str] | Mapping[str, Any]
"""A routing policy: its TOML or JSON file, or the contents of such a file."""


class RouteOptions(TypedDict, total=False):
    """Options of routing. What is left out has its default."""

    policy: Policy | None
    """The active policy."""
    shadow: Policy | None
    """A shadow policy, which does not act: answers have the route that it would have chosen."""
    records: bool
    """True: answers carry the record of the decision, for `replay` and `train_route`."""
    repeats: Literal["meaning", "words"]
    """The comparison with earlier issues; by default by meaning, for which the model reads once more."""


class RouteContext(TypedDict, total=False):
    """The context of a routing decision, beside the ticket. What is left out excludes no channel, except consent, which must be
    given."""

    now: datetime | str | None
    """The time that opening hours are compared with: a `datetime` with a time zone, or a text as `2026-03-02T08:30:00Z`; by default
    the clock's."""
    available: tuple[Route, ...] | list[Route] | Set[Route] | None
    """The channels that are available now; by default all that the rules have."""
    agents: Mapping[Route, int]
    """The number of free agents, by channel."""
    consent: tuple[Route, ...] | list[Route] | Set[Route]
    """The channels that the customer consented to."""
    needs: tuple[Need, ...] | list[Need] | Set[Need]
    """The actions that cannot be asked of the customer."""
    shares: Mapping[Route, float]
    """The share of the decisions so far that each channel has, 0 to 1."""


@dataclass(frozen=True, slots=True)
class RouteScore(Value):
    """A channel with its share, 0 to 1."""

    route: Route
    score: float


@dataclass(frozen=True, slots=True)
class Contribution(Value):
    """The contribution of one feature to a decision."""

    feature: str
    """The feature's name, or `success` (the channel's share in the customer's successes) or `preference`."""
    value: float
    """The feature's value, mostly 0 to 1."""
    effect: float
    """The amount that it adds to the score of the recommended channel beyond the others; below 0 it speaks against it."""


@dataclass(frozen=True, slots=True)
class Reversal(Value):
    """The one feature that would have to move least, as a share of its range, for another channel to win."""

    route: Route
    """The channel that would win."""
    feature: str
    value: float
    """The feature's value."""
    needed: float
    """The value at which that channel wins."""


@dataclass(frozen=True, slots=True)
class Exclusion(Value):
    """A channel that was excluded, and the first rule that did it."""

    route: Route
    rule: Rule


@dataclass(frozen=True, slots=True)
class Shadow(Value):
    """The choice of the shadow policy; no channel where its rules leave none."""

    recommended_route: Route | None
    confidence: float | None
    """The channel's share, 0 to 1."""
    policy: str
    """The policy's SHA-256."""


@dataclass(frozen=True, slots=True)
class RouteAnalysis(Value):
    """The channel that should take a ticket, with the reasons."""

    recommended_route: Route
    """The best channel, unless exploration chose another."""
    confidence: float
    """Its share of the channels that the rules left, 0 to 1."""
    reasoning: str
    """One or two sentences from the features that weighed most."""
    alternative_routes: tuple[RouteScore, ...]
    """The other channels that the rules left, best first."""
    contributions: tuple[Contribution, ...]
    """The contributions to the decision, the largest effect first, 8 at most."""
    would_change: Reversal | None
    """The smallest change of a single feature with which the second-best channel would win, where there is one."""
    excluded: tuple[Exclusion, ...]
    """The channels that a rule excluded."""
    propensity: float | None
    """The probability that the policy gave this channel, above 0 and up to 1; `None` where the policy does not explore."""
    explored: bool
    """True where exploration chose this channel in place of the best one."""
    shadow: Shadow | None
    """The choice of the shadow policy."""
    record: dict[str, Any] | None = field(hash=False)
    """The record of the decision, where `records` was set; to be handed back as it is."""

    def to_dict(self) -> dict[str, Any]:
        """This value as JSON has it, in snake case; what is absent is left out, and so is an empty `excluded`, and `explored` where it is
        not."""
        # Without arguments, `super` does not find a class that was made anew for its slots.
        plain = Value.to_dict(self)
        for name in ("excluded", "explored"):
            if not plain[name]:
                del plain[name]
        return plain


@dataclass(frozen=True, slots=True)
class RouteOutcomes(Value):
    """The outcomes of the tickets that took one channel."""

    rows: int
    solved: float
    """The share of them that was solved, 0 to 1; 0 of none."""
    reward: float
    """Their mean reward; 0 of none."""


@dataclass(frozen=True, slots=True)
class Estimate(Value):
    """A mean reward of a decision, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PolicyValue(Value):
    """The estimated reward of a policy per ticket, by three estimators."""

    ips: Estimate
    """Inverse propensity scoring: unbiased, of high variance."""
    snips: Estimate | None
    """Its self-normalised form: of less variance, a little biased; `None` where `no_snips` says why there is no estimate."""
    no_snips: str | None
    """Why there is no self-normalised estimate: the policy takes none of the logged routes. `None` where there is one."""
    doubly_robust: Estimate
    """Doubly robust: consistent where the propensities or the model of the rewards are right."""
    effective_rows: float
    """The effective number of decisions of the policy in the log."""
    largest_ratio: float
    """The largest ratio of the two policies' probabilities: the weight of the heaviest row."""


@dataclass(frozen=True, slots=True)
class TrainedRoute(Value):
    """The result of a fit to outcomes, and whether it is better."""

    rows: int
    """Outcomes."""
    routes: dict[Route, RouteOutcomes] = field(hash=False)
    """By the channel that was taken."""
    logged: Estimate
    """The mean reward of the decisions in the log."""
    old: PolicyValue
    """The estimated reward of the current policy."""
    new: PolicyValue
    """The estimated reward of policies that were fitted in the same way to other rows."""
    gain: Estimate
    """The new policies' reward less the old one's on the same rows, doubly robust."""
    penalty: float
    """The ridge penalty, which draws the weights to the old ones, chosen on held-out rows."""
    error: float
    """The root mean squared error of a predicted reward, on held-out rows."""
    accepted: bool
    """True where the log shows that the new weights are better."""
    reason: str
    """The reason for that."""
    policy: str | None
    """The file that was written; `None` where the current weights are kept."""
