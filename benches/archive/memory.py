"""The memory of `frontdesk score` over a long run. Linux.

    benches/archive/run memory.py FRONTDESK ARCHIVE [--model MODEL] [--precision PRECISION] [--threads N]

Prints a JSON line: rows, seconds of the whole process and rows per second; `peak_mib`, the most that was resident, as the kernel
counts it, and `peak_anonymous_mib`, the most of the samples without what is mapped from files, such as weights; `tenths_mib`, the mean of
what was resident in each tenth of the run's time, a sample each half second, none where a tenth has no sample.
"""
from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter

import command

EACH = 0.5
TENTHS = 10


@dataclass(frozen=True)
class Sample:
    """MiB at so many seconds from the start."""

    seconds: float
    resident: float
    peak: float
    anonymous: float


def sample(child: command.Child) -> Sample | None:
    """Nothing once the process has ended."""
    try:
        lines = Path(f"/proc/{child.process.pid}/status").read_text().splitlines()
    except OSError:
        return None
    kib = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines) if value.endswith(" kB")}
    if "VmRSS" not in kib:
        return None
    resident, peak, anonymous = (kib[name] / 1024 for name in ("VmRSS", "VmHWM", "RssAnon"))
    return Sample(perf_counter() - child.start, resident, peak, anonymous)


def sampled(child: command.Child) -> list[Sample]:
    """Samples until the child has ended."""
    samples = []
    while not child.wait(EACH):
        if found := sample(child):
            samples.append(found)
    return samples


def tenths(samples: list[Sample], seconds: float) -> list[float | None]:
    parts: list[list[float]] = [[] for _ in range(TENTHS)]
    for found in samples:
        parts[min(TENTHS - 1, int(found.seconds / seconds * TENTHS))].append(found.resident)
    return [round(mean(part), 1) if part else None for part in parts]


def measure(options: argparse.Namespace, output: Path) -> dict:
    line = command.score(options, output, options.model, options.precision, options.threads)
    with command.Child(line) as child:
        samples = sampled(child)
        child.check()
    if not samples:
        raise command.Failed(f"it ended within {EACH} s: too short a run to sample")
    rows = child.progress and child.progress["rows"]
    return {
        "archive": options.archive.name,
        "rows": rows,
        "seconds": round(child.seconds, 2),
        "rows_per_s": round(rows / child.seconds, 1) if rows else None,
        "peak_mib": round(max(found.peak for found in samples), 1),
        "peak_anonymous_mib": round(max(found.anonymous for found in samples), 1),
        "tenths_mib": tenths(samples, child.seconds),
        "samples": len(samples),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_arguments(parser)
    command.add_model(parser)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="where the scores are left, a directory that is not there yet (thrown away)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    try:
        with tempfile.TemporaryDirectory() as work:
            print(json.dumps(measure(options, options.output or Path(work) / "scores")))
    except command.Failed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
