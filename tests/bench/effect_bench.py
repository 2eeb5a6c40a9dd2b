#!/usr/bin/env python3
"""What QoS does to a call on a full line: one table, and JSON if asked.

In the home in a box a call is measured on an idle line, on a full one, and on a full one with each actuator that this kernel can run:
"tc" with its defaults, "tc-measured" with drain = "measured", "exec-htb" a user's own script (HTB, 70 % for the rest, no draining);
"qos-scripts" and "sqm-scripts" are stand-ins for OpenWrt's scripts that make real queues. "up-1s" is an upload with 1 s of modem buffer.
Every figure is the median of the runs. "QoS on" and "good" count from the call's first RTP packet: until the daemon has seen QoS on in
the kernel, and until the delay stays below 60 ms. MOS, delay (p95) and missing packets are those of the worse direction, with QoS from
"good" on. "Left" is what the line carries for the transfer, in percent of its rate, from QoS on to the hang-up.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from effect_case import Situation, Stage
from effect_ways import WAYS, Way
from daemon import binary, toml
from home import Home, HomeError, Unavailable, require
from topology import Line

SITUATIONS = [
    Situation("up-500ms", Line(up_buffer_ms=500), False, 2.5),
    Situation("up-1s", Line(up_buffer_ms=1000), False, 3.0),
    Situation("up-2s", Line(up_buffer_ms=2000), False, 4.5),
    Situation("down-300ms", Line(), True),
]
PROMISED_WAY = "tc-measured"
MOS_ABOVE, LEFT_PERCENT = 4.2, 55
FIGURES = ("mos", "missing_percent", "p95_ms", "on_s", "good_s", "left_percent")


def is_known(way: Way) -> bool:
    """Does this voip-qosd understand the configuration of the way?"""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(toml({"qos": {"actuator": way.actuator, **way.settings(Line(), Path("/tmp"))}}))
        file.flush()
        return subprocess.run([str(binary()), "check-config", "--config", file.name], capture_output=True, check=False).returncode == 0


def usable(ways: list[Way], home: Home) -> list[Way]:
    """Those that can shape here; says why the others cannot."""
    found = []
    for way in ways:
        reason = "this voip-qosd does not know it" if not is_known(way) else way.why_not(home)
        if reason:
            print(f"{way.name:12} not here: {reason}", flush=True)
        else:
            found.append(way)
    return found


def median(values: list[float | None]) -> float | None:
    """What never came counts as the longest of all."""
    middle = statistics.median_low(float("inf") if value is None else value for value in values)
    return None if middle == float("inf") else middle


def summary(situation: Situation, way: str, runs: list[dict]) -> dict:
    failed = [run["failed"] for run in runs if "failed" in run]
    row = {"situation": situation.name, "way": way, "runs": runs, "failed": failed}
    for figure in FIGURES:
        if any(figure in run for run in runs):
            values = [run.get(figure) for run in runs]
            middle = median([-value if value is not None and figure in ("mos", "left_percent") else value for value in values])
            row[figure] = None if middle is None else round(abs(middle), 2)
    return row


def shortfalls(situation: Situation, row: dict) -> list[str]:
    """What is not as it must be, in words; only our own profile at its best promises anything."""
    if row["way"] != PROMISED_WAY or row["failed"]:
        return []
    good = situation.good_within_s
    checks = [
        (good is None or (row["good_s"] or float("inf")) < good, f"good within {good} s"),
        ((row["mos"] or 0) > MOS_ABOVE, f"MOS above {MOS_ABOVE}"),
        ((row["left_percent"] or 0) >= LEFT_PERCENT, f"{LEFT_PERCENT} % of the line left"),
    ]
    return [f"{situation.name}: not {what}" for is_kept, what in checks if not is_kept]


def show(row: dict | None) -> None:
    if row is None:
        print(f"{'':12} {'':12} {'MOS':>5} {'missing %':>10} {'delay ms':>9} {'QoS on s':>9} {'good s':>7} {'left %':>7}")
        return

    def cell(figure: str, width: int, form: str) -> str:
        if figure not in row:
            return " " * width
        return f"{'never' if row[figure] is None else format(row[figure], form):>{width}}"

    cells = [cell("mos", 5, ".2f"), cell("missing_percent", 10, ".1f"), cell("p95_ms", 9, ".1f"), cell("on_s", 9, ".2f"), cell("good_s", 7, ".2f"), cell("left_percent", 7, ".0f")]
    print(f"{row['situation']:12} {row['way']:12} {' '.join(cells)}", flush=True)
    for reason in row["failed"]:
        print(f"    failed: {reason}")


def measure(situation: Situation, ways: list[Way], runs: int, talk_s: float) -> list[dict]:
    figures: dict[str, list[dict]] = {}
    for _ in range(runs):
        with Home(line=situation.line) as home:
            stage = Stage(home, situation)
            idle, loaded = stage.without()
            figures.setdefault("idle", []).append(idle)
            figures.setdefault("without QoS", []).append(loaded)
            for way in ways:
                try:
                    figures.setdefault(way.name, []).append(stage.with_qos(way, talk_s))
                except HomeError as problem:
                    figures.setdefault(way.name, []).append({"failed": str(problem)})
    rows = [summary(situation, way, found) for way, found in figures.items()]
    for row in rows:
        show(row)
    return rows


def machine() -> dict:
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {"kernel": platform.release(), "cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count()}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench effect", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--runs", type=int, default=5, help="of which the medians are shown (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one run, 1 s of buffer only: a look, no measurement")
    parser.add_argument("--way", action="append", choices=[way.name for way in WAYS], help="only this way; may be repeated")
    parser.add_argument("--situation", action="append", choices=[s.name for s in SITUATIONS], help="only this one; may be repeated")
    parser.add_argument("--talk", type=float, default=14, metavar="SECONDS", help="how long the calls with QoS last (default: 14)")
    return parser.parse_args()


def main() -> int:
    args = options()
    situations = [s for s in SITUATIONS if s.name in (args.situation or (["up-1s"] if args.quick else [t.name for t in SITUATIONS]))]
    rows: list[dict] = []
    try:
        binary()
        require("sipp", "iperf3", "tc")
        with Home() as home:
            ways = usable([way for way in WAYS if not args.way or way.name in args.way], home)
        show(None)
        for situation in situations:
            rows += measure(situation, ways, 1 if args.quick else args.runs, args.talk)
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        return 77
    finally:
        if args.json and rows:
            Path(args.json).write_text(json.dumps({"machine": machine(), "talk_s": args.talk, "rows": rows}, indent=1) + "\n")
    print("machine:", json.dumps(machine()))
    missed = [text for row in rows for situation in situations if situation.name == row["situation"] for text in shortfalls(situation, row)]
    for text in missed:
        print(f"not as it must be: {text}")
    return 1 if missed or any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
