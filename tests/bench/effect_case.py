"""One line, one run: a call from idle into a transfer that fills the line, then a call into the full line for each way to switch QoS.

The transfer goes on all the time; the calls are real ones (SIP, then RTP both ways), whose packets carry the clock. The daemon knows
nothing of the phone: it finds the calls by itself. What is judged:

- on_s: from the first RTP packet until the daemon has seen QoS on in the kernel; the kernel is asked once more, by us.
- good_s: from the first RTP packet until the delay stays below 60 ms, whatever came in between.
- MOS, delay and missing packets of the rest of the call, from then on, in the worse direction.
- left_percent: what the line carries for the transfer from QoS on to the hang-up, the emptying of the modem's queue included.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(ROOT / "tests" / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon  # noqa: E402
from effect_ways import Way  # noqa: E402
from home import Home, HomeError  # noqa: E402
from line_meter import byte_meter  # noqa: E402
from peers import Transfer  # noqa: E402
from sip_dialog import SipCall  # noqa: E402
from topology import Line  # noqa: E402

GOOD_BELOW_MS = 60.0
IDLE_S = 2.5
JUDGED_S = 3.0
SPEECH_FRAME = 172 + 8 + 20 + 14  # bytes on the wire of a G.711 packet of 20 ms with our header


@dataclass(frozen=True)
class Situation:
    name: str
    line: Line
    download: bool
    good_within_s: float | None = None  # what is promised with drain = "measured"

    @property
    def buffer_ms(self) -> int:
        return self.line.down_buffer_ms if self.download else self.line.up_buffer_ms

    @property
    def rate_kbit(self) -> int:
        return (self.line.down_kbit if self.download else self.line.up_kbit) or 0

    @property
    def fill_s(self) -> float:
        """So long four cubic streams take at most to fill the buffer."""
        return 2.0 + 2.0 * self.buffer_ms / 1000


class Stage:
    """A home with its transfer, while the ways take turns."""

    def __init__(self, home: Home, situation: Situation):
        self.home, self.situation = home, situation
        self.meter = byte_meter(home, *(("router", "wan") if situation.download else ("server", "eth0")))
        self.transfer: Transfer | None = None
        self._port = 7078

    def _call(self, talk_s: float) -> SipCall:
        """From ports of its own each time: a connection that the router does not know yet."""
        self._port += 2
        return SipCall(self.home, talk_s=talk_s, port=self._port)

    def without(self) -> tuple[dict, dict]:
        """(idle, without QoS), parts of one call."""
        with self._call(60) as call:
            time.sleep(IDLE_S)
            loaded_from = time.time_ns()
            self.transfer = Transfer(self.home, download=self.situation.download, seconds=3600)
            time.sleep(self.situation.fill_s)
            judged_from = time.time_ns()
            time.sleep(JUDGED_S)
            hung_up = time.time_ns()
        idle = _judged(call.media, call.media.started_ns + 300_000_000, loaded_from - 100_000_000)
        loaded = _judged(call.media, judged_from, hung_up)
        return idle, loaded | {"left_percent": self._left_percent(judged_from, hung_up)}

    def with_qos(self, way: Way, talk_s: float) -> dict:
        """What one call gets out of this way; {"failed": why} when QoS never came."""
        home, situation = self.home, self.situation
        if way.prepare:
            home.run("router", ["sh", "-c", way.prepare])
        programs = way.install(home)
        settings = {"qos": {"actuator": way.actuator, "wan": "wan", **way.settings(situation.line, programs)}, "policy": {"min_on": "1s", "release_after": "1s"}}
        daemon = Daemon(home, settings, programs=programs)
        try:
            daemon.start()
            time.sleep(max(1.5, situation.fill_s))  # the queue stands again after whatever came before
            with self._call(talk_s) as call:
                call.wait_hung_up()
                hung_up = call.hung_up_ns or time.time_ns()
                shown = home.run("router", ["tc", "qdisc", "show", "dev", "wan"]).stdout
            first = call.media.started_ns
            on = _switched_on(daemon)
            if on is None:
                return {"failed": f"QoS did not come on: {_last_line(daemon)}"}
            if not re.search(rf"^qdisc {way.is_on} \S+ root", shown, re.MULTILINE):
                raise HomeError(f"{way.name} said that it is on, and the kernel shows {shown!r}")
            good = call.media.stays_below(GOOD_BELOW_MS, first, way="down" if situation.download else "up")
            rest_from = first + int((good if good is not None else (on - first) / 1e9 + 3) * 1e9)
            return {
                **_judged(call.media, rest_from, hung_up),
                "on_s": (on - first) / 1e9,
                "good_s": good,
                "left_percent": self._left_percent(on, hung_up),
                "whole_call": _judged(call.media, first, hung_up),
                "qdiscs": shown.strip().splitlines(),
            }
        finally:
            if daemon.is_running:
                daemon.stop()
            if way.undo:
                home.run("router", ["sh", "-c", way.undo], check=False)

    def _left_percent(self, from_ns: int, to_ns: int) -> float | None:
        rate = self.meter.kbit(from_ns, to_ns)
        return None if rate is None else max(0.0, rate - 50 * SPEECH_FRAME * 8 / 1000) * 100 / self.situation.rate_kbit


def _judged(call: Call, from_ns: int, to_ns: int) -> dict:
    both = [call.quality(way, from_ns, to_ns) for way in ("up", "down")]
    if any(quality.sent == 0 for quality in both):
        raise HomeError("nobody spoke in the time that was to be judged: the call ended too soon")
    return {
        "mos": min(quality.mos for quality in both),
        "p95_ms": max(quality.p95_ms for quality in both),
        "missing_percent": max(quality.loss_percent + quality.late_percent for quality in both),
        "up": both[0].as_dict(),
        "down": both[1].as_dict(),
    }


def _switched_on(daemon: Daemon) -> int | None:
    """CLOCK_REALTIME ns at which the daemon first said that it had seen QoS on."""
    said = re.search(r"^(\S+) info QoS is on", daemon.log_text(), re.MULTILINE)
    return int(datetime.fromisoformat(said.group(1)).timestamp() * 1e9) if said else None


def _last_line(daemon: Daemon) -> str:
    lines = daemon.log_text().strip().splitlines()
    return lines[-1] if lines else "the log is empty"
