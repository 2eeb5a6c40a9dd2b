#!/usr/bin/env python3
"""The Debian package in a fresh Debian 12 under a real systemd: installed by apt it runs, switches QoS for a call, keeps the owner's
configuration over an upgrade, and leaves nothing when it is purged. Run by scripts/test --package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "e2e" / "lib"))
SKIPPED = 77
CONFIG = Path("/etc/voip-qosd/voip-qosd.toml")
# What its owner knows and nobody can find; `setup` finds the rest.
KNOWN = '[qos.tc]\nupload_kbit = 950\ndownload_kbit = 4750\n[policy]\nrelease_after = "1s"\nmin_on = "0s"\nmin_off = "0s"\n'
# The router between a phone and the far end of its call.
HOME = """
sysctl -qw net.ipv4.ip_forward=1
ip netns add phone
ip netns add far
ip link add br-lan type veth peer name eth0 netns phone
ip link add wan type veth peer name eth0 netns far
ip address add 192.168.77.1/24 dev br-lan
ip address add 192.0.2.2/24 dev wan
ip link set br-lan up
ip link set wan up
ip route add default via 192.0.2.1
ip netns exec phone ip address add 192.168.77.10/24 dev eth0
ip netns exec phone ip link set eth0 up
ip netns exec phone ip route add default via 192.168.77.1
ip netns exec far ip address add 192.0.2.1/24 dev eth0
ip netns exec far ip link set eth0 up
nft add table ip nat
nft add chain ip nat post { type nat hook postrouting priority 100 ; }
nft add rule ip nat post oifname wan masquerade
"""


# ---- inside: what runs under that systemd ----


def run(*argv: str) -> subprocess.CompletedProcess:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=200, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def status() -> dict:
    answer = run("voip-qosd", "status", "--json")
    return json.loads(answer.stdout) if answer.returncode == 0 else {}


def wait_for(is_so, seconds: float) -> float | None:
    """How long it took."""
    begin = time.monotonic()
    while not is_so():
        if time.monotonic() - begin > seconds:
            return None
        time.sleep(0.1)
    return round(time.monotonic() - begin, 2)


def call(found: dict) -> None:
    for line in HOME.strip().splitlines():
        done = run(*line.split())
        if done.returncode:
            found["home"] = line + ": " + done.stderr
    CONFIG.write_text(KNOWN)
    begin = time.monotonic()
    setup = run("voip-qosd", "setup", "--yes")
    found["setup"] = {"status": setup.returncode, "said": setup.stdout + setup.stderr, "seconds": round(time.monotonic() - begin, 1), "file": CONFIG.read_text()}
    found["reload"] = run("systemctl", "reload", "voip-qosd").returncode
    wait_for(lambda: status().get("actuator") == "tc" or status().get("qos") == "OFF", 10)
    schedule = "[[1, 50, 172]]"
    end = ["python3", "/trial/rtp_endpoint.py", "--port", "7078", "--schedule", schedule]
    far = subprocess.Popen(["ip", "netns", "exec", "far", *end, "--bind", "192.0.2.1"], stdout=subprocess.DEVNULL)
    phone = subprocess.Popen(["ip", "netns", "exec", "phone", *end, "--bind", "192.168.77.10", "--to", "192.0.2.1", "--to-port", "7078"], stdout=subprocess.DEVNULL)
    found["on_after_s"] = wait_for(lambda: status().get("qos") == "ON", 20)
    found["shaped"] = " htb " in run("tc", "qdisc", "show", "dev", "wan").stdout
    phone.terminate()
    far.terminate()
    found["off_after_s"] = wait_for(lambda: status().get("qos") == "OFF", 60)
    found["left"] = run("tc", "qdisc", "show", "dev", "wan").stdout


def seen() -> dict:
    return {
        "active": run("systemctl", "is-active", "voip-qosd").stdout.strip(),
        "enabled": run("systemctl", "is-enabled", "voip-qosd").stdout.strip(),
        "pid": run("systemctl", "show", "voip-qosd", "-p", "MainPID", "--value").stdout.strip(),
    }


def install(package: str) -> dict:
    begin = time.monotonic()
    done = run("apt-get", "-y", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades", "install", package)
    return {"status": done.returncode, "said": done.stdout[-2000:] + done.stderr[-2000:], "seconds": round(time.monotonic() - begin, 1), **seen()}


def remains() -> list[str]:
    listed = run("find", "/etc", "/usr", "/var", "/run", "-xdev", "-name", "*voip*", "-not", "-path", "/var/cache/*", "-not", "-path", "/run/netns/*").stdout.split()
    return sorted(path for path in listed if not path.startswith("/var/log/apt"))


def drive() -> None:
    found: dict = {}
    found["install"] = install("/trial/first.deb")
    found["version"] = run("voip-qosd", "--version").stdout.strip()
    found["manual"] = Path("/usr/share/man/man8/voip-qosd.8.gz").exists()
    found["doctor"] = run("voip-qosd", "doctor", "--json").stdout
    call(found)
    CONFIG.write_text(CONFIG.read_text() + "# mine\n")
    found["upgrade"] = install("/trial/second.deb")
    found["kept"] = CONFIG.read_text().endswith("# mine\n")
    run("systemctl", "disable", "--now", "voip-qosd")
    found["reinstall"] = install("/trial/first.deb")
    run("systemctl", "enable", "--now", "voip-qosd")
    found["remove"] = {"status": run("apt-get", "-y", "remove", "voip-qosd").returncode, **seen(), "kept": CONFIG.exists()}
    found["purge"] = {"status": run("apt-get", "-y", "purge", "voip-qosd").returncode, "remains": remains()}
    Path("/trial/found.json").write_text(json.dumps(found))


# ---- outside ----


def root_of_debian() -> Path:
    """A fresh Debian 12 with systemd, and what the package depends on in apt's cache: there is no network in the box."""
    roots = Path(os.environ.get("VOIP_PACKAGE_ROOTS") or Path.home() / ".cache" / "voip-qosd" / "package")
    root = roots / "trial"
    if not root.is_dir():
        roots.mkdir(parents=True, exist_ok=True)
        mirror = os.environ.get("VOIP_DEBIAN_MIRROR", "http://deb.debian.org/debian")
        include = "--include=systemd,systemd-sysv,dbus,python3,procps"
        new = roots / "trial.new"
        subprocess.run(["unshare", "--mount", "mmdebstrap", "--variant=apt", include, "bookworm", new, mirror], check=True, capture_output=True)
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


def with_version(package: Path, version: str, result: Path) -> None:
    """The same package with another version."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
        control = Path(folder) / "DEBIAN" / "control"
        control.write_text("".join(f"Version: {version}\n" if line.startswith("Version:") else line for line in control.read_text().splitlines(True)))
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", folder, result], check=True, capture_output=True)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import systemd_box

        package = Path(os.environ["VOIP_DEB"])
        root = root_of_debian()
        fetch_dependencies(root, package)
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder)
            shutil.copy(package, trial / "first.deb")
            with_version(package, "0.9.0-1", trial / "second.deb")
            shutil.copy(__file__, trial / "driver.py")
            shutil.copy(TESTS / "netns" / "rtp_endpoint.py", trial)
            said = systemd_box.boot(trial, "/usr/bin/python3 /trial/driver.py inside", root)
            found = trial / "found.json"
            log = trial / "driver.log"
            if not found.exists():
                raise AssertionError(f"the driver found nothing: {said}\n{log.read_text() if log.exists() else ''}")
            cls.found = json.loads(found.read_text())
        if os.environ.get("VOIP_SHOW"):
            print(json.dumps(cls.found, indent=1))

    def test_it_installs_and_runs(self):
        install = self.found["install"]
        self.assertEqual((install["status"], install["active"], install["enabled"]), (0, "active", "enabled"), install["said"])
        self.assertIn("voip-qosd", self.found["version"])
        self.assertTrue(self.found["manual"])

    def test_it_switches_for_a_call(self):
        self.assertEqual(self.found["setup"]["status"], 0, self.found["setup"]["said"])
        self.assertIn('actuator = "tc"', self.found["setup"]["file"])
        self.assertEqual(self.found["reload"], 0)
        self.assertIsNotNone(self.found["on_after_s"], self.found.get("home"))
        self.assertTrue(self.found["shaped"])
        self.assertIsNotNone(self.found["off_after_s"])
        self.assertNotIn("htb", self.found["left"])

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


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        drive()
        sys.exit()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None or "VOIP_DEB" not in os.environ:
        print("SKIPPED: needs root, mmdebstrap and a package in VOIP_DEB")
        sys.exit(SKIPPED)
    unittest.main()
