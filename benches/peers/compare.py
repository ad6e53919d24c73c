"""Times Frontdesk beside its peers on this machine, in turn, and writes a record with two figures."""
from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import engines
import machine
import mix
import models
import plot
import records
import report
import shapes
from measure import Field, note

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "benches" / "record"
TOKENIZER = ROOT / "models" / "bundles" / "frontdesk-small"


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("from 1")
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="engines (openvino-int8), libraries or precisions")
    parser.add_argument("--model", choices=list(shapes.SHAPES), default=shapes.FIRST, help=f"the network ({shapes.FIRST})")
    parser.add_argument("--rounds", type=count, default=5, help="how often each is timed (5)")
    parser.add_argument("--threads", type=count, default=machine.physical_cores(), help="of each engine (the cores)")
    parser.add_argument("--calls", type=count, default=30, help="single calls of which a round takes the median (30)")
    parser.add_argument("--patience", type=float, default=300, help="seconds in all to wait while other processes compute (300)")
    parser.add_argument("--name", help="of the record; by default made of processor, instruction set and threads")
    parser.add_argument("--records", action="store_true", help="list the records and which are older than the kernels, and time nothing")
    parser.add_argument("--cache", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    try:
        options.engines = engines.chosen(options.only)
    except ValueError as error:
        parser.error(str(error))
    return options


def built() -> Path:
    """Where cargo puts what it builds, after it has built ours."""
    try:
        binaries = ["-p", "frontdesk-benches", "--bin", "throughput", "--bin", "limits"]
        subprocess.run(["cargo", "build", "--release", "--quiet", *binaries], cwd=ROOT, check=True)
        metadata = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
        found = subprocess.run(metadata, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"our own engine could not be built: {error}")
    return Path(json.loads(found)["target_directory"]) / "release"


def forms(cache: Path, model: str) -> tuple[Path, list[float]]:
    """The directory of the models, and PyTorch's scores of the first texts."""
    directory = models.directory(cache, model)
    command = [sys.executable, str(models.__file__), model, str(TOKENIZER), str(directory)]
    code = subprocess.run(command, check=False).returncode
    needed = (models.TEXTS, models.CHECKPOINT, models.REFERENCE)
    if missing := [name for name in needed if not (directory / name).exists()]:
        sys.exit(f"nothing can be timed without {', '.join(missing)}: models.py ended with {code}")
    return directory, json.loads((directory / models.REFERENCE).read_text())


def name_of(record: dict) -> str:
    words = [record["machine"]["cpu"], (record["rounds"][0]["limits"] or {}).get("isa", "")]
    words += [f"{record['settings']['threads']}-threads"]
    # Those of the first network have had their names from before there was a choice.
    words += [record["model"]] if record["model"] != shapes.FIRST else []
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")


def main() -> None:
    options = arguments()
    if options.records:
        print(*records.lines(ROOT, RECORDS), sep="\n")
        return
    # A run that is ended from outside still ends its children.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    directory, reference = forms(options.cache, options.model)
    release = built()
    record = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(ROOT),
        "machine": machine.describe(),
        "versions": machine.versions(),
        "model": options.model,
        "settings": {"threads": options.threads, "rounds": 0, "calls": options.calls},
        "mix": mix.describe(shapes.SHAPES[options.model], mix.token_counts()),
    }
    throughput, limits = release / "throughput", release / "limits"
    with Field(directory, throughput, limits, options.threads, options.calls, options.patience) as field:
        for engine in options.engines:
            field.start_engine(engine, reference)
        if any(engine.is_ours for engine in options.engines):
            field.start_text()
        if not field.facts:
            sys.exit("no engine could be started")
        record |= {"engines": field.facts, "left_out": field.failed, "rounds": []}
        for number in range(options.rounds):
            record["rounds"].append(field.round(number))
            record["settings"]["rounds"] = number + 1
            # Written after each round: a run that is broken off keeps those before.
            path = RECORDS / f"{options.name or name_of(record)}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(record, indent=1) + "\n")
    print(report.tables(record))
    for written in [path, *plot.draw(path)]:
        note(f"wrote {written.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
