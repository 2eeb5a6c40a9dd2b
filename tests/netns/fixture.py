"""What every test in the home in a box shares: skipping with a reason, and waiting."""

from __future__ import annotations

import sys
import time
import unittest
from collections.abc import Callable
from typing import TypeVar

from home import Home, HomeError, Unavailable

SKIPPED = 77  # what ctest knows as "skipped" (SKIP_RETURN_CODE)

T = TypeVar("T")


def main() -> None:
    """Runs the tests of the calling module, or exits 77 with the reason when the box cannot exist on this machine."""
    try:
        with Home():
            pass
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(SKIPPED)
    except HomeError as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
    # A missing tool or codec shows only inside a test: it raises Unavailable there, see skipping().
    unittest.main(module="__main__", verbosity=2)


def skipping(test: Callable) -> Callable:
    """Decorator: Unavailable inside the test skips it with the reason."""

    def run(self, *arguments):
        try:
            return test(self, *arguments)
        except Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from reason

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def wait_until(probe: Callable[[], T], seconds: float, *, every: float = 0.05) -> T | None:
    """The first true answer of `probe`, or its last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(every)
