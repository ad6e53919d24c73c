"""Frontdesk beside its peers over a whole archive: Parquet in, a label and a score a row out, the same checkpoint.

    benches/archive/run peers.py FRONTDESK ARCHIVE.parquet [--rounds N] [--threads N] [--only NAME...]

ARCHIVE has the columns `id` and `text`. The checkpoint is that of benches/peers, in the forms that each reads: `frontdesk-int8` and
`frontdesk-f32` are `frontdesk score`; `pipeline-f32` is transformers' text-classification pipeline with batches of 32; `polars-int8` is
Polars and ONNX Runtime, rows sorted by length, with the batch size and the use of threads that child.py of benches/peers finds fastest here.
Each run is a process of its own, in turn, there and back by rounds.

Prints a JSON line for each run: rows, seconds of the whole process, seconds once the model was loaded (ours: from where the clock of its
progress began; none where it tells none), rows per second of the whole process, and the share of the processors' time that others and
the hypervisor took. Then a line for each pair of ours and a peer, and for the two peers: the median of the first over the median of the other, in
rows per second, for both kinds of seconds; the share of rows with the same label, how many have each label by the first, and the mean and the
largest difference of the score of one label: the checkpoint's weights are random, many rows are near a tie, and rounding to int8 tips some.
"""
from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import command

import compare
import disturbance
import models
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from disturbance import Ticks
from process import Child as Asked
from process import ChildFailed

HERE = Path(__file__).resolve().parent
OURS = ("frontdesk-int8", "frontdesk-f32")
PEERS = ("pipeline-f32", "polars-int8")
# The last shows what int8 changes where it is not ours.
PAIRS = (*((ours, peer) for ours in OURS for peer in PEERS), ("polars-int8", "pipeline-f32"))
# A common choice; its default is 1.
PIPELINE_BATCH = 32
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    rows: int
    whole: float
    loaded: float | None


def note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def environment(threads: int) -> dict[str, str]:
    """As benches/peers has it for its children."""
    each = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")
    fixed = {"OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "true", "HF_HUB_OFFLINE": "1"}
    return dict.fromkeys(each, str(threads)) | fixed


class Field:
    """What runs, and the scores of its last run."""

    def __init__(self, options: argparse.Namespace, directory: Path, work: Path):
        self.options, self.directory, self.work = options, directory, work
        self.environment = environment(options.threads)
        self.patience = options.patience
        self.onnx: list[str] = []

    def calibrate(self) -> None:
        """How ONNX Runtime is fastest on this machine, over the texts of benches/peers."""
        note("finding the best batch of ONNX Runtime")
        line = [sys.executable, str(HERE.parent / "peers" / "child.py"), "onnxruntime", "int8"]
        line += [str(self.directory), str(self.options.threads)]
        child = Asked(line, self.environment, self.work / "calibrate.txt")
        try:
            best = child.ask("calibrate")
        finally:
            child.end()
        note(f"batches of {best['batch']}, {best['use']}")
        self.onnx = ["--batch", str(best["batch"])] + (["--split"] if best["use"] == "a batch on each thread" else [])

    def ours(self, name: str, output: Path) -> Run:
        precision, checkpoint = name.split("-")[1], str(self.directory / models.CHECKPOINT)
        line = command.score(self.options, output, checkpoint, precision, self.options.threads)
        with command.Child(line, self.environment) as child:
            child.wait()
            child.check()
        loaded = None if child.started is None else child.seconds - child.started
        return Run(len(table(output)), child.seconds, loaded)

    def peer(self, name: str, output: Path) -> Run:
        job = name.split("-")[0]
        line = [sys.executable, str(HERE / "jobs.py"), job, str(self.options.archive), str(output), str(self.directory)]
        line += ["--threads", str(self.options.threads), "--text-column", self.options.text_column]
        line += ["--batch", str(PIPELINE_BATCH)] if job == "pipeline" else self.onnx
        with command.Child(line, self.environment) as child:
            child.wait()
            child.check()
        answer = json.loads(child.output)
        return Run(answer["rows"], child.seconds, answer["seconds"])

    def output(self, name: str) -> Path:
        return self.work / name

    def time(self, name: str) -> tuple[Run, dict]:
        """A run, and what else the processors did meanwhile."""
        output = self.output(name)
        shutil.rmtree(output, ignore_errors=True)
        if name in PEERS:
            output.mkdir()
        if self.patience > 0:
            self.patience = disturbance.wait_until_quiet(self.patience)
        before, used = Ticks.now(), used_ticks()
        run = self.ours(name, output) if name in OURS else self.peer(name, output / "part-00000.parquet")
        after = Ticks.now()
        if before and after:
            after = dataclasses.replace(after, own=before.own + used_ticks() - used)
        return run, disturbance.between(before, after)


def used_ticks() -> int:
    """Of the children that have ended, and of this process."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    return round(sum(usage.ru_utime + usage.ru_stime for usage in found) * TICKS)


def table(directory: Path) -> pa.Table:
    """The parts in their order: `label`, `score`, and `id` where there is one."""
    parts = [pq.read_table(path) for path in sorted(directory.glob("part-*.parquet"))]
    if not parts:
        raise command.Failed(f"no part in {directory}: {sorted(path.name for path in directory.iterdir())}")
    whole = pa.concat_tables(parts)
    columns = {"label": whole["label"], "score": whole["score" if "score" in whole.column_names else "label_score"]}
    if "id" in whole.column_names:
        columns["id"] = whole["id"]
    return pa.table(columns)


def agreement(ours: Path, peer: Path) -> dict:
    """Row by row, in the order of the archive."""
    one, other = table(ours), table(peer)
    if len(one) != len(other):
        raise command.Failed(f"{ours.name} has {len(one)} rows, {peer.name} {len(other)}")
    if "id" in one.column_names and one["id"].cast(pa.string()) != other["id"].cast(pa.string()):
        raise command.Failed(f"the ids of {ours.name} and {peer.name} are not in the same order")
    # A row without an answer agrees with nothing.
    same = pc.fill_null(pc.equal(one["label"].cast(pa.string()), other["label"].cast(pa.string())), False)
    a, b = (found["score"].cast(pa.float64()) for found in (one, other))
    # With two labels, the other label's score is what is left of 1.
    off = pc.abs(pc.subtract(a, pc.if_else(same, b, pc.subtract(1.0, b))))
    return {
        "same_labels": round(pc.mean(same).as_py(), 5),
        "labels": dict(Counter(one["label"].to_pylist()).most_common()),
        "mean_score_difference": round(pc.mean(off).as_py(), 5),
        "largest_score_difference": round(pc.max(off).as_py(), 5),
    }


def rates(runs: list[Run]) -> tuple[float, float | None]:
    """Median rows per second, of the whole process and once the model was loaded."""
    loaded = [run.rows / run.loaded for run in runs if run.loaded]
    return median(run.rows / run.whole for run in runs), median(loaded) if len(loaded) == len(runs) else None


def over(ours: list[Run], peer: list[Run]) -> dict:
    (whole, loaded), (peer_whole, peer_loaded) = rates(ours), rates(peer)
    return {
        "ratio": round(whole / peer_whole, 3),
        "ratio_loaded": round(loaded / peer_loaded, 3) if loaded and peer_loaded else None,
    }


def measure(options: argparse.Namespace, directory: Path, work: Path) -> None:
    field = Field(options, directory, work)
    if "polars-int8" in options.only:
        field.calibrate()
    runs: dict[str, list[Run]] = {name: [] for name in options.only}
    for number in range(options.rounds):
        # There and back: what drifts over a round does not favour a place in it.
        for name in options.only if number % 2 == 0 else reversed(options.only):
            run, others = field.time(name)
            runs[name].append(run)
            line = {"round": number + 1, "run": name, "rows": run.rows, "seconds": round(run.whole, 2)}
            line |= {"seconds_loaded": round(run.loaded, 2) if run.loaded else None}
            line |= {"rows_per_s": round(run.rows / run.whole, 1)} | others
            print(json.dumps(line), flush=True)
    for one, other in ((one, other) for one, other in PAIRS if {one, other} <= set(runs)):
        found = over(runs[one], runs[other]) | agreement(field.output(one), field.output(other))
        print(json.dumps({"of": one, "over": other} | found), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="of each (2)")
    parser.add_argument("--only", nargs="+", choices=[*OURS, *PEERS], default=[*OURS, *PEERS])
    parser.add_argument("--patience", type=float, default=300, help="seconds in all to wait while other processes compute (300)")
    parser.add_argument("--directory", type=Path, help="forms as peers/models.py builds them, of another checkpoint with two labels")
    parser.add_argument("--cache", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    directory = options.directory or compare.forms(options.cache)[0]
    try:
        with tempfile.TemporaryDirectory() as work:
            measure(options, directory, Path(work))
    except (command.Failed, ChildFailed) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
