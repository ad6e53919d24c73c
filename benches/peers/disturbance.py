"""What else the processors did while an engine was timed."""
from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

# A share of the processors' time that disturbs nothing, and the seconds over which it is looked at.
QUIET = 0.05
LOOK = 0.5


@dataclass(frozen=True)
class Ticks:
    """Processor time since the start, in ticks of the kernel: of all, of the hypervisor's other guests, and of one process."""

    total: int
    busy: int
    stolen: int
    own: int

    @staticmethod
    def now(process: int | str = "self") -> Ticks | None:
        try:
            line = Path("/proc/stat").read_text().split("\n", 1)[0]
            # The name in the second field may hold spaces.
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return None
        user, nice, system, idle, waiting, hard, soft, stolen = map(int, line.split()[1:9])
        busy = user + nice + system + hard + soft
        return Ticks(busy + idle + waiting + stolen, busy, stolen, int(fields[11]) + int(fields[12]))


def between(before: Ticks | None, after: Ticks | None) -> dict:
    """Shares of the time of all processors; nothing where the system does not have them."""
    if not before or not after or after.total == before.total:
        return {}
    total = after.total - before.total
    others = (after.busy - before.busy) - (after.own - before.own)
    return {
        "others": round(max(0, others) / total, 3),
        "stolen": round((after.stolen - before.stolen) / total, 3),
    }


def wait_until_quiet(patience: float) -> float:
    """Waits while other processes compute, at most so many seconds; gives those that are left."""
    while patience > 0:
        before = Ticks.now()
        time.sleep(LOOK)
        seen = between(before, Ticks.now())
        if seen.get("others", 0) <= QUIET:
            break
        patience -= LOOK
    return patience
