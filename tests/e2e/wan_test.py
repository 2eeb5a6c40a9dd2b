#!/usr/bin/env python3
"""The line under a call: IPv6 alone, a WAN that goes away and comes back, a second WAN that takes over, a firewall that is loaded anew."""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, is_shaped, merged  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
    "policy": {"release_after": "3s", "min_on": "1s", "min_off": "1s"},
}
# What a provider's new link looks like from both ends, as netifd or ifupdown would set it up.
ROUTER_SIDE = """
ip link set {device} up
ip addr add {net}.2/24 dev {device}
ip route replace default via {net}.1 dev {device} metric {metric}
nft add rule ip nat post oifname {device} masquerade
"""
ISP_SIDE = """
ip link set {device} up
ip addr add {net}.1/24 dev {device}
"""


class Wan(unittest.TestCase):
    def plug_in(self, home: Home, device: str, net: str, metric: int) -> None:
        home.run("router", ["ip", "link", "add", device, "type", "veth", "peer", "name", device, "netns", f"{home.prefix}-isp"])
        home.run("isp", ["sh", "-ec", ISP_SIDE.format(device=device, net=net)])
        home.run("router", ["sh", "-ec", ROUTER_SIDE.format(device=device, net=net, metric=metric)])

    def assert_on(self, home: Home, daemon: Daemon, device: str, seconds: float = 15) -> None:
        self.assertTrue(wait_until(lambda: is_shaped(home, device), seconds), daemon.log_text())
        self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON" and daemon.status()["error"] is None, seconds), daemon.status())

    def assert_nothing_left(self, home: Home, daemon: Daemon) -> None:
        self.assertEqual(daemon.stop(), 0, daemon.log_text())
        qdiscs = home.run("router", ["tc", "qdisc"]).stdout
        self.assertNotIn("ca1", qdiscs)
        self.assertNotIn("voip", home.run("router", ["nft", "list", "tables"]).stdout + home.run("router", ["ip", "link"]).stdout)

    @skipping
    def test_a_call_over_ipv6_alone(self):
        with Home() as home:
            home.run("router", ["sh", "-ec", "ip -4 route del default; ip -4 addr flush dev wan"])
            daemon = Daemon(home, SETTINGS).start()
            with Call(home, family=6) as call:
                self.assert_on(home, daemon, "wan")
                time.sleep(3)
                quality = call.quality("up")
                self.assertGreater(quality.mos, 4, quality)
                marked = home.run("router", ["conntrack", "-L", "-f", "ipv6", "-p", "udp", "--dport", "7078"], check=False).stdout
                self.assertIn("mark=16777216", marked)
            self.assertTrue(wait_until(lambda: not is_shaped(home), 15), daemon.log_text())
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_rules_that_a_firewall_takes_away_in_a_call_come_back(self):
        with Home(ipv6=False) as home:
            daemon = Daemon(home, SETTINGS).start()
            with Call(home):
                self.assert_on(home, daemon, "wan")
                firewall = home.run("router", ["nft", "list", "table", "ip", "nat"]).stdout
                gone = time.monotonic()
                # As `systemctl restart nftables` does it: all tables go, and those of its own file come back.
                home.run("router", ["nft", "-f", "-"], input=f"flush ruleset\n{firewall}")
                self.assertTrue(wait_until(lambda: "voip_qosd" in home.run("router", ["nft", "list", "tables"]).stdout, 10), daemon.log_text())
                print(f"the rules were back {time.monotonic() - gone:.2f} s after they had gone")
                self.assert_on(home, daemon, "wan")
            self.assertTrue(wait_until(lambda: not is_shaped(home), 15), daemon.log_text())
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_wan_that_goes_away_and_comes_back_in_a_call(self):
        with Home(ipv6=False) as home:
            daemon = Daemon(home, SETTINGS).start()
            with Call(home) as call:
                self.assert_on(home, daemon, "wan")
                home.run("router", ["ip", "link", "del", "wan"])
                # The kernel forgets the connections of a masqueraded device with it: the call is silent, and begins anew.
                time.sleep(2)
                self.assertNotEqual(daemon.status()["qos"], "ON", "there is nothing to be on")
                self.plug_in(home, "wan", "192.0.2", 0)
                back = time.monotonic()
                self.assert_on(home, daemon, "wan", 40)
                print(f"on again {time.monotonic() - back:.1f} s after the WAN was back")
                self.assertTrue(wait_until(lambda: daemon.status()["call_active"], 15), daemon.status())
                on_ns = time.time_ns()
                time.sleep(4)
                quality = call.quality("up", on_ns)
                self.assertGreater(quality.mos, 4, quality)
            self.assertTrue(wait_until(lambda: not is_shaped(home), 20), daemon.log_text())
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_configured_wan_that_is_not_there_is_told_and_no_other_line_is_shaped_for_it(self):
        with Home(ipv6=False) as home:
            daemon = Daemon(home, merged(SETTINGS, {"qos": {"wan": "dsl0"}})).start()
            doctor = daemon.command("doctor").stdout
            self.assertRegex(doctor, r"(?m)^failed +wan +there is no device dsl0 now")
            with Call(home):
                self.assertTrue(wait_until(lambda: "dsl0 does not exist now" in (daemon.status()["error"] or ""), 60), daemon.status())
                self.assertNotIn("voip", home.run("router", ["nft", "list", "tables"]).stdout + home.run("router", ["tc", "qdisc"]).stdout)
                self.plug_in(home, "dsl0", "203.0.113", 0)
                self.assert_on(home, daemon, "dsl0", 60)
                self.assertFalse(is_shaped(home, "wan"))
            self.assertTrue(wait_until(lambda: not is_shaped(home, "dsl0"), 20), daemon.log_text())
            self.assert_nothing_left(home, daemon)

    @skipping
    def test_a_second_wan_takes_over_in_a_call(self):
        with Home(ipv6=False) as home:
            self.plug_in(home, "wan2", "203.0.113", 100)
            daemon = Daemon(home, SETTINGS).start()
            with Call(home):
                self.assert_on(home, daemon, "wan")
                self.assertFalse(is_shaped(home, "wan2"))
                home.run("router", ["ip", "link", "set", "wan", "down"])
                moved = time.monotonic()
                self.assert_on(home, daemon, "wan2", 40)
                print(f"the second WAN is shaped {time.monotonic() - moved:.1f} s after the first went down")
            self.assertTrue(wait_until(lambda: not is_shaped(home, "wan2"), 20), daemon.log_text())
            home.run("router", ["ip", "link", "set", "wan", "up"])
            self.assert_nothing_left(home, daemon)


if __name__ == "__main__":
    main()
