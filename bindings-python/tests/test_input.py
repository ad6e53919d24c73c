"""Bad input: an error of a known kind that says what was wrong and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from frontdesk import Engine, InvalidInputError, TooLargeError


class Throwing(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        raise RuntimeError("no value")

    def __iter__(self) -> Iterator[str]:
        return iter(["text"])

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("ticket", "says"),
    [
        (None, "null"),
        (7, "integer `7`"),
        (1.5, "floating point `1.5`"),
        (b"bytes", "bytes"),
        (["a"], "sequence"),
        (object(), "object"),
        ({"text": None}, "needs `text`"),
        ({"text": 7}, "integer `7`"),
        ({"text": b"x"}, "bytes"),
        ({"text": float("nan")}, "cannot be read"),
        ({1: "x"}, "unknown field `1`"),
        (Throwing(), "no value"),
        ("\ud800", "surrogate"),
        ({"text": "\udfff"}, "surrogate"),
    ],
    ids=repr,
)
def test_what_is_no_ticket_is_refused_and_named(engine: Engine, ticket: Any, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        engine.analyze(ticket)
    with pytest.raises(InvalidInputError, match=f"ticket 1.*{says}"):
        engine.analyze_batch(["a", ticket])


@pytest.mark.parametrize("tickets", [None, "a text", b"bytes", {"text": "a"}, 7], ids=repr)
def test_what_is_no_list_of_tickets_is_refused(engine: Engine, tickets: Any) -> None:
    with pytest.raises(InvalidInputError, match="a list of tickets"):
        engine.analyze_batch(tickets)


def test_empty_texts_and_no_tickets(engine: Engine) -> None:
    assert engine.analyze_batch([]) == []
    for text in ("", " ", "\n\t", "\u200b"):
        analysis = engine.analyze(text)
        assert {abstain.reason for abstain in analysis.abstain} == {"empty"}


def test_much_text_and_many_tickets(engine: Engine) -> None:
    with pytest.raises(TooLargeError, match="bytes"):
        engine.analyze("a" * 50_000_000)
    with pytest.raises(TooLargeError, match="100001"):
        engine.analyze_batch(["a"] * 100_001)
    endless = iter(lambda: "a", "b")
    with pytest.raises(TooLargeError, match="more than 100000"):
        engine.analyze_batch(endless)


def test_a_source_that_throws_keeps_its_error(engine: Engine) -> None:
    def tickets() -> Iterator[str]:
        yield "a"
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        engine.analyze_batch(tickets())


def test_options_that_are_none(engine: Engine) -> None:
    options: dict[str, Any]
    for options in ({"outputs": "route"}, {"timeout_ms": "soon"}, {"timeout_ms": float("nan")}, {"outputs": [1]}):
        with pytest.raises(InvalidInputError) as caught:
            engine.analyze("a", **options)
        assert caught.value.field in options
    for options in ({"model": 7}, {"model": ["a"]}, {"threads": "two"}, {"threads": -1}, {"queue": 1.5}):
        with pytest.raises(InvalidInputError) as caught:
            Engine(**options)
        assert caught.value.field in options
    with pytest.raises(InvalidInputError, match="unknown option `modle`; known: outputs"):
        engine.score(["a"], modle=1)


def test_a_closed_engine_says_so() -> None:
    engine = Engine(threads=1, outputs=["route"])
    engine.close()
    engine.close()
    for run in (lambda: engine.analyze("a"), lambda: engine.analyze_batch([]), lambda: engine.score(["a"])):
        with pytest.raises(InvalidInputError, match="closed"):
            run()
    assert engine.info.threads == 1
