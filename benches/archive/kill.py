"""Whether a run of `frontdesk score` that is killed again and again ends with the files of an unbroken one. Linux.

    benches/archive/run kill.py FRONTDESK ARCHIVE [--rounds N] [--seed N] [--model MODEL] [--precision PRECISION]

In each round a run is killed (SIGKILL) and started anew into the same directory, each time with one or two threads by chance, until it ends by
itself: first killed at a time that the rounds spread over the length of the unbroken run, then up to three times more at random ones.
Prints a JSON line for the unbroken run and one a round: the seconds after which it was killed, the files that were there then, the threads
of each start, and the first difference, if any. Ends with 1 at the first difference, names it on stderr, and leaves both directories there.
"""
from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import command

THREADS = (1, 2)
MORE_KILLS = (1, 3)
BLOCK = 1 << 20


def entries(directory: Path) -> dict[str, Path]:
    """All there is, hidden or not, by its name from the directory on."""
    return {str(path.relative_to(directory)): path for path in sorted(directory.rglob("*"))}


def first_byte(one: Path, other: Path) -> int | None:
    """The place of the first byte that differs."""
    place = 0
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            a, b = left.read(BLOCK), right.read(BLOCK)
            if a != b:
                pairs = enumerate(zip(a, b))
                return place + next((at for at, (x, y) in pairs if x != y), min(len(a), len(b)))
            if not a:
                return None
            place += len(a)


def difference(whole: Path, broken: Path) -> str | None:
    ours, theirs = entries(whole), entries(broken)
    for name in sorted(ours | theirs):
        if name not in theirs:
            return f"{name} is missing"
        if name not in ours:
            return f"{name} is there, and not in the unbroken run"
        one, other = ours[name], theirs[name]
        if one.is_file() != other.is_file() or one.is_symlink() != other.is_symlink():
            return f"{name} is of another kind"
        if one.is_file() and (place := first_byte(one, other)) is not None:
            return f"{name} differs from byte {place} on ({one.stat().st_size} and {other.stat().st_size} bytes)"
    return None


def start(options: argparse.Namespace, output: Path, threads: int) -> command.Child:
    return command.Child(command.score(options, output, options.model, options.precision, threads))


def unbroken(options: argparse.Namespace, output: Path) -> float:
    with start(options, output, max(THREADS)) as child:
        child.wait()
        child.check()
    print(json.dumps({"unbroken": round(child.seconds, 2), "files": len(entries(output))}), flush=True)
    return child.seconds


def broken(options: argparse.Namespace, output: Path, delays: list[float], pick: random.Random) -> dict:
    """Killed after each of the delays, unless it ends before, then left to its end."""
    found: dict[str, list] = {"kills": [], "files_at_kills": [], "threads": []}
    for delay in [*delays, None]:
        threads = pick.choice(THREADS)
        found["threads"].append(threads)
        with start(options, output, threads) as child:
            if child.wait(delay):
                child.check()
                break
        found["kills"].append(round(child.seconds, 3))
        found["files_at_kills"].append(len(entries(output)) if output.exists() else 0)
    return found


def rounds(options: argparse.Namespace, work: Path) -> None:
    pick = random.Random(options.seed)
    whole = work / "unbroken"
    length = unbroken(options, whole)
    for number in range(options.rounds):
        output = work / f"round-{number + 1}"
        delays = [(number + pick.random()) / options.rounds * length]
        delays += [pick.random() * length for _ in range(pick.randint(*MORE_KILLS))]
        found = broken(options, output, delays, pick)
        found["difference"] = difference(whole, output)
        print(json.dumps({"round": number + 1} | found), flush=True)
        if found["difference"]:
            raise command.Failed(f"round {number + 1}: {found['difference']}")
        shutil.rmtree(output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_arguments(parser)
    command.add_model(parser)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    work = Path(tempfile.mkdtemp(prefix="frontdesk-kill-"))
    try:
        rounds(options, work)
    except command.Failed as error:
        sys.exit(f"{error}\nboth directories are in {work}")
    except BaseException:
        shutil.rmtree(work)
        raise
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
