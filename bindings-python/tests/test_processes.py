"""Threads, forks, Ctrl-C, and a process that ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from frontdesk import Analysis, Engine

from .conftest import LONG


def test_threads_share_an_engine(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: engine.analyze({"text": f"proof {n % 4}", "id": str(n)}), range(64)))
    assert [analysis.id for analysis in found] == [str(n) for n in range(64)]


def test_other_threads_run_while_the_engine_works(engine: Engine) -> None:
    turns = 0
    done = threading.Event()

    def count() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    engine.analyze_batch([LONG] * 20)
    done.set()
    thread.join()
    assert turns > 10


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as in a terminal: a process that was started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("work", ["analyze", "score"])
def test_ctrl_c_is_heard_and_frees_the_work(work: str) -> None:
    with Engine(threads=1) as engine:
        texts = [LONG] * 10_000

        def interrupt() -> None:
            while engine.metrics().tokens == 0:
                time.sleep(0.002)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            if work == "analyze":
                engine.analyze_batch(texts)
            else:
                engine.score(texts, progress=False)
        thread.join()
        engine.analyze("thanks")
        assert engine.metrics().queue_depth == 0
        assert engine.metrics().tickets < 10_000


_forked: Engine


def _in_child(text: str) -> Analysis:
    return _forked.analyze(text)


def test_a_forked_child_has_threads_of_its_own(engine: Engine) -> None:
    global _forked
    _forked = engine
    expected = engine.analyze("Need to approve this proof ASAP")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        assert list(pool.map(_in_child, ["Need to approve this proof ASAP"] * 4)) == [expected] * 4
    assert engine.analyze("Need to approve this proof ASAP") == expected


def _batch_in_child(texts: list[str]) -> list[Analysis]:
    with Engine() as fresh:
        return _forked.analyze_batch(texts) + fresh.analyze_batch(texts)


def test_a_forked_child_reads_many_and_opens_an_engine(engine: Engine) -> None:
    global _forked
    _forked = engine
    texts = [LONG, "thanks", "Need to approve this proof ASAP", LONG] * 4
    expected = engine.analyze_batch(texts)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert pool.submit(_batch_in_child, texts).result(timeout=600) == expected * 2


def test_a_spawned_child_opens_the_engine_anew() -> None:
    with Engine(threads=1, outputs=["category"]) as engine:
        expected = engine.analyze("thanks")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            assert pool.submit(engine.analyze, "thanks").result() == expected


PROGRAMS = {
    "a call is under way in a daemon thread": """
        threading.Thread(target=lambda: engine.analyze_batch([text] * 10_000), daemon=True).start()
        busy()
    """,
    "a task is under way": """
        async def main():
            task = asyncio.create_task(engine.analyze_batch_async([text] * 10_000))
            while engine.metrics().tokens == 0:
                await asyncio.sleep(0.002)
            del task
        asyncio.run(main())
    """,
    "an engine was never closed": """
        engine.analyze("thanks")
    """,
    "an engine is dropped while it works": """
        call = engine._native.call([text] * 10_000, True, lambda: None)
        busy()
        del engine
    """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_process_ends_although(program: str) -> None:
    start = f"""
        import asyncio, threading, time
        from frontdesk import Engine
        text = {LONG!r}
        engine = Engine(threads=1)
        def busy():
            while engine.metrics().tokens == 0:
                time.sleep(0.002)
    """
    code = textwrap.dedent(start) + textwrap.dedent(program)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert (ended.returncode, ended.stderr) == (0, "")
