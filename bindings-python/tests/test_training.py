"""Training, evaluating and comparing, on files and on tables."""

from __future__ import annotations

import multiprocessing
import pickle
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


def test_what_a_training_takes_is_told_before_it(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    few = frontdesk.estimate(frame, task="mood", epochs=2, batch=4)
    more = frontdesk.estimate(frame, task="mood", epochs=6, batch=4)
    assert isinstance(few, frontdesk.TrainEstimate)
    # The trunk of a bundle is frozen.
    assert more.steps == 3 * few.steps > 0 and few.tokens_per_second == 0
    assert few.seconds > 0 and few.bytes > 10_000_000
    with pytest.raises(frontdesk.InvalidInputError, match="epochs"):
        frontdesk.estimate(frame, task="mood", epochs=0)
    with pytest.raises(frontdesk.InvalidInputError, match="unknown field `epoch`"):
        frontdesk.estimate(frame, task="mood", epoch=2)


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
        # A file has one line more than a table.
        frontdesk.evaluate(data, model=model, task="mood", resamples=100, errors=0)
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
        (holes, {}, frontdesk.DataInvalidError, "row 3: the label is missing"),
        (frame.head(0), {}, frontdesk.DataInvalidError, "no row"),
        (frame.head(3), {}, frontdesk.DataInvalidError, "1 distinct label"),
        (frame, {"text_column": "body"}, frontdesk.InvalidInputError, "no column `body`"),
        (frame, {"epoch": 3}, frontdesk.InvalidInputError, "unknown field `epoch`.*epochs"),
        (frame, {"epochs": 0}, frontdesk.InvalidInputError, "epochs"),
        (frame, {"kind": "many"}, frontdesk.InvalidInputError, "single-label`, `multi-label`, `ordinal"),
        (frame, {"kind": "ordinal"}, frontdesk.DataInvalidError, "row 1: `good` is no whole number"),
        (frame, {"epochs": "many"}, frontdesk.InvalidInputError, "epochs"),
        (tmp_path / "none.csv", {}, frontdesk.IoError, "none.csv"),
        (7, {}, frontdesk.InvalidInputError, "int is no table"),
    ]
    for data, options, kind, says in cases:
        with pytest.raises(kind, match=says):
            frontdesk.train(data, output=output, task="mood", **options)  # type: ignore[arg-type]
    assert not output.exists()


def test_the_doctor_says_what_is_wrong_with_which_rows(tmp_path: Path) -> None:
    rows = [*ROWS, ("this is wonderful", "bad")]
    frame = pd.DataFrame(rows, columns=["text", "label"])
    told: list[object] = []
    found = frontdesk.check(frame, valid=frame.head(2), task="mood", progress=told.append)
    assert (found.rows.train, found.rows.valid) == (13, 2) and isinstance(told[0], Reading)
    assert [(label.label, label.train, label.valid) for label in found.labels] == [("bad", 7, 0), ("good", 6, 2)]
    by_kind = {finding.kind: finding for finding in found.findings}
    assert found.findings[0].kind == "leak" and found.findings[0].severity == "stop" and by_kind["leak"].count == 2
    (leak, _) = by_kind["leak"].rows
    assert (leak.file, leak.line, leak.other, leak.similarity) == ("valid", 1, frontdesk.Place("train", 1), 1.0)
    assert {row.line for row in by_kind["conflicting-labels"].rows} == {2, 13}
    assert found.to_dict()["findings"][0]["rows"][0]["other"] == {"file": "train", "line": 1}
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(frontdesk.InvalidInputError, match="unknown field `near`"):
        frontdesk.check(frame, task="mood", near=0.9)  # type: ignore[arg-type]


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
    again = engine.evaluate(frame, text_column="message", label_column="kind", task="category")
    assert again == found
    same = engine.compare(frame, engine, text_column="message", label_column="kind", task="category")
    assert (same.rows, list(same.changes)) == (2, [])
    with pytest.raises(TypeError, match="model"):
        engine.evaluate(frame, model=engine)
    with pytest.raises(frontdesk.InvalidInputError, match="several heads"):
        frontdesk.evaluate(frame, model=engine, text_column="message", label_column="kind")
    with pytest.raises(frontdesk.DataInvalidError, match="row 1: `x` is no label"):
        frontdesk.evaluate(pl.DataFrame({"text": ["a"], "label": ["x"]}), model=engine, task="category")


def test_an_evaluation_says_what_to_trust_and_what_to_look_at(model: Path) -> None:
    rows = [*ROWS * 6, ("thank you so much", "bad")]
    frame = pd.DataFrame(rows, columns=["text", "label"])
    found = frontdesk.evaluate(frame, model=model, task="mood", resamples=50, errors=100, texts=True, automate_at=0.5)
    assert len(found.reliability) == 15 and sum(part.count for part in found.reliability) == len(rows)
    assert found.coverage[-1].coverage == 1.0 and found.coverage[-1].precision == found.accuracy.value
    assert found.brier.low <= found.brier.value <= found.brier.high and found.nll.value > 0
    assert len(found.errors) == round((1 - found.accuracy.value) * len(rows))
    last = next(error for error in found.errors if error.line == len(rows))
    assert (last.truth, last.given, last.text) == ("bad", "good", "thank you so much")
    assert found.automation is not None and found.automation.wanted == 0.5
    kept = [label for label in found.automation.labels if label.kept]
    assert kept and all(0.5 <= (label.low or 0) <= (label.precision or 0) for label in kept)
    assert all((label.threshold is None) == (label.kept == 0) for label in found.automation.labels)
    assert found.abstention is None and "abstention" not in found.to_dict()
    assert pickle.loads(pickle.dumps(found)) == found
    plain = frontdesk.evaluate(frame, model=model, task="mood", resamples=50)
    assert plain.automation is None and len(plain.errors) <= 20 and all(error.text is None for error in plain.errors)
    with pytest.raises(frontdesk.InvalidInputError, match="above 0 and below 1") as raised:
        frontdesk.evaluate(frame, model=model, task="mood", automate_at=95)
    assert raised.value.field == "automate_at"


def test_two_models_are_compared(model: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    same = frontdesk.compare(frame, model, model, task="mood", resamples=50)
    assert (same.accuracy.b_better, same.mcnemar.p_value, same.changes, same.flows) == (0.5, 1.0, (), ())
    contrary = frame.assign(label=frame["label"].map({"good": "bad", "bad": "good"}))
    frontdesk.train(contrary, valid=contrary, output=tmp_path / "contrary", task="mood", epochs=3, allow=["leak"], progress=False)
    done: list[int] = []
    with Engine(model) as a, Engine(tmp_path / "contrary") as b:
        found = frontdesk.compare(frame, a, b, task="mood", resamples=50, texts=True, progress=done.append)
    assert (done[-1], found.rows, found.a.name, found.b.name) == (24, 12, a.info.model.name, b.info.model.name)
    assert found.accuracy.difference.value < 0 and found.accuracy.b_better < 0.5
    assert sum(flow.count for flow in found.flows) == len(found.changes) > 0
    change = found.changes[0]
    assert (change.text, change.truth) == ROWS[change.line - 1] and change.effect in ("better", "worse")
    assert found.to_dict()["changes"][0]["before"] == change.before
    with pytest.raises(frontdesk.DataInvalidError, match="`good` is no label"):
        frontdesk.compare(frame, model, None, task="category")


def _train_in_child(output: Path) -> float:
    frame = pd.DataFrame(ROWS, columns=["text", "label"])
    return frontdesk.train(frame, valid=frame, output=output, task="mood", epochs=3, allow=["leak"], progress=False).heads[0].value


def test_a_forked_child_trains_as_its_parent_did(model: Path, tmp_path: Path) -> None:
    expected = _train_in_child(tmp_path / "parent")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert pool.submit(_train_in_child, tmp_path / "child").result(timeout=600) == expected
    heads = [(tmp_path / who / "heads.safetensors").read_bytes() for who in ("parent", "child")]
    assert heads[0] == heads[1]


@pytest.mark.parametrize("name", ["pandas-rich.parquet", "polars.arrow", "pandas-indented.json", "pandas.csv.zst", "pandas-utf16.csv", "excel-sep.csv"])
def test_files_of_every_format_are_rows(name: str) -> None:
    file = Path(__file__).parents[2] / "core" / "tests" / "golden" / "tables" / name
    diagnosis = frontdesk.check(file, task="kind")
    assert (diagnosis.rows.train, len(diagnosis.labels)) == (8, 5)


def test_what_a_person_should_look_at_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "stray.csv"
    file.write_text('text,label\n"opened here,good\nsecond,good\nthird",good\nfourth,bad\n')
    with pytest.warns(UserWarning, match=r"stray\.csv: line 2: a quoted field goes over several lines"):
        diagnosis = frontdesk.check(file, task="mood")
    assert diagnosis.rows.train == 2
    file.write_text('text,label\n"opened here,good\nsecond "word",good\n')
    with pytest.raises(frontdesk.DataInvalidError, match="line 2: a quote is opened"):
        frontdesk.check(file, task="mood")
