#!/usr/bin/env python3
"""What one end of the line has received so far, ten times a second, without a program started for each reading.

    meter = Meter(home, "server", "eth0")
    meter.kbit(from_ns, to_ns)          # mean rate on the wire, Ethernet headers included

The file is also the program that does it inside the namespace: effect_meter.py DEVICE.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time


class Meter:
    """Counts behind the line's bottleneck until the home goes down."""

    def __init__(self, home, host: str, device: str):
        self._readings: list[tuple[int, int]] = []
        self._child = home.popen(host, [sys.executable, "-S", "-E", __file__, device], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def kbit(self, from_ns: int, to_ns: int) -> float | None:
        """None where there are no two readings in the window."""
        window = [(at, total) for at, total in list(self._readings) if from_ns <= at <= to_ns]
        if len(window) < 2:
            return None
        (begin, before), (end, after) = window[0], window[-1]
        return (after - before) * 8e6 / (end - begin)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(ValueError), self._child.stdout:
            for line in self._child.stdout:
                at, total = line.split()
                self._readings.append((int(at), int(total)))


def main() -> None:
    while True:
        with open("/proc/net/dev", encoding="ascii") as table:
            row = next(line for line in table if line.strip().startswith(sys.argv[1] + ":"))
        print(time.time_ns(), row.split(":", 1)[1].split()[0], flush=True)
        time.sleep(0.1)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
