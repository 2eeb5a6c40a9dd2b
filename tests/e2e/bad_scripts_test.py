#!/usr/bin/env python3
"""A user's script that hangs, fails, lies, dies or prints ten megabytes, in a call: told within its time limit, and detection goes on."""

from __future__ import annotations

import sys
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import ROOT, Daemon  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

TIMEOUT_S = 1.0
RETRIES = 1
# Each try may take its time limit, half a second to be killed, and as long again to look at the result; one second between two.
TOLD_WITHIN_S = (RETRIES + 1) * 2 * (TIMEOUT_S + 0.5) + 1.0 + 1.0
HEALED_WITHIN_S = 10.0  # the slow tries, whose pauses have begun to grow


@dataclass
class Fault:
    how: str
    words: str  # that the user reads


FAULTS = [
    Fault("hangs", "ran out of time"),
    Fault("fails", "exit status 3: the shaper is busy"),
    Fault("lies", "ended without an error, but it is seen to be off"),
    Fault("dies", "signal"),
    Fault("floods", "the last line"),
    Fault("blind", "ended with 4"),
    Fault("looks_hang", "ran out of time"),
    Fault("looks_flood", "ended with 5"),
]


class BadScripts(unittest.TestCase):
    @skipping
    def test_a_bad_script_is_told_in_time_and_the_call_is_followed_all_the_while(self):
        with Home() as home:
            folder = home.folder("shaper")
            script = folder / "shaper"
            script.write_text(f'#!/bin/sh\nexec {ROOT}/tests/ports/shaping/scripts/shaper {folder}/state "$(cat {folder}/how)" "$1"\n')
            script.chmod(0o755)
            how = folder / "how"
            how.write_text("behaves")
            settings = {
                "qos": {"actuator": "exec", "timeout": "1s", "retries": RETRIES, "exec": {verb: [str(script), verb] for verb in ("on", "off", "observe")}},
                "policy": {"release_after": "1s", "min_on": "0s", "min_off": "0s"},
            }
            daemon = Daemon(home, settings).start()
            with Call(home):
                self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 8), daemon.log_text())
                for fault in FAULTS:
                    with self.subTest(fault.how):
                        self.suffer(daemon, how, fault)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual((folder / "state").read_text().strip(), "off")

    def suffer(self, daemon: Daemon, how: Path, fault: Fault) -> None:
        daemon.command("qos", "off")
        self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "OFF", 3), daemon.log_text())
        how.write_text(fault.how)
        ordered = daemon.command("qos", "auto")
        if ordered.returncode == 0:
            self.assertIn("it goes on", ordered.stdout)
        else:
            self.assertEqual(ordered.returncode, 1)
            self.assertIn(fault.words, ordered.stdout)
            self.assertIn("it is tried again", ordered.stdout)

        began = time.monotonic()
        slowest_answer = 0.0
        error = None
        while error is None and time.monotonic() - began < TOLD_WITHIN_S + 3:
            asked = time.monotonic()
            status = daemon.status()
            slowest_answer = max(slowest_answer, time.monotonic() - asked)
            self.assertEqual(status["calls"], 1, "the call is followed all the while")
            self.assertGreater(status["rates"]["up_pps"], 35)
            self.assertNotEqual(status["qos"], "ON")
            error = status["error"]
            time.sleep(0.1)
        told = time.monotonic() - began
        self.assertIsNotNone(error, daemon.log_text())
        self.assertIn(fault.words, error)
        self.assertLess(len(error), 1200)
        self.assertLess(told, TOLD_WITHIN_S)
        self.assertLess(slowest_answer, TIMEOUT_S, "nothing waits for a script")

        how.write_text("behaves")
        began = time.monotonic()
        self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON" and daemon.status()["error"] is None, HEALED_WITHIN_S + 3), daemon.log_text())
        healed = time.monotonic() - began
        self.assertLess(healed, HEALED_WITHIN_S)
        print(f"{fault.how}: told after {told:.1f} s, status answered within {slowest_answer * 1000:.0f} ms, healed after {healed:.1f} s")


if __name__ == "__main__":
    main()
