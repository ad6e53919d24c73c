"""The contract as data, replayed on this face: datasets/contract."""

from __future__ import annotations

import asyncio
import pickle
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frontdesk
import pytest
from frontdesk import Engine, FrontdeskError, errors
from frontdesk.errors import OverloadedError

from .conftest import LONG, contract

ANALYZE = contract("analyze.json")["cases"]
ERRORS = contract("errors.json")["cases"]
OPTIONS = contract("options.json")
VERBS = contract("surface.json")["verbs"]


def same(answer: Any, expected: Any, at: str = "") -> None:
    """The same shape and labels, and the same bits of scores, which are of f32."""
    if isinstance(expected, dict):
        assert list(answer) == list(expected), at
        for key, value in expected.items():
            same(answer[key], value, f"{at}.{key}")
    elif isinstance(expected, list):
        assert len(answer) == len(expected), at
        for index, value in enumerate(expected):
            same(answer[index], value, f"{at}[{index}]")
    elif isinstance(expected, float):
        assert struct.pack("f", answer) == struct.pack("f", expected), at
    else:
        assert answer == expected, at


@pytest.mark.parametrize("case", ANALYZE, ids=lambda case: case["name"])
def test_tickets_get_the_answers_of_the_contract(engine: Engine, case: dict[str, Any]) -> None:
    analysis = engine.analyze(case["ticket"], outputs=case.get("outputs"))
    same(analysis.to_dict(), case["answer"])
    alone = asyncio.run(engine.analyze_async(case["ticket"], outputs=case.get("outputs")))
    assert alone == analysis


def check(case: dict[str, Any], run: Callable[[], object]) -> None:
    with pytest.raises(FrontdeskError) as caught:
        run()
    error = caught.value
    assert (error.code, error.field) == (case["code"], case.get("field", error.field)), error
    for part in case.get("says", []):
        assert part in str(error), error


class Provoked:
    """Each error that takes a live engine, by what the contract calls it."""

    def __init__(self, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine, self.tmp_path, self.monkeypatch = engine, tmp_path, monkeypatch

    def busy(self, then: Callable[[Engine], object], **options: Any) -> object:
        """Does something while another thread's long call is under way, and closes the engine."""
        busy = Engine(threads=1, **options)
        long = threading.Thread(target=lambda: errors_of(lambda: busy.analyze_batch([LONG] * 400)))
        long.start()
        while busy.metrics().inference_seconds.buckets[-1][1] == 0 and busy.metrics().tokens == 0:
            time.sleep(0.002)
        try:
            return then(busy)
        finally:
            busy.close()
            long.join()

    def overloaded(self) -> object:
        def refused(engine: Engine) -> None:
            with pytest.raises(OverloadedError) as caught:
                engine.analyze("x")
            after = caught.value.retry_after
            assert after is not None and after > 0
            assert pickle.loads(pickle.dumps(caught.value)).retry_after == after
            raise caught.value

        return self.busy(refused, queue=1)

    def cancelled(self) -> object:
        def close(engine: Engine) -> object:
            threading.Timer(0.1, engine.close).start()
            return engine.analyze_batch([LONG] * 400)

        return self.busy(close)

    def data_invalid(self) -> object:
        file = self.tmp_path / "ragged.csv"
        file.write_text("text,label\na,b\nc\n")
        return frontdesk.evaluate(file, model=self.engine, task="category")

    def io(self) -> object:
        return frontdesk.evaluate(self.tmp_path / "none.csv", model=self.engine, task="category")

    def network(self) -> object:
        self.monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        self.monkeypatch.setenv("HF_HOME", str(self.tmp_path))
        return Engine("acme/tiny")

    def internal(self) -> object:
        raise errors.of("internal", "cannot be provoked from outside", None)


def errors_of(run: Callable[[], object]) -> FrontdeskError | None:
    try:
        run()
    except FrontdeskError as error:
        return error
    return None


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case["name"])
def test_errors_are_of_the_kind_that_the_contract_says(
    engine: Engine, case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "how" in case:
        provoke = getattr(Provoked(engine, tmp_path, monkeypatch), case["code"].replace("-", "_"))
        return check(case, provoke)
    (tmp_path / "config.json").write_text("{")
    (tmp_path / "tokenizer.json").write_text("{")
    options = dict(case.get("open", {}))
    if options.get("model", "").startswith("<"):
        options["model"] = tmp_path

    def run() -> object:
        asked = Engine(**options) if options else engine
        if "text_bytes" in case:
            return asked.analyze(("a " * case["text_bytes"])[: case["text_bytes"]], **case.get("options", {}))
        if "ticket" in case:
            return asked.analyze(case["ticket"], **case.get("options", {}))
        return asked.analyze_batch(case.get("tickets", ["a"] * case.get("ticket_count", 1)))

    check(case, run)


def test_every_kind_has_a_case_and_a_class() -> None:
    codes = {case["code"] for case in ERRORS}
    assert codes == {kind.code for kind in FrontdeskError.__subclasses__()}
    for code in codes:
        error = errors.of(code, "what was wrong", "where")
        assert (error.code, error.field, str(error)) == (code, "where", "what was wrong")


@pytest.mark.parametrize("place", ["open", "call"])
def test_options_are_taken_and_refused_as_the_contract_says(engine: Engine, place: str) -> None:
    for option in OPTIONS[place]:

        def run(value: object, name: str = option["name"]) -> object:
            given: dict[str, Any] = {name: value}
            return Engine(**given) if place == "open" else engine.analyze("thanks", **given)

        for value in option["valid"]:
            run(value)
        for case in option["invalid"]:
            check(case, lambda: run(case["value"]))


def test_the_surface_is_there() -> None:
    names = {verb: faces["python"] for verb, faces in VERBS.items()}
    # Archives are scored by the command, for the reason that the contract gives.
    without = {verb for verb, name in names.items() if not isinstance(name, str)}
    assert without == {"archive", "diff"} and all(names[verb]["none"] for verb in without)
    names = {verb: name for verb, name in names.items() if verb not in without}
    assert list(names) == ["open", "info", "analyze", "score", "check", "estimate", "train", "evaluate", "compare", "replay", "train_route"]
    for name in names.values():
        found: Any = frontdesk
        for part in name.split("."):
            found = getattr(found, part)
        assert found.__doc__
