"""The registry of recipes for other people's programs, each with two settings that really differ."""

from __future__ import annotations

import functools
from collections.abc import Callable

from home import Home
from program_figures import SETTINGS
from recipes import Recipe

programs: dict[str, Recipe] = {}


def program(name: str, packages: str, *, build: str, aside: str, marks: dict | None = None, **home):
    """Decorator: how that program is recorded; in words what it is with each setting, and the Debian packages that it needs. A call has `marks`."""

    def enter(make: Callable[[Home, bool], None]):
        for setting, what in zip(SETTINGS, (build, aside), strict=True):
            programs[f"{setting}/{name}"] = Recipe(functools.partial(make, aside=setting == "aside"), f"{what} [{packages}]", home, marks)
        return make

    return enter
