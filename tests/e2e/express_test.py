#!/usr/bin/env python3
"""Actuator "qos-scripts" on a real call of large packets: the stock rules put it into Bulk, ours into Express, with the real iptables.

This kernel need not have HFSC: without it the daemon reports that QoS is not on, but the marks, on which the classes rest, are real.
"""

from __future__ import annotations

import os
import re
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import ROOT, Daemon  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home, Unavailable, require  # noqa: E402

LARGE = [[60, 50, 532]]  # 560 bytes with the headers: over what the stock rules take for voice
WITHIN_S = 3.0  # from the first packet: the call has to be known first
SETTINGS = {"qos": {"actuator": "qos-scripts", "wan": "wan", "qos-scripts": {"interface": "wan"}}, "policy": {"release_after": "1s"}}


class Express(unittest.TestCase):
    @skipping
    def test_a_call_of_large_packets_is_express_as_soon_as_it_is_known(self):
        require("iptables")
        with Home() as home:
            world = home.folder("qos-scripts")
            (world / "how").write_text("behaves")
            (world / "uci").write_text("qos.wan=interface\nqos.wan.enabled='1'\nqos.wan.download='4500'\n")
            (world / "links").write_text("lo\nwan\n")
            (world / "qdiscs").write_text("")
            os.environ["QOS_STATE"] = str(world)
            programs = ROOT / "tests" / "ports" / "shaping" / "scripts" / "qos_scripts"
            home.run("router", ["env", f"PATH={programs}:{os.environ['PATH']}", "qos-start"])
            for mark in ("0x20", "0x40"):
                made = home.run("router", ["iptables", "-w", "-t", "mangle", "-A", "POSTROUTING", "-o", "wan", "-p", "udp", "-m", "mark", "--mark", f"{mark}/0xf0"], check=False)
                if made.returncode != 0:
                    raise Unavailable(f"iptables cannot match marks here: {made.stderr.strip()}")

            with Call(home, schedule=LARGE):
                time.sleep(1.0)
                express, bulk = self.packets(home)
                self.assertEqual(express, 0)
                self.assertGreater(bulk, 30, "the stock rules alone")
            with Call(home, schedule=LARGE, port=7090) as call:
                daemon = Daemon(home, SETTINGS, programs=programs).start()
                self.assertTrue(wait_until(lambda: self.packets(home)[0] > 0, 8, every=0.02), daemon.log_text())
                time.sleep(0.2)
                before = self.packets(home)
                time.sleep(1.0)
                after = self.packets(home)
                self.assertGreater(after[0] - before[0], 40)
                self.assertEqual(after[1], before[1], "not one packet is Bulk any more")
                call.hang_up()
            # And for one that begins while the daemon runs: how long that takes from its first packet.
            self.assertTrue(wait_until(lambda: not daemon.status()["call_active"], 12), daemon.log_text())
            before = self.packets(home)[0]
            with Call(home, schedule=LARGE, port=7100) as call:
                self.assertTrue(wait_until(lambda: self.packets(home)[0] > before, 8, every=0.02), daemon.log_text())
                took = time.time() - call.started_ns / 1e9
                print(f"Express {took:.2f} s after the first packet")
                self.assertLess(took, WITHIN_S)
            self.assertEqual(daemon.stop(), 0)
            for program in ("iptables", "ip6tables"):
                self.assertNotIn("voip-qosd", home.run("router", [program, "-w", "-t", "mangle", "-S"], check=False).stdout)

    @staticmethod
    def packets(home: Home) -> tuple[int, int]:
        """Packets of Express and of Bulk that went out on the WAN."""
        listing = home.run("router", ["iptables", "-w", "-t", "mangle", "-L", "POSTROUTING", "-v", "-x", "-n"]).stdout
        counts = {mark: int(number) for number, mark in re.findall(r"^ *(\d+) .* mark match (0x[24]0)/0xf0", listing, re.MULTILINE)}
        return counts["0x20"], counts["0x40"]


if __name__ == "__main__":
    main()
