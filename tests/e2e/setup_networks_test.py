#!/usr/bin/env python3
"""The ten networks that homes have, made in network namespaces as far as the kernel can, and what `voip-qosd setup --yes` makes of each.

What the kernel cannot make here has a stand-in of the same names and addresses: a port of Ethernet for
PPP and VLANs, a TUN device for the tunnel of DS-Lite. tests/unit/commands/setup/ten_networks_test.cpp
has the same ten as values."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from daemon import binary  # noqa: E402
from fixture import main, skipping  # noqa: E402

BEGIN = """
ip link set lo up
port() { ip link add "$1" type veth peer name "$1~"; ip link set "$1~" up; ip link set "$1" up; }
vlan() { { ip link add link "$1" name "$1.$2" type vlan id "$2" && ip link set "$1.$2" up; } 2>/dev/null || port "$1.$2"; }
bridge() { ip link add "$1" type bridge; port "p-$1"; ip link set "p-$1" master "$1"; ip link set "$1" up; ip addr add "$2" dev "$1"; }
at() { ip addr add "$2" dev "$1"; }
at6() { ip addr add "$2" dev "$1" nodad; }
"""
LAN = "bridge br-lan 192.168.1.1/24; at6 br-lan fd09:1::1/64\n"


class TenNetworks(unittest.TestCase):
    def setup_in(self, script: str) -> tuple[dict, str]:
        """What is written, and what is said."""
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "voip-qosd.toml")
            program = f"set -e\n{BEGIN}{script}\nexec {binary()} setup --yes --config {config}\n"
            done = subprocess.run(["unshare", "--net", "sh", "-c", program], capture_output=True, text=True, timeout=120, check=False)
            self.assertTrue(config.exists(), done.stdout + done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)
            checked = subprocess.run([str(binary()), "check-config", "--config", str(config)], capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
            return tomllib.loads(config.read_text()), done.stdout

    def assert_proposes(self, script: str, wan: str, lan: str | list[str], *said: str, means: str | None = None) -> None:
        settings, text = self.setup_in(script)
        self.assertEqual((settings["qos"]["wan"], settings["monitor"]["lan"]), (wan, lan), text)
        for part in ((f"goes through {means}.",) if means else ()) + said:
            self.assertIn(part, " ".join(text.split()))

    @skipping
    def test_plain(self):
        self.assert_proposes(LAN + "port eth0; at eth0 192.168.178.20/24; ip route add default via 192.168.178.1", "auto", "auto", "br-lan 192.168.1.0/24", means="eth0")

    @skipping
    def test_pppoe(self):
        ppp = "port eth1; port pppoe-wan; ip addr add 203.0.113.7 peer 203.0.113.1 dev pppoe-wan; ip route add default dev pppoe-wan"
        self.assert_proposes(LAN + ppp, "auto", "auto", means="pppoe-wan")

    @skipping
    def test_vlan(self):
        vlans = """port eth0; port eth1
            vlan eth0 7; at eth0.7 203.0.113.7/24
            for id in 10 20; do vlan eth1 $id; at eth1.$id 192.168.$id.1/24; done
            ip route add default via 203.0.113.1"""
        self.assert_proposes(vlans, "auto", "auto", "eth1.10 192.168.10.0/24", "eth1.20 192.168.20.0/24", means="eth0.7")

    @skipping
    def test_two_wans(self):
        wans = """port wan; port wwan0; at wan 203.0.113.7/24; at wwan0 10.64.3.9/30
            ip route add default via 203.0.113.1 metric 10; ip route add default via 10.64.3.10 metric 20"""
        self.assert_proposes(LAN + wans, "auto", "auto", "There are other lines", " 2 wwan0", means="wan")

    @skipping
    def test_bridge_with_guests(self):
        guests = "bridge br-guest 192.168.3.1/24; port wan; at wan 203.0.113.7/24; ip route add default via 203.0.113.1"
        self.assert_proposes(LAN + guests, "auto", "auto", "br-guest 192.168.3.0/24", "br-lan 192.168.1.0/24", means="wan")

    @skipping
    def test_ipv6_only(self):
        wan = "bridge br-lan fd09:1::1/64; at6 br-lan 2001:db8:1::1/64; port wan; at6 wan 2001:db8:ffff::2/64; ip -6 route add default via 2001:db8:ffff::1"
        self.assert_proposes(wan, "auto", "auto", means="wan")

    @skipping
    def test_ds_lite(self):
        tunnel = """port wan; at6 wan 2001:db8:ffff::2/64; ip -6 route add default via 2001:db8:ffff::1
            ip -6 link add ds-wan type ip6tnl mode ipip6 local 2001:db8:ffff::2 remote 2001:db8:ffff::3 2>/dev/null || ip tuntap add dev ds-wan mode tun
            ip link set ds-wan up; at ds-wan 192.0.0.2/29; ip route add default dev ds-wan"""
        self.assert_proposes(LAN + tunnel, "wan", "auto", "through the tunnel ds-wan")

    @skipping
    def test_docker_on_the_router(self):
        docker = """bridge docker0 172.17.0.1/16; ip link add br-0123456789ab type bridge; ip link set br-0123456789ab up; at br-0123456789ab 172.18.0.1/16
            port enp1s0; at enp1s0 203.0.113.7/24; ip route add default via 203.0.113.1"""
        self.assert_proposes(LAN + docker, "auto", ["192.168.1.0/24", "fd09:1::/64"], "Left out are the containers", means="enp1s0")

    @skipping
    def test_no_private_wan_address(self):
        for address, router in (("198.51.100.10/29", "198.51.100.9"), ("100.64.3.9/10", "100.64.0.1")):
            with self.subTest(address):
                self.assert_proposes(LAN + f"port wan; at wan {address}; ip route add default via {router}", "auto", "auto", means="wan")

    @skipping
    def test_wan_down(self):
        self.assert_proposes(LAN + "port wan; at wan 192.168.178.20/24", "auto", "auto", "no default route now", "1 br-lan 192.168.1.0/24, fd09:1::/64 LAN [auto]")


if __name__ == "__main__":
    main()
