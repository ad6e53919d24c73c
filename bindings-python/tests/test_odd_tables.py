"""Tables of odd kinds, broken buffers, and values that are no texts: an answer or an error that says where, never a guess."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import frontdesk
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from frontdesk import Engine, InvalidInputError

SURROGATE = "broken \ud800 text"
EASY = ["thank you", "awful work", "great", "terrible"] * 3
LABELS = ["good", "bad"] * 6


def rejects(match: str, call: Any, field: str | None = None) -> None:
    with pytest.raises(InvalidInputError, match=match) as caught:
        call()
    if field is not None:
        assert caught.value.field == field


def test_arrow_buffers_are_checked_before_they_are_read(engine: Engine) -> None:
    rejects("no valid Arrow", lambda: engine.score(pa.array([b"caf\xe9 is ok", b"\xf0\x9f"]).view(pa.string())), "text")
    backwards = pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(struct.pack("<3i", 0, 5, 2)), pa.py_buffer(b"abcdefgh")])
    rejects("no valid Arrow", lambda: engine.score(backwards))
    outside = pa.DictionaryArray.from_arrays(pa.array([0, 9]), pa.array(["a", "b"]), safe=False)
    rejects("no valid Arrow", lambda: engine.score(outside))


def test_a_column_of_nothing_has_nothing(engine: Engine) -> None:
    nothing = [
        pd.DataFrame({"text": [None, None]}, dtype="float64"),
        pd.DataFrame({"text": pd.Categorical([None, None])}),
        pd.DataFrame({"text": pd.Series([None, None], dtype=pd.ArrowDtype(pa.null()))}),
        pd.DataFrame({"text": pd.Series([pd.NA, pd.NA], dtype="string")}),
    ]
    for frame in nothing:
        assert engine.score(frame)["category"].isna().all()
    assert len(engine.score(pd.DataFrame({"text": []}))) == 0


def test_what_is_missing_is_missing_in_every_kind(engine: Engine) -> None:
    kinds: list[list[Any]] = [["fine", None], ["fine", float("nan")], ["fine", pd.NA]]
    for texts in kinds:
        assert engine.score(texts)[1]["category"] is None
        assert engine.score(np.array(texts, dtype=object))["category"].mask.tolist() == [False, True]
        assert engine.score(pd.DataFrame({"text": pd.Series(texts, dtype=object)}))["category"].isna().tolist() == [False, True]
    rejects("row 1", lambda: engine.score(["fine", np.zeros(2)]))  # type: ignore[list-item]
    rejects("row 1", lambda: engine.score(pd.DataFrame({"text": pd.Categorical(["fine", 1])})))


def test_numpys_strings_of_any_length_come_back(engine: Engine) -> None:
    scored = engine.score(np.array(["thanks a lot"], dtype=np.dtypes.StringDType()))
    assert scored["text"][0] == "thanks a lot" and scored["category"][0]


def test_a_table_of_an_own_class_is_a_table(engine: Engine) -> None:
    class Own(pd.DataFrame):
        pass

    assert "category" in engine.score(Own({"text": ["thanks"]})).columns


def test_outputs_of_any_iterable_are_heeded(engine: Engine) -> None:
    asked: Any = iter(["category"])
    assert set(engine.score(["help"], outputs=asked)[0]) >= {"category"} and "route" not in engine.score(["help"], outputs=["category"])[0]
    bad: list[Any] = [5, "category", ["cat\ud800"], [5]]
    for outputs in bad:
        rejects("outputs", lambda outputs=outputs: engine.score(["help"], outputs=outputs), "outputs")
    for prefix in (None, 5):
        rejects("prefix", lambda prefix=prefix: engine.score(["help"], prefix=prefix), "prefix")
    rejects("name of a column", lambda: engine.score(pd.DataFrame({"text": ["a"]}), text=np.array(["text"])), "text")  # type: ignore[call-overload]


def test_training_reads_columns_and_nothing_else(tmp_path: Path) -> None:
    def train(data: Any, **options: Any) -> Any:
        return frontdesk.train(data, output=tmp_path / "out", task="mood", epochs=1, **options)

    records = [{"text": text, "label": label} for text, label in zip(EASY, LABELS, strict=True)]
    assert train(records, valid=records).labels == ("bad", "good")
    for data in (EASY, pd.Series(EASY), np.array(EASY), pa.array(EASY)):
        rejects("no columns|a mapping with the columns", lambda data=data: train(data), "data")
    rejects("row 1: there is no `label`", lambda: train([records[0], {"text": "x"}]), "label_column")
    rejects("row 0: `text` is of type bytes", lambda: train([{"text": b"x", "label": "a"}]), "data")
    rejects("row 0: `label` is of type list", lambda: train([{"text": "x", "label": ["a"]}]), "data")
    rejects("row 0: `text` is no valid Unicode", lambda: train([{"text": SURROGATE, "label": "a"}]), "data")
    rejects("no column `team`", lambda: train(pd.DataFrame(records), label_column="team"), "label_column")
    for output in (None, 5):
        rejects("output", lambda output=output: frontdesk.train(records, output=output, task="mood"), "output")
    rejects("base", lambda: train(records, base=5), "base")
    with pytest.raises(frontdesk.DataInvalidError, match="missing"):
        train(pd.DataFrame({"text": EASY, "label": pd.Series([pd.NA, "x"] * 6, dtype="string")}))


def test_what_is_no_unicode_is_named(engine: Engine) -> None:
    rejects("no valid Unicode", lambda: engine.analyze({"text": SURROGATE}), "text")
    rejects("no valid Unicode", lambda: engine.analyze(frontdesk.Ticket(subject=SURROGATE, body="x")), "subject")
    rejects("no valid UTF-8", lambda: Engine(b"\xff\xfe"), "model")  # type: ignore[arg-type]


def test_what_throws_is_an_error_of_a_known_kind(engine: Engine) -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    class Broken(frontdesk.Ticket):
        def to_dict(self) -> dict[str, Any]:
            raise Silent

    rejects("cannot be read: Silent", lambda: engine.analyze(Broken(text="x")))
    assert frontdesk.FrontdeskError("said").code == "internal"


def test_an_unknown_option_is_refused_whatever_it_is(engine: Engine) -> None:
    nothing: Any = {"thread": None}
    rejects("unknown", lambda: engine.analyze("x", **nothing))
    rejects("unknown", lambda: Engine(**nothing))


def test_a_closed_engine_scores_nothing_not_even_nothing() -> None:
    engine = Engine()
    engine.close()
    rejects("closed", lambda: engine.score([]))
