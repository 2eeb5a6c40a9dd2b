#!/usr/bin/env python3
"""A long way to the server: what its TCP sends arrives later, for each of its addresses by as much as is said.

    with PathDelay(home, {home.address("server"): 60, "203.0.113.10": 150}): ...

With `grant_ms` packets leave only each so many milliseconds, all that wait at once, as behind a modem that has to ask for its turn (DOCSIS, LTE).
The server gets the addresses that it has not got yet. Both ways together take so long, as far as a sender or the router's WAN can tell; a call
(UDP) is not delayed. It is for kernels without netem, and for some thousand packets a second: they go through a tun device and this program.
IPv4 and IPv6. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from home import Home

_DEVICE = "way"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
_FROM, _TO = {4: slice(12, 16), 6: slice(8, 24)}, {4: slice(16, 20), 6: slice(24, 40)}  # RFC 791, 8200
_MOST_WAITING = 5000  # packets on one way; more are dropped, as by any line


class PathDelay:
    """From `with` to the end of the block or of the home."""

    def __init__(self, home: Home, ms_of: dict[str, int], grant_ms: int = 0):
        self._home, self._ms_of, self._grant_ms = home, ms_of, grant_ms

    def __enter__(self) -> "PathDelay":
        from home import HomeError, Unavailable

        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            raise Unavailable("/dev/net/tun is not there: a delay on the path needs it")
        for address in self._ms_of:
            add_address(self._home, address)
        argv = [sys.executable, "-S", "-E", __file__, str(self._grant_ms), *(f"{address}={ms}" for address, ms in self._ms_of.items())]
        self._child = self._home.popen("server", argv, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        if self._child.stdout.readline() != "ready\n":
            raise HomeError("the delay on the path does not work")
        self._home.run("server", ["ip", "link", "set", _DEVICE, "up"])
        for family in {_family(address) for address in self._ms_of}:
            for command in (f"route add default dev {_DEVICE} table 77", "rule add ipproto tcp lookup 77"):
                self._home.run("server", ["ip", f"-{family}", *command.split()])
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._child.poll() is None:
                os.kill(self._child.pid, signal.SIGTERM)


def _family(address: str) -> int:
    return 6 if ":" in address else 4


def add_address(home: Home, address: str) -> None:
    """One more address of the server, which the provider knows the way to."""
    family = _family(address)
    server = home.address("server", family)
    if address != server:
        bits, options = (128, ["nodad"]) if family == 6 else (32, [])
        home.run("server", ["ip", "addr", "replace", f"{address}/{bits}", "dev", "eth0", *options])
        home.run("isp", ["ip", f"-{family}", "route", "replace", f"{address}/{bits}", "via", server])


def _open_tun(name: str) -> int:
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return tun


def _run(grant_ms: int, ways: list[str]) -> None:
    seconds, grant_s = {}, grant_ms / 1000
    for way in ways:
        address, ms = way.split("=")
        seconds[socket.inet_pton(_FAMILIES[_family(address)], address)] = int(ms) / 1000
    tun = _open_tun(_DEVICE)
    # Its packets are not of protocol TCP for the rules of routing, so they take the main table.
    out = {version: socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) for version, family in _FAMILIES.items()}
    print("ready", flush=True)
    waiting: dict[bytes, deque[tuple[float, bytes]]] = {source: deque() for source in seconds}
    while True:
        now = time.monotonic()
        for queue in waiting.values():
            while queue and queue[0][0] <= now:
                packet = queue.popleft()[1]
                version = packet[0] >> 4
                with contextlib.suppress(OSError):
                    out[version].sendto(packet, (socket.inet_ntop(_FAMILIES[version], packet[_TO[version]]), 0))
        next_at = min((queue[0][0] for queue in waiting.values() if queue), default=None)
        select.select([tun], [], [], None if next_at is None else max(0.0, next_at - time.monotonic()))
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = os.read(tun, 65536)
                now = time.monotonic()
                source = packet[_FROM[packet[0] >> 4]]
                if source in waiting and len(waiting[source]) < _MOST_WAITING:
                    due = now + seconds[source]
                    waiting[source].append((due if grant_s == 0 else math.ceil(due / grant_s) * grant_s, packet))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    _run(int(sys.argv[1]), sys.argv[2:])
