#!/usr/bin/env python3
"""What is learnt of lines, what fools it, and what a call and the rest of the line have of it: tables, and JSON if asked.

In the home in a box, with an empty [qos.tc]; every figure is the median of the runs.

rates   a direction is filled by two remote networks: how long until its rate is known, and how far from the truth that is, at once and
        ten seconds later. "highest" is the highest rate that was told in any run.
traps   what looks like a line and is none: no wrong rate may come of it, and where it can be named it is.
call    after half a minute of an ordinary evening somebody makes a call into an upload that fills the line: the call's MOS from three
        seconds after QoS on, and what is left to the rest, in percent of the line.
follow  the line changes in a call: ours beside a rate fixed at the least and at the mean of the line, and beside a script of our own that
        follows pings with cake-autorate's constants, over the same changes. Delay of the call (p95), how soon it is below 60 ms again after a
        halving, how much of what the line could carry is used, and how much of it at the end of a rate that is twice the one before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(ROOT / "tests" / "netns"), str(ROOT / "tests" / "bench")]
from home import HomeError, Unavailable, require  # noqa: E402
from line_lab import RATE, LineLab  # noqa: E402
from line_trace import FOLLOWING, LINES, Trace, follow_trace, trial_call  # noqa: E402
from line_traps import TRAPS  # noqa: E402
from topology import Line  # noqa: E402

WITHIN_S, WITHIN_PERCENT, HIGHEST_PERCENT = 10, 5, 103


@dataclass(frozen=True)
class Case:
    name: str
    line: Line
    ways_ms: tuple[int, int] | None = (30, 50)
    family: int = 4
    directions: tuple[str, ...] = ("up", "down")
    settings: dict = field(default_factory=dict)


CASES = [
    Case("1/5", Line(1000, 5000, 1000, 300)),
    Case("1/5, 2 s of buffer, 5 ms way", Line(1000, 5000, 2000, 1000), (5, 10)),
    Case("10/50", Line(10_000, 50_000, 200, 100)),
    Case("10/50, 50 ms of buffer", Line(10_000, 50_000, 50, 50)),
    Case("10/50, ways of 100, 150 ms", Line(10_000, 50_000, 300, 200), (100, 150)),
    Case("40/250, no way", Line(40_000, 250_000, 100, 50), None),
    Case("1/8 in ATM cells", Line(1000, 8000, 500, 200, atm_overhead=40), settings={"qos": {"tc": {"overhead": 40, "link_layer": "atm"}}}),
    Case("1/5, IPv6", Line(1000, 5000, 500, 300), family=6),
    Case("10/50, IPv6", Line(10_000, 50_000, 200, 100), family=6),
    Case("40/250, IPv6, no way", Line(40_000, 250_000, 100, 50), None, 6),
]


def learn(case: Case, direction: str) -> dict:
    truth = case.line.up_kbit if direction == "up" else case.line.down_kbit
    with LineLab(case.line, ways_ms=case.ways_ms, family=case.family, settings=case.settings) as lab:
        time.sleep(0.5)
        lab.fill(direction)
        known_s = lab.until_known(direction, 2 * WITHIN_S)
        told = [told[RATE[direction]] for told in lab.watch(WITHIN_S)]
        other = {told[RATE["down" if direction == "up" else "up"]] for told in lab.watch(0.4)} - {None}
        kbit = [rate for rate in told if rate]
        return {
            "known_s": known_s,
            "at_once_percent": kbit and 100 * kbit[0] / truth or None,
            "later_percent": kbit and 100 * kbit[-1] / truth or None,
            "highest_percent": kbit and 100 * max(kbit) / truth or None,
            "other_kbit": sorted(other),
        }


def middle(values: list) -> float | None:
    """What never came is the worst of all."""
    found = statistics.median_low(float("inf") if value is None else value for value in values)
    return None if found == float("inf") else round(found, 2)


def least_middle(values: list) -> float | None:
    """Of what should be much."""
    return None if None in values else round(statistics.median_high(values), 2)


def text(value: float | None, width: int, form: str = ".1f") -> str:
    return f"{'never' if value is None else format(value, form):>{width}}"


def rates(options: argparse.Namespace) -> tuple[list[dict], list[str]]:
    print(f"{'line, Mbit/s':32} {'':5} {'known s':>8} {'at once %':>10} {'later %':>8} {'highest %':>10}")
    rows, short = [], []
    for case in chosen(CASES, options):
        for direction in case.directions:
            runs = [learn(case, direction) for _ in range(options.runs)]
            row = {"line": case.name, "direction": direction, "runs": runs}
            row |= {key: middle([run[key] for run in runs]) for key in ("known_s", "at_once_percent", "later_percent")}
            row["highest_percent"] = max((run["highest_percent"] or 0 for run in runs), default=0)
            print(f"{case.name:32} {direction:5} {text(row['known_s'], 8)} {text(row['at_once_percent'], 10)} {text(row['later_percent'], 8)} {text(row['highest_percent'], 10)}", flush=True)
            rows.append(row)
            is_right = row["known_s"] is not None and row["known_s"] <= WITHIN_S and abs(row["later_percent"] - 100) <= WITHIN_PERCENT
            if not is_right or row["highest_percent"] > HIGHEST_PERCENT or any(run["other_kbit"] for run in runs):
                short.append(f"{case.name} {direction}")
    return rows, short


def traps(options: argparse.Namespace) -> tuple[list[dict], list[str]]:
    rows, short = [], []
    for trap in chosen(TRAPS, options):
        row = {"trap": trap.name, "wrong": [], "named": 0}
        for _ in range(options.runs):
            with LineLab(trap.line, ways_ms=trap.ways_ms) as lab:
                seen = trap.play(lab)
            row["wrong"] += trap.wrong_rates(seen)
            row["named"] += trap.is_named(seen)
        print(f"{trap.name:45} {'wrong: ' + ', '.join(row['wrong']) if row['wrong'] else 'no wrong rate'}; {trap.bottleneck or 'nothing'} named in {row['named']} of {options.runs}", flush=True)
        rows.append(row)
        if row["wrong"] or row["named"] < options.runs:
            short.append(trap.name)
    return rows, short


def call(options: argparse.Namespace) -> tuple[list[dict], list[str]]:
    print(f"{'line, Mbit/s':32} {'known after s':>14} {'QoS on s':>9} {'MOS':>5} {'p95 ms':>7} {'left %':>7}")
    rows, short = [], []
    for case in chosen([case for case in CASES if case.family == 4], options):
        runs = [trial_call(case.line, case.ways_ms, case.settings) for _ in range(options.runs)]
        row = {"line": case.name, "runs": runs}
        row |= {key: middle([run[key] for run in runs]) for key in ("known_s", "on_s", "p95_ms")}
        row |= {key: least_middle([run[key] for run in runs]) for key in ("mos", "left_percent")}
        print(f"{case.name:32} {text(row['known_s'], 14)} {text(row['on_s'], 9, '.2f')} {row['mos']:5.2f} {text(row['p95_ms'], 7, '.0f')} {row['left_percent']:7.0f}", flush=True)
        rows.append(row)
        if row["mos"] < 4.3 or row["left_percent"] < 65:
            short.append(case.name)
    return rows, short


def follow(options: argparse.Namespace) -> tuple[list[dict], list[str]]:
    rows, short = [], []
    for trace in options.trace or [Trace.read(LINES / f"{name}.tsv") for name in ("steps", "lte")]:
        print(f"{trace.name + ', shaped to':34} {'p95 ms':>7} {'MOS':>5} {'used %':>7} {'well again s':>13} {'after a doubling %':>19}")
        found = {}
        for way in chosen(FOLLOWING, options):
            runs = [follow_trace(way, trace) for _ in range(options.runs)]
            row = {"trace": trace.name, "way": way.name, "runs": runs}
            row |= {key: middle([run[key] for run in runs]) for key in ("p95_ms", "well_s")}
            row |= {key: least_middle([run[key] for run in runs]) for key in ("mos", "used_percent", "doubled_percent")}
            print(f"{way.name:34} {text(row['p95_ms'], 7, '.0f')} {text(row['mos'], 5, '.2f')} {text(row['used_percent'], 7, '.0f')} {text(row['well_s'], 13, '.2f')} {text(row['doubled_percent'], 19, '.0f')}", flush=True)
            rows.append(row)
            found[way.name] = row
        short += [f"{trace.name}: {what}" for what in shortcomings(found)]
    return rows, short


def shortcomings(found: dict[str, dict]) -> list[str]:
    ours = found.pop("ours", None)
    if ours is None:
        return []
    short = [] if ours["p95_ms"] is not None and ours["p95_ms"] < 40 else ["p95"]
    short += [] if ours["used_percent"] >= 65 else ["use"]
    if all(run["well_s"] is not None for run in ours["runs"]):
        short += [] if ours["well_s"] < 1.5 else ["after a halving"]
    # What is left to the rest is bulk_percent of what the line carries.
    if ours["doubled_percent"] is not None:
        short += [] if ours["doubled_percent"] >= 0.8 * 70 else ["after a doubling"]
    generous = found.pop("ours, 90 % for the rest", ours)
    best = [ours, generous]
    short += [f"no better than {name}" for name, other in found.items() if not any(beats(one, other) for one in best)]
    return short


def beats(ours: dict, other: dict) -> bool:
    """In delay, at equal or better use."""
    return ours["used_percent"] >= other["used_percent"] - 1 and (other["p95_ms"] is None or (ours["p95_ms"] or 1e9) <= other["p95_ms"])


def chosen(cases: list, options: argparse.Namespace) -> list:
    return [case for case in cases if not options.only or options.only in case.name]


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench line", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="rates, traps, call, follow; all without any")
    parser.add_argument("--runs", type=int, default=5, help="of which the medians are shown (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one run: a look, no measurement")
    parser.add_argument("--only", default="", metavar="TEXT", help="only what has it in its name")
    parser.add_argument("--trace", type=lambda path: Trace.read(Path(path)), action="append", metavar="FILE", help="another line that changes, for follow: seconds and kbit/s, a line each (default: those in tests/bench/lines)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    options.runs = 1 if options.quick else options.runs
    known = {"rates": rates, "traps": traps, "call": call, "follow": follow}
    if unknown := set(options.parts) - known.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    try:
        require("iperf3", "tc")
        found, short = {}, []
        for name in options.parts or known:
            print(f"\n{name}")
            found[name], missed = known[name](options)
            short += [f"{name}: {what}" for what in missed]
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 77
    except HomeError as problem:
        print(problem, file=sys.stderr)
        return 1
    if options.json:
        Path(options.json).write_text(json.dumps({"runs": options.runs, "short": short, **found}, indent=1))
    print("\n" + ("All as it must be." if not short else "Not as it must be: " + "; ".join(short)))
    return 0 if not short else 1


if __name__ == "__main__":
    sys.exit(main())
