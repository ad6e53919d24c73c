"""On an event loop: nothing blocks it, cancelling frees the place, a deadline is heard in time."""

from __future__ import annotations

import asyncio
import gc
import time

import frontdesk
import pytest
from frontdesk import Engine

from .conftest import LONG


async def under_way(engine: Engine) -> None:
    """Until the engine reads what it was given."""
    while engine.metrics().tokens == 0:
        await asyncio.sleep(0.002)


def test_many_tasks_at_once(engine: Engine) -> None:
    async def run() -> None:
        texts = [f"proof {n}" for n in range(64)]
        alone = await asyncio.gather(*(engine.analyze_async(text) for text in texts))
        together = await engine.analyze_batch_async([{"text": text, "id": text} for text in texts])
        assert [analysis.id for analysis in together] == texts
        assert [a.category and a.category.category for a in alone] == [
            a.category and a.category.category for a in together
        ]

    asyncio.run(run())


def test_the_loop_turns_while_the_engine_works() -> None:
    async def run() -> None:
        with Engine(threads=1) as engine:
            turns = 0
            task = asyncio.create_task(engine.analyze_batch_async([LONG] * 20))
            while not task.done():
                turns += 1
                await asyncio.sleep(0.001)
            assert len(task.result()) == 20
            assert turns > 10

    asyncio.run(run())


def test_a_cancelled_task_frees_its_place() -> None:
    async def run() -> None:
        with Engine(threads=1) as engine:
            task = asyncio.create_task(engine.analyze_batch_async([LONG] * 10_000))
            await under_way(engine)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await engine.analyze_async("thanks")
            assert engine.metrics().queue_depth == 0
            assert engine.metrics().tickets < 10_000

    asyncio.run(run())


def test_a_call_that_is_lost_with_its_loop_frees_its_place() -> None:
    with Engine(threads=1) as engine:
        loop = asyncio.new_event_loop()
        task = loop.create_task(engine.analyze_batch_async([LONG] * 10_000))
        loop.run_until_complete(under_way(engine))
        loop.close()
        # Whoever closes a loop over a task is told so on stderr.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        del task
        gc.collect()
        deadline = time.monotonic() + 600
        while engine.metrics().queue_depth > 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert engine.metrics().tickets < 10_000


def test_the_loop_turns_while_answers_are_handed_over(engine: Engine) -> None:
    async def run() -> None:
        longest, last = 0.0, time.perf_counter()
        task = asyncio.create_task(engine.analyze_batch_async([""] * 20_000))
        while not task.done():
            await asyncio.sleep(0)
            longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
        assert len(task.result()) == 20_000
        print(f"longest turn {longest * 1e3:.1f} ms")

    asyncio.run(run())


def test_a_deadline_while_a_batch_runs() -> None:
    async def run() -> None:
        with Engine(threads=1) as engine:
            long = asyncio.create_task(engine.analyze_batch_async([LONG] * 10_000))
            await under_way(engine)
            # Refused at once where the running pass is known to take longer.
            with pytest.raises((frontdesk.TimeoutError, frontdesk.OverloadedError)):
                await engine.analyze_async("thanks", timeout_ms=5)
            assert not long.done()
            with pytest.raises(frontdesk.TimeoutError):
                await engine.analyze_async("thanks", timeout_ms=0)
            long.cancel()

    asyncio.run(run())


def test_closing_cancels_what_is_queued() -> None:
    async def run() -> None:
        engine = Engine(threads=1)
        task = asyncio.create_task(engine.analyze_batch_async([LONG] * 10_000))
        await under_way(engine)
        await asyncio.to_thread(engine.close)
        with pytest.raises(frontdesk.CancelledError):
            await task
        with pytest.raises(frontdesk.InvalidInputError, match="closed"):
            await engine.analyze_async("late")

    asyncio.run(run())


def test_bad_input_and_bad_options(engine: Engine) -> None:
    async def run() -> None:
        with pytest.raises(frontdesk.InvalidInputError, match="null"):
            await engine.analyze_async(None)  # type: ignore[arg-type]
        with pytest.raises(frontdesk.InvalidInputError, match="ticket 1"):
            await engine.analyze_batch_async(["a", {}])
        with pytest.raises(frontdesk.InvalidInputError, match="timeout_ms"):
            await engine.analyze_async("a", timeout_ms=-1)

    asyncio.run(run())
