#!/usr/bin/env python3
"""`voip-qosd doctor` against the real kernel and a real broker: a healthy home is all ok, a broker or a program that fails turns
exactly its check."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from broker import Broker  # noqa: E402
from call import Call  # noqa: E402
from daemon import Daemon, merged  # noqa: E402
from doctor import LIMIT_S, SETTINGS, DoctorTest, doctor, state  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home, require  # noqa: E402

SINK = """
import socket, threading
def swallow(other):
    while other.recv(65536): pass
server = socket.create_server(("", 9100))
print("ready", flush=True)
while True: threading.Thread(target=swallow, args=(server.accept()[0],), daemon=True).start()
"""
# All connections are open before the line is full: how long a way is shows only then. One connection alone with a network may starve
# in a queue that another keeps full.
UPLOAD = """
import socket, sys, threading
def fill(other):
    while True: other.sendall(b'x' * 20000)
for other in [socket.create_connection((address, 9100)) for address in sys.argv[1:] * 3]:
    threading.Thread(target=fill, args=(other,)).start()
"""


class HealthyHome(DoctorTest):
    @skipping
    def test_all_is_ok_and_nothing_is_changed_or_published(self):
        with self.healthy_home() as (home, daemon, broker):
            phone = broker.subscribe("#")
            self.assertTrue(phone.wait_for(lambda m: m.topic == "voip-qos/home/status", 5))
            self.assertTrue(phone.wait_for(lambda m: m.topic.endswith("/info"), 5))
            # The daemon says all once more 1.5 s after its discovery.
            self.assertTrue(wait_until(lambda: time.time_ns() - phone.messages[-1].at_ns > 3_000_000_000, 20), "it does not get quiet")
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
            # The daemon's own zero may have been on its way still.
            said = {m.topic for m in phone.messages[heard:] if not m.topic.startswith(("mark/", "homeassistant/")) and not m.topic.endswith("/rates")}
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
    def test_a_rate_that_was_learnt_is_told_and_all_is_ok_while_it_is_shaped_to(self):
        learning = {"qos": {"tc": {"upload_kbit": "auto", "download_kbit": "auto"}}}
        with self.healthy_home(learning) as (home, daemon, _):
            home.run("server", ["ip", "address", "add", "203.0.113.10/32", "dev", "lo"])
            home.run("isp", ["ip", "route", "add", "203.0.113.10/32", "via", home.address("server")])
            sink = home.popen("server", [sys.executable, "-c", SINK], stdout=subprocess.PIPE)
            sink.stdout.readline()
            home.popen("laptop", [sys.executable, "-c", UPLOAD, home.address("server"), "203.0.113.10"])
            # What teaches nothing is looked at again after half a minute.
            self.assertTrue(wait_until(lambda: daemon.status()["line"]["up_kbit"], 90), daemon.status()["line"])
            daemon.command("qos", "on")
            self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 10), daemon.log_text())
            status, checks = doctor(home, daemon)
            self.assertEqual({check["check"] for check in checks if check["result"] != "ok"}, {"mode"}, checks)
            self.assertEqual(status, 0)
            (rates,) = (check["seen"] for check in checks if check["check"] == "rates")
            self.assertRegex(rates, r"^\d+ kbit/s up, learnt just now; ")

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
