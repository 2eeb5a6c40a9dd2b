#!/usr/bin/env python3
"""`voip-qosd doctor` against the real kernel and a real broker: a healthy home is all ok, each fault turns exactly its check, nothing is changed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from broker import Broker  # noqa: E402
from call import Call  # noqa: E402
from daemon import Daemon, merged  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home, require  # noqa: E402

SETTINGS = {
    "device": [{"name": "Kitchen phone", "address": "192.168.77.10", "role": "phone"}],
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
}
LIMIT_S = 60  # no hanging program or broker may hold it up for longer
# One packet of the phone to the server, so that there is a flow of the LAN to be seen.
PACKET = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.10', 40000))"
SECOND_WAN = """
ip link add lte type veth peer name modem
ip link set lte up
ip link set modem up
ip addr add 203.0.113.2/24 dev lte
ip route add default via 203.0.113.1 metric 900
"""
# What it could change and must not.
STATE = """
tc qdisc show; tc filter show dev wan; tc filter show dev br-lan egress; ip -o link; ip route show table all; nft list ruleset
for file in /proc/sys/net/netfilter/nf_conntrack_[a-bd-z]* /proc/sys/net/ipv4/ip_forward; do echo "$file $(cat $file 2>/dev/null)"; done
"""


def doctor(home: Home, daemon: Daemon, *before: str) -> tuple[int, list[dict]]:
    """Its exit status and its checks; `before` is what runs it, like env or setpriv."""
    done = home.run("router", [*before, *daemon.argv("doctor", "--json")], check=False, timeout=LIMIT_S)
    return done.returncode, json.loads(done.stdout)


def state(home: Home) -> list[str]:
    # What has passed a queue is nobody's doing.
    text = home.run("router", ["sh", "-c", STATE]).stdout
    return re.sub(r"direct_packets_stat \d+", "", text).splitlines()


class DoctorTest(unittest.TestCase):
    @contextlib.contextmanager
    def healthy_home(self, settings: dict | None = None, **broker_options):
        """A home in which all is well, with a daemon that has seen a flow and is connected."""
        with Home() as home:
            broker = home.broker(**broker_options)
            daemon = Daemon(home, merged(SETTINGS, settings or {}), broker=broker).start()

            def is_seen() -> bool:
                home.run("phone", [sys.executable, "-c", PACKET])
                return daemon.status()["totals"]["flows_seen"] > 0

            self.assertTrue(wait_until(is_seen, 10), daemon.log_text())
            self.assertTrue(wait_until(lambda: "mqtt: connected" in daemon.log_text(), 20), daemon.log_text())
            yield home, daemon, broker

    def assert_turns(self, home: Home, daemon: Daemon, name: str, fix: str, *before: str, result: str = "failed") -> dict:
        """Exactly that check has that result or a worse one, and says what mends it."""
        ranks = ["ok", "note", "warning", "failed"]
        status, checks = doctor(home, daemon, *before)
        bad = [check for check in checks if ranks.index(check["result"]) >= ranks.index(result)]
        self.assertEqual([check["check"] for check in bad], [name], bad)
        self.assertIn(fix, bad[0]["fix"])
        self.assertEqual(status, 1 if result == "failed" else 0)
        return bad[0]


class HealthyHome(DoctorTest):
    @skipping
    def test_all_is_ok_and_nothing_is_changed_or_published(self):
        with self.healthy_home() as (home, daemon, broker):
            phone = broker.subscribe("#")
            self.assertTrue(phone.wait_for(lambda m: m.topic == "voip-qos/home/status", 5))
            self.assertTrue(phone.wait_for(lambda m: m.topic.endswith("/info"), 5))
            broker.publish("mark/before", "1")
            self.assertTrue(phone.wait_for(lambda m: m.topic == "mark/before", 5))
            before, heard = state(home), len(phone.messages)
            status, checks = doctor(home, daemon)
            self.assertEqual([check for check in checks if check["result"] != "ok"], [])
            self.assertEqual(status, 0)
            self.assertGreater(len(checks), 20)
            self.assertEqual(state(home), before)
            broker.publish("mark/after", "1")
            self.assertTrue(phone.wait_for(lambda m: m.topic == "mark/after", 5))
            said = {m.topic for m in phone.messages[heard:] if not m.topic.startswith(("mark/", "homeassistant/"))}
            self.assertEqual(said, set(), "it publishes nothing, and has no will")
            self.assertIsNotNone(daemon.status())
            self.assertNotIn("taken over", daemon.log_text())

    @skipping
    def test_while_qos_is_on_all_is_ok_too(self):
        with self.healthy_home() as (home, daemon, _):
            daemon.command("qos", "on")
            settled = lambda: "pfifo ca1e:" in home.run("router", ["tc", "qdisc", "show", "dev", "wan"]).stdout  # noqa: E731
            self.assertTrue(wait_until(settled, 10), daemon.log_text())
            self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 10), daemon.log_text())
            before = state(home)
            status, checks = doctor(home, daemon)
            self.assertEqual({check["check"] for check in checks if check["result"] != "ok"}, {"mode"}, checks)
            self.assertEqual(status, 0)
            self.assertEqual(state(home), before)

            require("setpriv")
            status, checks = doctor(home, daemon, "setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")
            self.assertEqual({check["result"] for check in checks}, {"ok", "note"}, "who sees less claims nothing that is not so")
            self.assertEqual(status, 0)

    @skipping
    def test_during_a_call_all_is_ok_and_the_mark_is_seen(self):
        with self.healthy_home() as (home, daemon, _), Call(home):
            self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON" and daemon.status()["calls"] == 1, 10), daemon.log_text())
            status, checks = doctor(home, daemon)
            self.assertEqual([check for check in checks if check["result"] != "ok"], [])
            self.assertEqual(status, 0)

    @skipping
    def test_people_get_aligned_lines_and_a_summary(self):
        with self.healthy_home() as (home, daemon, _):
            home.run("router", ["sh", "-c", "echo 0 > /proc/sys/net/netfilter/nf_conntrack_events"])
            done = daemon.command("doctor", timeout=LIMIT_S)
            lines = done.stdout.splitlines()
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertTrue(any(line.startswith("warning  events          ") for line in lines), done.stdout)
            self.assertIn("                         fix: sysctl -w net.netfilter.nf_conntrack_events=2", lines)
            self.assertRegex(lines[-1], r"^\d+ checks: \d+ ok, 1 warning$")
            self.assertNotIn("\033", done.stdout)
            self.assertEqual(done.stderr, "")


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


class Brokers(DoctorTest):
    @skipping
    def test_a_wrong_password_turns_the_brokers_check_and_no_other(self):
        require("mosquitto_passwd")
        with Home() as home:
            folder = home.folder("passwords")
            users, password = folder / "users", folder / "password"
            home.run("router", ["mosquitto_passwd", "-c", "-b", str(users), "router", "right"])
            password.write_text("right\n")
            password.chmod(0o600)
            broker = Broker(home, extra=f"allow_anonymous false\npassword_file {users}\n")
            broker.start()
            daemon = Daemon(home, merged(SETTINGS, {"mqtt": {"username": "router", "password_file": str(password)}}), broker=broker)
            self.assertEqual([c["result"] for c in doctor(home, daemon)[1] if c["check"] == "broker"], ["note"], "it is right, and goes in the clear")
            password.write_text("wrong\n")
            found = self.assert_turns(home, daemon, "broker", "mqtt.password_file")
            self.assertIn("wrong user name or password", found["seen"])

            password.chmod(0o644)
            status, checks = doctor(home, daemon)
            self.assertEqual((status, checks[0]["check"], checks[0]["result"]), (2, "configuration", "failed"))
            self.assertIn(f"chmod 600 {password}", checks[0]["seen"])

    @skipping
    def test_a_broker_that_is_off_or_hangs_turns_its_check_and_no_other(self):
        with self.healthy_home() as (home, daemon, broker):
            broker.pause()
            self.assertIn("hangs", self.assert_turns(home, daemon, "broker", "restart the broker")["seen"])
            broker.resume()
            broker.stop()
            self.assertIn("connection refused", self.assert_turns(home, daemon, "broker", "start the broker")["seen"])

    @skipping
    def test_one_of_two_brokers_is_enough(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, merged(SETTINGS, {"mqtt": {"uri": ["mqtt://192.168.77.1:1999", broker.uri]}}))
            status, checks = doctor(home, daemon)
            self.assertEqual([check["result"] for check in checks if check["check"] == "broker"], ["warning", "ok"])
            self.assertEqual(status, 0)


class Hangs(DoctorTest):
    @skipping
    def test_a_daemon_that_hangs_is_a_failed_check(self):
        with self.healthy_home() as (home, daemon, _):
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                self.assertIn("no answer", self.assert_turns(home, daemon, "daemon", "restart")["seen"])
            finally:
                os.kill(daemon.pid, signal.SIGCONT)

    @skipping
    def test_a_program_that_hangs_is_a_failed_check(self):
        with Home() as home:
            daemon = Daemon(home, SETTINGS)
            folder = home.folder("programs")
            (folder / "uci").write_text("#!/bin/sh\nexec sleep 600\n")
            (folder / "uci").chmod(0o755)
            found = self.assert_turns(home, daemon, "offload", "hangs", "env", f"PATH={folder}:/usr/sbin:/usr/bin:/sbin:/bin")
            self.assertIn("uci did not answer", found["seen"])
            self.assertEqual(home.pids("router"), [], "nothing is left running")

    @skipping
    def test_ctrl_c_ends_it_at_once(self):
        with self.healthy_home() as (home, daemon, broker):
            broker.pause()
            child = home.popen("router", daemon.argv("doctor"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for line in child.stdout:  # each line is there as soon as it is known
                if " clock " in line:
                    break
            child.send_signal(signal.SIGINT)
            rest, complaint = child.communicate(timeout=LIMIT_S)
            self.assertEqual(child.returncode, 1)
            self.assertIn("interrupted", complaint)
            self.assertNotIn(" broker ", rest)


if __name__ == "__main__":
    main()
