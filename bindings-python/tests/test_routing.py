"""Routing by a policy: rules, what is only watched, records, and what outcomes teach."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import random
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import frontdesk
import pytest
from frontdesk import Abstain, Analysis, DataInvalidError, Engine, Exclusion, InvalidInputError, IoError, RouteAnalysis, Ticket

ROUTES = ("ai-chatbot", "live-chat", "co-browse", "video-call")
TEXT = "Production is blocked!"
HOURS = {"time_zone": "Europe/Amsterdam", "open": [{"days": ["mon", "tue"], "from": "08:30", "to": "18:00"}]}
DESK = """
name = "desk"
[rules]
consent = ["video-call"]
[rules.hours.live-chat]
time_zone = "Europe/Amsterdam"
open = [{ days = ["mon", "tue"], from = "08:30", to = "18:00" }]
[exploration]
share = 0.5
"""


def opened(**route: Any) -> Engine:
    return Engine(threads=1, outputs=["route"], route=route)  # type: ignore[arg-type]


def routed(analysis: Analysis) -> RouteAnalysis:
    assert analysis.route is not None
    return analysis.route


def ranked(route: RouteAnalysis) -> list[str]:
    return [route.recommended_route, *(other.route for other in route.alternative_routes)]


def test_without_a_policy_every_channel_is_there_and_the_reasons_are_numbers(engine: Engine) -> None:
    route = routed(engine.analyze(Ticket(TEXT, urgency="critical")))
    assert sorted(ranked(route)) == sorted(ROUTES)
    assert (route.excluded, route.propensity, route.explored, route.shadow, route.record) == ((), None, False, None, None)
    urgency = next(part for part in route.contributions if part.feature == "ticket-urgency")
    assert urgency.value == 1.0 and urgency.effect > 0 and len(route.contributions) <= 8
    assert set(route.to_dict()) - {"would_change"} == {
        "recommended_route", "confidence", "reasoning", "alternative_routes", "contributions",
    }  # fmt: skip
    calm = routed(engine.analyze("How do I export to PDF?"))
    assert calm.would_change is not None and calm.would_change.route == calm.alternative_routes[0].route
    assert calm.would_change.needed != calm.would_change.value
    assert calm.to_dict()["would_change"]["needed"] == calm.would_change.needed


def test_a_video_call_needs_consent_where_the_policy_says_so() -> None:
    ticket = Ticket(TEXT, urgency="critical")
    with opened(policy={"rules": {"consent": ["video-call"]}}) as desk:
        given, not_given = desk.analyze(ticket, route={"consent": ("video-call",)}), desk.analyze(ticket)
        assert "video-call" in ranked(routed(given)) and routed(given).excluded == ()
        assert "video-call" not in ranked(routed(not_given))
        assert routed(not_given).excluded == (Exclusion("video-call", "no-consent"),)
        assert not_given.to_dict()["route"]["excluded"] == [{"route": "video-call", "rule": "no-consent"}]
        assert desk.analyze_batch([ticket] * 2, route={"consent": {"video-call"}}) == [given] * 2
        assert asyncio.run(desk.analyze_async(ticket, route={"consent": ["video-call"]})) == given
        assert asyncio.run(desk.analyze_batch_async([ticket], route={"consent": []})) == [not_given]


@pytest.mark.parametrize(
    ("context", "out", "rule"),
    [
        ({"available": ["ai-chatbot", "co-browse", "video-call"]}, "live-chat", "unavailable"),
        ({"agents": {"live-chat": 1}}, "live-chat", "no-agent"),
        ({"needs": ["hearing"]}, "video-call", "need"),
        ({"shares": {"co-browse": 0.5}}, "co-browse", "cap"),
    ],
)
def test_what_a_call_knows_takes_channels_out(context: Any, out: Any, rule: Any) -> None:
    rules = {"agents": {"live-chat": 2}, "caps": {"co-browse": 0.5}}
    with opened(policy={"rules": rules}) as desk:
        assert routed(desk.analyze(TEXT)).excluded == ()
        assert routed(desk.analyze(TEXT, route=context)).excluded == (Exclusion(out, rule),)


def test_hours_are_compared_with_the_time_of_the_call() -> None:
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    closed = (Exclusion("live-chat", "closed"),)
    with opened(policy={"rules": {"hours": {"live-chat": HOURS}}}) as desk:

        def excluded(now: datetime | str) -> object:
            return routed(desk.analyze(TEXT, route={"now": now})).excluded

        monday = datetime(2026, 3, 2, 8, 30, tzinfo=winter)
        assert excluded(monday) == excluded(monday.isoformat()) == excluded("2026-03-02T07:30:00Z") == ()
        assert excluded(monday - timedelta(seconds=1)) == excluded(monday + timedelta(days=2)) == closed
        # The clock of the place counts, not that of the caller.
        assert excluded(datetime(2026, 3, 2, 8, 30, tzinfo=summer)) == closed
        assert excluded(datetime(2026, 7, 6, 8, 30, tzinfo=summer)) == ()


def test_a_ticket_that_no_channel_is_left_for_has_a_queue(engine: Engine) -> None:
    rules = {"available": ["video-call"], "consent": ["video-call"], "fallback": "front desk"}
    with opened(policy={"rules": rules}) as desk:
        analysis = desk.analyze(TEXT)
        assert analysis.route is None
        assert analysis.abstain == (Abstain("route", "no-route", "front desk"),)
        assert analysis.to_dict()["abstain"] == [{"output": "route", "reason": "no-route", "queue": "front desk"}]
        assert desk.analyze(TEXT, route={"consent": ["video-call"]}).abstain == ()
    empty = engine.analyze("").abstain[0]
    assert empty.reason == "empty" and empty.queue is None and "queue" not in empty.to_dict()


def test_a_watched_policy_says_what_it_would_have_chosen() -> None:
    watched = {"rules": {"available": ["live-chat"]}}
    with opened() as plain, opened(shadow=watched) as desk, opened(policy=watched, records=True) as other:
        route, alone = routed(desk.analyze(TEXT)), routed(other.analyze(TEXT))
        assert route.shadow is not None and alone.record is not None
        assert (route.shadow.recommended_route, route.shadow.confidence) == ("live-chat", 1.0)
        assert route.shadow.policy == alone.record["policy"]
        unwatched = routed(plain.analyze(TEXT)).to_dict()
        assert {name: value for name, value in route.to_dict().items() if name != "shadow"} == unwatched
    with opened(shadow={"rules": {"available": ["live-chat"], "consent": ["live-chat"]}}) as desk:
        shadow = routed(desk.analyze(TEXT)).shadow
        assert shadow is not None and shadow.recommended_route is None
        assert list(shadow.to_dict()) == ["policy"]


def test_a_recorded_decision_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "desk.toml"
    file.write_text(DESK)
    mapping = {
        "name": "desk",
        "rules": {"consent": ["video-call"], "hours": {"live-chat": HOURS}},
        "exploration": {"share": 0.5},
    }
    tickets = [Ticket(TEXT, id=str(number), urgency="high") for number in range(30)]
    with opened(policy=file, records=True) as desk, opened(policy=str(file), records=True) as named:
        now = datetime(2026, 3, 4, 10, tzinfo=timezone.utc)
        analyses = desk.analyze_batch(tickets, route={"now": now, "consent": ["video-call"]})
        assert named.analyze_batch(tickets, route={"now": now, "consent": ["video-call"]}) == analyses
    routes = [routed(analysis) for analysis in analyses]
    assert 3 < sum(route.explored for route in routes) < 27
    for route in routes:
        assert route.record is not None and 0 < (route.propensity or 0) < 1
        assert frontdesk.replay(route.record, file) == route
        assert frontdesk.replay(json.loads(json.dumps(route.record)), mapping) == route
        assert route.to_dict().get("explored") == (True if route.explored else None)
        assert route.to_dict()["record"] == route.record
    # The decision follows the record, not what was once answered.
    record = dict(routes[0].record or {})
    record["context"] = {**record["context"], "consent": []}
    assert frontdesk.replay(record, file).excluded[-1] == Exclusion("video-call", "no-consent")
    again = pickle.loads(pickle.dumps(analyses[0]))
    assert again == analyses[0] and hash(again) == hash(analyses[0])


def test_what_cannot_be_made_again_is_refused(engine: Engine, tmp_path: Path) -> None:
    with opened(records=True) as desk:
        record = routed(desk.analyze(TEXT)).record
    assert record is not None
    plain = frontdesk.replay(record)
    assert plain.record == record
    cases: list[tuple[Any, Any, type[Exception], str | None, str]] = [
        (record, {"name": "other"}, InvalidInputError, "policy", "the decision was made by the policy sha256:"),
        ({**record, "score": 1}, None, InvalidInputError, "score", "unknown field `score`"),
        ({"facts": {}}, None, InvalidInputError, "input", "missing field `input`"),
        (routed(engine.analyze(TEXT)).record, None, InvalidInputError, "record", "records"),
        (plain, None, InvalidInputError, "record", "of type RouteAnalysis; a mapping is expected"),
        (record, 7, InvalidInputError, "policy", "of type int; a path or a mapping is expected"),
        (record, {"rulez": {}}, InvalidInputError, "rulez", "unknown field `rulez`, expected one of .*`rules`"),
        (record, tmp_path / "none.toml", IoError, None, "none.toml"),
    ]
    for given, policy, kind, field, says in cases:
        with pytest.raises(kind, match=says) as caught:
            frontdesk.replay(given, policy)
        assert getattr(caught.value, "field") == field
    # A record that was changed so that no channel is left.
    alone = {"rules": {"available": ["live-chat"]}}
    with opened(policy=alone, records=True) as desk:
        record = routed(desk.analyze(TEXT)).record
    assert record is not None
    with pytest.raises(DataInvalidError, match=r"no route: .*live-chat \(unavailable\).*`support`"):
        frontdesk.replay({**record, "context": {"available": ["co-browse"]}}, alone)


NO_OPTIONS: list[tuple[Any, type[Exception], str, str]] = [
    ({"polcy": None}, InvalidInputError, "polcy", "unknown field `polcy`, expected one of .*`policy`"),
    ({"policy": {"rulez": {}}}, InvalidInputError, "rulez", "unknown field `rulez`, expected one of .*`rules`"),
    ({"policy": {"rules": {"available": ["fax"]}}}, InvalidInputError, "available", "`fax`.*" + ".*".join(ROUTES)),
    ({"policy": {"rules": {"available": []}}}, DataInvalidError, "rules.available", "no route is left"),
    ({"policy": 7}, InvalidInputError, "policy", "of type int; a path or a mapping is expected"),
    ({"shadow": b"\xff"}, InvalidInputError, "shadow", "`shadow` is a path that is not UTF-8"),
    ({"shadow": "desk.yaml"}, IoError, "", "desk.yaml"),
    ({"repeats": "vibes"}, InvalidInputError, "repeats", "`vibes`.*meaning.*words"),
    ({"records": "yes"}, InvalidInputError, "records", "expected a boolean"),
    ({"policy": {"name": "\ud800"}}, InvalidInputError, "", "no valid Unicode"),
    ("desk.toml", InvalidInputError, "route", "of type str; a mapping is expected"),
    (["desk.toml"], InvalidInputError, "route", "of type list; a mapping is expected"),
]


@pytest.mark.parametrize(("route", "kind", "field", "says"), NO_OPTIONS)
def test_how_no_engine_routes(route: Any, kind: type[Exception], field: str, says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        Engine(threads=1, route=route)
    assert not field or getattr(caught.value, "field") == field


NO_CONTEXT: list[tuple[Any, str, str]] = [
    ({"nwo": None}, "nwo", "unknown field `nwo`, expected one of .*`now`"),
    ({"now": datetime(2026, 3, 2, 8, 30)}, "now", "2026-03-02T08:30:00 has no time zone"),
    ({"now": datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))}, "now", "cannot be read"),
    ({"now": "yesterday"}, "now", "four digit integer as year"),
    ({"now": 5}, "now", "now"),
    ({"consent": ["fax"]}, "consent", "`fax`.*" + ".*".join(ROUTES)),
    ({"consent": "live-chat"}, "consent", "expected a sequence"),
    ({"available": ["live-chat", b"x"]}, "route", "`route` cannot be read"),
    ({"agents": {"fax": 1}}, "agents", "`fax`.*" + ".*".join(ROUTES)),
    ({"agents": {"live-chat": -1}}, "agents", "-1"),
    ({"shares": {"live-chat": 2}}, "shares", "2 of live-chat is no share, 0 to 1"),
    ({"needs": ["taste"]}, "needs", "`taste`.*hearing.*speech.*vision"),
    (["live-chat"], "route", "of type list; a mapping is expected"),
]


@pytest.mark.parametrize(("route", "field", "says"), NO_CONTEXT)
def test_what_no_call_knows(engine: Engine, route: Any, field: str, says: str) -> None:
    runs: list[Callable[[], object]] = [
        lambda: engine.analyze("a", route=route),
        lambda: engine.analyze_batch(["a"], route=route),
        lambda: asyncio.run(engine.analyze_async("a", route=route)),
        lambda: asyncio.run(engine.analyze_batch_async(["a"], route=route)),
    ]
    for run in runs:
        with pytest.raises(InvalidInputError, match=says) as caught:
            run()
        assert caught.value.field == field


def test_an_engine_is_pickled_with_its_policy(tmp_path: Path) -> None:
    file = tmp_path / "desk.json"
    file.write_text(json.dumps({"rules": {"consent": ["co-browse"]}}))
    rules: dict[str, Any] = {"consent": ["video-call"]}
    route: Any = {"policy": {"rules": rules}, "shadow": file, "records": True, "repeats": "words"}
    with Engine(threads=1, outputs=["route"], route=route) as desk:
        # What was opened is what is pickled, whatever the caller does with the mapping.
        rules["consent"].clear()
        copy: Engine = pickle.loads(pickle.dumps(desk))
        with copy:
            assert repr(copy) == repr(desk) and "'consent': ['video-call']" in repr(desk) and str(file) in repr(desk)
            analysis = copy.analyze(TEXT)
            assert analysis == desk.analyze(TEXT)
            assert routed(analysis).excluded == (Exclusion("video-call", "no-consent"),)
            assert routed(analysis).shadow is not None and routed(analysis).record is not None


def outcomes(path: Path, solved: Callable[[str, float], float], rows: int = 1200) -> Path:
    """Tickets with and without how-to words, each sent to any channel alike, and solved with the probability that `solved` says."""
    chance = random.Random(7)
    lines = []
    for _ in range(rows):
        route, how_to = ROUTES[int(chance.random() * 4)], 0.75 * (chance.random() < 0.5)
        outcome = "solved" if chance.random() < solved(route, how_to) else "unsolved"
        facts = {"features": {"how-to": how_to} if how_to else {}, "words": 5}
        lines.append(json.dumps({"facts": facts, "route": route, "propensity": 0.25, "outcome": outcome}))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_outcomes_teach_a_policy(tmp_path: Path) -> None:
    # Contrary to the default, how-to tickets are solved by looking together.
    data = outcomes(tmp_path / "outcomes.jsonl", lambda route, how_to: 0.9 if (route == "co-browse") == (how_to > 0) else 0.1)
    output = tmp_path / "learnt.json"
    policy = {"name": "ours", "rules": {"consent": ["video-call"]}}
    found = frontdesk.train_route(data, output, policy=policy, threads=1)
    assert found.accepted and found.policy == str(output), found.reason
    assert found.gain.low > 0 and found.gain.low <= found.gain.value <= found.gain.high
    assert found.new.doubly_robust.value > found.old.doubly_robust.value and found.new.effective_rows >= 100
    assert found.rows == 1200 == sum(of.rows for of in found.routes.values()) and tuple(found.routes) == ROUTES
    assert all(0.3 < of.solved < 0.7 for of in found.routes.values())
    learnt = json.loads(output.read_text())
    assert learnt["name"] == "ours" and learnt["rules"]["consent"] == ["video-call"]
    how_to = learnt["weights"]["features"]["how-to"]
    assert how_to["co-browse"] > max(how_to[route] for route in ROUTES if route != "co-browse")
    plain = found.to_dict()
    assert plain["routes"]["live-chat"] == found.routes["live-chat"].to_dict() and plain["policy"] == str(output)
    again = pickle.loads(pickle.dumps(found))
    assert again == found and hash(again) == hash(found)
    with opened(policy=output) as desk:
        assert routed(desk.analyze("How do I do this?")).excluded == (Exclusion("video-call", "no-consent"),)
    with pytest.raises(IoError, match="is there already"):
        frontdesk.train_route(data, output)


def test_what_outcomes_do_not_tell_is_not_learnt(tmp_path: Path) -> None:
    output = tmp_path / "learnt.toml"
    noise = outcomes(tmp_path / "noise.jsonl", lambda route, how_to: 0.5, rows=400)
    free = {"reward": {"cost": dict.fromkeys(ROUTES, 0.0)}, "effective_rows": 10}
    found = frontdesk.train_route(noise, output, options=free)
    assert not found.accepted and found.policy is None and "is not sure" in found.reason
    assert found.gain.low <= 0 and "policy" not in found.to_dict()
    wanted = frontdesk.train_route(noise, output, options={"effective_rows": 1e6})
    assert not wanted.accepted and "under 1000000" in wanted.reason
    assert not output.exists()


def test_bad_outcomes_and_options_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    output = tmp_path / "learnt.toml"
    good = outcomes(tmp_path / "good.jsonl", lambda route, how_to: 0.5, rows=60)
    lines = good.read_text().splitlines()
    unknown, unlogged = tmp_path / "unknown.jsonl", tmp_path / "unlogged.jsonl"
    unknown.write_text("\n".join([lines[0], lines[1].replace('"outcome"', '"outcom"')]))
    unlogged.write_text("\n".join(line.replace('"propensity": 0.25, ', "") for line in lines))
    cases: list[tuple[Any, dict[str, Any], type[Exception], str | None, str]] = [
        (unknown, {}, DataInvalidError, None, "line 2.*unknown field `outcom`"),
        (unlogged, {}, DataInvalidError, None, "60 of 60 outcomes have no propensity"),
        (tmp_path / "none.jsonl", {}, IoError, None, "none.jsonl"),
        (7, {}, InvalidInputError, "data", "`data` is of type int"),
        (good, {"output": tmp_path / "learnt.yaml"}, InvalidInputError, "output", "ends in .toml or .json"),
        (good, {"options": {"rewards": {}}}, InvalidInputError, "rewards", "unknown field `rewards`, expected .*`reward`"),
        (good, {"options": {"reward": {"cost": {"fax": 1}}}}, InvalidInputError, "fax", "`fax`.*" + ".*".join(ROUTES)),
        (good, {"options": [1]}, InvalidInputError, "options", "a mapping is expected"),
        (good, {"policy": {"rules": {"caps": {"live-chat": 7}}}}, DataInvalidError, "rules.caps.live-chat", "7 is not above 0 and up to 1"),
        (good, {"polcy": None}, InvalidInputError, "polcy", "unknown field `polcy`"),
        (good, {"threads": "two"}, InvalidInputError, "threads", "threads"),
    ]
    for data, options, kind, field, says in cases:
        with pytest.raises(kind, match=says) as caught:
            frontdesk.train_route(data, **{"output": output, **options})
        assert field is None or getattr(caught.value, "field") == field
    assert list(tmp_path.glob("learnt*")) == []


def unread(path: Path, rows: int) -> Path:
    """Outcomes of which the tickets are there, and no facts."""
    row = {"ticket": {"text": "thanks"}, "propensity": 0.5, "outcome": "solved"}
    path.write_text("\n".join(json.dumps({**row, "route": ROUTES[number % 2]}) for number in range(rows)))
    return path


def test_tickets_without_facts_are_read(tmp_path: Path) -> None:
    told: list[Any] = []
    found = frontdesk.train_route(unread(tmp_path / "tickets.jsonl", 300), tmp_path / "learnt.json", progress=told.append)
    assert told == [frontdesk.Reading(256, 300), frontdesk.Reading(300, 300)]
    assert found.rows == 300 and found.routes["ai-chatbot"].rows == 150 and found.routes["ai-chatbot"].solved == 1.0


def test_ctrl_c_stops_the_reading(tmp_path: Path) -> None:
    output = tmp_path / "learnt.json"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    begun = threading.Event()
    told: list[Any] = []

    def tell(step: object) -> None:
        told.append(step)
        begun.set()

    def interrupt() -> None:
        assert begun.wait(120)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            frontdesk.train_route(unread(tmp_path / "tickets.jsonl", 5000), output, progress=tell)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert len(told) < 20 and not output.exists()
