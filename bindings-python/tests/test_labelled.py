"""Tables and rows to train and evaluate on: what is no text or label is refused, and says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frontdesk
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frontdesk import DataInvalidError, Engine, InvalidInputError

from .test_input import Throwing

TEXTS = ["looks good, approved", "how much is it?"]
LABELS = ["approval", "question"]


def evaluate(engine: Engine, data: Any, **options: Any) -> frontdesk.Evaluation:
    return frontdesk.evaluate(data, model=engine, task="category", resamples=10, **options)


def rows(texts: list[Any], labels: list[Any]) -> list[dict[str, Any]]:
    return [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]


COLUMNLESS: list[tuple[Any, str]] = [
    (TEXTS, "a list of str has no columns"),
    (pd.Series(TEXTS), "Series has no columns"),
    (pl.Series(TEXTS), "Series has no columns"),
    (pa.array(TEXTS), "StringArray has no columns"),
    (np.array(TEXTS), "ndarray has no columns"),
    (np.zeros((2, 2)), "ndarray has no columns"),
    (7, "int is no table"),
    ([{"text": "a", "label": "question"}, "a"], "row 2: a dictionary is expected, not str"),
]


@pytest.mark.parametrize(("data", "says"), COLUMNLESS)
def test_what_has_no_columns_is_refused(engine: Engine, data: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=says) as caught:
        evaluate(engine, data)
    assert caught.value.field == "data"
    with pytest.raises(InvalidInputError, match=says) as caught:
        frontdesk.train(rows(TEXTS, LABELS), valid=data, output=tmp_path / "model", task="mood")
    assert caught.value.field == "valid"


def test_a_list_of_dictionaries_is_a_table(engine: Engine) -> None:
    table = {"text": TEXTS, "label": LABELS}
    assert evaluate(engine, rows(TEXTS, LABELS)) == evaluate(engine, pd.DataFrame(table))
    with pytest.raises(DataInvalidError, match="no row"):
        evaluate(engine, [])
    with pytest.raises(InvalidInputError, match="row 2: there is no `label`; there are: text") as caught:
        evaluate(engine, [*rows(TEXTS[:1], LABELS[:1]), {"text": "a"}])
    assert caught.value.field == "label_column"
    with pytest.raises(InvalidInputError, match="row 1 cannot be read: no value"):
        evaluate(engine, [Throwing()])


@pytest.mark.parametrize("text", [b"bytes", ["a"], 7, 1.5, True], ids=repr)
def test_what_is_no_text_is_refused_by_its_line(engine: Engine, text: Any) -> None:
    data = rows(["a", text], LABELS)
    for table in (data, pd.DataFrame(data)):
        with pytest.raises(InvalidInputError, match=f"row 2: a text is expected, not {type(text).__name__}") as caught:
            evaluate(engine, table)
        assert caught.value.field == "text_column"


@pytest.mark.parametrize("label", [b"bytes", ["a"], {"a": 1}, 1.5], ids=repr)
def test_what_is_no_label_is_refused_by_its_line(engine: Engine, label: Any) -> None:
    data = rows(TEXTS, ["approval", label])
    for table in (data, pd.DataFrame(data)):
        with pytest.raises(InvalidInputError, match=f"row 2: .* is expected, not {type(label).__name__}") as caught:
            evaluate(engine, table)
        assert caught.value.field == "label_column"


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA], ids=repr)
def test_what_is_missing_is_missing(engine: Engine, missing: Any) -> None:
    with pytest.raises(DataInvalidError, match="row 2: the text is missing"):
        evaluate(engine, rows(["a", missing], LABELS))
    with pytest.raises(DataInvalidError, match="row 2: the label is missing"):
        evaluate(engine, pd.DataFrame({"text": TEXTS, "label": pd.Series(["approval", missing], dtype=object)}))


@pytest.mark.parametrize("label", [3, np.int64(3), True, np.True_], ids=repr)
def test_numbers_and_truth_values_are_labels(engine: Engine, label: Any) -> None:
    with pytest.raises(DataInvalidError, match=f"row 1: `{label}` is no label of the model"):
        evaluate(engine, rows(["a"], [label]))


def test_half_a_surrogate_pair_is_refused_by_its_line(engine: Engine) -> None:
    for field, data in (("text", rows(["a", "\ud800"], LABELS)), ("label", rows(TEXTS, ["approval", "\ud800"]))):
        for table in (data, pd.DataFrame(data, dtype=object)):
            with pytest.raises(InvalidInputError, match=f"row 2: the {field} is no valid Unicode.*surrogate") as caught:
                evaluate(engine, table)
            assert caught.value.field == f"{field}_column"


def test_the_column_at_fault_is_named(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,label\na,question\n")
    table = pl.DataFrame({"text": ["a"], "label": ["question"]})
    for column in ("text_column", "label_column"):
        with pytest.raises(InvalidInputError, match="no column `other`") as caught:
            evaluate(engine, table, **{column: "other"})
        assert caught.value.field == column
        for data in (table, file):
            for name in (None, ["text"], pl.col("text"), np.array(["text"])):
                with pytest.raises(InvalidInputError, match="the name of a column is expected") as caught:
                    evaluate(engine, data, **{column: name})
                assert caught.value.field == column


def test_paths_of_a_training(tmp_path: Path) -> None:
    data = rows(TEXTS, LABELS)
    cases: list[tuple[str, dict[str, Any]]] = [
        ("output", {"output": None}),
        ("output", {"output": 5}),
        ("output", {"output": b"\xff"}),
        ("base", {"output": tmp_path / "model", "base": 5}),
        ("name", {"output": tmp_path / "model", "name": "\ud800"}),
    ]
    for field, options in cases:
        with pytest.raises(InvalidInputError, match=field) as caught:
            frontdesk.train(data, task="mood", **options)
        assert caught.value.field == field
    there = tmp_path / "there"
    there.mkdir()
    with pytest.raises(frontdesk.FrontdeskError, match="there"):
        frontdesk.train(data, task="mood", output=bytes(there))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="unknown field `epoch`"):
        frontdesk.train(data, task="mood", output=tmp_path / "model", epoch=None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="`data` is no path"):
        frontdesk.train("\ud800", task="mood", output=tmp_path / "model")
