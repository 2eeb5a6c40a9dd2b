#!/usr/bin/env python3
"""The bundle on a system that has a busybox, a kernel and nothing else, least of all libraries: unpacked it runs, `service install` starts it
under a plain init, and `service remove --all` leaves nothing. Run by scripts/test --package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77
STEPS = r"""
set -x
voip=/opt/voip-qosd/voip-qosd
$voip --version > /trial/version
$voip check-config --config /opt/voip-qosd/etc/voip-qosd.toml > /trial/check 2>&1; echo $? > /trial/check.status
$voip check-config --config /trial/wrong.toml > /trial/wrong 2>&1; echo $? > /trial/wrong.status
ip link set lo up
syslogd -O /trial/log
for i in 1 2 3 4 5 6 7 8 9 10; do [ -e /var/run/syslogd.pid ] && break; sleep 1; done
find / -xdev -path /trial -prune -o -path /proc -prune -o -type f -print -o -type l -print | grep -v ^/opt | sort > /trial/before
/opt/voip-qosd/service install > /trial/install 2>&1
for i in 1 2 3 4 5 6 7 8 9 10; do voip-qosd status > /trial/status 2>&1 && break; sleep 1; done
/etc/init.d/voip-qosd reload; echo $? > /trial/reload.status
pid=$(pidof loader | tr ' ' '\n' | sort -n | tail -n 1)
kill -9 $pid
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 1; voip-qosd status > /trial/again 2>&1 && break; done
/opt/voip-qosd/service remove --all > /trial/remove 2>&1
sleep 1
pidof loader > /trial/left
find / -xdev -path /trial -prune -o -path /proc -prune -o -type f -print -o -type l -print | sort > /trial/after
"""
BOX = r"""
set -e
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/trial"
for node in null zero urandom; do touch "$1/dev/$node"; mount --bind "/dev/$node" "$1/dev/$node"; done
exec chroot "$1" /bin/busybox env -i PATH=/bin:/usr/bin /bin/sh /trial/steps
"""


class Bundle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "root"
            trial = Path(folder) / "trial"
            for name in ("bin", "dev", "etc", "proc", "trial", "tmp", "var/run", "var/lib", "usr/bin"):
                (root / name).mkdir(parents=True)
            (root / "run").symlink_to("var/run")
            trial.mkdir()
            shutil.copy("/bin/busybox", root / "bin" / "busybox")
            subprocess.run(["chroot", root, "/bin/busybox", "--install", "-s", "/bin"], check=True)
            subprocess.run(["tar", "-C", root, "-xzf", os.environ["VOIP_BUNDLE"]], check=True)
            (trial / "steps").write_text(STEPS)
            (trial / "wrong.toml").write_text("[qos]\nactuator = 5\n")
            (trial / "box").write_text(BOX)
            command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", trial / "box", root, trial]
            cls.said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            cls.found = {path.name: path.read_text() for path in trial.iterdir()}

    def test_it_runs_without_a_library_of_the_system(self):
        self.assertRegex(self.found["version"], r"^voip-qosd \d", self.said.stderr)
        self.assertEqual(self.found["check.status"], "0\n", self.found["check"])
        self.assertEqual(self.found["wrong.status"], "2\n")
        self.assertIn("qos.actuator", self.found["wrong"])

    def test_it_is_started_and_started_again(self):
        self.assertIn("QoS", self.found["status"], self.found["install"] + self.said.stderr)
        self.assertEqual(self.found["reload.status"], "0\n")
        self.assertIn("QoS", self.found["again"], self.said.stderr)

    def test_its_log_reaches_the_system(self):
        self.assertRegex(self.found.get("log", ""), r"(?m)^.* voip-qosd", self.found["install"])

    def test_removed_nothing_is_left(self):
        self.assertEqual(self.found["left"].strip(), "", self.found["remove"])
        self.assertEqual(self.found["after"], self.found["before"], self.found["remove"])


if __name__ == "__main__":
    if os.geteuid() != 0 or not Path("/bin/busybox").exists() or "VOIP_BUNDLE" not in os.environ:
        print("SKIPPED: needs root, a static busybox and a bundle in VOIP_BUNDLE")
        sys.exit(SKIPPED)
    unittest.main()
