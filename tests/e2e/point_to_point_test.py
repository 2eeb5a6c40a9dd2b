#!/usr/bin/env python3
"""Actuator "tc" on a WAN like that of PPPoE: point-to-point, no Ethernet header, no gateway, and now and then a new session."""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, is_shaped, qdiscs  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402
from peers import Transfer  # noqa: E402
from point_to_point import PointToPoint  # noqa: E402

SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750, "overhead": 34}},
    "policy": {"release_after": "3s", "min_on": "1s", "min_off": "1s"},
}


class OverPointToPoint(unittest.TestCase):
    def assert_on(self, home: Home, daemon: Daemon, seconds: float = 15) -> None:
        self.assertTrue(wait_until(lambda: is_shaped(home) and daemon.status()["qos"] == "ON" and daemon.status()["error"] is None, seconds), daemon.log_text())

    def assert_nothing_left(self, home: Home, daemon: Daemon) -> None:
        self.assertTrue(wait_until(lambda: not is_shaped(home), 20), daemon.log_text())
        self.assertEqual(daemon.stop(), 0, daemon.log_text())
        self.assertNotIn("ca1", home.run("router", ["tc", "qdisc"]).stdout)
        self.assertNotIn("voip", home.run("router", ["nft", "list", "tables"]).stdout + home.run("router", ["ip", "link"]).stdout)

    @skipping
    def test_a_call_beside_an_upload_and_a_daemon_that_is_killed_in_it(self):
        with Home(ipv6=False) as home:
            PointToPoint(home).connect()
            daemon = Daemon(home, SETTINGS).start()
            Transfer(home, seconds=60)
            with Call(home) as call:
                self.assert_on(home, daemon)
                for device, overhead in (("wan", 34), ("voip-ifb", 34 - 14)):
                    classes = [line for line in home.run("router", ["tc", "class", "show", "dev", device]).stdout.splitlines() if " htb " in line]
                    self.assertEqual(len(classes), 5)
                    for line in classes:
                        self.assertIn(f" overhead {overhead} ", line, device)
                self.assertTrue(wait_until(lambda: any(" ca1e: " in line for line in qdiscs(home)), 10), "it drains still")
                daemon.kill()
                before = qdiscs(home)
                daemon.start()
                self.assert_on(home, daemon)
                self.assertEqual(qdiscs(home), before, "adopted, not made anew")
                on_ns = time.time_ns() + 3_000_000_000
                time.sleep(6)
                for way in ("up", "down"):
                    quality = call.quality(way, on_ns)
                    self.assertGreater(quality.mos, 4, quality)
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_session_that_is_lost_in_a_call_and_comes_back_as_another_device(self):
        with Home(ipv6=False) as home:
            line = PointToPoint(home).connect()
            first = line.index()
            daemon = Daemon(home, SETTINGS).start()
            with Call(home) as call:
                self.assert_on(home, daemon)
                line.hang_up()
                self.assertTrue(wait_until(lambda: daemon.status()["qos"] != "ON", 10), "there is nothing to be on")
                line.connect()
                back = time.monotonic()
                self.assertNotEqual(line.index(), first)
                self.assert_on(home, daemon, 40)
                print(f"on again {time.monotonic() - back:.1f} s after the new session")
                self.assertTrue(wait_until(lambda: daemon.status()["call_active"], 15), daemon.status())
                on_ns = time.time_ns()
                time.sleep(4)
                quality = call.quality("up", on_ns)
                self.assertGreater(quality.mos, 4, quality)
            self.assert_nothing_left(home, daemon)


if __name__ == "__main__":
    main()
