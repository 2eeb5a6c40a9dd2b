#!/usr/bin/env python3
"""A call whose quality is measured: RTP both ways through the router, judged over any stretch of time, also while it goes on.

    with Call(home) as call:
        time.sleep(5)
        print(call.quality("up"))

    call.py [--prefix lab] [--seconds 20]       the same by hand, in a home that is up (home.py up)

All namespaces share one clock, so delays are true one-way delays. "up" is what the caller sends, "down" what it hears.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import emodel
from emodel import Packet, Quality
from home import Home, HomeError

# [seconds, packets per second, UDP payload bytes], repeated.
G711 = [[60, 50, 172]]
G711_30MS = [[60, 33.3333, 252]]
OPUS_DTX = [[1.2, 50, 72], [1.6, 2.5, 14]]  # talk spurts, then one comfort noise packet each 400 ms
G729_SILENT = [[1.0, 50, 32], [2.0, 0, 0]]  # a codec that says nothing at all in pauses

# The longest a packet can be on its way in this home: buffers of 1 s and 0.3 s, and some.
SETTLE_S = 1.5

_ENDPOINT = str(Path(__file__).resolve().parent / "rtp_endpoint.py")


class Call:
    """Starts with start() or `with`, ends with hang_up() or the block."""

    def __init__(self, home: Home, *, caller: str = "phone", callee: str = "server", family: int = 4, port: int = 7078, callee_port: int = 7078,
                 schedule: list = G711, callee_schedule: list | None = None, seconds: float = 600.0, tos: int = 184, holds: list | None = None):
        """`holds`: [seconds after the start, seconds], in which what the caller says waits on the air of its home."""
        self.home, self.family, self.port, self.callee_port = home, family, port, callee_port
        self._hosts = {"up": caller, "down": callee}
        self._schedules = {"up": schedule, "down": callee_schedule or schedule}
        self._holds = holds or []
        self._options = ["--seconds", str(seconds), "--tos", str(tos)]
        self._sent: dict[str, dict[int, int]] = {"up": {}, "down": {}}
        self._received: dict[str, dict[int, int]] = {"up": {}, "down": {}}
        self._ends: dict[str, subprocess.Popen] = {}
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self.hung_up_ns: int | None = None

    def __enter__(self) -> "Call":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.finish()

    def start(self) -> "Call":
        """Returns when the first packet has been sent."""
        target = ["--to", self.home.address(self._hosts["down"], self.family), "--to-port", str(self.callee_port)]
        self._open("down", self.callee_port, [])
        listening = time.monotonic() + 5
        while not self._is_bound("down", self.callee_port) and time.monotonic() < listening:
            time.sleep(0.01)
        self._open("up", self.port, target)
        with self._changed:
            if not self._changed.wait_for(lambda: self._sent["up"], timeout=10):
                raise HomeError("place a measured call: nothing was sent within 10 s")
        return self

    @property
    def started_ns(self) -> int:
        """When the caller sent its first packet."""
        return self._sent["up"][0]

    @property
    def ended_ns(self) -> int:
        """When the last packet of either side was sent."""
        return max(max(sent.values(), default=0) for sent in self._sent.values())

    def sent_count(self, way: str = "up") -> int:
        return len(self._sent[way])

    def hang_up(self) -> None:
        """Both sides stop sending now. What is on its way still counts, see finish()."""
        if self.hung_up_ns is None:
            self.hung_up_ns = time.time_ns()
            for end in self._ends.values():
                with contextlib.suppress(ProcessLookupError):
                    if end.poll() is None:
                        os.kill(end.pid, signal.SIGTERM)

    def finish(self) -> None:
        """Hangs up and waits for the last packets."""
        self.hang_up()
        for end in self._ends.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                end.wait(timeout=10)
        for thread in self._threads:
            thread.join(timeout=5)

    def packets(self, way: str, from_ns: int | None = None, to_ns: int | None = None) -> list[Packet]:
        """The packets sent in the window whose fate is known: arrived, or too old to arrive any more."""
        with self._changed:
            sent, received = dict(self._sent[way]), dict(self._received[way])
        is_over = all(end.poll() is not None for end in self._ends.values())
        decided = time.time_ns() - (0 if is_over else int(SETTLE_S * 1e9))
        window = ((at, received.get(i)) for i, at in sent.items() if (from_ns or 0) <= at < (to_ns or 1 << 63))
        return [Packet(at, arrived) for at, arrived in window if at <= decided]

    def quality(self, way: str = "up", from_ns: int | None = None, to_ns: int | None = None) -> Quality:
        return emodel.judge(self.packets(way, from_ns, to_ns))

    def recent(self, way: str = "up", seconds: float = 1.0) -> Quality | None:
        """What the listener has heard in the last moments, by time of arrival; None when nothing came."""
        with self._changed:
            sent, received = dict(self._sent[way]), dict(self._received[way])
        since = time.time_ns() - int(seconds * 1e9)
        heard = [i for i, at in received.items() if at >= since]
        if not heard:
            return None
        fastest = min((at - sent[i]) / 1e6 for i, at in received.items() if i in sent)
        return emodel.judge([Packet(sent[i], received.get(i)) for i in range(min(heard), max(heard) + 1) if i in sent], fastest)

    def stays_below(self, limit_ms: float, from_ns: int, to_ns: int | None = None, way: str = "up") -> float | None:
        """Seconds after from_ns from which on 95 % of the packets sent in every second have a delay below the limit; None: never."""
        packets = self.packets(way, from_ns, to_ns)
        if not packets:
            return None
        bad = [p.sent_ns for p in packets if p.received_ns is None or p.delay_ms >= limit_ms]
        # A single straggler in a second belongs to the machine, not to the queue.
        settled_bad = [at for at in bad if sum(1 for other in bad if abs(other - at) <= 500_000_000) > 2]
        if not settled_bad:
            return 0.0
        after = [p.sent_ns for p in packets if p.sent_ns > settled_bad[-1]]
        return (after[0] - from_ns) / 1e9 if after else None

    def _open(self, way: str, port: int, target: list[str]) -> None:
        host = self._hosts[way]
        argv = [sys.executable, "-S", "-E", _ENDPOINT, "--bind", self.home.address(host, self.family), "--port", str(port)]
        argv += ["--schedule", json.dumps(self._schedules[way]), *self._options, *target]
        argv += ["--hold", json.dumps(self._holds)] if way == "up" and self._holds else []
        end = self.home.popen(host, argv, stdout=subprocess.PIPE, text=True)
        self._ends[way] = end
        thread = threading.Thread(target=self._read, args=(end, way), daemon=True)
        thread.start()
        self._threads.append(thread)

    def _read(self, end: subprocess.Popen, way: str) -> None:
        hears = "down" if way == "up" else "up"
        assert end.stdout is not None
        with contextlib.suppress(ValueError), end.stdout:  # ValueError: the pipe was closed under us when the home went down
            for line in end.stdout:
                kind, index, at = line.split()
                with self._changed:
                    (self._sent[way] if kind == "s" else self._received[hears])[int(index)] = int(at)
                    self._changed.notify_all()

    def _is_bound(self, way: str, port: int) -> bool:
        table = Path(f"/proc/{self._ends[way].pid}/net/udp{'6' if self.family == 6 else ''}")
        with contextlib.suppress(OSError):
            return f":{port:04X} " in table.read_text()
        return False


def _command_line() -> int:
    parser = argparse.ArgumentParser(prog="call.py", description="A measured call from the phone to the server of a home that is up.")
    parser.add_argument("--prefix", default="lab", help="the home's prefix (default: lab)")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--ipv6", action="store_true")
    args = parser.parse_args()
    with Call(Home(args.prefix), family=6 if args.ipv6 else 4, seconds=args.seconds) as call, contextlib.suppress(KeyboardInterrupt):
        for second in range(1, round(args.seconds) + 1):
            time.sleep(max(0.0, call.started_ns / 1e9 + second - time.time()))
            print(f"{second:3} s  phone to server: {call.recent('up') or 'nothing heard'}", flush=True)
    for way, text in (("up", "phone to server"), ("down", "server to phone")):
        print(f"whole call, {text}: {call.quality(way)}")
    return 0


if __name__ == "__main__":
    sys.exit(_command_line())
