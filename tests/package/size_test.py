#!/usr/bin/env python3
"""The program for routers does not grow unseen, and the smallest build says what it was built without. Run by scripts/test --size."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77
# Stripped, dynamically linked, x86-64. Who needs more says so here.
LARGEST = {"router": 1_125_000, "smallest": 704_000}
LEFT_OUT = ["doctor", "lend-socket", "mqtt-purge", "record", "replay", "report", "setup", "tune", "watch"]


def built(preset: str) -> Path:
    return Path(os.environ["VOIP_BUILDS"]) / preset / "voip-qosd"


def run(*argv: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


class Size(unittest.TestCase):
    def test_it_fits(self):
        with tempfile.TemporaryDirectory() as folder:
            for preset, largest in LARGEST.items():
                stripped = Path(folder) / preset
                subprocess.run(["strip", "--strip-all", "-o", stripped, built(preset)], check=True)
                size = stripped.stat().st_size
                print(f"{preset}: {size} bytes")
                if os.uname().machine == "x86_64":
                    self.assertLessEqual(size, largest, preset)


class Smallest(unittest.TestCase):
    def test_what_is_left_out_is_not_offered_and_named_when_it_is_asked_for(self):
        offered = run(built("smallest"), "help").stdout
        for command in LEFT_OUT:
            self.assertNotIn(f"\n  {command} ", offered)
            asked = run(built("smallest"), command)
            self.assertEqual(asked.returncode, 2)
            self.assertIn(f'this build of voip-qosd has no command "{command}"', asked.stderr)
        for command in ("run", "check-config", "status", "qos"):
            self.assertIn(f"\n  {command} ", offered)
        for page in (["--man"], ["--completion", "bash"]):
            asked = run(built("smallest"), "help", *page)
            self.assertEqual(asked.returncode, 2)
            self.assertIn(f'this build of voip-qosd has no "help {page[0]}"', asked.stderr)

    def test_an_actuator_and_rates_that_need_what_is_left_out_are_refused(self):
        rates = "upload_kbit = 900\ndownload_kbit = 0\n"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "voip-qosd.toml"
            for actuator, tc, complaint in (("tc", rates, ""), ("tc", "", "cannot be learnt: this build"), ("qosify", rates, 'this build of voip-qosd has no "qosify"')):
                path.write_text(f'[qos]\nactuator = "{actuator}"\n[qos.tc]\n{tc}')
                checked = run(built("smallest"), "check-config", "--config", path)
                self.assertEqual(checked.returncode, 2 if complaint else 0, checked.stderr)
                self.assertIn(complaint, checked.stderr + checked.stdout)

    def test_without_tls_an_address_that_needs_it_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "voip-qosd.toml"
            for uri, status in (("mqtts://broker", 2), ("wss://broker/mqtt", 2), ("mqtt://broker", 0)):
                path.write_text(f'[mqtt]\nuri = "{uri}"\n')
                checked = run(built("smallest"), "check-config", "--config", path)
                self.assertEqual(checked.returncode, status, checked.stderr)
                self.assertEqual("this build of voip-qosd has no TLS" in checked.stderr + checked.stdout, status == 2)
            self.assertNotIn("SSL_", run("nm", "--dynamic", built("smallest")).stdout)
            self.assertIn("SSL_read", run("nm", "--dynamic", built("router")).stdout)


if __name__ == "__main__":
    if "VOIP_BUILDS" not in os.environ:
        print("SKIPPED: needs the folder of the builds in VOIP_BUILDS")
        sys.exit(SKIPPED)
    unittest.main()
