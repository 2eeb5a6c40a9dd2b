#!/usr/bin/env python3
"""Real calls, as `voip-qosd report` tells of them afterwards: over a stop, a kill and a restart."""

from __future__ import annotations

import json
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, is_shaped  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

PHONE = "Kitchen phone"
TALK_S = 8


def settings(home: Home, **policy: str) -> dict:
    return {
        "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750, "drain_for": "200ms"}},
        "policy": {"release_after": "1s", "min_on": "0s", "min_off": "0s"} | policy,
        "device": [{"name": PHONE, "address": home.address("phone")}],
    }


class Reports(unittest.TestCase):
    def report(self, daemon: Daemon, *argv: str) -> dict:
        done = daemon.command("report", "--json", *argv)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def talk(self, home: Home, daemon: Daemon, port: int = 7078) -> None:
        with Call(home, port=port, callee_port=port):
            self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 1, 8), daemon.log_text())
            time.sleep(TALK_S)
        self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 0, 20), daemon.log_text())

    @skipping
    def test_a_call_that_has_ended_is_told_and_one_that_was_killed_is_not(self):
        with Home() as home:
            daemon = Daemon(home, settings(home)).start()
            self.assertIn("Nothing was kept yet", daemon.command("report").stdout)
            self.talk(home, daemon)
            self.assertTrue(wait_until(lambda: self.report(daemon)["calls"] == 1, 3), daemon.log_text())
            told = self.report(daemon)
            print(json.dumps(told))
            print(daemon.command("report").stdout)
            self.assertEqual([(row["device"], row["calls"]) for row in told["devices"]], [(PHONE, 1)])
            self.assertAlmostEqual(told["minutes"], (TALK_S + 1) / 60, delta=0.1)
            self.assertEqual(told["had_qos"], 1)
            self.assertEqual(told["until_qos"]["calls"], 1)
            self.assertLess(told["until_qos"]["worst_ms"], 5000)
            kept = (daemon.folder / "state" / "calls").read_text()
            self.assertNotIn(home.address("server"), kept, "the far end by its network only")
            self.assertIn(home.address("server").rpartition(".")[0] + ".0/24", kept)

            with Call(home, port=7100, callee_port=7100):
                self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 1, 8), daemon.log_text())
                daemon.kill()
            self.assertEqual(self.report(daemon)["calls"], 1, "kill -9 loses the call that is up, and no other")

            daemon.start()
            with Call(home, port=7120, callee_port=7120):
                self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 1, 8), daemon.log_text())
                time.sleep(2)
                self.assertEqual(daemon.stop(), 0)
            self.assertEqual(self.report(daemon)["calls"], 2, "a clean stop keeps the call that is up")
            with (daemon.folder / "state" / "calls").open("a") as file:
                file.write('{"began_s":17')
            told = self.report(daemon)
            self.assertEqual((told["calls"], told["bad_lines"]), (2, 1))

    @skipping
    def test_a_call_to_compare_is_left_alone_at_first(self):
        with Home() as home:
            daemon = Daemon(home, settings(home, compare="every 2nd call")).start()
            self.talk(home, daemon)
            self.assertTrue(wait_until(lambda: not is_shaped(home), 5), daemon.log_text())
            with Call(home, port=7100, callee_port=7100):
                self.assertTrue(wait_until(lambda: daemon.status()["calls"] == 1, 8), daemon.log_text())
                self.assertIn("policy.compare", daemon.status()["remark"])
                began = time.monotonic()
                self.assertTrue(wait_until(lambda: is_shaped(home), 15), daemon.log_text())
                waited = time.monotonic() - began
                self.assertGreater(waited, 8)
                self.assertLess(waited, 12)
            self.assertTrue(wait_until(lambda: self.report(daemon)["calls"] == 2, 20), daemon.log_text())
            told = self.report(daemon)
            print(f"left alone for {waited:.1f} s; {json.dumps(told['compared'])}")
            self.assertEqual((told["compared"]["calls"], told["others"]["calls"]), (1, 1))

    @skipping
    def test_a_file_that_may_not_be_read_is_said_and_what_to_do(self):
        with Home() as home:
            daemon = Daemon(home, settings(home))
            target = daemon.folder / "elsewhere"
            target.write_text("")
            (daemon.folder / "state" / "calls").symlink_to(target)
            done = daemon.command("report")
            self.assertEqual(done.returncode, 1)
            self.assertIn("sudo voip-qosd report", done.stderr)


if __name__ == "__main__":
    main()
