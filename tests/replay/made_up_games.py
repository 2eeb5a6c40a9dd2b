#!/usr/bin/env python3
"""How often a game is taken for a call, on games that are made up by chance (standard library only).

    VOIP_QOSD=PROGRAM made_up_games.py [--games 400] [--first 1000]

A player sends at each frame, as often as a limit allows, at a rate of his own, or when something happens; a server sends its state at each tick, skips some, and splits
others. Rates, sizes, jitter and loss are drawn as real games have them. None has the rates that codecs have (50, 33, 25, 17 packets/s) but by chance, and how many do is told.
The detector was worked on with the games before the thousandth; the others are for judging.
"""
import argparse
import random
import tempfile

import corpus
from recordings import stretches
from timelines import Traffic, program

FLOW = ("192.168.1.30", 40000, "203.0.113.9", 42000)
START_S, END_S = 3.0, 43.0
LASTING_S = 5.0
CODEC_RATES = ((15.6, 17.8), (23.8, 26.3), (31.7, 35.0), (46.5, 54.0), (97.0, 103.0))  # packets a second, with some loss
FOR_JUDGING = range(1000, 1400)
SMALLEST, LARGEST = 46, 1200  # bytes


class Game:
    """Made of a number, the same each time."""

    def __init__(self, number):
        self.random = random.Random(f"game {number}")
        self.traffic = Traffic(f"game-{number}")
        self.rates = []  # packets/s, of the player and of the server
        for up, packets in ((True, self.player()), (False, self.server())):
            kept = [(at_s, size) for at_s, size in packets if at_s < END_S and self.random.random() >= 0.002]
            for at_s, size in kept:
                self.traffic.packet(FLOW, at_s, int(min(max(size, SMALLEST), LARGEST)), up)
            self.rates.append(len(kept) / (END_S - START_S))

    def player(self):
        """(seconds, bytes) of each packet."""
        chance = self.random
        size, varies = chance.uniform(44, 105), chance.choice((1, 2, 6, 15, 30))
        jitter_s = chance.choice((0.0005, 0.001, 0.002, 0.003, 0.005))
        style = chance.choice(("limited", "frames", "fixed", "events"))
        if style == "events":
            times = self.events(chance.choice((5, 10, 15, 20, 25)), chance.uniform(2, 15))
        else:
            rates = {"limited": (30, 60, 60, 75, 90, 100, 120, 144), "frames": (20, 24, 30, 45, 60, 64, 72),
                     "fixed": (10, 12.5, 15, 20, 20, 25, 30, 31, 33, 35, 40, 45, 60, 64, 66)}
            most = chance.choice((15, 20, 25, 30, 30, 40, 42, 60, 66, 100)) if style == "limited" else 1e9
            times = self.frames(chance.choice(rates[style]), most)
        return [(at_s + abs(chance.gauss(0, jitter_s)), size + abs(chance.gauss(0, varies))) for at_s in times]

    def frames(self, per_s, most_per_s):
        """One at each frame, if the last one is long enough ago; now and then the machine halts for a moment."""
        at_s, last_s = START_S, 0.0
        while at_s < END_S:
            if at_s - last_s >= 1 / most_per_s - 1e-9:
                yield at_s
                last_s = at_s
            at_s += 1 / per_s + (self.random.uniform(0.02, 0.08) if self.random.random() < 0.002 else 0.0)

    def events(self, per_s, more_per_s):
        """A steady stream, and for seconds at a time what the player does."""
        at_s = START_S
        while at_s < END_S:
            yield at_s
            at_s += 1 / per_s
        at_s, does = START_S, True
        while at_s < END_S:
            until_s = at_s + self.random.expovariate(0.5)
            event_s = at_s
            while does and event_s < min(until_s, END_S):
                yield event_s
                event_s += self.random.expovariate(more_per_s)
            at_s, does = until_s, not does

    def server(self):
        """(seconds, bytes) of each packet; sizes change little by little, with what is seen."""
        chance = self.random
        per_s = chance.choice((10, 12.5, 15, 20, 20, 20, 25, 30, 30, 31, 33.3, 35, 40, 45, 50, 60, 64, 66, 128))
        skips, splits = chance.choice((0, 0, 0, 0.05, 0.2, 0.4)), chance.choice((0, 0, 0, 0.1))
        jitter_s, size, swing = chance.choice((0.0005, 0.002, 0.004)), chance.uniform(48, 260), chance.choice((0.05, 0.15, 0.3, 0.5))
        at_s, level = START_S + chance.random() / per_s, 0.0
        while at_s < END_S:
            level = 0.95 * level + 0.31 * chance.gauss(0, 1)
            if chance.random() >= skips:
                late_s = abs(chance.gauss(0, jitter_s)) + chance.expovariate(500)
                bytes_each = size * max(0.0, 1 + swing * level) + chance.gauss(0, 3)
                yield at_s + late_s, bytes_each
                if chance.random() < splits:
                    yield at_s + late_s, 0.7 * bytes_each
            at_s += 1 / per_s

    @property
    def has_codec_rates(self):
        return sum(any(low <= rate <= high for low, high in CODEC_RATES) for rate in self.rates)


def calls_in(events):
    """[(from, until)] that a call was on."""
    decisions = [(event["event"], event["time_s"]) for event in events if event["event"] in corpus.SCORED_EVENTS]
    return [(since, END_S if until is None else until) for since, until in stretches(decisions)]


def figures(numbers):
    """By how many of its two directions have a codec's rate: [games, taken for a call, for more than five seconds]."""
    found = {0: [0, 0, 0], 1: [0, 0, 0], 2: [0, 0, 0]}
    games = [Game(number) for number in numbers]
    with tempfile.TemporaryDirectory() as folder:
        events = corpus.by_capture(corpus.replay(program(), [game.traffic.write(folder) for game in games]))
    for game in games:
        on = calls_in(events[game.traffic.name])
        counts = found[game.has_codec_rates]
        counts[0] += 1
        counts[1] += bool(on)
        counts[2] += any(until - since > LASTING_S for since, until in on)
    return found


def text(found):
    games, alarmed, lasting = (sum(counts[i] for counts in found.values()) for i in range(3))
    words = ("no codec's rate", "a codec's rate one way", "both ways")
    parts = ", ".join(f"{counts[2]} of {counts[0]} with {word}" for counts, word in zip(found.values(), words))
    return f"{alarmed} of {games} are taken for a call, {lasting} for more than {LASTING_S:.0f} s ({parts})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=len(FOR_JUDGING))
    parser.add_argument("--first", type=int, default=FOR_JUDGING.start)
    options = parser.parse_args()
    print(text(figures(range(options.first, options.first + options.games))))


if __name__ == "__main__":
    main()
