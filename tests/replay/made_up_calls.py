#!/usr/bin/env python3
"""How calls fare that lose packets, on calls that are made up by chance (standard library only).

    VOIP_QOSD=PROGRAM made_up_calls.py [--calls 16]

Each codec and packet time, so often for each loss: a call of forty seconds whose two clocks drift, with jitter, on ports that say nothing. Few
of the recordings of real calls lose anything, and none packets as small as those of G.729 or AMR.
"""
import argparse
import tempfile
from dataclasses import dataclass

import corpus
from made_up_games import END_S, FLOW, START_S, calls_in
from timelines import Traffic, program

# Name, packet time in seconds, bytes with IP, UDP and RTP, and by how much they vary.
CODECS = (
    ("G.711", 0.010, 120, 0), ("G.711", 0.020, 200, 0), ("G.711", 0.030, 280, 0), ("G.711", 0.040, 360, 0),
    ("G.726", 0.020, 120, 0), ("Opus", 0.020, 110, 12), ("Opus", 0.040, 170, 18), ("Opus", 0.060, 220, 22), ("Opus", 0.060, 98, 9),
    ("AMR", 0.020, 72, 1), ("AMR-WB", 0.020, 100, 1), ("G.729", 0.010, 50, 0), ("G.729", 0.020, 60, 0), ("G.729", 0.030, 70, 0),
    ("G.729", 0.040, 80, 0), ("G.729", 0.060, 100, 0), ("iLBC", 0.020, 78, 0), ("iLBC", 0.030, 90, 0), ("G.723.1", 0.030, 64, 0),
    ("Speex", 0.020, 78, 4), ("Codec 2", 0.040, 56, 0),
)  # fmt: skip
LOSSES = ((0.0, 0.0), (0.05, 0.05), (0.0, 0.1), (0.1, 0.1), (0.0, 0.2), (0.2, 0.2))  # up, down
DRIFT = 100e-6  # of a clock, at most
FOUND_WITHIN_S = 3.0
TAKEN_BACK_S = 1.0


@dataclass
class Figures:
    calls: int = 0
    in_time: int = 0
    missed: int = 0
    taken_back: int = 0  # for more than a second, while it went on
    on_s: float = 0.0

    @property
    def on_share(self):
        return self.on_s / (self.calls * (END_S - START_S))


def call(codec, losses, number):
    name, period_s, size, spread = codec
    traffic = Traffic(f"call-{name}-{period_s * 1000:.0f}-{size}-{losses[0]}-{losses[1]}-{number}".replace(" ", "-"))
    for up, loss in zip((True, False), losses):
        begins_s = START_S + (0 if up else traffic.random.uniform(0, 0.3))
        period = period_s * (1 + traffic.random.uniform(-DRIFT, DRIFT))
        length = (lambda: max(42, int(traffic.random.gauss(size, spread)))) if spread else size
        traffic.clock(FLOW, up, begins_s, END_S, period, length, jitter_s=0.002 if up else 0.006, loss=loss)
    return traffic


def figures(numbers):
    """What became of the calls, for each loss."""
    found = {losses: Figures() for losses in LOSSES}
    calls = [(losses, call(codec, losses, number)) for losses in LOSSES for codec in CODECS for number in numbers]
    with tempfile.TemporaryDirectory() as folder:
        events = corpus.by_capture(corpus.replay(program(), [traffic.write(folder) for _, traffic in calls]))
    for losses, traffic in calls:
        on = [(since, min(until, END_S)) for since, until in calls_in(events[traffic.name]) if since < END_S]
        one = found[losses]
        one.calls += 1
        on_s = sum(until - since for since, until in on)
        one.on_s += on_s
        if not on:
            one.missed += 1
        else:
            one.in_time += on[0][0] - START_S <= FOUND_WITHIN_S
            one.taken_back += END_S - on[0][0] - on_s > TAKEN_BACK_S
    return found


def text(losses, one):
    return (f"loses {losses[0]:.0%} up, {losses[1]:.0%} down: of {one.calls} found within {FOUND_WITHIN_S:.0f} s {one.in_time}, missed {one.missed}, "
            f"taken back {one.taken_back}, on {one.on_share:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=16, metavar="N", help="of each codec, for each loss")
    options = parser.parse_args()
    for losses, one in figures(range(options.calls)).items():
        print(text(losses, one))


if __name__ == "__main__":
    main()
