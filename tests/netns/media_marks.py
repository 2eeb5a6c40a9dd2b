"""When somebody was on a call, from every RTP packet that a host sent or got: the stretches that no long pause divides."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from home import Home, HomeError

LONGEST_PAUSE_S = 10.0  # what is longer is a hold, or another call: the labels of captured traffic are made like this, too

_EAR = str(Path(__file__).resolve().parent / "media_ear.py")


class MediaMarks:
    """Listens at the network interface of one host, from the moment on that it is made."""

    def __init__(self, home: Home, host: str = "phone"):
        self.packets: list[tuple[float, str, str]] = []  # seconds since boot, source, destination
        self._child = home.popen(host, [sys.executable, "-S", "-E", _EAR, "eth0"], stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        if self._child.stdout.readline() != "listening\n":
            raise HomeError(f"listen to packets on {host}: it needs CAP_NET_RAW")
        threading.Thread(target=self._read, daemon=True).start()

    def calls(self, began_s: float) -> list[tuple[float, float]]:
        """Start and end of each, in seconds after `began_s` since boot."""
        marks: list[list[float]] = []
        for at, _, _ in list(self.packets):
            if not marks or at - marks[-1][1] > LONGEST_PAUSE_S:
                marks.append([at, at])
            marks[-1][1] = at
        return [(start - began_s, end - began_s) for start, end in marks]

    def _read(self) -> None:
        assert self._child.stdout is not None
        try:
            for line in self._child.stdout:
                at, source, _, destination, _ = line.split()
                self.packets.append((int(at) / 1e9, source, destination))
        except ValueError:  # the pipe was closed under us when the home went down
            pass
