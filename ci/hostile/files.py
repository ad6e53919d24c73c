"""Tables, directories, conditions, and files that are none."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from harness import ROOT, Suite

TABLES = ROOT / "core/tests/golden/tables"
SAMPLE = ROOT / "datasets/samples/tickets.csv"


def all_cases(suite: Suite, folder: Path) -> None:
    directories(suite, folder)
    no_files(suite, folder)
    tables(suite, folder)
    conditions(suite, folder)


def score(folder: Path, *inputs: str | Path | bytes, more: tuple[str, ...] = ()) -> list[str | Path | bytes]:
    return ["score", *inputs, "--output", folder / f"out-{len(list(folder.iterdir()))}", *more]


def directories(suite: Suite, folder: Path) -> None:
    """Names and links that a walk over a directory may stumble over."""
    row = "text\nthe proof is blue\n"
    odd = folder / "odd"
    odd.mkdir()
    Path(os.fsdecode(os.fsencode(odd) + b"/\xff.csv")).write_text(row)
    suite.case("a file name that is no UTF-8", score(folder, odd), kind="invalid-input", says="UTF-8")
    up = folder / "up"
    (up / "below").mkdir(parents=True)
    (up / "a.csv").write_text(row)
    (up / "below" / "again").symlink_to(up)
    suite.case("a link to the directory above", score(folder, up), kind=None)
    sides = folder / "sides"
    (sides / "one").mkdir(parents=True)
    (sides / "one" / "a.csv").write_text(row)
    (sides / "two").symlink_to(sides / "one")
    suite.case("a link to a sibling", score(folder, sides), kind=None)
    many = folder / "many"
    many.mkdir()
    for at in range(10_000):
        (many / f"{at}.csv").write_text(row)
    suite.case("10,000 files of a row", score(folder, many), kind=None, seconds=60)


def no_files(suite: Suite, folder: Path) -> None:
    """What has a name and no end."""
    pipe = folder / "pipe.toml"
    os.mkfifo(pipe)
    for name, file in (("a pipe that nobody writes", pipe), ("/dev/zero", Path("/dev/zero"))):
        suite.case(f"{name} as a policy", ["route", "hi", "--policy", file], kind="invalid-input", seconds=5)
        replay = ["route", "--replay", file]
        suite.case(f"{name} as a record", replay, kind="invalid-input", seconds=5)
        config = folder / f"model-{file.name}"
        config.mkdir()
        (config / "config.json").symlink_to(file)
        suite.case(f"{name} as config.json", ["info", "--model", config], kind="model-", seconds=5)
    suite.case("/dev/zero as a table", ["analyze", "--input", "/dev/zero", "--input-format", "csv"], kind="invalid-input")


def tables(suite: Suite, folder: Path) -> None:
    """Rows and headers that ask for more than they have."""
    wide = folder / "wide.jsonl"
    wide.write_text("{" + ", ".join(f'"name {at}": 1' for at in range(100_000)) + ', "text": "proof"}\n')
    suite.case("a JSON line of 100,000 names", ["analyze", "--input", wide], kind=None, seconds=10)
    deep = folder / "deep.jsonl"
    deep.write_text('{"text": "proof", "more": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    suite.case("JSON nested 100,000 levels deep", ["analyze", "--input", deep], kind=None)
    header = folder / "header.csv"
    header.write_text("text," + ",".join(f"c{at}" for at in range(200_000)) + "\nproof" + "," * 200_000 + "\n")
    suite.case("a CSV of 200,000 columns", ["analyze", "--input", header], kind="too-large", seconds=10)
    quote = folder / "quote.csv"
    quote.write_bytes(b'text\n"' + b"a" * (40 << 20))
    suite.case("a quote that never closes, 40 MiB", ["analyze", "--input", quote], kind="data-invalid")
    bomb = folder / "bomb.parquet.gz"
    # A member of 64 MiB of zeros, 64 times: 4 GiB.
    bomb.write_bytes(gzip.compress(bytes(64 << 20), 1) * 64)
    suite.case("gzip that unpacks to 4 GiB", ["analyze", "--input", bomb], kind="too-large", seconds=60)
    for name in ("pandas.parquet", "polars.arrow", "pyarrow-zstd.parquet"):
        whole = (TABLES / name).read_bytes()
        for share in (0.3, 0.9):
            cut = folder / f"cut-{share}-{name}"
            cut.write_bytes(whole[: int(len(whole) * share)])
            suite.case(f"{name} cut at {share:.0%}", ["analyze", "--input", cut], kind="data-invalid")
        bent = bytearray(whole)
        for at in range(len(bent) // 3, len(bent) // 3 + 40):
            bent[at] ^= 0xFF
        damaged = folder / f"bent-{name}"
        damaged.write_bytes(bent)
        suite.case(f"{name} with 40 bytes turned", score(folder, damaged), kind="data-invalid")


def conditions(suite: Suite, folder: Path) -> None:
    """Conditions that are long or deep. Those above the limits are refused, the others hold."""
    text = "text"
    cases = {
        "IN of 14,000 items": (f"{text} IN (" + ",".join(f"'{at}'" for at in range(14_000)) + ")", None),
        "7,000 ORs": (" OR ".join(f"{text} = '{at}'" for at in range(7_000)), "invalid-input"),
        "7,000 =": (f"{text} " + " = 'a'" * 7_000, "invalid-input"),
        "7,000 casts": (text + "::text" * 7_000 + " = 'a'", "invalid-input"),
        "7,000 IS NULL": (text + " IS NULL" * 7_000, "invalid-input"),
        "7,000 ||": (" || ".join([text] * 7_000) + " = 'a'", "invalid-input"),
        "10,000 parentheses": ("(" * 10_000 + f"{text} = 'a'" + ")" * 10_000, "invalid-input"),
        "10,000 NOTs": ("NOT " * 10_000 + f"{text} = 'a'", "invalid-input"),
        "10,000 minuses": ("1 = " + "- " * 10_000 + "1", "invalid-input"),
    }
    for name, (condition, kind) in cases.items():
        suite.case(f"--where: {name}", score(folder, SAMPLE, more=("--where", condition)), kind=kind, seconds=10)
    cells = folder / "cells.csv"
    cells.write_text("text\n" + ("a" * 50_000 + "\n") * 5)
    pattern = f"{text} LIKE '" + "%a" * 25_000 + "%b'"
    suite.case("--where: LIKE of 50,000 letters", score(folder, cells, more=("--where", pattern)), kind="invalid-input")
    short = f"{text} LIKE '" + "%a" * 400 + "%b'"
    suite.case("--where: LIKE of 800 letters", score(folder, cells, more=("--where", short)), kind=None, seconds=10)
