"""The examples run, and show what they say that they show."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import ROOT

FOLDER = ROOT / "bindings-python/examples"
SHOWS = {
    "analyze.py": ["category: approval", "T-1: revision", "T-2: question", "invalid-input (text): "],
    "score_a_frame.py": ["fd_category_score", "approval", "revision", "of 4 rows are sure"],
    "train_and_evaluate.py": ["on 4 rows", "outputs: sentiment category route team", "accuracy ", "team: "],
}


def test_every_example_is_run() -> None:
    assert {file.name for file in FOLDER.glob("*.py")} == SHOWS.keys()


@pytest.mark.parametrize("name", SHOWS)
def test_an_example_shows_what_it_says(name: str) -> None:
    # By itself, as a user starts it; where the package is, the environment says to a child too.
    done = subprocess.run([sys.executable, str(FOLDER / name)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for part in SHOWS[name]:
        assert part in done.stdout
