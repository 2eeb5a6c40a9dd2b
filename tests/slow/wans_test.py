#!/usr/bin/env python3
"""Actuator "tc" on WANs that the kernel of the machine may not have: a VLAN and a real PPPoE session; run.py brings a kernel along that does."""

from __future__ import annotations

import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("netns", "e2e/lib")]
from call import Call  # noqa: E402
from daemon import Daemon, is_shaped, merged, qdiscs  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home, HomeError, Unavailable, require  # noqa: E402
from peers import Transfer  # noqa: E402

SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750, "overhead": 34}},
    "policy": {"release_after": "2s", "min_on": "1s", "min_off": "1s"},
}
CELLS = {"qos": {"tc": {"overhead": 40, "mpu": 96, "link_layer": "atm"}}}
VLAN = """
ip link add link wan name {device} type vlan id 7
ip addr flush dev wan
ip addr add {own}/24 dev {device}
ip link set {device} up
"""
SESSION = ["noauth", "noipdefault", "nopersist", "nodetach", "mtu 1492", "mru 1492", "lcp-echo-interval 0", "noccp", "novj"]
ON_WITHIN_S = 60.0  # programs start slowly under this kernel


class Wans(unittest.TestCase):
    @skipping
    def test_a_vlan(self):
        with Home(ipv6=False) as home:
            self.kernel_has("8021q")
            home.run("isp", ["sh", "-ec", VLAN.format(device="wan.7", own="192.0.2.1")])
            home.run("router", ["sh", "-ec", VLAN.format(device="wan.7", own="192.0.2.2") + "ip route add default via 192.0.2.1"])
            self.masquerade(home, "wan.7")
            daemon = Daemon(home, merged(SETTINGS, CELLS)).start()
            cake = self.talk(home, daemon, "wan.7", overhead=40 - 14)
            self.assertIn(" atm overhead 40 mpu 96 ", cake)
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_vlan_on_the_lans_bridge_is_shaped_once_with_it(self):
        with Home(ipv6=False) as home:
            self.kernel_has("8021q")
            home.run("router", ["sh", "-ec", VLAN.replace("link wan name", "link br-lan name").replace("addr flush dev wan", "link set br-lan up").format(device="guests", own="192.168.78.1")])
            daemon = Daemon(home, SETTINGS).start()
            with Call(home):
                self.assert_on(home, daemon, "wan")
                self.assertTrue(any("clsact" in line and "br-lan" in line for line in qdiscs(home)))
                self.assertFalse(any("clsact" in line and "guests" in line for line in qdiscs(home)), "what leaves by it leaves by br-lan")
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_macvlan(self):
        with Home(ipv6=False) as home:
            self.kernel_has("macvlan")
            home.run("router", ["sh", "-ec", VLAN.format(device="wan.mac", own="192.0.2.2").replace("vlan id 7", "macvlan") + "ip route add default via 192.0.2.1"])
            self.masquerade(home, "wan.mac")
            daemon = Daemon(home, SETTINGS).start()
            self.talk(home, daemon, "wan.mac", overhead=34 - 14)
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_pppoe_session_and_the_next_one(self):
        require("pppd", "pppoe-server")
        with Home(ipv6=False) as home:
            self.kernel_has("pppoe")
            self.serve_pppoe(home)
            session = self.dial(home)
            self.masquerade(home, "pppoe-wan")
            daemon = Daemon(home, SETTINGS).start()
            cake = self.talk(home, daemon, "pppoe-wan", overhead=34)
            self.assertIn(" noatm overhead 34 ", cake)
            with Call(home, port=7090, callee_port=7090):
                self.assert_on(home, daemon, "pppoe-wan")
                session.terminate()
                session.wait(timeout=20)
                self.assertTrue(wait_until(lambda: daemon.status()["qos"] != "ON", 30, every=0.2), "there is nothing to be on")
                self.dial(home)
                self.assert_on(home, daemon, "pppoe-wan")
            self.assert_nothing_left(home, daemon)

    def talk(self, home: Home, daemon: Daemon, device: str, *, overhead: int) -> str:
        """A call beside an upload is good; the daemon is killed in it, and takes over what it finds. Returns what tc shows of the CAKE."""
        Transfer(home, seconds=120)
        with Call(home) as call:
            self.assert_on(home, daemon, device)
            self.assertTrue(wait_until(lambda: self.has_settled(home), ON_WITHIN_S, every=0.2), daemon.log_text())
            classes = [line for line in home.run("router", ["tc", "class", "show", "dev", device]).stdout.splitlines() if " htb " in line]
            self.assertEqual(len(classes), 5)
            self.assertTrue(all(f" overhead {overhead} " in line for line in classes), classes)
            daemon.kill()
            before = qdiscs(home)
            daemon.start(30)
            self.assert_on(home, daemon, device)
            self.assertEqual(qdiscs(home), before, "adopted, not made anew")
            voice = self.packets(home, device)
            begin = time.time_ns()
            time.sleep(8)
            self.assertGreater(self.packets(home, device) - voice, 300)
            for way in ("up", "down"):
                quality = call.quality(way, begin + 2_000_000_000)
                print(f"{device}, {way}: {quality}")
                self.assertGreater(quality.mos, 4)
        shown = home.run("router", ["tc", "-s", "qdisc", "show", "dev", device]).stdout
        self.assertIn("qdisc cake ca1c: ", shown)
        cake = shown.split("qdisc cake ca1c: ")[1].split("\nqdisc ")[0]
        print("\n".join(line.strip() for line in cake.splitlines() if "unlimited" in line or " size: " in line))
        return cake

    def assert_on(self, home: Home, daemon: Daemon, device: str) -> None:
        on = wait_until(lambda: daemon.status()["qos"] == "ON" and daemon.status()["error"] is None and is_shaped(home, device), ON_WITHIN_S, every=0.2)
        self.assertTrue(on, daemon.log_text())

    def assert_nothing_left(self, home: Home, daemon: Daemon) -> None:
        self.assertTrue(wait_until(lambda: not any("ca1:" in line for line in qdiscs(home)), ON_WITHIN_S, every=0.2), daemon.log_text())
        self.assertEqual(daemon.stop(), 0, daemon.log_text())
        self.assertFalse([line for line in qdiscs(home) if " ca1" in line or " cb1" in line or "clsact" in line])
        self.assertNotIn("voip", home.run("router", ["ip", "link"]).stdout)

    def serve_pppoe(self, home: Home) -> None:
        """For two sessions: the provider notices late that the first is lost."""
        options = home.folder("pppoe") / "options"
        options.write_text("\n".join([*SESSION, "nodefaultroute", ""]))
        home.run("isp", ["ip", "addr", "flush", "dev", "wan"])
        home.popen("isp", ["pppoe-server", "-F", "-k", "-I", "wan", "-L", "192.0.2.1", "-R", "192.0.2.2", "-N", "2", "-O", str(options)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def dial(self, home: Home) -> subprocess.Popen:
        home.run("router", ["ip", "addr", "flush", "dev", "wan"])
        log = home.folder("ppp") / "log"
        argv = ["pppd", "plugin", "rp-pppoe.so", "nic-wan", "ifname", "pppoe-wan", "defaultroute", "replacedefaultroute", "logfile", str(log), *" ".join(SESSION).split()]
        session = home.popen("router", argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not wait_until(lambda: "pppoe-wan" in home.run("router", ["ip", "route", "show", "default"]).stdout, 30, every=0.2):
            raise HomeError(f"no PPPoE session: {log.read_text(errors='replace') if log.exists() else ''}")
        return session

    @staticmethod
    def kernel_has(module: str) -> None:
        if subprocess.run(["modprobe", module], capture_output=True, check=False).returncode != 0:
            raise Unavailable(f"this kernel has no {module}")

    @staticmethod
    def masquerade(home: Home, device: str) -> None:
        home.run("router", ["iptables", "-w", "-t", "nat", "-A", "POSTROUTING", "-o", device, "-j", "MASQUERADE"])

    @staticmethod
    def has_settled(home: Home) -> bool:
        return any(" ca1e: " in line for line in qdiscs(home))

    @staticmethod
    def packets(home: Home, device: str) -> int:
        """Of calls, that have left on the device."""
        return int(home.run("router", ["tc", "-s", "class", "show", "dev", device, "classid", "ca1:10"]).stdout.split(" bytes ", 1)[1].split()[0])


if __name__ == "__main__":
    main()
