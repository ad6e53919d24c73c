"""The blocks of the documentation do what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT

FILES = [ROOT / "README.md", ROOT / "bindings-python/README.md"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_blocks_run_and_say_what_is_beside_them(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", file.read_text("utf-8"), re.DOTALL)
    assert blocks
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(file), "exec"), names)
    said = capsys.readouterr().out.splitlines()
    assert said == re.findall(r"^print\(.*\)  # (.*)$", "".join(blocks), re.MULTILINE)
    assert said
