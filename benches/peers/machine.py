"""What the figures were read on and with."""
from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Instruction sets that decide how fast a linear layer can be.
FLAGS = (
    "avx2 fma f16c avx_vnni avx512f avx512bw avx512vl avx512_vnni avx512_bf16 avx512_fp16 amx_tile amx_int8 amx_bf16 "
    "asimd asimddp i8mm bf16 sve sve2"
).split()
PACKAGES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "openvino", "nncf", "ctranslate2", "numpy")


def output(*command: str, cwd: Path | None = None) -> str | None:
    """What a command prints; `None` where there is none or it fails."""
    try:
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def lscpu() -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(entries: list[dict]) -> None:
        for entry in entries:
            found[entry["field"].rstrip(":")] = entry["data"]
            walk(entry.get("children", []))

    walk(json.loads(output("lscpu", "--json") or '{"lscpu": []}')["lscpu"])
    return found


def usable() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def physical_cores() -> int:
    """Cores that this process may use; two threads of one core share what computes."""
    listed = output("lscpu", "--parse=CPU,CORE,SOCKET") or ""
    rows = [line.split(",") for line in listed.splitlines() if line and not line.startswith("#")]
    mine = set(usable())
    return len({(core, socket) for cpu, core, socket in rows if int(cpu) in mine}) or len(mine)


def read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def memory_gib() -> float | None:
    for line in (read("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return round(int(line.split()[1]) / 2**20, 1)
    return None


def describe() -> dict:
    cpu = lscpu()
    flags = set(cpu.get("Flags", "").split())
    described = {
        "cpu": cpu.get("Model name") or platform.processor(),
        "family_model_stepping": "/".join(cpu.get(field, "?") for field in ("CPU family", "Model", "Stepping")),
        "usable_cpus": len(usable()),
        "usable_cores": physical_cores(),
        "threads_per_core": cpu.get("Thread(s) per core"),
        "caches": {name: cpu[f"{name} cache"] for name in ("L1d", "L2", "L3") if f"{name} cache" in cpu},
        "flags": [flag for flag in FLAGS if flag in flags],
        "hypervisor": cpu.get("Hypervisor vendor"),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "transparent_hugepages": read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "memory_gib": memory_gib(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }
    return {name: value for name, value in described.items() if value not in (None, "", [])}


def versions() -> dict[str, str]:
    """Of what builds and runs the engines; each engine's own stands with it."""
    found = {"rustc": output("rustc", "--version"), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            print(f"{package} is not installed", file=sys.stderr)
    return {name: value for name, value in found.items() if value}


def commit(root: Path) -> str | None:
    return output("git", "describe", "--always", "--dirty", "--abbrev=12", cwd=root)
