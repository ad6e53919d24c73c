"""Which channel should take a ticket: what the decision is made from, what is said of it, and what outcomes teach."""

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
"""Why a channel was taken out: the desk does not have it at the moment, it is outside of its hours, too few agents are free, the
customer did not consent, it does not suit what the customer needs, it has its share of the decisions already."""
Need = Literal["hearing", "speech", "vision"]
"""What a customer cannot be asked to do."""
Policy = str | os.PathLike[str] | Mapping[str, Any]
"""A routing policy: its TOML or JSON file, or what stands in such a file."""


class RouteOptions(TypedDict, total=False):
    """How an engine routes. What is left out is as the default has it."""

    policy: Policy | None
    """The policy that acts."""
    shadow: Policy | None
    """A policy that is only watched: an answer says what it would have chosen."""
    records: bool
    """Whether an answer carries what the decision was made from, for `replay` and `train_route`."""
    repeats: Literal["meaning", "words"]
    """How an earlier issue is found that a message repeats; by default by its meaning, for which the model reads once more."""


class RouteContext(TypedDict, total=False):
    """What is known when a ticket is routed, beside the ticket. What is left out takes no channel out, but consent, which must be
    given."""

    now: datetime | str | None
    """The time that opening hours are compared with: a `datetime` with a time zone, or a text as `2026-03-02T08:30:00Z`; by default
    the clock's."""
    available: tuple[Route, ...] | list[Route] | Set[Route] | None
    """The channels that can be had at the moment; by default all that the rules have."""
    agents: Mapping[Route, int]
    """Agents that are free, by channel."""
    consent: tuple[Route, ...] | list[Route] | Set[Route]
    """What the customer consented to."""
    needs: tuple[Need, ...] | list[Need] | Set[Need]
    """What the customer cannot be asked to do."""
    shares: Mapping[Route, float]
    """The share of the decisions so far that each channel has, 0 to 1."""


@dataclass(frozen=True, slots=True)
class RouteScore(Value):
    """A channel with its share, 0 to 1."""

    route: Route
    score: float


@dataclass(frozen=True, slots=True)
class Contribution(Value):
    """What one feature did to a decision."""

    feature: str
    """The feature's name, or `success` (the channel's share in the customer's successes) or `preference`."""
    value: float
    """The feature's value, mostly 0 to 1."""
    effect: float
    """What it gives the recommended channel above what it gives the others, in units of the scores; below 0 it speaks against it."""


@dataclass(frozen=True, slots=True)
class Reversal(Value):
    """The one feature that would have to move least, as a share of its range, for another channel to win."""

    route: Route
    """The channel that would win."""
    feature: str
    value: float
    """What the feature is."""
    needed: float
    """What it would have to be."""


@dataclass(frozen=True, slots=True)
class Exclusion(Value):
    """A channel that was taken out, and the first rule that did it."""

    route: Route
    rule: Rule


@dataclass(frozen=True, slots=True)
class Shadow(Value):
    """What a policy that is only watched would have chosen; no channel where its rules leave none."""

    recommended_route: Route | None
    confidence: float | None
    """The channel's share, 0 to 1."""
    policy: str
    """The policy's digest."""


@dataclass(frozen=True, slots=True)
class RouteAnalysis(Value):
    """Which channel should take a ticket, and why."""

    recommended_route: Route
    """The best channel, unless the policy tries another."""
    confidence: float
    """Its share of the channels that the rules left, 0 to 1."""
    reasoning: str
    """One or two sentences from the features that weighed most."""
    alternative_routes: tuple[RouteScore, ...]
    """The other channels that the rules left, best first."""
    contributions: tuple[Contribution, ...]
    """What moved the decision, the weightiest first, 8 at most."""
    would_change: Reversal | None
    """What would have to be otherwise for the second-best channel to win, where one feature alone could do it."""
    excluded: tuple[Exclusion, ...]
    """The channels that a rule took out."""
    propensity: float | None
    """The probability that the policy gave this channel, above 0 and up to 1, where it tries out others than the best."""
    explored: bool
    """Whether it is tried out, and another is thought better."""
    shadow: Shadow | None
    """What a policy that is only watched would have chosen."""
    record: dict[str, Any] | None = field(hash=False)
    """What the decision was made from, where records are asked for; to be handed back as it is."""

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
    """What became of the tickets that took one channel."""

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
    """What a policy would have earned a ticket, by three estimators."""

    ips: Estimate
    """Inverse propensity scoring: right on average, and noisy."""
    snips: Estimate
    """Its self-normalised form: less noisy, a little biased; not a number where the policy chose none of what was logged."""
    doubly_robust: Estimate
    """Right where the propensities or the model of the rewards are."""
    effective_rows: float
    """Decisions of the policy that the log is worth."""
    largest_ratio: float
    """The largest ratio of the two policies' probabilities: what one row may weigh."""


@dataclass(frozen=True, slots=True)
class TrainedRoute(Value):
    """What outcomes taught, and whether it is better."""

    rows: int
    """Outcomes."""
    routes: dict[Route, RouteOutcomes] = field(hash=False)
    """By the channel that was taken."""
    logged: Estimate
    """What the decisions earned that were made."""
    old: PolicyValue
    """What the policy that there is would have earned."""
    new: PolicyValue
    """What policies learnt in the same way from other rows would have earned."""
    gain: Estimate
    """The new policies' reward less the old one's on the same rows, doubly robust."""
    penalty: float
    """How strongly the weights were drawn to the old ones, chosen on rows that were left out."""
    error: float
    """The root of the mean squared error of a reward, on rows that were left out."""
    accepted: bool
    """Whether the new weights are better, as far as the log can tell."""
    reason: str
    """Why, or why not."""
    policy: str | None
    """The file that was written; `None` where the weights that there were are kept."""
