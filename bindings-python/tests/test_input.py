"""Bad input: an error of a known kind that says what was wrong and where."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import frontdesk
import pytest
from frontdesk import Engine, FrontdeskError, InvalidInputError, Ticket, TooLargeError


class Throwing(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        raise RuntimeError("no value")

    def __iter__(self) -> Iterator[str]:
        return iter(["text"])

    def __len__(self) -> int:
        return 1


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("nothing to say")


class ThrowingSilently(Throwing):
    def __getitem__(self, key: str) -> object:
        raise Speechless


class ThrowingTicket(Ticket):
    def to_dict(self) -> dict[str, Any]:
        raise RuntimeError("no fields")


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
        (ThrowingSilently(), "cannot be read: Speechless"),
        (ThrowingTicket("a"), "cannot be read: no fields"),
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


HALF: list[tuple[Any, str | None, str]] = [
    ({"text": "\ud800"}, "text", "text: the text is no valid Unicode"),
    (Ticket(subject="\udfff"), "subject", "subject: the text is no valid Unicode"),
    (
        {"text": "a \\ud800", "customer_history": {"previous_issues": ["a", "\ud800"]}},
        "previous_issues",
        r"customer_history.previous_issues\[1\]: the text is no valid Unicode",
    ),
    ({"\ud800": "a"}, None, "a field's name is no valid Unicode"),
]


@pytest.mark.parametrize(("ticket", "field", "says"), HALF)
def test_half_a_surrogate_pair_is_named_by_its_field(engine: Engine, ticket: Any, field: str | None, says: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{says}.*surrogates not allowed") as caught:
        engine.analyze(ticket)
    assert caught.value.field == field
    with pytest.raises(InvalidInputError, match=f"^ticket 1: {says}"):
        engine.analyze_batch(["a", ticket])


def test_a_whole_surrogate_pair_is_text(engine: Engine) -> None:
    assert engine.analyze({"text": "thanks \U0001f44b"}) == engine.analyze("thanks \U0001f44b")


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
    with pytest.raises(InvalidInputError, match="unknown field `modle`, expected one of `outputs`"):
        engine.score(["a"], modle=1)


def test_an_unknown_keyword_is_pythons_error_and_the_engines(engine: Engine) -> None:
    calls: list[Callable[..., object]] = [
        lambda **given: Engine(**given),
        lambda **given: engine.analyze("a", **given),
        lambda **given: engine.analyze_batch(["a"], **given),
        lambda **given: engine.score(["a"], **given),
        lambda **given: frontdesk.train([], output="x", task="mood", **given),
        lambda **given: frontdesk.check([{"text": "a", "label": "b"}], task="mood", **given),
        lambda **given: frontdesk.estimate([{"text": "a", "label": "b"}], task="mood", **given),
        lambda **given: frontdesk.evaluate([{"text": "a", "label": "b"}], model=engine, **given),
        lambda **given: frontdesk.compare([{"text": "a", "label": "b"}], engine, engine, **given),
        lambda **given: frontdesk.train_route("none.jsonl", output="none.toml", **given),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="unknown field `colour`, expected one of `") as caught:
            call(colour="red")
        assert isinstance(caught.value, InvalidInputError) and caught.value.field == "colour"


def test_import_of_everything_shadows_no_builtin() -> None:
    names: dict[str, object] = {}
    exec("from frontdesk import *", names)
    assert "InvalidInputError" in names and not (set(names) - {"__builtins__"}) & set(dir(builtins))
    assert frontdesk.TimeoutError is not TimeoutError


def test_half_a_surrogate_pair_in_an_option_is_named(engine: Engine) -> None:
    with pytest.raises(InvalidInputError, match="device: the text is no valid Unicode") as caught:
        Engine(device="\ud800")
    assert caught.value.field == "device"
    runs: list[Callable[[list[str]], object]] = [
        lambda names: engine.score(["a"], outputs=names),
        lambda names: engine.analyze("a", outputs=names),
        lambda names: Engine(outputs=names),
    ]
    for run in runs:
        with pytest.raises(InvalidInputError, match=r"outputs\[1\]: the text is no valid Unicode") as caught:
            run(["route", "\ud800"])
        assert caught.value.field == "outputs"


@pytest.mark.parametrize("option", ["model", "sentiment_model"])
def test_a_path_that_is_not_utf8_says_so(option: str) -> None:
    for path in (b"\xff\xfe", "\ud800"):
        given: dict[str, Any] = {option: path}
        with pytest.raises(InvalidInputError, match=f"`{option}` is a path that is not UTF-8") as caught:
            Engine(**given)
        assert caught.value.field == option


def test_outputs_are_listed_alike_everywhere(engine: Engine) -> None:
    listed: list[Callable[[], Any]] = [
        lambda: ["route"],
        lambda: ("route",),
        lambda: {"route"},
        lambda: iter(["route"]),
        lambda: {"route": 1}.keys(),
    ]
    for outputs in listed:
        row = engine.score(["a"], outputs=outputs())[0]
        assert "route" in row and "category" not in row
        assert engine.analyze("a", outputs=outputs()).category is None
        with Engine(threads=1, outputs=outputs()) as opened:
            assert opened.analyze("a").category is None
    no_list: list[Any] = [5, True, "route", b"route", {"route": 1}, [1]]
    for names in no_list:
        said = set()
        runs: list[Callable[[], object]] = [
            lambda: engine.score(["a"], outputs=names),
            lambda: engine.analyze("a", outputs=names),
            lambda: Engine(outputs=names),
        ]
        for run in runs:
            with pytest.raises(InvalidInputError, match="outputs.* is of type") as caught:
                run()
            assert caught.value.field == "outputs"
            said.add(str(caught.value))
        assert len(said) == 1


def test_an_unknown_option_is_refused_although_it_is_none(engine: Engine) -> None:
    unknown: dict[str, Any] = {"thread": None}
    runs: list[Callable[[], object]] = [
        lambda: Engine(**unknown),
        lambda: engine.analyze("a", **unknown),
        lambda: engine.analyze_batch(["a"], **unknown),
        lambda: engine.score(["a"], **unknown),
    ]
    for run in runs:
        with pytest.raises(InvalidInputError, match="unknown .*`thread`") as caught:
            run()
        assert caught.value.field == "thread"


def test_an_error_of_no_kind_has_a_code() -> None:
    assert FrontdeskError("m").code == "internal"


def test_a_closed_engine_says_so() -> None:
    engine = Engine(threads=1, outputs=["route"])
    engine.close()
    engine.close()
    runs: list[Callable[[], object]] = [
        lambda: engine.analyze("a"),
        lambda: engine.analyze_batch([]),
        lambda: engine.score(["a"]),
        lambda: engine.score([]),
        lambda: engine.score([None]),
    ]
    for run in runs:
        with pytest.raises(InvalidInputError, match="closed"):
            run()
    assert engine.info.threads == 1


def test_a_message_is_prepared_where_the_engine_was_opened_so_and_says_what_went() -> None:
    mail = "<p>The proof is wrong.</p><blockquote>On Monday you wrote something long about the old proof.</blockquote>"
    with Engine(prepare="all", outputs=["category"]) as engine:
        prepared, plain = engine.analyze(mail), engine.analyze("The proof is wrong.")
    assert prepared.usage.removed == ("html", "quotes")
    assert plain.usage.removed == ()
    assert prepared.category == plain.category
    with Engine(prepare=["html"], outputs=["category"]) as engine:
        assert engine.analyze(mail).usage.removed == ("html",)
    with Engine(outputs=["category"]) as engine:
        as_it_came = engine.analyze(mail)
    assert as_it_came.usage.removed is None
    assert "removed" not in as_it_came.to_dict()["usage"]
    assert as_it_came.usage.tokens > prepared.usage.tokens
