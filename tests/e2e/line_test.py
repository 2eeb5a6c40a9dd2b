#!/usr/bin/env python3
"""Lines of which nothing was configured: what they carry is learnt from what passes, a call is protected by it, and a line that changes is
followed. What only looks like a line teaches nothing."""

from __future__ import annotations

import re
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import is_shaped, merged  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from line_lab import RATE, LineLab  # noqa: E402
from line_meter import byte_meter  # noqa: E402
from topology import Line  # noqa: E402

PATIENCE_S = 40  # of a busy machine
TC = {"qos": {"actuator": "tc"}}


class Learning(unittest.TestCase):
    def assert_learnt(self, direction: str, truth: int, lab: LineLab) -> None:
        lab.fill(direction)
        self.assertIsNotNone(lab.until_known(direction, PATIENCE_S), lab.line())
        told = [told[RATE[direction]] for told in lab.watch(3)]
        self.assertGreater(min(told), 0.95 * truth)
        self.assertLess(max(told), 1.03 * truth)

    @skipping
    def test_both_directions_and_families_are_learnt_by_a_transfer_that_fills_them(self):
        for direction, family, line in (("up", 4, Line(2000, 10_000, 300, 200)), ("down", 4, Line(2000, 10_000, 300, 200)), ("up", 6, Line(10_000, 50_000, 200, 100))):
            truth = line.up_kbit if direction == "up" else line.down_kbit
            with self.subTest(direction=direction, family=family), LineLab(line, family=family) as lab:
                self.assert_learnt(direction, truth, lab)
                # It is told at a pace.
                self.assertTrue(wait_until(lambda: "the line carries " in lab.daemon.log_text(), PATIENCE_S), lab.daemon.log_text())

    @skipping
    def test_what_is_learnt_outlives_the_daemon(self):
        with LineLab(Line(2000, 10_000, 300, 200)) as lab:
            self.assert_learnt("up", 2000, lab)
            lab.stop()
            self.assertEqual(lab.daemon.stop(), 0)
            kept = re.search(r"^up (\d+) low \d+ learnt \d+$", (lab.daemon.folder / "state" / "line").read_text(), re.MULTILINE)
            self.assertTrue(kept)
            learnt = int(kept[1])
            self.assertTrue(0.95 * 2000 < learnt < 1.03 * 2000, learnt)
            lab.daemon.start()
            self.assertEqual(lab.line()["up_kbit"], learnt)

    @skipping
    def test_a_far_end_that_is_narrow_teaches_nothing_and_is_named(self):
        with LineLab(Line(2000, 16_000, 300, 200)) as lab:
            lab.narrow(0, 3000)
            lab.fill("down", only=1, streams=1, kbit=300)
            lab.fill("down", only=0)
            self.assertTrue(wait_until(lambda: lab.line()["bottleneck"] == "far_end", PATIENCE_S), lab.line())
            self.assertEqual({told["down_kbit"] for told in lab.watch(6)}, {None})

    @skipping
    def test_an_idle_line_is_not_looked_at(self):
        with LineLab(Line(2000, 10_000)) as lab:
            time.sleep(1)
            sockets = lab.home.run("router", ["cat", "/proc/net/packet"]).stdout.splitlines()[1:]
            self.assertEqual(len(sockets), 1, "one that waits for a packet")
            self.assertEqual({told["bottleneck"] for told in lab.watch(2)}, {"unknown"})


class Using(unittest.TestCase):
    @skipping
    def test_until_the_line_is_known_a_call_is_told_to_be_without_protection(self):
        with LineLab(Line(2000, 10_000, 300, 200), settings=TC) as lab, Call(lab.home):
            self.assertTrue(wait_until(lambda: "not known yet" in (lab.daemon.status()["error"] or ""), PATIENCE_S), lab.daemon.status())
            self.assertEqual(lab.daemon.status()["qos"], "OFF")
            self.assertFalse(is_shaped(lab.home))
            # ... and is protected as soon as it is, by the transfer that harms it.
            lab.fill("up")
            self.assertTrue(wait_until(lambda: lab.daemon.status()["qos"] == "ON", PATIENCE_S), lab.daemon.status())
            self.assertIsNone(lab.daemon.status()["error"])

    @skipping
    def test_a_line_that_becomes_slower_in_a_call_is_followed_without_a_gap(self):
        with LineLab(Line(4000, 20_000, 500, 200), settings=TC) as lab:
            lab.fill("up")
            self.assertIsNotNone(lab.until_known("up", PATIENCE_S))
            with Call(lab.home) as call:
                self.assertTrue(wait_until(lambda: lab.daemon.status()["qos"] == "ON", PATIENCE_S), lab.daemon.status())
                time.sleep(3)
                lab.set_line(up_kbit=2000)
                changed = lambda: "ceil 18" in lab.home.run("router", ["tc", "class", "show", "dev", "wan"]).stdout  # 95 % of 97 % of 2000
                self.assertTrue(wait_until(changed, PATIENCE_S), lab.home.run("router", ["tc", "class", "show", "dev", "wan"]).stdout)
                time.sleep(2)
                begin = time.time_ns()
                time.sleep(4)
                self.assertGreater(call.quality("up", begin, begin + 2_500_000_000).mos, 4.2)
            log = lab.daemon.log_text()
            self.assertEqual(log.count("QoS is on"), 1, log)
            self.assertNotIn("somebody", log)

    @skipping
    def test_with_a_queue_target_so_short_a_queue_is_held_and_the_rest_gets_what_the_call_leaves(self):
        with LineLab(Line(4000, 20_000, 500, 200), settings=merged(TC, {"qos": {"queue_target": "30ms"}})) as lab:
            meter = byte_meter(lab.home, "server", "eth0")
            lab.fill("up")
            self.assertIsNotNone(lab.until_known("up", PATIENCE_S))
            with Call(lab.home) as call:
                self.assertTrue(wait_until(lambda: lab.daemon.status()["qos"] == "ON", PATIENCE_S), lab.daemon.status())
                time.sleep(6)
                begin = time.time_ns()
                time.sleep(6)
                end = begin + 4_500_000_000
                self.assertLess(call.quality("up", begin, end).p95_ms, 200, "500 ms of queue could stand")
                self.assertGreater(meter.kbit(begin, end), 0.85 * 4000, "without it 70 % are left, and the call")
                self.assertLess(abs(lab.line()["up_shaped_kbit"] - 4000), 800, lab.line())


class Privilege(unittest.TestCase):
    @skipping
    def test_without_it_calls_are_seen_and_it_is_said_what_is_missing(self):
        without_raw = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"]
        with LineLab(Line(2000, 10_000), settings=TC) as lab:
            self.assertEqual(lab.daemon.stop(), 0)
            lab.daemon.started_by = without_raw
            lab.daemon.start()
            self.assertIn("needs CAP_NET_RAW", lab.line()["blocker"])
            with Call(lab.home):
                self.assertTrue(wait_until(lambda: "CAP_NET_RAW" in (lab.daemon.status()["error"] or ""), PATIENCE_S), lab.daemon.status())


if __name__ == "__main__":
    main()
