"""The records that are there, and which are older than the kernels that they are of."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path

KERNELS = ("models/src/kernels", "models/src/encoder/packed", "Cargo.toml")


def changes_since(root: Path, commit: str) -> int | None:
    """Commits after `commit` that changed what it was timed with; `None` where the history does not have it."""
    command = ["git", "rev-list", "--count", f"{commit}..HEAD", "--", *KERNELS]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return int(found.stdout) if found.returncode == 0 else None


def lines(root: Path, directory: Path) -> list[str]:
    """One line for each record."""
    listed = []
    for path in sorted(directory.glob("*.json")):
        record = json.loads(path.read_text())
        named = record.get("commit", "")
        # A working tree with changes is named by the commit that it stands on.
        since = changes_since(root, named.removesuffix("-dirty")) if named else None
        age = {None: "of a commit that is not in the history", 0: "of the kernels as they are"}.get(since)
        age = age or f"older than the kernels: {since} commits changed them since"
        listed.append(f"{path.name}: {record.get('date', '')}, commit {named[:20] or 'unknown'}, {age}")
    return listed
