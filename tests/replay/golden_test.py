#!/usr/bin/env python3
"""Recordings of real programs in the home in a box, masked, replayed: every marked call is heard and ends as soon as when it was recorded.

Each file in golden/ was written by `voip-qosd record --mask --mask-lan`; lines "# call START END" say when media really flowed.
"""
import json
import pathlib
import subprocess
import unittest

from timelines import program

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
HEARD_WITHIN_S = 2.5
OVER_WITHIN_S = 10.0
SLACK_S = 0.5  # of two readings; a better detector may trade so much of one call for another


def marked_calls(path):
    return [tuple(map(float, line.split()[2:4])) for line in path.read_text().splitlines() if line.startswith("# call ")]


def decisions(path):
    """What the recorder decided then: [(what, seconds)]."""
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith('{"decision"')]
    return [(line["decision"], line["at"] / 1000) for line in lines]


def replayed(path, *options):
    """What is decided now."""
    done = subprocess.run([program(), "replay", *options, path], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [(event["event"], event["time_s"]) for event in events if event["event"].startswith("call_")]


class GoldenRecordings(unittest.TestCase):
    def test_there_are_calls_and_what_is_none(self):
        counts = [len(marked_calls(path)) for path in GOLDEN.glob("*.jsonl")]
        self.assertGreaterEqual(sum(counts), 3)
        self.assertIn(0, counts)

    def test_marked_calls_are_heard_and_end_in_time_and_nothing_else_is_a_call(self):
        for path in sorted(GOLDEN.glob("*.jsonl")):
            with self.subTest(recording=path.name):
                calls, found = marked_calls(path), replayed(path)
                self.assertEqual([what for what, _ in found], ["call_start", "call_end"] * len(calls))
                for (start, end), (_, heard), (_, over) in zip(calls, found[::2], found[1::2]):
                    self.assertLess(heard, start + HEARD_WITHIN_S)
                    self.assertGreater(over, end - 1)
                    self.assertLess(over, end + OVER_WITHIN_S)

    def test_decisions_are_no_later_than_when_they_were_recorded(self):
        for path in sorted(GOLDEN.glob("*.jsonl")):
            with self.subTest(recording=path.name):
                for (then_what, then), (now_what, now) in zip(decisions(path), replayed(path), strict=True):
                    self.assertEqual(then_what, now_what)
                    self.assertLessEqual(now, then + SLACK_S)

    def test_a_replay_repeats_itself(self):
        for path in sorted(GOLDEN.glob("*.jsonl")):
            with self.subTest(recording=path.name):
                self.assertEqual(replayed(path), replayed(path))

    def test_hosts_are_masked(self):
        for path in GOLDEN.glob("*.jsonl"):
            self.assertEqual(json.loads(path.read_text().splitlines()[0])["masked"], "all", path.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
