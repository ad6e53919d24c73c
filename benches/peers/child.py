"""One peer in a process of its own, timed on command: what `throughput ... serve` is for Frontdesk.

    child.py BACKEND PRECISION DIRECTORY THREADS

Prints a JSON line when the model is loaded, then answers each line of its input with one: `calibrate` (finds the batch size and the
use of threads that give most texts per second, for the passes after it), `pass`, `single WORDS CALLS`, `scores TEXTS`.
"""
from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import median

# What a library prints while it loads must not stand among the answers.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import models  # noqa: E402

# Batch sizes that are always tried, and how far the search may go beyond them where an end is within a twentieth of the best.
BATCHES = (8, 16)
SMALLEST, LARGEST, NEARLY = 2, 64, 1.05
WARM_UP = 5


class Peer:
    def __init__(self, backend: str, precision: str, directory: Path, threads: int):
        from tokenizers import Tokenizer

        import backends

        self.texts = json.loads((directory / models.TEXTS).read_text())
        self.tokenizer = Tokenizer.from_file(str(directory / models.CHECKPOINT / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(512)
        self.backend = backends.BACKENDS[backend](directory, precision, threads)
        self.version = version(self.backend.package)
        self.forward = self.backend.whole()
        self.pool = ThreadPoolExecutor(threads)
        self.workers = [self.forward]
        self.batch = BATCHES[0]

    def rows(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]

    def timed_pass(self, workers: list, batch: int) -> tuple[float, int]:
        """All texts from strings to probabilities, longest first, so that little is padded and threads end together."""
        start = time.perf_counter()
        rows = sorted(self.rows(self.texts), key=len, reverse=True)
        batches = [rows[at : at + batch] for at in range(0, len(rows), batch)]
        if len(workers) == 1:
            for rows_of_batch in batches:
                workers[0](rows_of_batch)
        else:
            waiting = iter(batches)

            def work(forward) -> None:
                # An iterator over a list is stepped under the interpreter's lock.
                for rows_of_batch in waiting:
                    forward(rows_of_batch)

            list(self.pool.map(work, workers))
        return time.perf_counter() - start, sum(map(len, rows))

    def calibrate(self) -> dict:
        """The fastest batch size for each use of the threads, and the two fastest settings once more: the best pass of each counts."""
        uses = {"all threads on a batch": [self.forward]}
        if split := self.backend.split():
            uses["a batch on each thread"] = split
        best: dict[tuple[str, int], float] = {}
        for use, workers in uses.items():
            for forward in workers:
                forward(self.rows(self.texts[: BATCHES[0]]))
            for batch in BATCHES:
                best[use, batch] = self.timed_pass(workers, batch)[0]
            # Beyond an end that is as good as the best there may be a better one.
            least = min(seconds for (other, _), seconds in best.items() if other == use)
            for end, step in ((BATCHES[0], 0.5), (BATCHES[-1], 2)):
                size = end
                while best[use, size] <= least * NEARLY and SMALLEST <= size * step <= LARGEST:
                    size = int(size * step)
                    best[use, size] = self.timed_pass(workers, size)[0]
                    least = min(least, best[use, size])
        for setting in sorted(best, key=best.get)[:2]:
            best[setting] = min(best[setting], self.timed_pass(uses[setting[0]], setting[1])[0])
        use, self.batch = min(best, key=best.get)
        self.workers = uses[use]
        rate = lambda seconds: round(len(self.texts) / seconds, 1)  # noqa: E731
        tried = [{"use": use, "batch": batch, "texts_per_s": rate(seconds)} for (use, batch), seconds in best.items()]
        return {"use": use, "batch": self.batch, "tried": tried}

    def pass_(self) -> dict:
        for forward in self.workers:
            forward(self.rows(self.texts[: BATCHES[0]]))
        seconds, tokens = self.timed_pass(self.workers, self.batch)
        return {"texts_per_s": round(len(self.texts) / seconds, 1), "seconds": seconds, "tokens": tokens}

    def single(self, words: int, calls: int) -> dict:
        text = " ".join(max(self.texts, key=len).split()[:words])
        samples = []
        for call in range(WARM_UP + calls):
            start = time.perf_counter()
            rows = self.rows([text])
            self.forward(rows)
            if call >= WARM_UP:
                samples.append((time.perf_counter() - start) * 1e3)
        return {"tokens": len(rows[0]), "ms": round(median(samples), 3)}

    def scores(self, count: int) -> dict:
        return {"scores": [float(score) for score in self.forward(self.rows(self.texts[:count]))]}

    def answer(self, command: str) -> dict:
        match command.split():
            case ["calibrate"]:
                return self.calibrate()
            case ["pass"]:
                return self.pass_()
            case ["single", words, calls]:
                return self.single(int(words), int(calls))
            case ["scores", count]:
                return self.scores(int(count))
        raise ValueError(f"`{command}` is none of calibrate, pass, single WORDS CALLS, scores TEXTS")


def send(answer: dict) -> None:
    answers.write(json.dumps(answer) + "\n")


def failure(error: Exception) -> dict:
    lines = str(error).strip().splitlines() or [""]
    return {"error": f"{type(error).__name__}: {lines[0]}".removeprefix("Unavailable: ")}


def main() -> None:
    backend, precision, directory, threads = sys.argv[1:]
    try:
        peer = Peer(backend, precision, Path(directory), int(threads))
    except Exception as error:
        sys.exit(send(failure(error)))
    send({"version": peer.version, "precision": precision, "threads": int(threads)})
    for line in sys.stdin:
        try:
            send(peer.answer(line.strip()))
        except Exception as error:
            send(failure(error))


if __name__ == "__main__":
    main()
