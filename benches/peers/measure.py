"""Starts the engines and times them in turn."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import disturbance
import engines
import mix
import models
from disturbance import Ticks
from engines import Engine
from process import Child, ChildFailed

# A score further than this from PyTorch's float32 is reported: rounding alone moves it less.
TOLERANCE = {"int8": 0.15, "bf16": 0.03, "f32": 0.001}
# What is measured of our own engine on a network that computes next to nothing.
TEXT = "text"


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Field:
    """The engines that run, and those that fell out, with the reason."""

    def __init__(self, directory: Path, throughput: Path, limits: Path, threads: int, calls: int, patience: float):
        self.directory, self.throughput, self.limits = directory, throughput, limits
        self.threads, self.calls, self.patience = threads, calls, patience
        self.children: dict[str, Child] = {}
        self.facts: dict[str, dict] = {}
        self.failed: dict[str, str] = {}
        self.environment = {
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "RAYON_NUM_THREADS": str(threads),
            # NumPy only pads and computes a small head.
            "OPENBLAS_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "true",
            "HF_HUB_OFFLINE": "1",
        }
        self.logs = directory / models.LOGS

    def __enter__(self) -> Field:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.end()

    def drop(self, name: str, reason: Exception | str) -> None:
        note(f"{name} is left out: {reason}")
        self.failed[name] = str(reason)
        if child := self.children.pop(name, None):
            child.end()

    def start(self, name: str, command: list[str]) -> Child | None:
        note(f"loading {name}")
        try:
            self.children[name] = Child(command, self.environment, self.logs / f"{name}.txt")
        except ChildFailed as error:
            self.drop(name, error)
        return self.children.get(name)

    def start_engine(self, engine: Engine, reference: list[float]) -> None:
        child = self.start(engine.name, engine.command(self.throughput, self.directory, self.threads))
        if not child:
            return
        facts = {"title": engine.title, "library": engine.library, "precision": engine.precision}
        try:
            scores = child.ask(f"scores {len(reference)}")["scores"]
            off = max(abs(a - b) for a, b in zip(scores, reference, strict=True))
            facts |= {"version": child.info["version"], "largest_score_difference": round(off, 6)}
            if off > TOLERANCE[engine.precision]:
                note(f"{engine.name}: a score differs from PyTorch's by {off:.3f}")
            self.wait()
            if engine.is_ours:
                # As warm as the peers are after theirs.
                child.ask("pass")
            else:
                facts |= child.ask("calibrate")
                note(f"{engine.name}: best with batches of {facts['batch']}, {facts['use']}")
        except (ChildFailed, ValueError) as error:
            self.drop(engine.name, error)
        else:
            self.facts[engine.name] = facts

    def start_text(self) -> None:
        tiny, texts = self.directory / models.TINY, self.directory / models.TEXTS
        self.start(TEXT, engines.ours(self.throughput, tiny, texts, self.threads, "f32"))

    def wait(self) -> None:
        """All children stand still here: what computes is not ours."""
        if self.patience > 0:
            self.patience = disturbance.wait_until_quiet(self.patience)
            if self.patience <= 0:
                note("other processes compute, and the time to wait for them is over")

    def time(self, name: str) -> dict | None:
        """One pass over all texts and single calls at each length."""
        child = self.children[name]
        self.wait()
        before = Ticks.now(child.process.pid)
        try:
            sample = child.ask("pass")
            single = {}
            for tokens in mix.SINGLE_TOKENS:
                answer = child.ask(f"single {tokens - mix.SPECIAL} {self.calls}")
                if answer["tokens"] != tokens:
                    raise ChildFailed(f"a text of {tokens} tokens has {answer['tokens']}")
                single[str(tokens)] = answer["ms"]
        except ChildFailed as error:
            self.drop(name, error)
            return None
        return sample | {"ms": single} | disturbance.between(before, Ticks.now(child.process.pid))

    def measured_limits(self) -> dict | None:
        self.wait()
        try:
            run = subprocess.run([self.limits, str(self.threads)], capture_output=True, text=True, check=True)
            return json.loads(run.stdout)
        except (OSError, subprocess.CalledProcessError, json.JSONDecodeError) as error:
            note(f"the machine's limits are left out: {error}")
            return None

    def round(self, number: int) -> dict:
        # There and back: what drifts over a round does not favour a place in it.
        names = list(self.children) if number % 2 == 0 else list(reversed(self.children))
        found: dict = {"limits": self.measured_limits(), "engines": {}}
        for name in names:
            if sample := self.time(name):
                note(f"round {number + 1}: {name} {sample['texts_per_s']} texts/s, ms {sample['ms']}")
                if name == TEXT:
                    found[TEXT] = sample
                else:
                    found["engines"][name] = sample
        return found
