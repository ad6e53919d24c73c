"""What the tests share: one engine, and tickets that keep an engine busy for seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from frontdesk import Engine

ROOT = Path(__file__).resolve().parents[2]
LONG = "the proof shows the wrong blue and the press has been waiting for an answer since monday " * 4


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def contract(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "datasets/contract" / name).read_text("utf-8"))
    return loaded
