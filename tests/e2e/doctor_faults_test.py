#!/usr/bin/env python3
"""`voip-qosd doctor` on a router with a fault: each turns exactly its check, and nothing is changed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from daemon import Daemon  # noqa: E402
from doctor import SETTINGS, DoctorTest, doctor, state  # noqa: E402
from fixture import main, skipping  # noqa: E402
from home import Home, require  # noqa: E402

SECOND_WAN = """
ip link add lte type veth peer name modem
ip link set lte up
ip link set modem up
ip addr add 203.0.113.2/24 dev lte
ip route add default via 203.0.113.1 metric 900
"""


class Faults(DoctorTest):
    @skipping
    def test_faults_of_the_kernel_turn_their_check_and_no_other(self):
        with self.healthy_home() as (home, daemon, _):
            accounting = "/proc/sys/net/netfilter/nf_conntrack_acct"
            home.run("router", ["sh", "-c", f"echo 0 > {accounting}"])
            self.assert_turns(home, daemon, "accounting", "sysctl -w net.netfilter.nf_conntrack_acct=1")
            self.assertEqual(home.run("router", ["cat", accounting]).stdout.strip(), "0", "it only looks")
            home.run("router", ["sh", "-c", f"echo 1 > {accounting}"])

            home.run("router", ["sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv6/conf/all/forwarding"])
            self.assert_turns(home, daemon, "forwarding", "net.ipv4.ip_forward=1", result="warning")

    @skipping
    def test_a_wan_that_is_gone_or_taken_turns_its_check_and_no_other(self):
        with self.healthy_home() as (home, daemon, _):
            home.run("router", ["sh", "-ec", "tc qdisc add dev wan root handle 5: tbf rate 1mbit burst 5k limit 10k"])
            taken = self.assert_turns(home, daemon, "actuator", "stop it")
            self.assertIn("qdisc tbf", taken["seen"])
            home.run("router", ["tc", "qdisc", "del", "dev", "wan", "root"])

            home.run("router", ["sh", "-ec", SECOND_WAN])
            self.assert_turns(home, daemon, "wan", "set qos.wan", result="warning")

            home.run("router", ["sh", "-ec", "ip link del lte; ip route del default; ip -6 route del default"])
            self.assert_turns(home, daemon, "wan", "ip route show default")

    @skipping
    def test_a_flowtable_turns_its_check_and_no_other(self):
        with self.healthy_home() as (home, daemon, _):
            rules = "table inet ft { flowtable f { hook ingress priority 0; devices = { wan, br-lan }; counter; }; }"
            made = home.run("router", ["nft", rules], check=False)
            before = []
            if made.returncode != 0:  # this kernel has none: the same text as from one that has
                folder = home.folder("programs")
                nft = folder / "nft"
                shown = "table inet ft {\n\tflowtable f {\n\t\thook ingress priority filter\n\t\tdevices = { br-lan, wan }\n\t\tcounter\n\t}\n}\n"
                nft.write_text(f'#!/bin/sh\n[ "$*" = "list flowtables" ] || exec /usr/sbin/nft "$@"\ncat <<"END"\n{shown}END\n')
                nft.chmod(0o755)
                before = ["env", f"PATH={folder}:/usr/sbin:/usr/bin:/sbin:/bin"]
            found = self.assert_turns(home, daemon, "offload", "flowtable", *before)
            self.assertIn("inet ft f", found["seen"])

    @skipping
    def test_rules_that_write_the_mark_turn_its_check_and_no_other(self):
        with self.healthy_home() as (home, daemon, _):
            chain = "chain forward { type filter hook forward priority mangle; "
            rules = f'table inet site {{ {chain} ct mark set ct mark and 0xffffff00 or 0x7; counter comment "ct mark set 0x1"; }}; }}'
            home.run("router", ["nft", rules])
            self.assertEqual([check for check in doctor(home, daemon)[1] if check["result"] != "ok"], [], "its bits are others")
            home.run("router", ["nft", "add rule inet site forward ct mark set meta mark"])
            found = self.assert_turns(home, daemon, "call_mark", "keep the bits 0x01000000", result="warning")
            self.assertIn("nftables, table inet site, chain forward writes", found["seen"])
            home.run("router", ["nft", "delete table inet site"])

            require("iptables", "iptables-save")
            home.run("router", ["iptables", "-t", "mangle", "-A", "FORWARD", "-j", "CONNMARK", "--save-mark", "--mask", "0xff"])
            self.assertEqual([check for check in doctor(home, daemon)[1] if check["result"] != "ok"], [], "its bits are others")
            home.run("router", ["iptables", "-t", "mangle", "-A", "FORWARD", "-j", "CONNMARK", "--or-mark", "0x3000000"])
            before = state(home)
            found = self.assert_turns(home, daemon, "call_mark", 'qos.call_mark = "0x04000000/0x04000000"', result="warning")
            self.assertIn("iptables, table mangle, chain FORWARD writes the bits 0x03000000", found["seen"])
            self.assertEqual(state(home), before)

    @skipping
    def test_what_it_says_of_the_kernel_is_what_tc_gets_from_it(self):
        with Home() as home:
            for actuator, kind in (("qos-scripts", "hfsc"), ("cake-rate", "cake")):
                has_it = home.run("laptop", ["tc", "qdisc", "replace", "dev", "eth0", "root", kind], check=False).returncode == 0
                daemon = Daemon(home, {"qos": {"actuator": actuator, "cake-rate": {"upload_kbit": 900}}})
                found = next(check for check in doctor(home, daemon)[1] if check["check"] == "kernel")
                if has_it or "cannot be seen" in found["seen"]:
                    self.assertEqual(found["result"], "ok", found)
                else:
                    self.assertEqual(found["result"], "failed", found)
                    self.assertIn(f"sch_{kind}", found["fix"])

    @skipping
    def test_without_the_capability_only_that_fails(self):
        with self.healthy_home() as (home, daemon, _):
            require("setpriv")
            self.assertEqual(daemon.stop(), 0)
            bare = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]
            self.assert_turns(home, daemon, "privileges", "AmbientCapabilities=CAP_NET_ADMIN", *bare)

    @skipping
    def test_rates_that_are_to_be_learnt_are_told_and_what_stands_against_it(self):
        require("setpriv")
        learning = {**SETTINGS, "qos": {"actuator": "tc", "tc": {}}}
        with Home() as home:
            daemon = Daemon(home, learning).start()
            found = {check["check"]: check for check in doctor(home, daemon)[1]}
            self.assertEqual((found["privileges"]["result"], found["actuator"]["result"]), ("ok", "ok"), found)
            self.assertIn("once the line's rate is known", found["actuator"]["seen"])
            self.assertEqual(found["rates"]["result"], "warning")
            self.assertIn("not known yet", found["rates"]["seen"])
        bare = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"]
        with Home() as home:
            daemon = Daemon(home, learning, started_by=bare).start()
            found = {check["check"]: check for check in doctor(home, daemon)[1]}
            self.assertEqual((found["privileges"]["result"], found["rates"]["result"]), ("warning", "failed"), found)
            self.assertIn("cannot be learnt", found["privileges"]["seen"])
            self.assertIn("--cap-add NET_RAW", found["privileges"]["fix"])
            self.assertIn("needs CAP_NET_RAW", found["rates"]["seen"])

    @skipping
    def test_a_daemon_that_does_not_run_is_a_warning(self):
        with self.healthy_home() as (home, daemon, _):
            self.assertEqual(daemon.stop(), 0)
            self.assert_turns(home, daemon, "daemon", "start", result="warning")

    @skipping
    def test_a_wrong_configuration_is_told_with_its_place_and_exit_status_2(self):
        with Home() as home:
            daemon = Daemon(home, SETTINGS)
            daemon.config.write_text(daemon.config.read_text() + '\n[policy]\nrelease_after = "soon"\n')
            line = len(daemon.config.read_text().splitlines())
            status, checks = doctor(home, daemon)
            self.assertEqual(status, 2)
            self.assertEqual(checks[0]["check"], "configuration")
            self.assertIn(f"{daemon.config}:{line}:", checks[0]["seen"])
            self.assertIn("check-config", checks[0]["fix"])
            self.assertIn("accounting", {check["check"] for check in checks}, "the kernel is looked at all the same")


if __name__ == "__main__":
    main()
