#!/usr/bin/env python3
"""Hours of a busy life of the whole daemon in the home in a box: a call every minute, foreign flows all the while, a broker that is
started anew, a WAN that comes and goes, reloads. What it holds after the first ten minutes it holds at the end: memory, descriptors,
threads, rules of nft and objects of tc. Run by scripts/soak."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e" / "lib"), str(TESTS / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon  # noqa: E402
from fixture import SKIPPED, wait_until  # noqa: E402
from home import Home, Unavailable  # noqa: E402

WARM_UP_S = 600
CALL_S = 30
BROKER_EVERY, WAN_EVERY, RELOAD_EVERY = 5, 7, 3  # minutes
MEMORY_SPREAD_KB = 512  # what an allocator may keep more or less
SETTINGS = {
    "qos": {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
    "policy": {"release_after": "2s", "min_on": "0s", "min_off": "0s"},
    "home_assistant": {"discovery": True},
}
# One packet to each of ever new remote ports, at a steady pace, until it is ended.
FLOWS = """
import socket, sys, time
per_s = int(sys.argv[1])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begin, sent = time.monotonic(), 0
while True:
    for _ in range(50):
        sender.sendto(b"x", ("203.0.113.%d" % (sent // 30000 % 200 + 1), 30000 + sent % 30000))
        sent += 1
    time.sleep(max(0, begin + sent / per_s - time.monotonic()))
"""


@dataclass
class Held:
    """What the daemon holds while nobody is on a call."""

    memory_kb: int  # that it wrote to and shares with nobody
    descriptors: int
    threads: int
    nft_lines: int
    tc_objects: int

    def row(self) -> str:
        return f"{self.memory_kb:>10} {self.descriptors:>11} {self.threads:>7} {self.nft_lines:>9} {self.tc_objects:>10}"


HEADER = f"{'minute':>6} {'memory_kb':>10} {'descriptors':>11} {'threads':>7} {'nft_lines':>9} {'tc_objects':>10}  calls heard/made, problems"


def held(home: Home, daemon: Daemon) -> Held:
    process = Path(f"/proc/{daemon.pid}")
    memory = sum(int(kb) for kb in re.findall(r"^Private_Dirty:\s+(\d+) kB", (process / "smaps_rollup").read_text(), re.M))
    listing = lambda *argv: home.run("router", list(argv), check=False).stdout.splitlines()  # noqa: E731
    tc = sum(len(listing("tc", what, "show", *rest)) for what, rest in (("qdisc", ()), ("class", ("dev", "wan")), ("filter", ("dev", "br-lan", "egress"))))
    return Held(memory, len(list((process / "fd").iterdir())), len(list((process / "task").iterdir())), len(listing("nft", "-s", "list", "ruleset")), tc)


def is_idle(daemon: Daemon) -> bool:
    status = daemon.status()
    return status is not None and status["qos"] == "OFF" and status["calls"] == 0


class Soak:
    def __init__(self, home: Home, per_s: int):
        self.home = home
        self.broker = home.broker()
        self.daemon = Daemon(home, SETTINGS, broker=self.broker).start()
        self.flows = home.popen("laptop", [sys.executable, "-c", FLOWS, str(per_s)])
        self.made = self.heard = 0
        self.problems: list[str] = []

    def minute(self, number: int) -> None:
        begin = time.monotonic()
        if number % WAN_EVERY == WAN_EVERY - 1:
            self.home.run("router", ["ip", "link", "set", "wan", "down"])
            time.sleep(3)
            self.home.run("router", ["ip", "link", "set", "wan", "up"])
            for route in self.routes:
                self.home.run("router", ["ip", "route", "replace", *route.split()], check=False)
        if number % BROKER_EVERY == BROKER_EVERY - 1:
            self.broker.restart()
        if number % RELOAD_EVERY == RELOAD_EVERY - 1:
            self.daemon.reload()
            wait_until(lambda: self.daemon.status() is not None, 20)
        with Call(self.home, seconds=CALL_S) as call:
            self.made += 1
            on = wait_until(lambda: (s := self.daemon.status()) is not None and s["qos"] == "ON" and s["calls"] == 1, CALL_S - 2)
            self.heard += bool(on)
            if not on:
                self.problems.append(f"minute {number}: a call without QoS: {self.seen()}")
            call.hang_up()
        if not wait_until(lambda: is_idle(self.daemon), 25):
            self.problems.append(f"minute {number}: not off again")
        if self.flows.poll() is not None or not self.daemon.is_running:
            raise SystemExit(f"minute {number}: the daemon or the sender has ended:\n{self.daemon.log_text()[-2000:]}")
        time.sleep(max(0, begin + 60 - time.monotonic()))

    def seen(self) -> str:
        status = self.daemon.status() or {}
        flow = next((f for f in status.get("flow_list", []) if ":7078 - " in f["flow"]), None)
        return f"{ {key: status.get(key) for key in ('qos', 'reason', 'calls', 'detector', 'error', 'totals')} }, its flow: {flow}"

    def run(self, minutes: int) -> int:
        self.routes = [line for line in self.home.run("router", ["ip", "route", "show"]).stdout.splitlines() if " dev wan" in line and "proto kernel" not in line]
        first: Held | None = None
        print(HEADER, flush=True)
        for number in range(1, minutes + 1):
            self.minute(number)
            now = held(self.home, self.daemon)
            print(f"{number:>6} {now.row()}  {self.heard}/{self.made}, {len(self.problems)}", flush=True)
            if first is None and number * 60 >= WARM_UP_S:
                first = now
        self.flows.kill()
        totals = self.daemon.status()["totals"]
        status = self.daemon.stop()
        print(f"{totals}; ended with {status}")
        for problem in self.problems:
            print(problem)
        if first is None:
            print("too short to compare: the first ten minutes are for warming up")
            return 1
        last = now
        grown = abs(last.memory_kb - first.memory_kb) > MEMORY_SPREAD_KB
        same = (first.descriptors, first.threads, first.nft_lines, first.tc_objects) == (last.descriptors, last.threads, last.nft_lines, last.tc_objects)
        print(f"after ten minutes: {first}\nat the end:        {last}")
        return 0 if same and not grown and not self.problems and status == 0 else 1


def main() -> int:
    arguments = argparse.ArgumentParser(prog="scripts/soak")
    arguments.add_argument("--minutes", type=int, default=120)
    arguments.add_argument("--flows", type=int, default=5000, help="foreign flows a second")
    options = arguments.parse_args()
    try:
        with Home() as home:
            home.run("router", ["sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=2"])  # a full table proves nothing about us
            return Soak(home, options.flows).run(options.minutes)
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        return SKIPPED
    except subprocess.SubprocessError as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
