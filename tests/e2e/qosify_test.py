#!/usr/bin/env python3
"""Actuator "qosify" on real calls, with a stand-in for ubus: the far end of each call is in its class while the call lasts, and no longer."""

from __future__ import annotations

import os
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import ROOT, Daemon  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

SETTINGS = {"qos": {"actuator": "qosify", "wan": "wan"}, "policy": {"release_after": "1s", "min_on": "0s", "min_off": "0s"}}


class Qosify(unittest.TestCase):
    @skipping
    def test_far_ends_come_with_their_calls_are_renewed_and_go(self):
        with Home() as home:
            world = home.folder("qosify")
            (world / "how").write_text("behaves")
            os.environ["QOS_STATE"] = str(world)
            # Stands in for qosify's CAKE, which this kernel may lack.
            home.run("router", ["tc", "qdisc", "add", "dev", "wan", "root", "handle", "8001:", "pfifo"])
            daemon = Daemon(home, SETTINGS, programs=ROOT / "tests" / "ports" / "shaping" / "scripts" / "qosify").start()
            server, server_v6 = home.address("server"), home.address("server", 6)

            def entries() -> dict[str, int]:
                """Address -> seconds until qosify forgets it."""
                lines = [line.split() for line in (world / "entries").read_text().splitlines()] if (world / "entries").exists() else []
                return {address: int(end) - int(time.time()) for address, _, end in lines}

            with Call(home) as call:
                self.assertTrue(wait_until(lambda: server in entries(), 6), daemon.log_text())
                self.assertGreater(entries()[server], 55)
                self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 3))
                switches = daemon.status()["totals"]["switches"]

                with Call(home, family=6, port=7090) as second:
                    self.assertTrue(wait_until(lambda: server_v6 in entries(), 6), daemon.log_text())
                    self.assertEqual(set(entries()), {server, server_v6})
                    second.hang_up()

                # Half of its time is over; something in the network changes, which is worth a look.
                (world / "entries").write_text(f"{server} voice {int(time.time()) + 30}\n")
                home.run("router", ["tc", "qdisc", "add", "dev", "lan2", "root", "handle", "77:", "pfifo"])
                self.assertTrue(wait_until(lambda: entries().get(server, 0) > 50, 5), daemon.log_text())
                self.assertEqual(daemon.status()["totals"]["switches"], switches, "a renewal is no switch")
                self.assertIsNone(daemon.status()["error"])

                daemon.kill()
                self.assertLessEqual(entries()[server], 60, "without the daemon it is forgotten by itself, five minutes later at the latest")
                daemon.start()
                self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 1 and daemon.status()["qos"] == "ON", 8), daemon.log_text())
                call.hang_up()
            self.assertTrue(wait_until(lambda: server not in entries() and daemon.status()["qos"] == "OFF", 12), daemon.log_text())
            with Call(home):
                self.assertTrue(wait_until(lambda: server in entries(), 8), daemon.log_text())
                self.assertEqual(daemon.stop(), 0)
                self.assertNotIn(server, entries(), "on_exit = \"off\"")
                self.assertLessEqual(max(entries().values(), default=0), 60, "what the killed daemon knew alone goes by itself")


if __name__ == "__main__":
    main()
