#!/usr/bin/env python3
"""Records other people's programs in the home in a box, each with two settings. Needs root, and the programs, which `--list` names.

    record_programs.py --list                          what there is, and [the Debian packages that it needs]
    record_programs.py NAME... [--folder FOLDER]       or all; a minute and a half each

NAME is build/PROGRAM or aside/PROGRAM. The detector may be worked on with the first; the second is put aside, to be judged when the work is done:
so nothing is printed of what the recorder decided. programs_test.py holds what both gave.
"""

from __future__ import annotations

import sys
import time

from recipes import chosen, record, show

# From the folders of which recipes.py tells the interpreter.
import program_calls  # noqa: F401, the recipes
import program_games  # noqa: F401
import program_traffic  # noqa: F401
import program_webrtc  # noqa: F401
from home import HomeError, Unavailable
from program_figures import FOLDER
from programs import programs

AFTER_S = 12  # in which a call has to end


def let_go(_) -> None:
    """Alike for all, whatever the detector may think."""
    time.sleep(AFTER_S)


def main() -> int:
    names, folder = chosen(programs, __doc__, FOLDER)
    status = 0
    for name in names:
        file = folder / f"{name}.jsonl"
        if file.exists():
            print(f"{name}: {file} is there: give another --folder, or take it away", file=sys.stderr)
            status = 1
            continue
        try:
            record(programs[name], file, let_go if programs[name].marks is not None else lambda _: None)
            show(file, "#")
        except Unavailable as reason:
            print(f"{name}: {reason}", file=sys.stderr)
            status = status or 77
        except HomeError as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
