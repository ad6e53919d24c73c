"""Progress bars, where somebody looks: by tqdm, if it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from frontdesk.errors import InvalidInputError
from frontdesk.types import Epoch, Reading, Steps

Step = TypeVar("Step")
Progress = bool | Callable[[Step], object] | None
"""`True` shows a bar, `False` none; by default there is one in a terminal or a notebook. A function is called with each step."""


@contextmanager
def _bar(progress: bool | None, what: str, total: int | None) -> Iterator[Callable[[int, int | None], object] | None]:
    """The function that moves a bar to a position, of a total; `None` where there is no bar."""
    if progress is False:
        yield None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        if progress:
            raise InvalidInputError("a progress bar needs tqdm: pip install frontdesk[progress]", "progress") from error
        yield None
        return
    # tqdm takes `None` for: not where the output is no terminal.
    with tqdm(total=total, desc=what, unit="rows", leave=False, disable=False if progress else None) as bar:

        def move(done: int, total: int | None) -> None:
            if total is not None:
                bar.total = total
            bar.update(done - bar.n)

        yield move


@contextmanager
def of_rows(progress: Progress[int], what: str, total: int | None) -> Iterator[Callable[[int], object] | None]:
    """The callback for the rows done."""
    if callable(progress):
        yield progress
        return
    with _bar(progress, what, total) as move:
        yield None if move is None else lambda done: move(done, None)


@contextmanager
def of_training(progress: Progress[Reading | Steps | Epoch], what: str) -> Iterator[Callable[[Reading | Steps | Epoch], object] | None]:
    """The callback for the progress of a training."""
    if callable(progress):
        yield progress
        return
    with _bar(progress, what, None) as move:

        def step(step: Reading | Steps | Epoch) -> None:
            if move is None:
                return
            match step:
                case Reading(done, total) | Steps(_, _, done, total):
                    move(done, total)
                case Epoch():
                    pass

        yield None if move is None else step
