#!/usr/bin/env python3
"""Floods of connections on the whole daemon: they leave no memory behind, and a call in the middle of one is found."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402
from topology import Line  # noqa: E402

SETTINGS = {"monitor": {"lan": ["192.168.77.0/24"]}, "qos": {"actuator": "none"}}
# One packet to each of ever new remote ports, of an address behind the server that answers nothing; as fast as the machine can where
# it cannot do what is asked.
SENDER = """
import socket, sys, time
flows, per_s = int(sys.argv[1]), int(sys.argv[2])
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(flows // 20000 + 1)]
begin = time.monotonic()
for i in range(flows):
    sockets[i // 20000].sendto(b"x", ("203.0.113.9", 30000 + i % 20000))
    if i % 50 == 49:
        time.sleep(max(0, begin + i / per_s - time.monotonic()))
"""


def private_kb(pid: int) -> int:
    """Memory that it wrote to and shares with nobody; pages of its files come and go with the machine's load."""
    return sum(int(kb) for kb in re.findall(r"^Private_Dirty:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))


class Floods(unittest.TestCase):
    def flood(self, home: Home, flows: int, per_s: int) -> subprocess.Popen:
        return home.popen("laptop", [sys.executable, "-c", SENDER, str(flows), str(per_s)])

    def dropped(self, daemon: Daemon) -> int:
        """Messages that the kernel could not queue for the daemon's netfilter sockets (net/netlink/af_netlink.c, netlink_seq_show)."""
        rows = [line.split() for line in Path(f"/proc/{daemon.pid}/net/netlink").read_text().splitlines()[1:]]
        return sum(int(row[8]) for row in rows if row[1] == "12")

    def home(self) -> Home:
        return Home(line=Line(None, None), ipv6=False)

    def forget_soon(self, home: Home) -> None:
        """A table that would overflow proves nothing about us."""
        home.run("router", ["sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=2"])

    @skipping
    def test_a_hundred_thousand_flows_leave_no_memory_behind(self):
        with self.home() as home:
            self.forget_soon(home)
            daemon = Daemon(home, SETTINGS).start()

            def memory_after(flows: int) -> int:
                self.assertEqual(self.flood(home, flows, 10_000).wait(120), 0)
                # Until the kernel has forgotten them, and the daemon with it; asking for its status takes memory, too.
                count = Path("/proc/sys/net/netfilter/nf_conntrack_count")
                self.assertTrue(wait_until(lambda: int(home.run("router", ["cat", str(count)]).stdout) < 50, 60))
                time.sleep(5)
                return private_kb(daemon.pid)

            before, seen_before = memory_after(20_000), daemon.status()["totals"]["flows_seen"]
            after = memory_after(100_000)
            seen = daemon.status()["totals"]["flows_seen"] - seen_before
            print(f"{seen} flows seen; memory {before} KiB before, {after} KiB after")
            self.assertGreater(seen, 50_000, "most of them, though a busy machine may lose some")
            self.assertLessEqual(after, before + 256)
            self.assertEqual(daemon.stop(), 0)

    @skipping
    def test_a_call_whose_birth_was_lost_in_a_storm_is_watched_soon(self):
        with self.home() as home:
            self.forget_soon(home)
            daemon = Daemon(home, SETTINGS).start()
            storm = self.flood(home, 20_000_000, 30_000)  # it is ended when all is seen
            self.addCleanup(storm.kill)
            time.sleep(2)
            lost = daemon.status()["totals"]["events_lost"]
            # Held up until its queue of events overflows, and while the call begins: its birth finds no room.
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                before = self.dropped(daemon)
                self.assertTrue(wait_until(lambda: self.dropped(daemon) > before, 60), "the queue overflows")
                call = Call(home).start()
                begin = time.monotonic()
                time.sleep(0.4)
            finally:
                os.kill(daemon.pid, signal.SIGCONT)

            def flow() -> dict | None:
                return next((f for f in daemon.status()["flow_list"] if ":7078 - " in f["flow"]), None)

            self.assertTrue(wait_until(lambda: flow() is not None, 60), daemon.status()["totals"])
            watched_s = time.monotonic() - begin
            self.assertTrue(wait_until(lambda: (flow() or {}).get("in_call", False), 60), daemon.status()["flow_list"])
            print(f"watched {watched_s:.2f} s after the first packet, known as a call {time.monotonic() - begin:.2f} s after it; {daemon.status()['totals']}")
            self.assertGreater(daemon.status()["totals"]["events_lost"], lost)
            self.assertIsNone(storm.poll(), "the storm went on all the while")
            storm.kill()
            call.hang_up()
            self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    main()
