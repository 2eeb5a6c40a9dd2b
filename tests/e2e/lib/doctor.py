"""`voip-qosd doctor` in a home in which all is well, until a test breaks something."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import unittest

from daemon import Daemon, merged
from fixture import wait_until
from home import Home

SETTINGS = {
    "device": [{"name": "Kitchen phone", "address": "192.168.77.10", "role": "phone"}],
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
}
LIMIT_S = 60  # no hanging program or broker may hold it up for longer
# One packet of the phone to the server, so that there is a flow of the LAN to be seen.
PACKET = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.10', 40000))"
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
            if not broker_options:  # with a password only the daemon may look
                status = broker.subscribe(f"{daemon.base_topic}/status")
                self.assertTrue(status.wait_for(lambda message: message.payload == "online", 20), daemon.log_text())
                status.close()
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
