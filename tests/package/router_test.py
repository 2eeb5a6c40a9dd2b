#!/usr/bin/env python3
"""The Debian package on a router of another architecture, in an emulator: its kernel, its connection table, its shapers, real packets of a
call through its cards. Run by scripts/test --router."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "lib"), str(HERE.parent / "e2e" / "lib")]

import machine  # noqa: E402
import package_trial  # noqa: E402

SKIPPED = 77


class Router(package_trial.PackageTrial, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        package = Path(os.environ["VOIP_DEB"])
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder)
            package_trial.fill(trial, package)
            router.repository(package, trial / "repository")
            said = router.boot(trial, "/usr/bin/python3 /trial/driver.py cards")
            cls.found = package_trial.found_in(trial, said)

    def test_the_kernel_is_the_emulated_one(self):
        self.assertRegex(self.found["machine"], {"arm64": "-arm64 aarch64$", "armhf": "-armmp armv7l$"}[router.arch])

    def test_both_ways_are_shaped_with_the_kernels_own_cake(self):
        on = "\n".join(self.found["on"]["qdiscs"])
        for device in ("wan", "voip-ifb"):
            self.assertRegex(on, rf"(?m)^qdisc htb \S+ dev {device} root ")
            self.assertRegex(on, rf"(?m)^qdisc cake \S+ dev {device} ")

    def test_the_call_is_in_its_connection_table(self):
        flows = [flow for flow in self.found["on"]["flow"] if "src=192.168.77.10 dst=192.0.2.1" in flow]
        self.assertTrue(flows, self.found["on"]["flow"])


if __name__ == "__main__":
    if "VOIP_DEB" not in os.environ:
        print("SKIPPED: needs a package in VOIP_DEB")
        sys.exit(SKIPPED)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is to be cleaned up is
    try:
        router = machine.Machine(os.environ.get("VOIP_ROUTER", "arm64"))
    except machine.Unavailable as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(SKIPPED)
    unittest.main()
