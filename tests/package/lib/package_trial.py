"""What must hold of our Debian package wherever it is tried; lib/driver.py has found it out there. For deb_test.py and router_test.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

LIB = Path(__file__).resolve().parent
TESTS = LIB.parents[1]


def roots() -> Path:
    """Where the systems that packages are built and tried in are kept, as scripts/package has it."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("VOIP_PACKAGE_ROOTS") or Path(cache, "voip-qosd", "package"))


def mirror() -> str:
    return os.environ.get("VOIP_DEBIAN_MIRROR", "http://deb.debian.org/debian")


def with_version(package: Path, version: str, result: Path) -> None:
    """The same package with another version."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
        control = Path(folder) / "DEBIAN" / "control"
        control.write_text("".join(f"Version: {version}\n" if line.startswith("Version:") else line for line in control.read_text().splitlines(True)))
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", folder, result], check=True, capture_output=True)


def fill(trial: Path, package: Path) -> None:
    """What the driver needs in its folder."""
    shutil.copy(package, trial / "first.deb")
    with_version(package, "0.9.0-1", trial / "second.deb")
    shutil.copy(LIB / "driver.py", trial)
    shutil.copy(TESTS / "netns" / "rtp_endpoint.py", trial)


def found_in(trial: Path, said: str | None) -> dict:
    found = trial / "found.json"
    log = trial / "driver.log"
    if not found.exists():
        raise AssertionError(f"the driver found nothing: {said}\n{log.read_text() if log.exists() else ''}")
    if os.environ.get("VOIP_SHOW"):
        print(json.dumps(json.loads(found.read_text()), indent=1))
    results = json.loads(found.read_text())
    if "purge" not in results:
        raise AssertionError(f"the driver did not come to its end: {results}\n{said}\n{log.read_text() if log.exists() else ''}")
    return results


class PackageTrial:
    """Tests for a unittest.TestCase whose `found` is what the driver has found."""

    found: dict

    def test_it_installs_and_runs(self):
        install = self.found["install"]
        self.assertEqual((install["status"], install["active"], install["enabled"]), (0, "active", "enabled"), install["said"])
        self.assertIn("voip-qosd", self.found["version"])
        self.assertTrue(self.found["manual"])

    def test_set_up_nothing_is_wrong(self):
        self.assertIsNone(self.found["home"])
        self.assertEqual(self.found["setup"]["status"], 0, self.found["setup"]["said"])
        self.assertIn('actuator = "tc"', self.found["setup"]["file"])
        self.assertEqual(self.found["reload"], 0)
        for when in ("doctor", "doctor_in_call"):
            self.assertEqual(self.found[when]["status"], 0, self.found[when])
            self.assertEqual([check for check in self.found[when]["not_well"] if check["result"] == "failed"], [])

    def test_it_switches_for_a_call(self):
        self.assertIsNotNone(self.found["on_after_s"], self.found["setup"]["said"])
        on = "\n".join(self.found["on"]["qdiscs"])
        self.assertRegex(on, r"(?m)^qdisc htb \S+ dev wan root")
        self.assertIn("table inet voip_qosd", self.found["on"]["tables"])
        self.assertIsNotNone(self.found["off_after_s"])
        self.assertNotRegex("\n".join(self.found["off"]["qdiscs"]), "htb|clsact")
        self.assertNotIn("table inet voip_qosd", self.found["off"]["tables"])

    def test_an_upgrade_keeps_the_configuration_and_restarts(self):
        upgrade = self.found["upgrade"]
        self.assertEqual((upgrade["status"], upgrade["active"]), (0, "active"), upgrade["said"])
        self.assertNotEqual(upgrade["pid"], self.found["install"]["pid"])
        self.assertTrue(self.found["kept"])

    def test_what_the_owner_disabled_stays_so(self):
        reinstall = self.found["reinstall"]
        self.assertEqual((reinstall["status"], reinstall["enabled"]), (0, "disabled"), reinstall["said"])

    def test_removed_it_is_gone_and_purged_nothing_is_left(self):
        self.assertEqual(self.found["remove"]["status"], 0)
        self.assertNotEqual(self.found["remove"]["active"], "active")
        self.assertTrue(self.found["remove"]["kept"])
        self.assertEqual(self.found["purge"], {"status": 0, "remains": []})
