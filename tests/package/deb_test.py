#!/usr/bin/env python3
"""The Debian package in a fresh Debian 12 under a real systemd: installed by apt it runs, switches QoS for a call, keeps the owner's
configuration over an upgrade, and leaves nothing when it is purged. Run by scripts/test --package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "lib"), str(HERE.parent / "e2e" / "lib")]

import package_trial  # noqa: E402
import systemd_box  # noqa: E402

SKIPPED = 77


def root_of_debian() -> Path:
    """A fresh Debian 12 with systemd, and what the package depends on in apt's cache: there is no network in the box."""
    roots = package_trial.roots()
    root = roots / "trial"
    if not root.is_dir():
        roots.mkdir(parents=True, exist_ok=True)
        include = "--include=systemd,systemd-sysv,dbus,python3,procps"
        new = roots / "trial.new"
        subprocess.run(["unshare", "--mount", "mmdebstrap", "--variant=apt", include, "bookworm", new, package_trial.mirror()], check=True, capture_output=True)
        new.rename(root)
    return root


def fetch_dependencies(root: Path, package: Path) -> None:
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    shutil.copy(package, root / "voip-qosd.deb")
    apt = "apt-get -qq update && apt-get -qq -y --download-only install /voip-qosd.deb"
    inside = ["unshare", "--mount", "sh", "-c", f"mount -t proc proc {root}/proc && exec chroot {root} env -u TMPDIR PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c '{apt}'"]
    done = subprocess.run(inside, capture_output=True, text=True, check=False)
    (root / "voip-qosd.deb").unlink()
    if done.returncode:
        raise unittest.SkipTest(f"SKIPPED: {done.stdout}{done.stderr}")


class Package(package_trial.PackageTrial, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        package = Path(os.environ["VOIP_DEB"])
        root = root_of_debian()
        fetch_dependencies(root, package)
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder)
            package_trial.fill(trial, package)
            said = systemd_box.boot(trial, "/usr/bin/python3 /trial/driver.py namespaces", root)
            cls.found = package_trial.found_in(trial, said)


if __name__ == "__main__":
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None or "VOIP_DEB" not in os.environ:
        print("SKIPPED: needs root, mmdebstrap and a package in VOIP_DEB")
        sys.exit(SKIPPED)
    unittest.main()
