#!/usr/bin/env python3
"""Recordings of other people's programs, each with two settings, replayed: what was measured of them is still so.

program_figures.py prints all figures, record_programs.py makes the recordings anew. Of the set "build" each recording is held, of the set that
was put aside only what its one judgement gave: a miss there is not looked into, or it would be put aside no more.
In eleven recordings "# call" begins when the flow of the media was born, as the recorder told (250 ms at most after it was): DNS had been taken
for RTP when they were made.
"""
import unittest

from program_figures import FOLDER, SETTINGS, Totals, figures
from recordings import length_s, marked_calls, objects

SLACK_S = 0.5  # of two readings; a better detector may trade so much of one call for another

# Of the set "build": when calls were heard, in seconds from their first packet of media. Firefox's flow was let go of while it was recorded, so
# it is read each four seconds at times, which ends the call twice.
HEARD_AFTER_S = {
    "aiortc": 1.50,
    "baresip-narrow": 0.50,
    "firefox": 2.75,
    "janus-room": 0.50,
    "linphone": 0.24,
    "mumble": 0.25,
    "turn-relay": 0.50,
    "twinkle": 0.56,
    "two-browsers": 0.50,
}
# (false alarms, those that last): 50 pings a second of 132 bytes are the clock of a codec, and Minetest's 23 packets/s of 67 bytes up and 15 of
# 140 down are those of people who talk and pause.
FALSE_ALARMS = {"ddsperf": (1, 1), "minetest": (2, 1)}
# The set that was put aside was judged before the detector heard Firefox and aiortc in the other one, and once more when it doubted what has a rhythm
# of its own, which was worked out on made-up games: then two of its alarms lasted, and not four: two of them come in parts, which makes seven of five.
TOTALS = {
    "build": Totals(calls=9, found=9, without=11, alarmed=2, false_alarms=3, lasting=2, flaps=2, median_s=0.50, slowest_s=2.75, on=0.985),
    "aside": Totals(calls=9, found=8, without=11, alarmed=4, false_alarms=7, lasting=2, flaps=0, median_s=0.62, slowest_s=1.50, on=0.875),
}


class Programs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.figures = {setting: figures(setting) for setting in SETTINGS}

    def test_each_program_is_there_with_both_settings(self):
        names = {setting: {one.name for one in self.figures[setting]} for setting in SETTINGS}
        self.assertEqual(names["build"], names["aside"])
        self.assertGreaterEqual(len(names["build"]), 10)

    def test_a_call_is_marked_with_both_settings_or_with_none(self):
        calls = {setting: {one.name for one in self.figures[setting] if one.calls} for setting in SETTINGS}
        self.assertEqual(calls["build"], calls["aside"])
        self.assertEqual(calls["build"], set(HEARD_AFTER_S))

    def test_calls_are_heard_as_soon_as_they_were(self):
        for one in self.figures["build"]:
            for delay in one.delays:
                with self.subTest(recording=one.name):
                    self.assertIsNotNone(delay)
                    self.assertLessEqual(delay, HEARD_AFTER_S[one.name] + SLACK_S)

    def test_nothing_else_is_taken_for_a_call_than_was(self):
        found = {one.name: (len(one.alarms), len(one.lasting)) for one in self.figures["build"] if one.alarms}
        self.assertEqual(found, FALSE_ALARMS, "fewer now? Say so here")

    def test_the_totals_are_no_worse_than_they_were(self):
        for setting in SETTINGS:
            now, then = Totals.of(self.figures[setting]), TOTALS[setting]
            with self.subTest(set=setting):
                self.assertEqual((now.calls, now.without), (then.calls, then.without))
                self.assertGreaterEqual(now.found, then.found)
                for key in ("alarmed", "false_alarms", "lasting", "flaps"):
                    self.assertLessEqual(getattr(now, key), getattr(then, key), key)
                for key in ("median_s", "slowest_s"):
                    self.assertLessEqual(getattr(now, key), getattr(then, key) + SLACK_S, key)
                self.assertGreaterEqual(now.on, then.on - 0.01)

    def test_hosts_are_masked_and_all_is_small(self):
        files = list(FOLDER.glob("*/*.jsonl"))
        for path in files:
            self.assertEqual(objects(path)[0]["masked"], "all", path.name)
        self.assertLess(sum(path.stat().st_size for path in files), 2_000_000)

    def test_marked_calls_are_within_their_recording(self):
        for path in FOLDER.glob("*/*.jsonl"):
            last = length_s(path)
            for start, end in marked_calls(path):
                with self.subTest(recording=path.name):
                    self.assertLess(start, end)
                    self.assertLess(end, last)


if __name__ == "__main__":
    unittest.main(verbosity=2)
