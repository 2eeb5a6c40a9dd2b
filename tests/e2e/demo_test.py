#!/usr/bin/env python3
"""The demo, as a user runs it, with a broker and without: its figures must hold. Exits 77 with the reason where it cannot run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE_AFTER_S = 4.0  # about as long as the detector needs to be sure that a call is over: no shorter delay would show
SKIPPED = 77


def namespaces() -> set[str]:
    """Those of homes whose process is no more; its id is in their names."""
    folder = Path("/run/netns")
    homes = [re.match(r"vq(\d+)-", name) for name in (os.listdir(folder) if folder.is_dir() else [])]
    return {home.string for home in homes if home and not Path("/proc", home.group(1)).exists()}


class Demo(unittest.TestCase):
    def play(self, *options: str) -> dict:
        before = namespaces()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "result.json")
            argv = [str(ROOT / "scripts" / "demo"), "--no-bootstrap", "--no-build", "--plain", "--release-after", str(RELEASE_AFTER_S), "--json", str(file), *options]
            done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240, check=False)
            print(done.stdout, file=sys.stderr)
            if done.returncode == SKIPPED:
                raise unittest.SkipTest(done.stdout.strip().splitlines()[-1])
            self.assertTrue(file.exists(), f"the demo ended with {done.returncode} before it had measured anything")
            result = json.loads(file.read_text())
        self.assertEqual(namespaces() - before, set(), "the demo left namespaces behind")
        self.assertTrue(done.stdout.isascii(), "--plain is for logs")
        self.assertEqual(done.returncode == 0, result["ok"])
        return result

    def assert_the_call_was_saved(self, result: dict) -> None:
        # Each figure for itself, so that a failure names what is wrong and by how much.
        with self.subTest("the upload ruins the call without QoS"):
            self.assertLess(result["without"]["mos"], 2.0)
        with self.subTest("the call is good with QoS"):
            self.assertGreater(result["with_qos"]["mos"], 4.0)
        with self.subTest("the call is heard soon after its first packet"):
            self.assertLess(result["heard_s"], 2.0)
        with self.subTest("the delay is low from 3 s after QoS on"):
            self.assertLess(max(result["with_qos"]["up"]["p95_ms"], result["with_qos"]["down"]["p95_ms"]), 60.0)
        with self.subTest("QoS goes off after the hang-up, and not before the release delay"):
            self.assertLess(result["off_s"], RELEASE_AFTER_S + 2.0)
            self.assertGreater(result["off_s"], RELEASE_AFTER_S - 0.5)
        self.assertTrue(result["ok"], result["checks"])

    def test_a_call_is_saved_and_the_phone_hears_of_it_over_mqtt(self):
        result = self.play()
        self.assertTrue(result["with_broker"])
        self.assert_the_call_was_saved(result)

    def test_a_call_is_saved_without_any_broker(self):
        result = self.play("--no-broker")
        self.assertFalse(result["with_broker"])
        self.assert_the_call_was_saved(result)


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    if not program.result.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if len(program.result.skipped) == program.result.testsRun else 0)
