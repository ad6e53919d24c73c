"""`frontdesk score` on an S3 store: object_store.py FRONTDESK. Run by ci/object-store."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
ROWS = [("one", "Where is my invoice?"), ("two", "The upload fails."), ("three", "The proof looks good.")]


def scored(output: Path) -> list[dict[str, object]]:
    """The rows of all parts, without the names of their inputs."""
    parts = sorted(output.glob("part-*.jsonl"))
    rows = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "input"} for row in rows]


def main() -> None:
    frontdesk = Path(sys.argv[1]).resolve()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    environment = os.environ | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
    }
    try:
        with tempfile.TemporaryDirectory() as folder:
            check(frontdesk, environment, Path(folder))
    finally:
        server.stop()
    print("archives in an object store: all checks passed")


def check(frontdesk: Path, environment: dict[str, str], place: Path) -> None:
    def score(*arguments: str, fails: str | None = None) -> None:
        command = [str(frontdesk), "score", *arguments, "--format", "jsonl", "--outputs", "category"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        if fails is None:
            assert done.returncode == 0, done.stderr
        else:
            assert done.returncode == 1 and fails in done.stderr, (done.returncode, done.stderr)

    store = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    store.create_bucket(Bucket="desk")
    text = "id,text\n" + "".join(f"{name},{message}\n" for name, message in ROWS)
    parquet = io.BytesIO()
    pq.write_table(pa.table({"id": [r[0] for r in ROWS], "text": [r[1] for r in ROWS]}), parquet)
    objects = {
        "a.csv": text.encode(),
        "2026/b.csv.gz": gzip.compress(text.encode()),
        "2026/c.parquet": parquet.getvalue(),
        "2026/notes.txt": b"no archive",
        "2026/d.parquet/_SUCCESS": b"",
        "2026/d.parquet/.part.parquet.crc": b"crc",
    }
    for name, body in objects.items():
        store.put_object(Bucket="desk", Key=name, Body=body)
    local = place / "a.csv"
    local.write_text(text)
    score(str(local), "--output", str(place / "local"))
    expected = scored(place / "local")
    assert len(expected) == len(ROWS)

    score("s3://desk/a.csv", "--output", str(place / "one"))
    assert scored(place / "one") == expected
    score("s3://desk/2026/", "--output", str(place / "prefix"))
    assert scored(place / "prefix") == expected * 2
    score("s3://desk/2026/*.parquet", str(local), "--output", str(place / "pattern"))
    assert scored(place / "pattern") == expected * 2
    names = [entry["name"] for entry in json.loads((place / "pattern" / "manifest.json").read_text())["inputs"]]
    assert names == ["s3://desk/2026/c.parquet", str(local)], names

    # Gone on with, it is whole; changed, it is told so.
    score("s3://desk/a.csv", "--output", str(place / "one"))
    store.put_object(Bucket="desk", Key="a.csv", Body=text.replace("fails", "stops").encode())
    score("s3://desk/a.csv", "--output", str(place / "one"), fails="s3://desk/a.csv has changed")
    score("s3://desk/missing.csv", "--output", str(place / "none"), fails="no such object")
    score("s3://nobody/a.csv", "--output", str(place / "none"), fails="s3://nobody/a.csv")
    score("ftp://desk/a.csv", "--output", str(place / "none"), fails="ftp://desk/a.csv")
    assert not (place / "none").exists()


if __name__ == "__main__":
    main()
