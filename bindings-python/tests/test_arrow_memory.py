"""Texts in Arrow's memory are read where they are."""

from __future__ import annotations

import subprocess
import sys

MEASURED = """
import sys
import pyarrow as pa
import frontdesk

def peak():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

engine = frontdesk.Engine(threads=1, outputs=["sentiment"])
rows, text = 200, " " * 65_536
engine.score([text] * 8)
column = pa.array([text] * rows, type=getattr(pa, sys.argv[1])())
# The high-water mark of this process alone starts again from what is resident now.
open("/proc/self/clear_refs", "w").write("5")
before = peak()
scored = engine.score(column)
assert len(scored) == rows and scored["tokens"].to_pylist() == [0] * rows
print(column.nbytes, peak() - before)
"""


def test_a_column_is_not_copied() -> None:
    for kind in ("string", "large_string"):
        run = subprocess.run([sys.executable, "-c", MEASURED, kind], capture_output=True, text=True, check=True)
        size, grown = map(int, run.stdout.split())
        assert size > 13_000_000
        # A copy would be all of it.
        assert grown < size / 2, f"{kind}: {grown} bytes more while {size} were scored"
