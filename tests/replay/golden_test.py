#!/usr/bin/env python3
"""Recordings of real programs in the home in a box, masked, replayed: every marked call is heard and ends as soon as when it was recorded.

Each file in golden/ was written by `voip-qosd record --mask --mask-lan`; lines "# call START END" say when media really flowed, a line
"# what" how it was made (record_golden.py makes them anew). Nothing but counters tells the router of these calls, but for baresip-opus,
which an ALG announces, and ipv6-opus-pauses, which is on a VoIP port.
"""
import json
import pathlib
import unittest

from recordings import decisions, marked_calls, objects, replay, replayed, stretches

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
HEARD_WITHIN_S = 2.5
OVER_WITHIN_S = 10.0
SLACK_S = 0.5  # of two readings; a better detector may trade so much of one call for another
SEVERAL_AT_ONCE = {"conference", "transfer"}  # one mark, but a call for each remote network


class GoldenRecordings(unittest.TestCase):
    def test_there_are_calls_and_what_is_none(self):
        counts = [len(marked_calls(path)) for path in GOLDEN.glob("*.jsonl")]
        self.assertGreaterEqual(sum(counts), 11)
        self.assertGreaterEqual(counts.count(0), 4)

    def test_marked_calls_are_heard_and_end_in_time_and_nothing_else_is_a_call(self):
        for path in sorted(GOLDEN.glob("*.jsonl")):
            with self.subTest(recording=path.name):
                calls, found = marked_calls(path), replayed(path)
                if path.stem not in SEVERAL_AT_ONCE:
                    self.assertEqual([what for what, _ in found], ["call_start", "call_end"] * len(calls))
                for (start, end), (heard, over) in zip(calls, stretches(found), strict=True):
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

    def test_the_quality_of_calls_is_what_was_told(self):
        told = 0
        for path in sorted(GOLDEN.glob("*.jsonl")):
            with self.subTest(recording=path.name):
                then = [line["quality"] for line in objects(path) if "quality" in line]
                if not then:
                    continue  # recorded before qualities were
                self.assertEqual(then, [event["quality"] for event in replay(path) if event["event"] == "call_end"])
                told += 1
        self.assertGreaterEqual(told, 1)

    def test_a_call_behind_a_full_upload_is_bad_by_it(self):
        events = {event["event"]: event for event in replay(GOLDEN / "full-upload.jsonl")}
        self.assertEqual((events["call_end"]["quality"]["grade"], events["call_end"]["quality"]["cause"]), ("bad", "upload"))
        self.assertLess(events["call_bad"]["time_s"], 10 + 2 + 10, "two seconds until the queue stands, and ten of it")

    def test_a_hold_with_music_is_one_call(self):
        found = replayed(GOLDEN / "hold-music.jsonl")
        self.assertEqual([what for what, _ in found], ["call_start", "call_end"])

    def test_after_a_silent_hold_call_and_qos_are_back_as_soon_as_at_first(self):
        # While nothing is said nothing needs protection: the call may end, and QoS after its release delay. What is promised is the
        # return.
        path = GOLDEN / "hold-silent.jsonl"
        (_, held), (taken_up, _) = marked_calls(path)
        for kind in ("call_", "qos_"):
            after = [(what, at) for what, at in replayed(path, kind=kind) if at > held]
            self.assertEqual(after[0][0].removeprefix(kind), "end" if kind == "call_" else "off")
            self.assertGreater(after[1][1], taken_up)
            self.assertLess(after[1][1], taken_up + HEARD_WITHIN_S)

    def test_one_way_media_is_a_call_too(self):
        # What the phone sends does arrive, so it is protected; that nobody is heard is for people to notice.
        self.assertEqual(len(replayed(GOLDEN / "one-way.jsonl")), 2)

    def test_a_conference_is_a_call_for_each_remote_network(self):
        found = replayed(GOLDEN / "conference.jsonl")
        self.assertEqual([what for what, _ in found], ["call_start", "call_start", "call_end", "call_end"])
        self.assertLess(found[2][1], found[3][1] - 3, "the second party leaves six seconds earlier")
        self.assertEqual(len(replayed(GOLDEN / "conference-one-network.jsonl")), 2)

    def test_a_transferred_call_never_is_without_qos(self):
        path = GOLDEN / "transfer.jsonl"
        self.assertEqual([what for what, _ in replayed(path)], ["call_start", "call_start", "call_end", "call_end"])
        self.assertEqual([what for what, _ in replayed(path, kind="qos_")], ["qos_on"])  # it goes off after the recording's end

    def test_hosts_are_masked(self):
        for path in GOLDEN.glob("*.jsonl"):
            self.assertEqual(json.loads(path.read_text().splitlines()[0])["masked"], "all", path.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
