"""A child that computes when it is asked and stands still otherwise."""
from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

# Longer than any answer takes: a child that says nothing for so long is taken for stuck.
PATIENCE = 900


# Of prctl, on Linux.
PARENT_DEATH_SIGNAL = 1


class ChildFailed(Exception):
    pass


def end_with_parent() -> None:
    """A process that is stopped does not notice that nobody asks it any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


class Child:
    """Between two answers the process is stopped, so that threads of its which spin for work take nothing from the others and each
    engine can keep its own way to wait."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path):
        self.log, self.buffer = log, b""
        try:
            with log.open("wb") as errors:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    bufsize=0,
                    env=os.environ | environment,
                    preexec_fn=end_with_parent,
                )
        except OSError as error:
            raise ChildFailed(str(error)) from error
        try:
            self.info = self.answer()
        except ChildFailed:
            self.end()
            raise

    def ask(self, command: str) -> dict:
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(command.encode() + b"\n")
        except BrokenPipeError:
            raise ChildFailed(self.last_words()) from None
        return self.answer()

    def answer(self) -> dict:
        line = self.line()
        self.process.send_signal(signal.SIGSTOP)
        try:
            answer = json.loads(line)
        except json.JSONDecodeError:
            raise ChildFailed(f"its answer is no JSON: {line[:200]!r}") from None
        if "error" in answer:
            raise ChildFailed(answer["error"])
        return answer

    def line(self) -> bytes:
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.buffer:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise ChildFailed(f"no answer in {PATIENCE} s")
            read = os.read(self.process.stdout.fileno(), 1 << 16)
            if not read:
                raise ChildFailed(self.last_words())
            self.buffer += read
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def last_words(self) -> str:
        code = self.process.wait()
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f"it ended with {code}: {lines[-1] if lines else 'no word of why'}"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
