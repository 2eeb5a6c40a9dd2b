#!/usr/bin/env python3
"""A call on an ADSL line: what it needs there of cells, the kernel does not count unless it is told of the link layer."""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, is_shaped, merged  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402
from line_meter import cell_meter  # noqa: E402
from peers import Transfer  # noqa: E402
from topology import Line  # noqa: E402

OVERHEAD = 40  # PPPoE, LLC
SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 1000, "download_kbit": 5000}},
    "policy": {"release_after": "1s", "min_on": "1s", "min_off": "1s"},
    "device": [
        {"name": "Phone", "address": "192.168.77.10", "role": "phone"},
        {"name": "Game", "address": "192.168.77.20", "role": "never"},
    ],
}
TOLD = {"qos": {"tc": {"overhead": OVERHEAD, "link_layer": "atm"}}}
# 40 bytes each with the IP header: 54 for the kernel, 106 on the line.
GAME = """
import socket, sys, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begin = time.monotonic()
for i in range(500 * 60):
    time.sleep(max(0, begin + i / 500 - time.monotonic()))
    try:
        sock.sendto(bytes(12), (sys.argv[1], 4000))
    except OSError:
        pass
"""
FILLS_S = 6.0  # what is too much for the line stands in the modem by then
JUDGED_S = 4.0


class LinkLayer(unittest.TestCase):
    @skipping
    def test_a_call_beside_many_small_packets_on_an_atm_line(self):
        untold, too_much = self.judge(SETTINGS)
        told, offered = self.judge(merged(SETTINGS, TOLD))
        print(f"as the kernel counts: {untold}, {too_much:.0f} kbit/s of cells for a line of 1000")
        print(f"counted in cells:     {told}, {offered:.0f} kbit/s of cells for a line of 1000")
        self.assertGreater(too_much, 1000)
        self.assertGreater(untold.p95_ms, 200)
        self.assertLess(offered, 1000)
        self.assertLess(told.p95_ms, 60)
        self.assertGreater(told.mos, 4)

    def judge(self, settings: dict):
        """The call's quality upwards beside a transfer and a game that begin once QoS is on, and what the modem gets meanwhile."""
        with Home(ipv6=False, line=Line(up_kbit=1000, down_kbit=5000, atm_overhead=OVERHEAD)) as home:
            meter = cell_meter(home, overhead=OVERHEAD)
            daemon = Daemon(home, settings).start()
            with Call(home) as call:
                self.assertTrue(wait_until(lambda: is_shaped(home) and daemon.status()["qos"] == "ON", 15), daemon.log_text())
                Transfer(home, seconds=60)
                home.popen("laptop", [sys.executable, "-c", GAME, home.address("server")])
                time.sleep(FILLS_S)
                begin = time.time_ns()
                time.sleep(JUDGED_S)
                end = time.time_ns()
            self.assertEqual(daemon.stop(), 0, daemon.log_text())
            return call.quality("up", begin, end), meter.kbit(begin, end) or 0.0


if __name__ == "__main__":
    main()
