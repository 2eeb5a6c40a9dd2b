#!/usr/bin/env python3
"""What passes at one place of the home, ten times a second, without a program started for each reading.

    meter = byte_meter(home, "server", "eth0")  # what has come in there, on the wire, Ethernet headers included
    meter = cell_meter(home, overhead=40)       # what the router gives to an ATM modem
    meter.kbit(from_ns, to_ns)                  # mean rate

The file is also the program that counts inside the namespace: line_meter.py bytes DEVICE, or line_meter.py cells DEVICE OVERHEAD.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time

CELL, CELL_PAYLOAD = 53, 48
ETH_P_ALL, PACKET_OUTGOING, MSG_TRUNC = 3, 4, 0x20
BETWEEN_READINGS_NS = 100_000_000


def byte_meter(home, host: str, device: str) -> Meter:
    """The device's own counter; behind the line's bottleneck it tells the line's rate."""
    return Meter(home, host, ["bytes", device], 1)


def cell_meter(home, *, overhead: int, host: str = "isp", device: str = "wan") -> Meter:
    """Cells of 53 bytes, for each packet as it comes in at the provider's end of the WAN, before the modem's queue."""
    return Meter(home, host, ["cells", device, str(overhead)], CELL)


class Meter:
    """Counts until the home goes down."""

    def __init__(self, home, host: str, counts: list[str], unit_bytes: int):
        self._unit_bytes = unit_bytes
        self._readings: list[tuple[int, int]] = []
        self._child = home.popen(host, [sys.executable, "-S", "-E", __file__, *counts], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def kbit(self, from_ns: int, to_ns: int) -> float | None:
        """None where there are no two readings in the window."""
        window = [(at, total) for at, total in list(self._readings) if from_ns <= at <= to_ns]
        if len(window) < 2:
            return None
        (begin, before), (end, after) = window[0], window[-1]
        return (after - before) * self._unit_bytes * 8e6 / (end - begin)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(ValueError), self._child.stdout:
            for line in self._child.stdout:
                at, total = line.split()
                self._readings.append((int(at), int(total)))


def count_bytes(device: str) -> None:
    while True:
        with open("/proc/net/dev", encoding="ascii") as table:
            row = next(line for line in table if line.strip().startswith(device + ":"))
        print(time.time_ns(), row.split(":", 1)[1].split()[0], flush=True)
        time.sleep(BETWEEN_READINGS_NS / 1e9)


def count_cells(device: str, overhead: str) -> None:
    # SOCK_DGRAM: the packet begins with its IP header.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sock.bind((device, ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.settimeout(0.05)
    cells, told = 0, 0
    nothing = bytearray(1)
    while True:
        with contextlib.suppress(TimeoutError):
            size, _, _, source = sock.recvmsg_into([nothing], 0, MSG_TRUNC)
            if source[2] != PACKET_OUTGOING:
                cells += -(-(size + int(overhead)) // CELL_PAYLOAD)
        if time.time_ns() - told >= BETWEEN_READINGS_NS:
            told = time.time_ns()
            print(told, cells, flush=True)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        {"bytes": count_bytes, "cells": count_cells}[sys.argv[1]](*sys.argv[2:])
