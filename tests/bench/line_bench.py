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

Several runs go on at a time (--jobs), each in namespaces of its own, but those of the fast lines alone, last of their table. A row stands there
as soon as all its runs are made; --json has it from then on, with each run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(ROOT / "tests" / "netns"), str(ROOT / "tests" / "bench")]
from home import exit_status, require  # noqa: E402
from line_jobs import Work, bearable_jobs, finished  # noqa: E402
from line_lab import RATE, LineLab  # noqa: E402
from line_trace import FOLLOWING, LINES, Trace, follow_trace, trial_call  # noqa: E402
from line_traps import TRAPS, Trap  # noqa: E402
from topology import Line  # noqa: E402

EQUAL_MS = 1  # so long one packet of the rest is on the line
WITHIN_S, WITHIN_PERCENT, HIGHEST_PERCENT = 10, 5, 103


@dataclass(frozen=True)
class Case:
    name: str
    line: Line
    ways_ms: tuple[int, int] | None = (30, 50)
    family: int = 4
    directions: tuple[str, ...] = ("up", "down")
    settings: dict = field(default_factory=dict)

    @property
    def is_fast(self) -> bool:
        """To fill it takes all that the machine has."""
        return (self.line.down_kbit or 0) > 100_000


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


def done(works: list[Work], options: argparse.Namespace) -> Iterator[Work]:
    for work in finished(works, options.runs, options.jobs, options.until):
        names = [part if isinstance(part, str) else getattr(part, "name", None) for part in (work.subject, *work.arguments)]
        name = ", ".join(dict.fromkeys(filter(None, names)))
        for failure in work.failures:
            print(f"{name}: a run failed: {failure}", flush=True)
            options.failed.append(f"{name}: a run failed")
        if work.runs:
            yield work


def count(work: Work, options: argparse.Namespace) -> str:
    return "" if len(work.runs) == options.runs else f"  ({len(work.runs)} of {options.runs} runs)"


def rates(options: argparse.Namespace, rows: list[dict]) -> list[str]:
    print(f"{'line, Mbit/s':32} {'':5} {'known s':>8} {'at once %':>10} {'later %':>8} {'highest %':>10}")
    short = []
    for work in done([Work(case, learn, (case, direction), case.is_fast) for case in chosen(CASES, options) for direction in case.directions], options):
        name, direction, runs = work.subject.name, work.arguments[1], work.runs
        row = {"line": name, "direction": direction, "runs": runs}
        row |= {key: middle([run[key] for run in runs]) for key in ("known_s", "at_once_percent", "later_percent")}
        row["highest_percent"] = max((run["highest_percent"] or 0 for run in runs), default=0)
        print(f"{name:32} {direction:5} {text(row['known_s'], 8)} {text(row['at_once_percent'], 10)} {text(row['later_percent'], 8)} {text(row['highest_percent'], 10)}{count(work, options)}", flush=True)
        keep(row, rows, options)
        is_right = row["known_s"] is not None and row["known_s"] <= WITHIN_S and abs((row["later_percent"] or 0) - 100) <= WITHIN_PERCENT
        if not is_right or row["highest_percent"] > HIGHEST_PERCENT or any(run["other_kbit"] for run in runs):
            short.append(f"{name} {direction}")
    return short


def play(trap: Trap) -> dict:
    with LineLab(trap.line, ways_ms=trap.ways_ms, grant_ms=trap.grant_ms) as lab:
        seen = trap.play(lab)
    return {"wrong": trap.wrong_rates(seen), "is_named": trap.is_named(seen)}


def traps(options: argparse.Namespace, rows: list[dict]) -> list[str]:
    short = []
    for work in done([Work(trap, play, (trap,)) for trap in chosen(TRAPS, options)], options):
        trap, runs = work.subject, work.runs
        row = {"trap": trap.name, "wrong": [wrong for run in runs for wrong in run["wrong"]], "named": sum(run["is_named"] for run in runs), "runs": runs}
        print(f"{trap.name:45} {'wrong: ' + ', '.join(row['wrong']) if row['wrong'] else 'no wrong rate'}; {trap.bottleneck or 'nothing'} named in {row['named']} of {len(runs)}{count(work, options)}", flush=True)
        keep(row, rows, options)
        if row["wrong"] or row["named"] < len(runs):
            short.append(trap.name)
    return short


def call(options: argparse.Namespace, rows: list[dict]) -> list[str]:
    print(f"{'line, Mbit/s':32} {'known after s':>14} {'QoS on s':>9} {'MOS':>5} {'p95 ms':>7} {'left %':>7}")
    short = []
    cases = chosen([case for case in CASES if case.family == 4], options)
    for work in done([Work(case, trial_call, (case.line, case.ways_ms, case.settings), case.is_fast) for case in cases], options):
        name, runs = work.subject.name, work.runs
        row = {"line": name, "runs": runs}
        row |= {key: middle([run[key] for run in runs]) for key in ("known_s", "on_s", "p95_ms")}
        row |= {key: least_middle([run[key] for run in runs]) for key in ("mos", "left_percent")}
        print(f"{name:32} {text(row['known_s'], 14)} {text(row['on_s'], 9, '.2f')} {text(row['mos'], 5, '.2f')} {text(row['p95_ms'], 7, '.0f')} {text(row['left_percent'], 7, '.0f')}{count(work, options)}", flush=True)
        keep(row, rows, options)
        if (row["mos"] or 0) < 4.3 or (row["left_percent"] or 0) < 65:
            short.append(name)
    return short


def follow(options: argparse.Namespace, rows: list[dict]) -> list[str]:
    traces = options.trace or [Trace.read(LINES / f"{name}.tsv") for name in ("steps", "lte")]
    print(f"{'line, shaped to':42} {'p95 ms':>7} {'MOS':>5} {'used %':>7} {'well again s':>13} {'after a doubling %':>19}")
    found: dict[str, dict[str, dict]] = {trace.name: {} for trace in traces}
    for work in done([Work(trace, follow_trace, (way, trace)) for way in chosen(list(FOLLOWING), options) for trace in traces], options):
        trace, way, runs = work.subject, work.arguments[0], work.runs
        row = {"trace": trace.name, "way": way.name, "runs": runs}
        row |= {key: middle([run[key] for run in runs]) for key in ("p95_ms", "well_s")}
        row |= {key: least_middle([run[key] for run in runs]) for key in ("mos", "used_percent", "doubled_percent")}
        print(f"{trace.name + ', ' + way.name:42} {text(row['p95_ms'], 7, '.0f')} {text(row['mos'], 5, '.2f')} {text(row['used_percent'], 7, '.0f')} {text(row['well_s'], 13, '.2f')} {text(row['doubled_percent'], 19, '.0f')}{count(work, options)}", flush=True)
        keep(row, rows, options)
        found[trace.name][way.name] = row
    return [f"{name}: {what}" for name, ways in found.items() for what in shortcomings(ways)]


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
    # Use and delay are a trade, and how much of each is the owner's choice: so each rival is met where it uses as much.
    of_ours = [ours, *(row for name, row in found.items() if name.startswith("ours"))]
    rivals = {name: row for name, row in found.items() if not name.startswith("ours")}
    short += [f"no better than {name}" for name, other in rivals.items() if not any(beats(one, other) for one in of_ours)]
    return short


def beats(ours: dict, other: dict) -> bool:
    """In delay, at equal or better use."""
    def delay(row: dict) -> float:
        return float("inf") if row["p95_ms"] is None else row["p95_ms"]

    return ours["used_percent"] >= other["used_percent"] - 1 and delay(ours) <= delay(other) + EQUAL_MS


def chosen(cases: list, options: argparse.Namespace) -> list:
    return [case for case in cases if not options.only or options.only in case.name]


def keep(row: dict, rows: list[dict], options: argparse.Namespace) -> None:
    rows.append(row)
    write(options)


def write(options: argparse.Namespace, short: list[str] | None = None) -> None:
    if options.json:
        Path(options.json).write_text(json.dumps({"runs": options.runs, "jobs": options.jobs, "is_whole": short is not None, "short": short or [], "failed": options.failed, **options.found}, indent=1))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench line", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="rates, traps, call, follow; all without any")
    parser.add_argument("--runs", type=int, default=5, help="of which the medians are shown (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one run: a look, no measurement")
    parser.add_argument("--jobs", type=int, default=bearable_jobs(), metavar="N", help="runs at a time (default here: %(default)s)")
    parser.add_argument("--minutes", type=float, metavar="N", help="begin no run after so many; one run of each row first, then the next")
    parser.add_argument("--only", default="", metavar="TEXT", help="only what has it in its name")
    parser.add_argument("--trace", type=lambda path: Trace.read(Path(path)), action="append", metavar="FILE", help="another line that changes, for follow: seconds and kbit/s, a line each (default: those in tests/bench/lines)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    options.runs = 1 if options.quick else options.runs
    if options.runs < 1 or options.jobs < 1:
        parser.error("--runs and --jobs take numbers from 1 on")
    options.until = None if options.minutes is None else time.monotonic() + options.minutes * 60
    options.found, options.failed = {}, []
    known = {"rates": rates, "traps": traps, "call": call, "follow": follow}
    if unknown := set(options.parts) - known.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    require("iperf3", "tc")
    short = []
    for name in options.parts or known:
        print(f"\n{name}")
        rows: list[dict] = []
        options.found[name] = rows
        short += [f"{name}: {what}" for what in known[name](options, rows)]
    short += options.failed
    write(options, short)
    print("\n" + ("All as it must be." if not short else "Not as it must be: " + "; ".join(short)))
    return 0 if not short else 1


if __name__ == "__main__":
    sys.exit(exit_status(main))
