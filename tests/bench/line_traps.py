"""What looks like a line and is none, each as a case: what happens, and what must be told of it.

A case returns what it saw; `is_right` says whether that will do. None may ever teach a wrong rate.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from line_lab import LineLab
from peers import Transfer
from topology import WAN_ADDRESS, Line

LINE = Line(2000, 16_000, 300, 200)
WATCHED_S = 14
# Sends 1242 bytes on the wire each 16 ms, 621 kbit/s, whatever becomes of them.
NEIGHBOUR = """import socket, sys, time
to, begin, sent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.monotonic(), 0
while True:
    to.sendto(bytes(1200), (sys.argv[1], 9))
    sent += 1
    time.sleep(max(0, begin + sent * 0.016 - time.monotonic()))
"""
TUNNEL_PORT = 4789


@dataclass(frozen=True)
class Trap:
    name: str
    play: Callable[[LineLab], list[dict]]  # what was told of the line meanwhile
    bottleneck: str | None = None  # what must have been named
    truth: tuple[int | None, int | None] = (None, None)  # rates up and down that would be right; None: none would
    line: Line = LINE
    ways_ms: tuple[int, int] | None = (30, 50)
    grant_ms: int = 0  # packets come only each so many milliseconds

    def wrong_rates(self, seen: list[dict]) -> list[str]:
        """By `truth`, or by what a case measured of it: the least and the most."""
        wrong = set()
        for told in seen:
            for key, truth in zip(("up_kbit", "down_kbit"), told.get("truth", self.truth)):
                kbit = told[key]
                least, most = truth if isinstance(truth, tuple) else (truth, truth)
                if kbit is not None and (truth is None or not 0.95 * least <= kbit <= 1.03 * most):
                    wrong.add(f"{key} {kbit}" + (f" of {truth}" if truth else ""))
        return sorted(wrong)

    def is_named(self, seen: list[dict]) -> bool:
        return self.bottleneck is None or any(told["bottleneck"] == self.bottleneck for told in seen)


def far_end(lab: LineLab) -> list[dict]:
    lab.narrow(0, 3000)
    lab.fill("down", only=1, streams=1, kbit=300, congestion="cubic")
    lab.fill("down", only=0)
    return lab.watch(WATCHED_S)


def far_end_alone(lab: LineLab) -> list[dict]:
    lab.narrow(0, 3000)
    lab.fill("down", only=0)
    return lab.watch(WATCHED_S)


def slow_home(lab: LineLab) -> list[dict]:
    lab.tc("router", "qdisc add dev lan2 root tbf rate 4mbit burst 6000 limit 100000")
    lab.fill("down")
    return lab.watch(WATCHED_S)


def policer(lab: LineLab) -> list[dict]:
    lab.tc("isp", "qdisc del dev wan root")
    rule = 'table ip police { chain out { type filter hook postrouting priority 0; oifname "wan" limit rate over 750 kbytes/second burst 20 kbytes drop; }; }'
    lab.home.run("isp", ["nft", rule])
    lab.fill("down")
    return lab.watch(WATCHED_S)


def never_a_queue(lab: LineLab) -> list[dict]:
    lab.fill("down")
    return lab.watch(WATCHED_S)


def boost(lab: LineLab) -> list[dict]:
    """Twice as fast for the first six seconds of each transfer."""
    lab.fill("down")
    lab.watch(16)
    lab.stop()
    lab.watch(4)
    lab.set_line(down_kbit=16_000)
    lab.fill("down")
    first = lab.watch(6)
    lab.set_line(down_kbit=8000)
    return first + lab.watch(6)


def both_ways(lab: LineLab) -> list[dict]:
    lab.fill("down")
    lab.fill("up")
    return lab.watch(WATCHED_S)


def not_tcp(lab: LineLab) -> list[dict]:
    lab.fill("up", only=0, streams=1, udp=True, kbit=1900)
    lab.fill("up", only=1, streams=1, udp=True, kbit=900)
    return lab.watch(WATCHED_S)


def slow_senders(lab: LineLab) -> list[dict]:
    lab.fill("down", kbit=4000, streams=2)
    return lab.watch(WATCHED_S)


def another_user(lab: LineLab) -> list[dict]:
    """Somebody behind the same modem, whose traffic does not pass our router; what is left to us is what the line carries for us.

    It drops some of the neighbour's too, more at first, so what arrives of that is counted: the truth is what was left in some five seconds.
    """
    lab.home.run("server", ["nft", "table ip count { counter neighbour { }; chain in { type filter hook prerouting priority 0; udp dport 9 counter name neighbour; }; }"])
    lab.home.popen("isp", [sys.executable, "-S", "-E", "-c", NEIGHBOUR, lab.networks[0]])
    lab.fill("up")
    seen, counts = [], [(time.monotonic(), neighbour_bytes(lab))]
    for _ in range(WATCHED_S):
        seen += lab.watch(1)
        counts.append((time.monotonic(), neighbour_bytes(lab)))
    left = [LINE.up_kbit - round((bytes_b - bytes_a) / (b - a) / 125) for (a, bytes_a), (b, bytes_b) in zip(counts, counts[5:])]
    return [told | {"truth": ((min(left), max(left)), None)} for told in seen]


def neighbour_bytes(lab: LineLab) -> int:
    """With the headers of the link, as the line counts."""
    text = lab.home.run("server", ["nft", "list", "counter", "ip", "count", "neighbour"]).stdout
    packets, count = (int(re.search(rf"{word} (\d+)", text).group(1)) for word in ("packets", "bytes"))
    return count + 14 * packets


def in_batches(lab: LineLab) -> list[dict]:
    """Both ways busy and neither full; what comes waits up to 20 ms for its turn."""
    lab.fill("up", kbit=300)
    lab.fill("down", kbit=2000)
    return lab.watch(WATCHED_S)


def full_in_batches(lab: LineLab) -> list[dict]:
    lab.fill("up")
    first = lab.watch(WATCHED_S)
    lab.stop()
    lab.fill("down")
    return first + lab.watch(WATCHED_S)


def tunnel(lab: LineLab) -> list[dict]:
    """All of it in one flow of UDP to one place, as WireGuard has it: VXLAN, since every kernel has that."""
    far, wan = lab.networks[0], WAN_ADDRESS[4]
    for host, options, inner in (("laptop", f"remote {far}", "10.99.0.1"), ("server", f"remote {wan}", "10.99.0.2")):
        for command in (f"link add inside type vxlan id 7 {options} dstport {TUNNEL_PORT} srcport {TUNNEL_PORT} {TUNNEL_PORT + 1} noudpcsum", f"addr add {inner}/24 dev inside", "link set inside mtu 1400 up"):
            lab.home.run(host, ["ip", *command.split()])
    Transfer(lab.home, to="10.99.0.2")
    return lab.watch(WATCHED_S)


TRAPS = [
    Trap("a far end that is narrow, beside another", far_end, "far_end"),
    Trap("a far end that is narrow, alone", far_end_alone),
    Trap("a home that is narrow (Wi-Fi)", slow_home, "home"),
    Trap("a policer: loss and never a queue", policer),
    Trap("never a queue (AQM)", never_a_queue, line=Line(2000, 16_000, 4, 4)),
    Trap("a boost for the first seconds", boost, truth=(None, 8000), line=Line(2000, 8000, 300, 200)),
    Trap("both ways full, 1:24", both_ways, truth=(1000, 24_000), line=Line(1000, 24_000, 300, 200)),
    Trap("all of it QUIC", not_tcp, "unknown"),
    Trap("slow servers: no queue, an even rate", slow_senders, "none"),
    Trap("batches of 20 ms (DOCSIS, LTE), not full", in_batches, "none", grant_ms=20),
    Trap("batches of 20 ms (DOCSIS, LTE), full", full_in_batches, truth=(2000, 16_000), grant_ms=20),
    Trap("all of it in a VPN", tunnel, "unknown", ways_ms=None),
    Trap("another user behind the same modem", another_user, "upload"),
]
