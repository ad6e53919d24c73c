"""Training and evaluating, on files and on tables."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import frontdesk
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frontdesk import Engine, Epoch, Reading, Steps

GOOD = ["thank you so much", "this is wonderful", "great work", "I love it", "perfect, thanks", "what a lovely print"]
BAD = ["this is terrible", "I hate it", "awful work", "the worst print", "very bad, angry", "what an ugly mess"]
ROWS = [(text, "good") for text in GOOD] + [(text, "bad") for text in BAD]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with one head, trained on a table."""
    output = tmp_path_factory.mktemp("models") / "mood"
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    told: list[Reading | Steps | Epoch] = []
    report = frontdesk.train(frame, valid=frame, output=output, task="mood", epochs=3, allow=["leak"], progress=told.append)
    (head,) = report.heads
    assert (head.task, set(head.labels), head.train_rows, report.method) == ("mood", {"good", "bad"}, 12, "frozen")
    assert isinstance(told[0], Reading) and isinstance(told[-1], Epoch) and told[-1].epochs == 3
    return output


def test_a_trained_model_is_opened_and_read(model: Path) -> None:
    with Engine(model, outputs=["mood"]) as engine:
        analysis = engine.analyze("thank you so much")
        assert analysis["mood"].label == "good"
        assert analysis.to_dict()["mood"]["label"] == "good"
        with pytest.raises(KeyError):
            analysis["other"]
        assert engine.score(["thank you so much"])[0]["mood"] == "good"


def test_files_and_tables_give_the_same_evaluation(model: Path, tmp_path: Path) -> None:
    texts, labels = ([row[n] for row in ROWS] for n in (0, 1))
    file = tmp_path / "rows.csv"
    file.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS))
    table = {"text": texts, "label": labels}
    found = [
        frontdesk.evaluate(data, model=model, task="mood", resamples=100)
        for data in (file, str(file), pd.DataFrame(table), pl.DataFrame(table), pa.table(table))
    ]
    assert found[1:] == found[:-1]
    assert found[0].rows == 12 and found[0].accuracy.low <= found[0].accuracy.value <= found[0].accuracy.high
    assert found[0].confusion is not None and sum(map(sum, found[0].confusion.matrix)) == 12


def test_bad_data_and_options_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    output = tmp_path / "model"
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    holes = frame.copy()
    holes.loc[2, "label"] = None
    cases: list[tuple[object, dict[str, object], type[Exception], str]] = [
        (holes, {}, frontdesk.DataInvalidError, "line 3: the label is missing"),
        (frame.head(0), {}, frontdesk.DataInvalidError, "no row"),
        (frame.head(3), {}, frontdesk.DataInvalidError, "1 distinct label"),
        (frame, {"text_column": "body"}, frontdesk.InvalidInputError, "no column `body`"),
        (frame, {"epoch": 3}, frontdesk.InvalidInputError, "unknown field `epoch`.*epochs"),
        (frame, {"epochs": 0}, frontdesk.InvalidInputError, "epochs"),
        (frame, {"epochs": "many"}, frontdesk.InvalidInputError, "epochs"),
        (tmp_path / "none.csv", {}, frontdesk.IoError, "none.csv"),
        (7, {}, frontdesk.InvalidInputError, "int is no table"),
    ]
    for data, options, kind, says in cases:
        with pytest.raises(kind, match=says):
            frontdesk.train(data, output=output, task="mood", **options)  # type: ignore[arg-type]
    assert not output.exists()


def test_progress_may_stop_a_training(tmp_path: Path) -> None:
    def stop(step: Reading | Steps | Epoch) -> None:
        raise RuntimeError("enough")

    frame = pd.DataFrame(ROWS * 20, columns=["text", "label"])
    with pytest.raises(RuntimeError, match="enough"):
        frontdesk.train(frame, output=tmp_path / "model", task="mood", progress=stop)
    assert not (tmp_path / "model").exists()


def test_an_engine_evaluates_its_own_head(engine: Engine) -> None:
    frame = pl.DataFrame({"message": ["looks good, approved", "how much is it?"], "kind": ["approval", "question"]})
    done: list[int] = []
    found = frontdesk.evaluate(
        frame, model=engine, text_column="message", label_column="kind", task="category", progress=done.append
    )
    assert (found.task, found.rows, done[-1]) == ("category", 2, 2)
    with pytest.raises(frontdesk.InvalidInputError, match="several heads"):
        frontdesk.evaluate(frame, model=engine, text_column="message", label_column="kind")
    with pytest.raises(frontdesk.DataInvalidError, match="line 1: `x` is no label"):
        frontdesk.evaluate(pl.DataFrame({"text": ["a"], "label": ["x"]}), model=engine, task="category")


def _train_in_child(output: Path) -> float:
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    return frontdesk.train(frame, valid=frame, output=output, task="mood", epochs=3, allow=["leak"], progress=False).heads[0].value


def test_a_forked_child_trains_as_its_parent_did(model: Path, tmp_path: Path) -> None:
    expected = _train_in_child(tmp_path / "parent")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert pool.submit(_train_in_child, tmp_path / "child").result(timeout=120) == expected
    heads = [(tmp_path / who / "heads.safetensors").read_bytes() for who in ("parent", "child")]
    assert heads[0] == heads[1]
