"""A peer's whole job in a process of its own: texts of a Parquet file in, a Parquet file with a label and a score a row out.

    jobs.py pipeline|polars ARCHIVE OUT.parquet DIRECTORY [--threads N] [--batch N] [--split] [--text-column NAME]

DIRECTORY has the forms of the model that benches/peers builds. Prints a JSON line: rows, and the seconds from when the model was loaded
until the file was written.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# What a library prints while it works must not stand before the line.
stdout = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "peers"))

import models  # noqa: E402

ROWS = 10_000

Job = Callable[[], int]


def pipeline(options: argparse.Namespace) -> Job:
    """As its documentation shows it: rows in the order of the file, PyTorch in float32."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import torch
    import transformers

    torch.set_num_threads(options.threads)
    classify = transformers.pipeline("text-classification", model=str(options.directory / models.CHECKPOINT), device="cpu")
    schema = pa.schema([("id", pa.string()), ("label", pa.string()), ("score", pa.float32())])

    def job() -> int:
        source, rows = pq.ParquetFile(options.archive), 0
        with pq.ParquetWriter(options.out, schema, compression="zstd") as writer:
            for batch in source.iter_batches(ROWS, columns=["id", options.text_column]):
                texts = batch[options.text_column].to_pylist()
                found = classify(texts, batch_size=options.batch, truncation=True)
                labels, scores = ([answer[name] for answer in found] for name in ("label", "score"))
                writer.write_table(pa.table([batch["id"], labels, pa.array(scores, pa.float32())], schema=schema))
                rows += len(texts)
        return rows

    return job


def polars(options: argparse.Namespace) -> Job:
    """Longest first in padded batches, so that little is padded, and back in the order of the file; ONNX Runtime in int8."""
    import backends
    import numpy
    import polars as pl
    from tokenizers import Tokenizer

    config = json.loads((options.directory / models.CHECKPOINT / "config.json").read_text())
    names = [config["id2label"][str(place)] for place in range(2)]
    tokenizer = Tokenizer.from_file(str(options.directory / models.CHECKPOINT / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config["max_position_embeddings"])
    backend = backends.OnnxRuntime(options.directory, "int8", options.threads)
    workers = backend.split() if options.split else [backend.whole()]

    def job() -> int:
        frame = pl.read_parquet(options.archive, columns=["id", options.text_column])
        rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(frame[options.text_column].to_list())]
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]), reverse=True)
        batches = iter([order[at : at + options.batch] for at in range(0, len(order), options.batch)])
        second = numpy.empty(len(rows), numpy.float32)

        def work(forward: Callable[[list[list[int]]], numpy.ndarray]) -> None:
            # An iterator over a list is stepped under the interpreter's lock.
            for batch in batches:
                second[batch] = forward([rows[row] for row in batch])

        if len(workers) == 1:
            work(workers[0])
        else:
            with ThreadPoolExecutor(len(workers)) as pool:
                list(pool.map(work, workers))
        is_second = second > 0.5
        label = pl.Series("label", numpy.where(is_second, names[1], names[0]).tolist())
        score = pl.Series("score", numpy.where(is_second, second, 1 - second))
        frame.select("id").with_columns(label, score).write_parquet(options.out)
        return len(rows)

    return job


JOBS = {"pipeline": pipeline, "polars": polars}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--split", action="store_true", help="polars: a batch on each thread instead of all threads on a batch")
    parser.add_argument("--text-column", default="text")
    options = parser.parse_args()
    job = JOBS[options.job](options)
    start = time.perf_counter()
    rows = job()
    stdout.write(json.dumps({"rows": rows, "seconds": round(time.perf_counter() - start, 3)}) + "\n")


if __name__ == "__main__":
    main()
