#!/usr/bin/env python3
"""A WAN like that of PPPoE in a home that is up: point-to-point, without Ethernet header, ARP and gateway; two tun devices and a program between.

    line = PointToPoint(home).connect()     # "wan" of router and isp are such devices from now on
    line.hang_up()                          # they are gone, as after a lost session
    line.connect()                          # they are there again, with other indexes

The file is also the program that carries the packets: point_to_point.py PREFIX.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from topology import WAN_ADDRESS, token_bucket  # noqa: E402

ISP_ADDRESS = "192.0.2.1"
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SETUP = """
ip link set wan mtu {mtu} txqueuelen 1000 up
ip addr add {own} peer {other} dev wan
"""


class PointToPoint:
    """In the place of the WAN's Ethernet, IPv4 only."""

    def __init__(self, home, *, mtu: int = 1492):
        self.home, self.mtu = home, mtu
        self._child: subprocess.Popen | None = None
        home.run("router", ["ip", "link", "del", "wan"])

    def connect(self) -> "PointToPoint":
        """Returns when the router has its address and its default route."""
        self._child = self.home.popen("router", [sys.executable, "-S", "-E", __file__, self.home.prefix], stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        self._child.stdout.readline()
        line = self.home.line
        bucket = f"tc {token_bucket('wan', line.down_kbit, line.down_buffer_ms)}\n" if line.down_kbit else ""
        self.home.run("isp", ["sh", "-ec", SETUP.format(mtu=self.mtu, own=ISP_ADDRESS, other=WAN_ADDRESS[4]) + bucket])
        self.home.run("router", ["sh", "-ec", SETUP.format(mtu=self.mtu, own=WAN_ADDRESS[4], other=ISP_ADDRESS) + "ip route replace default dev wan\n"])
        return self

    def hang_up(self) -> None:
        assert self._child
        self._child.terminate()
        self._child.communicate(timeout=5)

    def index(self) -> int:
        """Of the router's device."""
        return int(self.home.run("router", ["ip", "-o", "link", "show", "dev", "wan"]).stdout.split(":")[0])


def open_tun(namespace: str) -> int:
    """A new device "wan" in the namespace, in which this program is from then on."""
    with open(f"/run/netns/{namespace}", "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"enter {namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"wan", IFF_TUN | IFF_NO_PI))
    return tun


def main() -> None:
    ends = [open_tun(f"{sys.argv[1]}-{host}") for host in ("isp", "router")]
    other = dict(zip(ends, reversed(ends)))
    print("connected", flush=True)
    while True:
        for end in select.select(ends, [], [])[0]:
            # BlockingIOError: all is read. OSError: the other end is not up yet.
            with contextlib.suppress(OSError):
                while True:
                    packet = os.read(end, 65536)
                    with contextlib.suppress(OSError):
                        os.write(other[end], packet)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
