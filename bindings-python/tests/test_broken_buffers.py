"""Arrow buffers that lie: an error, never a read past their end."""

from __future__ import annotations

import struct
from typing import Any

import pyarrow as pa
import pytest
from frontdesk import Engine, InvalidInputError

NO_UTF8 = pa.array([b"caf\xe9 is ok", b"\xf0\x9f"]).view(pa.string())
BACKWARDS = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(struct.pack("<3i", 0, 5, 2)), pa.py_buffer(b"abcdefgh")]
)
OUTSIDE = pa.DictionaryArray.from_arrays(pa.array([0, 9]), pa.array(["a", "b"]), safe=False)


@pytest.mark.parametrize("column", [NO_UTF8, BACKWARDS, OUTSIDE], ids=["no UTF-8", "offsets", "indices"])
def test_arrow_buffers_are_checked_before_they_are_read(engine: Engine, column: pa.Array[Any]) -> None:
    with pytest.raises(InvalidInputError, match="no valid Arrow") as caught:
        engine.score(pa.table({"text": column}))
    assert caught.value.field == "text"
