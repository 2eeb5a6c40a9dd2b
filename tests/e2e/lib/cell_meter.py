#!/usr/bin/env python3
"""What the router gives to an ATM modem, in cells on the line, ten times a second.

    meter = CellMeter(home, overhead=40)
    meter.kbit(from_ns, to_ns)          # of cells, the 53 bytes of each

It looks at each packet as it comes in at the provider's end of the WAN, before the modem's queue. The file is also the program that does it
inside the namespace: cell_meter.py DEVICE OVERHEAD.
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


class CellMeter:
    """Counts until the home goes down."""

    def __init__(self, home, *, overhead: int, host: str = "isp", device: str = "wan"):
        self._readings: list[tuple[int, int]] = []
        self._child = home.popen(host, [sys.executable, "-S", "-E", __file__, device, str(overhead)], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def kbit(self, from_ns: int, to_ns: int) -> float | None:
        """None where there are no two readings in the window."""
        window = [(at, total) for at, total in list(self._readings) if from_ns <= at <= to_ns]
        if len(window) < 2:
            return None
        (begin, before), (end, after) = window[0], window[-1]
        return (after - before) * CELL * 8e6 / (end - begin)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(ValueError), self._child.stdout:
            for line in self._child.stdout:
                at, total = line.split()
                self._readings.append((int(at), int(total)))


def main() -> None:
    # SOCK_DGRAM: the packet begins with its IP header.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    sock.bind((sys.argv[1], ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.settimeout(0.05)
    overhead, cells, told = int(sys.argv[2]), 0, 0
    nothing = bytearray(1)
    while True:
        with contextlib.suppress(TimeoutError):
            size, _, _, source = sock.recvmsg_into([nothing], 0, MSG_TRUNC)
            if source[2] != PACKET_OUTGOING:
                cells += -(-(size + overhead) // CELL_PAYLOAD)
        if time.time_ns() - told >= 100_000_000:
            told = time.time_ns()
            print(told, cells, flush=True)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
