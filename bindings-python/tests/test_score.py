"""Tables in, the same kind out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from frontdesk import Engine, InvalidInputError, TooLargeError

TEXTS = ["Need to approve this proof ASAP", None, "The colours are wrong, please fix them", "", "Grüße 👋"]
COLUMNS = [
    *("sentiment", "sentiment_score", "joy", "anger", "frustration", "satisfaction", "urgency_level"),
    *("category", "category_score", "route", "route_confidence", "abstain", "tokens", "truncated"),
]


@pytest.fixture(scope="module")
def rows(engine: Engine) -> list[dict[str, Any]]:
    """What a list gives; each kind of table must say the same."""
    return engine.score(TEXTS)


def test_a_list_of_texts_is_what_analyze_says(engine: Engine, rows: list[dict[str, Any]]) -> None:
    assert [list(row) for row in rows] == [["text", *COLUMNS]] * len(TEXTS)
    assert [row["text"] for row in rows] == TEXTS
    assert set(rows[1].values()) == {None}
    analysis = engine.analyze(TEXTS[0] or "")
    assert analysis.category and analysis.route and analysis.sentiment
    assert (rows[0]["category"], rows[0]["route"]) == (analysis.category.category, analysis.route.recommended_route)
    assert rows[0]["sentiment_score"] == pytest.approx(analysis.sentiment.score, abs=1e-4)
    assert rows[3]["abstain"] == "sentiment:empty category:empty route:empty"


def check(found: list[dict[str, Any]], rows: list[dict[str, Any]], more: tuple[str, ...] = ()) -> None:
    assert len(found) == len(rows)
    for row, expected in zip(found, rows, strict=True):
        assert list(row) == [*more, *expected]
        for name, value in expected.items():
            if isinstance(value, float):
                assert row[name] == pytest.approx(value, abs=1e-4)
            else:
                assert row[name] == value or (value is None and pd.isna(row[name])), name


@pytest.mark.parametrize("dtype", ["object", "string", "string[pyarrow]", "str", "category"])
def test_pandas(engine: Engine, rows: list[dict[str, Any]], dtype: Any) -> None:
    frame = pd.DataFrame({"n": range(5), "text": pd.Series(TEXTS, dtype=dtype)}, index=list("vwxyz"))
    frame["text"] = pd.Series(TEXTS, dtype=dtype).array
    before = frame.copy()
    scored = engine.score(frame)
    assert isinstance(scored, pd.DataFrame) and list(scored.index) == list("vwxyz")
    assert {str(scored[name].dtype) for name in COLUMNS} == {"string", "Float32", "UInt32", "boolean"}
    check(scored.to_dict("records"), rows, ("n",))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(frame, before)
    series = engine.score(pd.Series(TEXTS, dtype=dtype, name="message"))
    assert list(series.columns) == ["message", *COLUMNS]


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_polars(engine: Engine, rows: list[dict[str, Any]], dtype: Any) -> None:
    frame = pl.DataFrame({"n": range(5), "text": pl.Series(TEXTS, dtype=dtype)})
    scored = engine.score(frame)
    assert isinstance(scored, pl.DataFrame)
    assert scored.schema["sentiment_score"] == pl.Float32 and scored.schema["tokens"] == pl.UInt32
    check(scored.to_dicts(), rows, ("n",))
    assert engine.score(pl.Series("message", TEXTS)).columns == ["message", *COLUMNS]
    assert engine.score(frame.slice(2, 2))["text"].to_list() == TEXTS[2:4]
    with pytest.raises(InvalidInputError, match="collect"):
        engine.score(frame.lazy())  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_pyarrow(engine: Engine, rows: list[dict[str, Any]], kind: Any) -> None:
    column = pa.array(TEXTS, pa.string()).cast(kind) if kind != pa.string_view() else pa.array(TEXTS, kind)
    schema = pa.schema([("n", pa.int64()), ("text", kind)], metadata={"kept": "yes"})
    table = pa.table([pa.array(range(5)), column], schema=schema)
    scored = engine.score(table)
    assert isinstance(scored, pa.Table) and scored.schema.metadata == {b"kept": b"yes"}
    check(scored.to_pylist(), rows, ("n",))
    chunked = pa.chunked_array([column.slice(0, 2), column.slice(2, 0), column.slice(2)])
    check(engine.score(chunked).to_pylist(), rows)
    check(engine.score(column).to_pylist(), rows)
    batch = engine.score(table.to_batches()[0])
    assert isinstance(batch, pa.RecordBatch)
    check(batch.to_pylist(), rows, ("n",))
    empty = engine.score(table.slice(0, 0))
    assert (empty.num_rows, empty.schema.names) == (0, ["n", "text", *COLUMNS])


def test_numpy(engine: Engine, rows: list[dict[str, Any]]) -> None:
    scored = engine.score(np.array(TEXTS, dtype=object))
    assert scored.dtype.names == ("text", *COLUMNS)
    assert scored["category"].tolist() == [row["category"] for row in rows]
    assert scored["tokens"].mask.tolist() == [False, True, False, False, False]
    assert np.isnan(scored["sentiment_score"].data[1])
    plain = engine.score(np.array(["thanks", "no"]))
    assert plain["text"].tolist() == ["thanks", "no"] and not plain["tokens"].mask.any()
    with pytest.raises(InvalidInputError, match="one dimension"):
        engine.score(np.zeros((2, 2)))


def test_a_column_of_nothing(engine: Engine) -> None:
    assert engine.score([]) == []
    assert engine.score(pa.nulls(3)).column("category").null_count == 3
    assert engine.score(pl.Series("text", [None, None]))["category"].null_count() == 2
    assert engine.score([None])[0]["category"] is None


MISSING: list[Any] = [
    pd.Series([np.nan, np.nan]),
    pd.Series([], dtype=float),
    pd.Series([], dtype=int),
    pd.Series([], dtype=object),
    pd.Series([None], dtype=object),
    pd.Series([pd.NA], dtype="Float64"),
    pd.Series([pd.NaT]),
    pd.Series([None], dtype="category"),
    pd.Series([None], dtype=pd.ArrowDtype(pa.null())),
    pd.Series([None], dtype=pd.ArrowDtype(pa.int64())),
    pd.DataFrame({"text": []}),
]


@pytest.mark.parametrize("data", MISSING)
def test_a_pandas_column_of_nothing_may_be_of_any_type(engine: Engine, data: Any) -> None:
    scored = engine.score(data, outputs=["category"])
    assert len(scored) == len(data) and scored["category"].isna().all() and scored["category"].dtype == "string"


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT], ids=repr)
def test_what_is_missing_is_missing_everywhere(engine: Engine, missing: Any) -> None:
    texts = ["thanks", missing]
    assert [row["category"] is None for row in engine.score(texts)] == [False, True]
    assert engine.score(np.array(texts, dtype=object))["category"].mask.tolist() == [False, True]
    assert engine.score(pd.Series(texts, dtype=object))["category"].isna().tolist() == [False, True]


@pytest.mark.parametrize("item", [np.zeros(2), ["a"], 1.5, 7, b"a", np.sum], ids=lambda item: type(item).__name__)
def test_what_is_no_text_is_refused_by_its_row(engine: Engine, item: Any) -> None:
    array = np.empty(2, dtype=object)
    array[0], array[1] = "a", item
    tables: list[Any] = [["a", item], array, pd.Series(array)]
    for data in tables:
        with pytest.raises(InvalidInputError, match=f"row 1: a text is expected, not {type(item).__name__}"):
            engine.score(data)


def test_categories_of_several_types(engine: Engine) -> None:
    with pytest.raises(InvalidInputError, match="row 1: a text is expected, not int"):
        engine.score(pd.Series(pd.Categorical(["a", 1])))


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_pandas_columns_of_arrow_types(engine: Engine, rows: list[dict[str, Any]], kind: Any) -> None:
    series = pd.Series(TEXTS, dtype=pd.ArrowDtype(pa.string())).astype(pd.ArrowDtype(kind))
    check(engine.score(series.rename("text")).to_dict("records"), rows)  # type: ignore[arg-type]


@pytest.mark.parametrize("absent", [{}, {"na_object": None}, {"na_object": np.nan}], ids=repr)
def test_numpy_strings_of_any_length(engine: Engine, absent: dict[str, Any]) -> None:
    texts = ["thanks", absent["na_object"]] if absent else ["thanks", "no"]
    scored = engine.score(np.array(texts, dtype=np.dtypes.StringDType(**absent)))
    assert scored["text"].data[0] == "thanks"
    assert scored["category"].mask.tolist() == [False, bool(absent)]


class Tickets(pd.DataFrame):
    """A table of the caller's own."""


def test_a_table_of_the_callers_own_is_a_table(engine: Engine, rows: list[dict[str, Any]]) -> None:
    check(engine.score(Tickets({"text": TEXTS})).to_dict("records"), rows)  # type: ignore[arg-type]


def test_names_that_are_none(engine: Engine) -> None:
    prefixes: list[Any] = [None, 5, "\ud800"]
    for prefix in prefixes:
        with pytest.raises(InvalidInputError, match="`prefix` is") as caught:
            engine.score(["a"], prefix=prefix)
        assert caught.value.field == "prefix"
    names: list[Any] = [None, np.array(["text"]), pl.col("text"), ["text"], "\ud800"]
    tables: list[Any] = [pd.DataFrame({"text": ["a"]}), pl.DataFrame({"text": ["a"]}), pa.table({"text": ["a"]})]
    for name in names:
        for table in tables:
            with pytest.raises(InvalidInputError, match="`text` is") as caught:
                engine.score(table, text=name)
            assert caught.value.field == "text"
    number: Any = 0
    assert "category" in engine.score(pd.DataFrame([["thanks"]]), text=number)


def test_outputs_and_prefix(engine: Engine) -> None:
    frame = pl.DataFrame({"text": ["thanks"], "category": ["mine"]})
    with pytest.raises(InvalidInputError, match="has category already") as caught:
        engine.score(frame)
    assert caught.value.field == "prefix"
    scored = engine.score(frame, outputs=["category"], prefix="fd_")
    assert scored.columns == ["text", "category", "fd_category", "fd_category_score", "fd_abstain", "fd_tokens", "fd_truncated"]
    with pytest.raises(InvalidInputError, match="mood"):
        engine.score(["a"], outputs=["mood"])


def test_progress_is_told_and_may_stop_the_work(engine: Engine) -> None:
    told: list[int] = []
    engine.score(["thanks"] * 600, progress=told.append)
    assert told == sorted(told) and told[-1] == 600
    engine.score(["thanks"], progress=True)

    def stop(done: int) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        engine.score(["thanks"] * 2000, progress=stop)


def test_what_is_no_column_of_texts(engine: Engine) -> None:
    with pytest.raises(InvalidInputError, match="row 1: a text is expected, not int"):
        engine.score(["a", 7])  # type: ignore[list-item]
    with pytest.raises(InvalidInputError, match="Int64, not texts"):
        engine.score(pa.array([1, 2]))
    others: list[Any] = [7, None, {"text": ["a"]}, "a text", b"bytes"]
    for data in others:
        with pytest.raises(InvalidInputError, match="is no table"):
            engine.score(data)
    for frame in (pd.DataFrame({"a": ["x"]}), pl.DataFrame({"a": ["x"]}), pa.table({"a": ["x"]})):
        with pytest.raises(InvalidInputError, match="no column `text`; there are: a") as caught:
            engine.score(frame)
        assert caught.value.field == "text"
    twice = pd.DataFrame([["x", "y"]], columns=["text", "text"])
    with pytest.raises(InvalidInputError, match="more than one column `text`"):
        engine.score(twice)
    with pytest.raises(TooLargeError, match="row 300"):
        engine.score(["a"] * 300 + ["b" * 2_000_000])
