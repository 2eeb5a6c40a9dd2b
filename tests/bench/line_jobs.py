"""Runs of a bench, several at a time, each in a process and in namespaces of its own.

What waits for a modem's queue takes minutes and hardly any processor; what fills a fast line takes a processor. So what is said to be "alone"
runs when nothing else does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from home import Unavailable

JOBS_A_PROCESSOR = 2
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass
class Work:
    """What makes one row of a table: the same, some times."""

    subject: Any
    run: Callable[..., dict]
    arguments: tuple = ()
    is_alone: bool = False
    runs: list[dict] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # of runs that could not be made to the end


def bearable_jobs() -> int:
    """As many as this machine runs without one being felt by another."""
    return JOBS_A_PROCESSOR * len(os.sched_getaffinity(0))


def finished(works: Sequence[Work], runs: int, jobs: int, until: float | None = None) -> Iterator[Work]:
    """Each with all its runs, as soon as it has them. After `until` (monotonic) none is begun; what then has no run at all does not come.

    A run that fails is noted, and ends no other.
    """
    together = [work for work in works if not work.is_alone]
    alone = [work for work in works if work.is_alone]
    with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("fork"), initializer=_end_as_the_first) as pool:
        yield from _finished(pool, together, runs, jobs, until)
        yield from _finished(pool, alone, runs, 1, until)


def _end_as_the_first() -> None:
    # A home unwinds when its process is told to end, which it is, too, when the first one was killed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _finished(pool: ProcessPoolExecutor, works: Sequence[Work], runs: int, jobs: int, until: float | None) -> Iterator[Work]:
    # One run of all, then the next of all, so that whoever has to stop early has something of each.
    waiting = [work for _ in range(runs) for work in works] if until is not None else [work for work in works for _ in range(runs)]
    running: dict[Future, Work] = {}
    while waiting or running:
        while waiting and len(running) < jobs and (until is None or time.monotonic() < until):
            work = waiting.pop(0)
            running[pool.submit(work.run, *work.arguments)] = work
        if not running:
            break
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for one in done:
            work = running.pop(one)
            try:
                work.runs.append(one.result())
            except Unavailable:
                raise
            except Exception as failure:
                work.failures.append(f"{type(failure).__name__}: {failure}")
            if len(work.runs) + len(work.failures) == runs:
                yield work
    yield from (work for work in works if 0 < len(work.runs) + len(work.failures) < runs)
