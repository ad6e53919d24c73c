"""Makes the files in tables/, which core/tests/engine/tables/golden.rs reads: what pandas, polars and pyarrow write, and dialects of spreadsheets.

    python3 -m venv venv && venv/bin/pip install pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 zstandard
    venv/bin/python core/tests/golden/make_tables.py
"""
import csv
import datetime
import io
import json
import re
import uuid
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

OUT = Path(__file__).parent / "tables"
OUT.mkdir(exist_ok=True)

TEXTS = [
    "The blue on the cover is wrong.",
    'She said "no, not again", and hung up.',
    "Two lines:\nthe second one; with | and\ttab",
    "Größe 3 € — ändern",
    "日本語 and 😀",
    "  spaces around  ",
    "NaN",
    "C:\\proofs\\new\\",
]
LABELS = ["revision", "urgent", "question", "revision", "general", "general", "technical", "technical"]
NUMBERS = [9007199254740993 + n for n in range(len(TEXTS))]
TIMES = [datetime.datetime(2026, 3, 1, 9, n, tzinfo=datetime.timezone.utc) for n in range(len(TEXTS))]
WESTERN = [text.encode("cp1252", "ignore").decode("cp1252") for text in TEXTS]

frame = pd.DataFrame({
    "number": NUMBERS,
    "text": TEXTS,
    "label": LABELS,
    "created_at": pd.Series(TIMES).dt.tz_convert("UTC"),
})
rich = frame.assign(
    berlin=frame.created_at.dt.tz_convert("Europe/Berlin"),
    id=[uuid.UUID(int=n).bytes for n in range(len(TEXTS))],
    tags=[["a", "b"]] * len(TEXTS),
    who=[{"name": "x"}] * len(TEXTS),
    kind=pd.Categorical(LABELS),
)
table = pa.Table.from_pandas(rich, preserve_index=False)
polars = pl.from_pandas(frame)

files = {}


def lines_of(raw):
    """The line on which each row begins, counted on the text itself: `raw` is the text with a mark before each row."""
    lines, line = [], 1
    for part in re.split("(\x02)", raw):
        if part == "\x02":
            lines.append(line)
        line += len(re.findall("\r\n|\r|\n", part))
    return lines


def put(name, data, lines=None, **about):
    (OUT / name).write_bytes(data)
    files[name] = {"lines": lines or list(range(1, len(TEXTS) + 1)), **about}


def csv_lines(text, delimiter=",", header=1):
    """Lines of the rows of a CSV as Python's own reader splits them."""
    reader = csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=delimiter)
    starts, before = [], 0
    for number, _ in enumerate(reader):
        starts.append(before + 1)
        before = reader.line_num
    return starts[header:]


plain = frame.drop(columns="created_at")
for name, options in {
    "pandas.csv": {},
    "pandas-quoted.csv": {"quoting": csv.QUOTE_ALL},
    "pandas-semicolon.csv": {"sep": ";"},
    "pandas-crlf.csv": {"lineterminator": "\r\n"},
    "pandas-tab.tsv": {"sep": "\t"},
}.items():
    text = plain.to_csv(index=False, **options)
    put(name, text.encode(), csv_lines(text, options.get("sep", ",")))
text = plain.to_csv(index=False)
put("pandas-bom.csv", text.encode("utf-8-sig"), csv_lines(text))
put("pandas-utf16.csv", text.encode("utf-16"), csv_lines(text))
text = plain.assign(text=WESTERN).to_csv(index=False)
put("pandas-cp1252.csv", text.encode("cp1252"), csv_lines(text), encoding="windows-1252")
plain.to_csv(OUT / "pandas.csv.gz", index=False, compression={"method": "gzip", "mtime": 1})
files["pandas.csv.gz"] = files["pandas.csv"]
plain.to_csv(OUT / "pandas.csv.zst", index=False, compression="zstd")
files["pandas.csv.zst"] = files["pandas.csv"]
put("pandas.jsonl", plain.to_json(orient="records", lines=True).encode())
put("pandas-array.json", plain.to_json(orient="records").encode(), [1] * len(TEXTS))
indented = plain.to_json(orient="records", indent=2)
put("pandas-indented.json", indented.encode(), lines_of(re.sub(r"(?m)^( *)\{", "\x02\\1{", indented)))
put("python-nan.jsonl", "".join(json.dumps({**row, "score": float("nan")}) + "\n" for row in plain.to_dict("records")).encode())

for name, text in {
    "polars.csv": polars.drop("created_at").write_csv(),
    "polars-always.csv": polars.drop("created_at").write_csv(quote_style="always"),
}.items():
    put(name, text.encode(), csv_lines(text))
put("polars.ndjson", polars.drop("created_at").write_ndjson().encode())
put("polars-array.json", polars.drop("created_at").write_json().encode(), [1] * len(TEXTS))


def written(write):
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


utc = {"created": "2026-03-01T09:00:00Z"}
put("pandas.parquet", written(lambda sink: frame.to_parquet(sink, index=False)), **utc)
put("pandas-rich.parquet", written(lambda sink: pa.parquet.write_table(table, sink)), **utc)
put("pyarrow-zstd.parquet", written(lambda sink: pa.parquet.write_table(table, sink, compression="zstd", row_group_size=3)), **utc)
put("pyarrow-v1.parquet", written(lambda sink: pa.parquet.write_table(table, sink, version="1.0", use_dictionary=False)), **utc)
put("polars.parquet", written(lambda sink: polars.write_parquet(sink)), **utc)
put("pandas.feather", written(lambda sink: pa.feather.write_feather(table, sink)), **utc)
put("pyarrow-plain.arrow", written(lambda sink: pa.feather.write_feather(table, sink, compression="uncompressed")), **utc)
put("polars.arrow", written(lambda sink: polars.write_ipc(sink)), **utc)
put("polars.arrows", written(lambda sink: polars.write_ipc_stream(sink)), **utc)
sink = io.BytesIO()
pa.csv.write_csv(pa.Table.from_pandas(plain, preserve_index=False), sink)
put("pyarrow.csv", sink.getvalue(), csv_lines(sink.getvalue().decode()))


def sheet(delimiter, end, told):
    sink = io.StringIO(newline="")
    # Python leaves a line feed without quotes where lines end otherwise.
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL
    writer = csv.writer(sink, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["number", "text", "label", "", ""])
    writer.writerows([number, text, label, "", ""] for number, text, label in zip(NUMBERS, TEXTS, LABELS))
    return (f"sep={delimiter}{end}" if told else "") + sink.getvalue()


for name, delimiter, end, told, encoding in [
    ("excel-sep.csv", ";", "\r\n", True, "utf-8-sig"),
    ("excel-unicode-text.csv", "\t", "\r\n", False, "utf-16"),
    ("excel-mac.csv", ",", "\r", False, "utf-8"),
    ("excel-utf8.csv", ",", "\r\n", False, "utf-8-sig"),
]:
    text = sheet(delimiter, end, told)
    put(name, text.encode(encoding), csv_lines(text, delimiter, 2 if told else 1))

rows = [
    {"text": text, "western": western, "label": label, "number": str(number)}
    for text, western, label, number in zip(TEXTS, WESTERN, LABELS, NUMBERS)
]
(OUT / "expected.json").write_text(json.dumps({"rows": rows, "files": files}, indent=1, ensure_ascii=False) + "\n")
