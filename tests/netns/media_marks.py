"""When somebody was on a call, from every packet of media that a host sent or got: the stretches that no long pause divides."""

from __future__ import annotations

import subprocess
import sys
import threading
from bisect import bisect_left, bisect_right
from pathlib import Path

from home import Home, HomeError

LONGEST_PAUSE_S = 10.0  # what is longer is a hold, or another call: the labels of captured traffic are made like this, too

_EAR = str(Path(__file__).resolve().parent / "media_ear.py")


class MediaMarks:
    """Listens at the network interface of one host, from the moment on that it is made, for RTP or for all that uses a port. Where
    signs of life go on every few seconds, only a packet counts that is one of at least `crowd` within a second of it."""

    def __init__(self, home: Home, host: str = "phone", port: int | None = None, crowd: int = 1):
        self._crowd = crowd
        self.packets: list[tuple[float, str, str]] = []  # seconds since boot, source, destination
        self._child = home.popen(host, [sys.executable, "-S", "-E", _EAR, "eth0", *([str(port)] if port else [])], stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        if self._child.stdout.readline() != "listening\n":
            raise HomeError(f"listen to packets on {host}: it needs CAP_NET_RAW")
        threading.Thread(target=self._read, daemon=True).start()

    def calls(self, began_s: float) -> list[tuple[float, float]]:
        """Start and end of each, in seconds after `began_s` since boot."""
        marks: list[list[float]] = []
        times = [at for at, _, _ in list(self.packets)]
        for at in times:
            if self._crowd > 1 and bisect_right(times, at + 1) - bisect_left(times, at - 1) < self._crowd:
                continue
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
