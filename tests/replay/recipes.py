"""How recordings are made: a function for each, and what is written below what `voip-qosd record --mask --mask-lan` wrote on the home's router.

"# what" in words, and "# call START END" from the first to the last packet of media that the phone's network interface really saw; a pause of
more than 10 s divides two calls.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NETNS = ROOT / "tests" / "netns"
PYTHON = [sys.executable, "-S", "-E"]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(NETNS)]
from home import Home  # noqa: E402
from media_marks import MediaMarks  # noqa: E402
from recorder import Recorder  # noqa: E402


@dataclass
class Recipe:
    """`make` uses the home, which is made with the options in `home`; `marks` says how media is known, None that there is none to mark."""

    make: Callable[[Home], None]
    what: str
    home: dict = field(default_factory=dict)
    marks: dict | None = field(default_factory=dict)


def record(recipe: Recipe, file: Path, let_go: Callable[[Recorder], object]) -> None:
    """Makes one recording. It ends when `let_go` returns, which is told when the recipe is done."""
    with Home(**recipe.home) as home:
        marks = None if recipe.marks is None else MediaMarks(home, **recipe.marks)
        recorder = Recorder(home, "--mask", "--mask-lan")
        recipe.make(home)
        let_go(recorder)
        recorder.end()
        text = recorder.file.read_text()
        began_s = json.loads(text.splitlines()[0])["began_ms"] / 1000
        comments = [f"# what: {' '.join(recipe.what.split())}"]
        calls = marks.calls(began_s) if marks else []
        comments += [f"# call {math.floor(start * 100) / 100:.2f} {math.ceil(end * 100) / 100:.2f}" for start, end in calls]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n".join(comments) + "\n")


def chosen(recipes: dict[str, Recipe], text: str | None, folder: Path) -> tuple[list[str], Path]:
    """What the command line asks for, and where to; no names when it was a list that was wanted."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--folder", type=Path, default=folder)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    unknown = set(args.names) - {*recipes, "all"}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if args.list or not args.names:
        for name, recipe in recipes.items():
            print(f"{name:24} {recipe.what}")
        return [], args.folder
    return list(recipes) if "all" in args.names else args.names, args.folder


def show(file: Path, *kinds: str) -> None:
    """Its size, and its lines of these kinds."""
    print(f"{file}: {file.stat().st_size // 1024} KB", flush=True)
    print("\n".join(line[:240] for line in file.read_text().splitlines() if line.startswith(kinds)), flush=True)
