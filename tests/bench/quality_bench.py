#!/usr/bin/env python3
"""How good calls are as the daemon tells it, beside what their listeners got: a table, and JSON if asked.

Sixty calls in the home in a box (G.711, G.722, Opus without DTX; packets of 20, 30 and 60 ms), some at a time in homes of their own: packets
that are lost outside or on the air, at random or in bursts, gaps, air that holds packets back, queues up and down, with QoS and without; and
calls with pauses and video, which must be "unknown". Each lasts half a minute.

lately  the last word of `status` in the call, beside what was heard in the ten seconds before: MOS of the worse listener
whole   what `call_ended` says of the call, beside the mean of what was heard in windows of five seconds
bad     seconds after the first packet: when the MOS over five seconds has been below 3.6 for five seconds, and when that was told
cause   of what is not good: the true one, and those that are told lately and of the whole call
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from quality_call import GOOD_MOS, play
from quality_cases import CASES, Case
from home import HomeError, exit_status, require

WITHIN_MOS, WITHIN_S = 0.3, 5.0
LEAST = {"lately": 0.9, "whole": 0.9, "precision": 0.95, "recall": 0.9, "cause": 0.9, "unknown": 1.0}


def number(value: float | None, width: int, form: str = ".2f") -> str:
    return f"{'-' if value is None else format(value, form):>{width}}"


def told_mos(told: dict | None) -> float | None:
    return told["mos"] if told else None


def told_cause(told: dict | None) -> str | None:
    return told["cause"] if told else None


def is_close(truth: float | None, told: dict | None) -> bool:
    mos = told_mos(told)
    return truth is not None and mos is not None and abs(mos - truth) <= WITHIN_MOS + 1e-9


def line_of(row: dict) -> str:
    texts = [f"{row['case']:52.52}"]
    for part in ("lately", "whole"):
        right = is_close(row[f"mos_{part}"], row[f"told_{part}"]) or not row["is_known"]
        texts.append(f"{number(row[f'mos_{part}'], 5)} {number(told_mos(row[f'told_{part}']), 4, '.1f')}{' ' if right else '!'}")
    texts.append(f"{number(row['bad_s'], 5, '.1f')} {number(row['told_bad_s'], 5, '.1f')}")
    texts.append(f"{row['cause'] or '-':8} {told_cause(row['told_lately']) or '-':8} {told_cause(row['told_whole']) or '-':8}")
    return "  ".join(texts)


def share(right: list[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def needs_cause(row: dict, part: str) -> bool:
    """What is good has none, and what is told as good is a matter of its MOS, unless that is wrong."""
    mos, told = row[f"mos_{part}"], row[f"told_{part}"]
    is_told_good = (told_mos(told) or 0.0) >= GOOD_MOS and is_close(mos, told)
    return bool(row["cause"]) and mos is not None and mos < GOOD_MOS and not is_told_good


def is_told_in_time(row: dict) -> bool:
    return row["told_bad_s"] is not None and row["told_bad_s"] <= row["bad_s"] + WITHIN_S


def summary(rows: list[dict]) -> dict:
    known = [row for row in rows if row["is_known"]]
    unknown = [row for row in rows if not row["is_known"]]
    bad = [row for row in known if row["bad_s"] is not None]
    told = [row for row in rows if row["told_bad_s"] is not None]
    causes = [told_cause(row[f"told_{part}"]) == row["cause"] for row in known for part in ("lately", "whole") if needs_cause(row, part)]
    is_unknown = [row["grades"] in ([], ["unknown"]) and told_mos(row["told_whole"]) is None and row["told_bad_s"] is None for row in unknown]
    return {
        "calls": len(rows),
        "lately": share([is_close(row["mos_lately"], row["told_lately"]) for row in known]),
        "whole": share([is_close(row["mos_whole"], row["told_whole"]) for row in known]),
        "bad": len(bad),
        "told": len(told),
        "precision": share([row["bad_s"] is not None for row in told]),
        "recall": share([is_told_in_time(row) for row in bad]),
        "causes": len(causes),
        "cause": share(causes),
        "unknown": share(is_unknown),
    }


def print_summary(found: dict) -> list[str]:
    words = {
        "lately": f"within {WITHIN_MOS} MOS lately",
        "whole": f"within {WITHIN_MOS} MOS of the whole call",
        "precision": f"of {found['told']} calls told as bad were so",
        "recall": f"of {found['bad']} bad calls told within {WITHIN_S:.0f} s",
        "cause": f"of {found['causes']} causes told right",
        "unknown": "of the calls without a clock unknown throughout",
    }
    print()
    for key, text in words.items():
        if found[key] is not None:
            print(f"{100 * found[key]:5.1f} %  {text} (must be {100 * LEAST[key]:.0f})")
    return [key for key, least in LEAST.items() if found[key] is not None and found[key] < least]


def play_safely(case: Case) -> dict:
    try:
        return play(case)
    except HomeError as problem:  # once more: the machine may be busy
        print(f"{case.title}: {problem}", file=sys.stderr)
        return play(case)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="each fifth call: a look, no measurement")
    parser.add_argument("--only", default="", metavar="TEXT", help="only what has it in its name")
    parser.add_argument("--at-once", type=int, default=8, metavar="N", help="calls at the same time (default: 8)")
    parser.add_argument("--json", metavar="FILE", help="write all figures there, with what was told each second")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.title][:: 5 if options.quick else 1]
    if not cases:
        parser.error(f"no call has {options.only!r} in its name")
    begin = time.monotonic()
    rows: dict[int, dict] = {}
    require("iperf3", "tc", "nft")
    with ThreadPoolExecutor(options.at_once) as pool:
        running = {pool.submit(play_safely, case): place for place, case in enumerate(cases)}
        for done in as_completed(running):
            rows[running[done]] = done.result()
            print(f"\r{len(rows)} of {len(cases)} calls", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{'':52}  {'lately':11}  {'whole':11}  {'bad, s':11}  cause")
    print(f"{'call':52}  {'heard':5} {'told':5}  {'heard':5} {'told':5}  {'heard':5} {'told':5}  {'true':8} {'lately':8} {'whole':8}")
    ordered = [rows[place] for place in sorted(rows)]
    for row in ordered:
        print(line_of(row))
    found = summary(ordered)
    short = print_summary(found)
    if options.json:
        Path(options.json).write_text(json.dumps({"seconds": round(time.monotonic() - begin), **found, "short": short, "calls_in_turn": ordered}, indent=1))
    print(f"\n{len(rows)} calls in {(time.monotonic() - begin) / 60:.1f} minutes. " + ("All as it must be." if not short else "Not as it must be: " + ", ".join(short)))
    return 0 if not short else 1


if __name__ == "__main__":
    sys.exit(exit_status(main))
