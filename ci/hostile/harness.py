"""Runs the command on hostile inputs, each within its bounds of time and memory."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONTDESK = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "frontdesk"
ADDRESS_SPACE = 6 << 30
"""What a case may map, in bytes: with more it could fill the machine before it is stopped."""


@dataclass
class Ended:
    """How a process ended."""

    code: int
    seconds: float
    mib: float
    stdout: str
    stderr: str


@dataclass
class Suite:
    """The cases so far, and what was wrong with them."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, outcome: str, seconds: float, mib: float) -> None:
        self.lines.append(f"| {name} | {outcome} | {seconds:.1f} | {mib:.0f} |")
        print(self.lines[-1], flush=True)

    def fault(self, name: str, what: str) -> None:
        self.wrong.append(f"{name}: {what}")
        print(f"  WRONG: {what}", flush=True)

    def case(
        self,
        name: str,
        arguments: Sequence[str | Path | bytes],
        *,
        kind: str | None,
        says: str = "",
        seconds: float = 20,
        mib: float = 400,
        stdin: bytes | None = None,
    ) -> Ended:
        """One run of the command. `kind`: the error that it ends with; `None`: it succeeds."""
        ended = run(arguments, seconds, stdin)
        last = ended.stderr.strip().splitlines()[-1:] or [""]
        self.note(name, kind or "answered", ended.seconds, ended.mib)
        if ended.code == 124:
            self.fault(name, f"it did not end within {seconds} s")
        elif kind is None and ended.code != 0:
            self.fault(name, f"exit {ended.code}: {last[0][:300]}")
        elif kind is not None and not (ended.code in (1, 2) and is_of(kind, ended.stderr)):
            self.fault(name, f"exit {ended.code}, not {kind}: {last[0][:300]}")
        if says and says not in ended.stderr:
            self.fault(name, f"it does not say {says!r}: {last[0][:300]}")
        if "panicked" in ended.stderr:
            self.fault(name, f"a panic on stderr: {ended.stderr[:300]}")
        if len(ended.stderr) > 16 << 10:
            self.fault(name, f"{len(ended.stderr)} bytes of messages")
        if ended.mib > mib:
            self.fault(name, f"{ended.mib:.0f} MiB, over {mib:.0f}")
        return ended


def is_of(kind: str, message: str) -> bool:
    """Whether an error is of this kind, or of one whose name has it in it."""
    return re.search(rf"frontdesk: [\w-]*{kind}[\w-]*:", message) is not None


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def run(arguments: Sequence[str | Path | bytes], seconds: float, stdin: bytes | None = None) -> Ended:
    """Runs the command; 124 where it had to be stopped."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
        given.write(stdin or b"")
        given.seek(0)
        start = time.monotonic()
        process = subprocess.Popen(
            [str(FRONTDESK), *(a if isinstance(a, bytes) else str(a) for a in arguments)],
            stdin=given, stdout=out, stderr=err, preexec_fn=limited, cwd=ROOT,
        )
        code, mib = waited(process, seconds)
        elapsed = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        texts = [file.read(1 << 20).decode(errors="replace") for file in (out, err)]
        return Ended(code, elapsed, mib, *texts)


def waited(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, float]:
    """The exit status and the peak memory in MiB."""
    end = time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_maxrss / 1024
        if time.monotonic() > end:
            process.kill()
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 124
            return 124, usage.ru_maxrss / 1024
        time.sleep(0.02)


def need_command() -> None:
    if not FRONTDESK.exists():
        sys.exit(f"{FRONTDESK} is not there: cargo build -p frontdesk-cli")
