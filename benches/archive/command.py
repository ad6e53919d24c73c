"""The command under test: how it is called, sampled and ended."""
from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "peers"))

from process import end_with_parent  # noqa: E402

# Lines of the last output of a child that are reported where it failed.
LAST_WORDS = 10


class Failed(Exception):
    pass


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("command", metavar="FRONTDESK", help="the built command itself, no script around it")
    parser.add_argument("archive", metavar="ARCHIVE", type=Path)
    parser.add_argument("--text-column", default="text", metavar="NAME")
    parser.add_argument("--extra", type=shlex.split, default=[], metavar="WORDS", help="more arguments of `score`, in one string")


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", help="of `score` (the bundled one)")
    parser.add_argument("--precision", help="of `score` (its own choice)")


def score(options: argparse.Namespace, output: Path, model: str | None, precision: str | None, threads: int) -> list[str]:
    line = [options.command, "score", str(options.archive), "--output", str(output), "--text-column", options.text_column]
    line += ["--model", model] if model else []
    line += ["--precision", precision] if precision else []
    return [*line, "--threads", str(threads), "--progress", "json", *options.extra]


class Child:
    """A child from its start to its end. `progress` has the last report of `score`, `started` the second at which the clock of
    that began, which is after it has loaded its model."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None):
        self.progress: dict | None = None
        self.started: float | None = None
        self.seconds = 0.0
        self.last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self.output = b""
        self.start = time.perf_counter()
        try:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | (environment or {}),
                preexec_fn=end_with_parent,
            )
        except OSError as error:
            raise Failed(str(error)) from error
        self.readers = [threading.Thread(target=read, daemon=True) for read in (self.read_output, self.read_errors)]
        for reader in self.readers:
            reader.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def read_output(self) -> None:
        self.output = self.process.stdout.read()

    def read_errors(self) -> None:
        for raw in self.process.stderr:
            now = time.perf_counter() - self.start
            line = raw.decode(errors="replace").strip()
            try:
                report = json.loads(line) if line.startswith("{") else {}
            except json.JSONDecodeError:
                report = {}
            if "rows" in report:
                self.progress = report
                # A line is read late rather than early: the earliest beginning that any of them gives is the closest.
                begun = now - report.get("seconds", now)
                self.started = begun if self.started is None else min(self.started, begun)
            elif line:
                self.last_words.append(line)

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it has ended within so many seconds."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self.seconds = self.seconds or time.perf_counter() - self.start
        for reader in self.readers:
            reader.join()
        return True

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def check(self) -> None:
        if code := self.process.returncode:
            raise Failed(f"{shlex.join(self.process.args)} ended with {code}: " + " / ".join(self.last_words))
