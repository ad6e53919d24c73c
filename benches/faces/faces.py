"""What each face adds to the engine: the same work through all of them, in turn, in one run. Called by `run`."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

import frontdesk
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[2]
TEXT = "Need to approve this proof ASAP"
ROUNDS = 15


def tiny(folder: Path) -> Path:
    """A whole bundle on two random layers: a forward pass takes a tenth of a millisecond, so that what a face adds is seen."""
    base = folder / "base"
    shutil.copytree(ROOT / "models/tests/golden/bert-single-float32", base)
    shutil.copy(ROOT / "models/tests/golden/tokenizer.json", base)
    heads = {
        "sentiment": ["positive", "neutral", "negative"],
        "emotions": ["joy", "anger", "frustration", "satisfaction"],
        "urgency": [str(level) for level in range(1, 11)],
        "category": ["approval", "revision", "question", "urgent", "technical", "general"],
    }
    model = base
    for task, labels in heads.items():
        texts = ["proof " * (1 + place) for place in range(len(labels))]
        frame = pa.table([texts * 2, labels * 2], names=["text", "label"])
        output = folder / task
        frontdesk.train(frame, valid=frame, base=model, output=output, task=task, epochs=1, progress=False)
        model = output
    return model


class Child:
    """A face in a process of its own."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, line: str) -> float:
        streams: tuple[IO[str] | None, IO[str] | None] = (self.process.stdin, self.process.stdout)
        assert streams[0] and streams[1]
        print(line, file=streams[0], flush=True)
        return float(streams[1].readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class Faces:
    """All faces on one model."""

    def __init__(self, model: Path, texts: Path, command: str) -> None:
        self.engine = frontdesk.Engine(model)
        self.texts = json.loads(texts.read_text())
        self.rust = Child([command, str(model), str(texts)])
        self.node = Child(["node", str(ROOT / "benches/faces/node.mjs"), str(model), str(texts)])

    def __call__(self, face: str, work: str, number: int) -> float:
        if face in ("engine", "http"):
            return self.rust(f"{face} {work} {number}")
        if face == "node":
            return self.node(f"{face} {work} {number}")
        return float(getattr(self, work)(number))

    def single(self, times: int) -> float:
        samples = []
        for _ in range(times):
            start = time.perf_counter()
            self.engine.analyze(TEXT)
            samples.append(time.perf_counter() - start)
        return statistics.median(samples)

    def batch(self, count: int) -> float:
        start = time.perf_counter()
        self.engine.analyze_batch(self.texts[:count])
        return time.perf_counter() - start

    def threads(self, count: int) -> float:
        start = time.perf_counter()
        calls = [0] * count

        def call(place: int) -> None:
            while time.perf_counter() - start < 2:
                self.engine.analyze(TEXT)
                calls[place] += 1

        workers = [threading.Thread(target=call, args=(place,)) for place in range(count)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(calls) / (time.perf_counter() - start)

    def end(self) -> None:
        self.engine.close()
        self.rust.end()
        self.node.end()


def main() -> None:
    command, bundled, tickets = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    lines = [json.loads(line) for line in tickets.read_text("utf-8").splitlines()]
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.json"
        texts.write_text(json.dumps([line["text"] for line in lines[:256]]))
        names = ("engine", "python", "node", "http")

        faces = Faces(tiny(Path(folder)), texts, command)
        rounds = [{name: faces(name, "single", 200) for name in names} for _ in range(ROUNDS + 1)][1:]
        found["engine_single_us"] = round(statistics.median(r["engine"] for r in rounds) * 1e6, 1)
        for name in names[1:]:
            added = statistics.median(r[name] - r["engine"] for r in rounds)
            found[f"{name}_adds_us"] = round(added * 1e6, 1)
        faces.end()

        faces = Faces(bundled, texts, command)
        rounds = [{name: faces(name, "batch", 256) for name in names} for _ in range(6)][1:]
        found["engine_texts_per_s"] = round(256 / statistics.median(r["engine"] for r in rounds), 1)
        for name in names[1:]:
            found[f"{name}_throughput"] = round(statistics.median(r["engine"] / r[name] for r in rounds), 3)
        pairs = [(faces("python", "threads", 4), faces("engine", "threads", 4)) for _ in range(6)][1:]
        found["python_4_threads"] = round(statistics.median(python / rust for python, rust in pairs), 3)
        found["node_loop_p99_ms"] = round(faces("node", "loop", 10) * 1e3, 2)
        faces.end()
    print(json.dumps(found))


main()
