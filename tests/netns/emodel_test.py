#!/usr/bin/env python3
"""The E-model against published values. Needs no privilege."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from emodel import Packet, judge, mos_of, rating  # noqa: E402


def packets(delays_ms, spacing_ms=20):
    made = []
    for i, delay in enumerate(delays_ms):
        sent = int(i * spacing_ms * 1e6)
        made.append(Packet(sent, None if delay is None else sent + int(delay * 1e6)))
    return made


class EModel(unittest.TestCase):
    def test_mos_of_r_is_the_table_of_g107_annex_b(self):
        # ITU-T G.107 table B.1 and its default R of 93.2
        for r, mos in ((93.2, 4.41), (90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)):
            self.assertAlmostEqual(mos_of(r), mos, delta=0.01)
        self.assertEqual(mos_of(0), 1.0)
        self.assertEqual(mos_of(-50), 1.0)
        self.assertEqual(mos_of(100), 4.5)

    def test_delay_hurts_more_beyond_177_ms(self):
        self.assertAlmostEqual(rating(0, 0), 93.2)
        self.assertAlmostEqual(rating(100, 0), 90.8)
        self.assertAlmostEqual(rating(177.3, 0) - rating(178.3, 0), 0.134, places=3)
        self.assertEqual(rating(2000, 0), 0.0)

    def test_loss_hurts_as_g113_says_for_g711_with_concealment(self):
        self.assertAlmostEqual(rating(0, 1), 93.2 - 95 / 26.1, places=6)
        self.assertAlmostEqual(rating(0, 25.1), 93.2 - 47.5, places=6)


class Judging(unittest.TestCase):
    def test_a_clean_call_is_as_good_as_it_gets(self):
        quality = judge(packets([0.2] * 200))
        self.assertEqual((quality.sent, quality.lost, quality.late), (200, 0, 0))
        self.assertAlmostEqual(quality.mos, 4.40, delta=0.01)
        self.assertAlmostEqual(quality.jitter_ms, 0.0, places=6)

    def test_lost_and_late_packets_are_told_apart(self):
        quality = judge(packets([10] * 90 + [None] * 4 + [300] * 6))
        self.assertEqual((quality.lost, quality.late), (4, 6))
        self.assertAlmostEqual(quality.r, rating(20 + 10, 10.0), places=6)

    def test_a_bloated_queue_makes_a_call_useless(self):
        self.assertEqual(judge(packets([930 + i % 50 for i in range(200)])).mos, 1.0)

    def test_nothing_heard_is_the_worst_call(self):
        quality = judge(packets([None] * 50))
        self.assertEqual((quality.lost, quality.mos, quality.loss_percent), (50, 1.0, 100.0))

    def test_jitter_settles_at_the_mean_change_of_delay(self):
        quality = judge(packets([0, 8] * 200))
        self.assertAlmostEqual(quality.jitter_ms, 8.0, delta=0.01)


if __name__ == "__main__":
    unittest.main(verbosity=2)
