#!/usr/bin/env python3
"""How good calls are, as the daemon tells it, beside what their listeners heard."""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import G711, G711_30MS, OPUS_DTX, Call  # noqa: E402
from daemon import Daemon  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402
from topology import Line  # noqa: E402

TALK_S = 17
ALIKE_MOS = 0.3
LOSS = """
table ip loss {
  chain lose {
    type filter hook forward priority 0; policy accept;
    iifname "%s" meta l4proto udp numgen random mod 1000 < %d drop
  }
}
"""
# Before the connection is tracked, as on the air.
AIR = """
table netdev air {
  chain lose {
    type filter hook ingress device "lan1" priority 0; policy accept;
    meta l4proto udp numgen random mod 100 < 8 drop
  }
}
"""


class QualityOfCalls(unittest.TestCase):
    def talk(self, home: Home, daemon: Daemon, *, lost_permille: int = 0, towards: str = "home", schedule: list = G711, port: int = 7078) -> tuple[dict, float]:
        """What the daemon says after a while, and the MOS of the worse listener over about the same time."""
        host, device = ("isp", "srv") if towards == "home" else ("router", "br-lan")
        if lost_permille:
            home.run(host, ["nft", "-f", "-"], input=LOSS % (device, lost_permille))
        with Call(home, schedule=schedule, port=port, callee_port=port) as call:
            time.sleep(TALK_S)
            now = time.time_ns()
            told = daemon.status()["quality"]
            time.sleep(1.6)
            truth = min(call.quality(way, now - 11_000_000_000, now - 500_000_000).mos for way in ("up", "down"))
        if lost_permille:
            home.run(host, ["nft", "delete", "table", "ip", "loss"])
        return told, truth

    @skipping
    def test_calls_with_a_clock_are_judged_as_their_listeners_hear_them(self):
        with Home(line=Line(None, None)) as home:
            daemon = Daemon(home, {"policy": {"release_after": "1s"}}).start()
            for place, (schedule, lost) in enumerate(((G711_30MS, 0), (G711, 50))):
                with self.subTest(schedule=schedule, lost=lost):
                    told, truth = self.talk(home, daemon, schedule=schedule, lost_permille=lost, port=7100 + 10 * place)
                    print(f"{lost / 10} % lost: told {told}, heard {truth:.2f}")
                    self.assertIsNotNone(told["mos"], told)
                    self.assertLess(abs(told["mos"] - truth), ALIKE_MOS, told)
            self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 0, 20))
            self.assertIn("; quality ", daemon.log_text())

    @skipping
    def test_a_call_that_is_bad_is_told(self):
        with Home(line=Line(None, None)) as home:
            daemon = Daemon(home, {"policy": {"release_after": "1s"}}).start()
            told, truth = self.talk(home, daemon, lost_permille=150)
            print(f"15 % lost: told {told}, heard {truth:.2f}")
            self.assertEqual(told["grade"], "bad")
            self.assertIn(" is bad (MOS ", daemon.log_text())

    @skipping
    def test_what_the_phone_sends_and_does_not_reach_the_router_is_the_homes(self):
        with Home(line=Line(None, None)) as home:
            daemon = Daemon(home, {"policy": {"release_after": "1s"}}).start()
            home.run("router", ["nft", "-f", "-"], input=AIR)
            told, truth = self.talk(home, daemon)
            print(f"8 % lost at home: told {told}, heard {truth:.2f}")
            self.assertEqual(told["cause"], "home", told)

    @skipping
    def test_pauses_are_no_losses(self):
        with Home(line=Line(None, None)) as home:
            daemon = Daemon(home, {"policy": {"release_after": "1s"}}).start()
            told, _ = self.talk(home, daemon, schedule=OPUS_DTX)
            self.assertEqual(told["grade"], "unknown", told)
            self.assertNotIn(" is bad (MOS ", daemon.log_text())


if __name__ == "__main__":
    main()
