#!/usr/bin/env python3
"""Runs the tests here under User-Mode Linux, each file in a kernel of its own; scripts/test --slow calls this.

    run.py [NAME_test.py [TEST...]]     one of them, or some of its tests

Exits 77 with the reason where that cannot be had.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import uml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = 420


def main() -> int:
    binary = Path(os.environ.get("VOIP_QOSD") or ROOT / "build" / "dev" / "voip-qosd").resolve()
    # This kernel has no nftables to speak of: ours stands before the host's nft.
    variables = {"VOIP_QOSD": binary, "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{HERE / 'programs'}:/usr/sbin:/usr/bin:/sbin:/bin"}
    exports = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in variables.items())
    names = sys.argv[1:2] or sorted(file.name for file in HERE.glob("*_test.py"))
    arguments = " ".join(map(shlex.quote, sys.argv[2:]))
    worst = 0
    for name in names:
        print(f"== {name}", flush=True)
        try:
            status, _ = uml.run(f"export {exports}\nexec python3 {shlex.quote(str(HERE / name))} {arguments}\n", SECONDS)
        except uml.Unavailable as reason:
            print(f"SKIPPED: {reason}")
            return 77
        worst = worst or status
    return worst


if __name__ == "__main__":
    sys.exit(main())
