#!/usr/bin/env python3
"""How well calls are detected in the recordings of other people's programs: a line for each, and the totals of each set (standard library only).

    VOIP_QOSD=PROGRAM program_figures.py [build|aside]...

The set "build" may be looked at while the detector is worked on. The set "aside" has the same programs with other settings; who looks at it to
improve the detector has used it up. programs_test.py holds what both gave.
"""
import argparse
import dataclasses
import pathlib
import statistics

from recordings import length_s, marked_calls, replayed, stretches

FOLDER = pathlib.Path(__file__).resolve().parent / "programs"
SETTINGS = ("build", "aside")
LASTING_S = 5.0


@dataclasses.dataclass
class Figures:
    """Of one recording. A stretch that a call was on is right if a marked call was on too at any time of it, else it is a false alarm."""

    name: str
    calls: list  # marked: [(from, until)]
    delays: list  # of each, from its first packet of media; None if it was missed
    on_s: float  # of marked calls, while a call was on
    flaps: int
    alarms: list  # [(from, until)]

    @staticmethod
    def of(path):
        calls, over = marked_calls(path), length_s(path)
        on = [(start, over if end is None else end) for start, end in stretches(replayed(path))]
        self = Figures(path.stem, calls, [], 0.0, 0, [])
        for start, end in calls:
            right = [stretch for stretch in on if stretch[0] < end and stretch[1] > start]
            self.delays.append(max(0.0, right[0][0] - start) if right else None)
            self.on_s += sum(min(end, until) - max(start, since) for since, until in right)
            self.flaps += max(0, len(right) - 1)
        self.alarms = [stretch for stretch in on if not any(stretch[0] < end and stretch[1] > start for start, end in calls)]
        return self

    @property
    def call_s(self):
        return sum(end - start for start, end in self.calls)

    @property
    def lasting(self):
        return [alarm for alarm in self.alarms if alarm[1] - alarm[0] > LASTING_S]

    def text(self):
        if self.calls:
            delays = " ".join("missed" if delay is None else f"{delay:.2f} s" for delay in self.delays)
            said = f"call  found {len(self.delays) - self.delays.count(None)}/{len(self.calls)} after {delays}, on {self.on_s / self.call_s:.3f}, flaps {self.flaps}"
        else:
            said = "none "
        return f"{self.name:<15} {said}  false alarms {len(self.alarms)} (lasting {len(self.lasting)})"


@dataclasses.dataclass
class Totals:
    """Of one set. `false_alarms` and `lasting` count stretches, `alarmed` the recordings without a call that have any."""

    calls: int
    found: int
    without: int
    alarmed: int
    false_alarms: int
    lasting: int
    flaps: int
    median_s: float
    slowest_s: float
    on: float

    @staticmethod
    def of(figures):
        delays = [delay for one in figures for delay in one.delays if delay is not None] or [0.0]
        none = [one for one in figures if not one.calls]
        return Totals(
            calls=sum(len(one.calls) for one in figures),
            found=sum(delay is not None for one in figures for delay in one.delays),
            without=len(none),
            alarmed=sum(bool(one.alarms) for one in none),
            false_alarms=sum(len(one.alarms) for one in figures),
            lasting=sum(len(one.lasting) for one in figures),
            flaps=sum(one.flaps for one in figures),
            median_s=round(statistics.median(delays), 2),
            slowest_s=round(max(delays), 2),
            on=round(sum(one.on_s for one in figures) / max(1.0, sum(one.call_s for one in figures)), 3),
        )

    def text(self):
        return (f"found {self.found}/{self.calls} after {self.median_s:.2f} s (slowest {self.slowest_s:.2f} s), on {self.on:.3f}, flaps {self.flaps}; "
                f"false alarms {self.false_alarms} (lasting {self.lasting}), in {self.alarmed} of {self.without} without a call")


def figures(setting):
    """Of each recording of a set."""
    return [Figures.of(path) for path in sorted((FOLDER / setting).glob("*.jsonl"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="*", metavar="SET", help="build or aside; none: both")
    settings = parser.parse_args().settings
    if unknown := set(settings) - set(SETTINGS):
        parser.error(f"there is no set {', '.join(sorted(unknown))}")
    for setting in settings or SETTINGS:
        found = figures(setting)
        print("".join(f"{setting} {one.text()}\n" for one in found) + f"{setting} all: {Totals.of(found).text()}", flush=True)


if __name__ == "__main__":
    main()
