"""A call under uploads on a line of which nothing was configured: one that stays, and one that changes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from call import Call
from daemon import is_shaped
from home import HomeError
from line_lab import LineLab
from line_meter import Meter, byte_meter, cell_meter
from topology import Line

WELL_BELOW_MS = 60.0
SETTLED_S = 3.0
SPEECH_KBIT, SPEECH_IN_CELLS_KBIT = 86, 106  # of G.711 on the wire: it is no part of what is left to the rest

LINES = Path(__file__).resolve().parent / "lines"
LONG_ENOUGH_S = {"halved": 3.0, "doubled": 10.0}  # of a rate, to be judged by how it is followed


@dataclass(frozen=True)
class Trace:
    """A line that changes: for how long it has which rate up."""

    name: str
    steps: tuple[tuple[float, int], ...]  # seconds, kbit/s

    @staticmethod
    def read(path: Path) -> "Trace":
        rows = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
        return Trace(path.stem, tuple((float(seconds), int(kbit)) for seconds, kbit in rows))

    @property
    def least(self) -> int:
        return min(kbit for _, kbit in self.steps)

    @property
    def most(self) -> int:
        return max(kbit for _, kbit in self.steps)

    @property
    def mean(self) -> int:
        return round(sum(seconds * kbit for seconds, kbit in self.steps) / sum(seconds for seconds, _ in self.steps))


@dataclass(frozen=True)
class Following:
    """A way to shape a line that changes."""

    name: str
    settings: Callable[[Trace], dict] | None  # of [qos.tc]; None: by pings, without the daemon's shaping
    queue_target: str = "0s"


def _learnt(_: Trace) -> dict:
    return {}


def _careful(trace: Trace) -> dict:
    # The rest gets less of what is known at first than the line has when it is worst, which who sets a fixed rate has to know too.
    return {"bulk_percent": 85 * trace.least // trace.steps[0][1]}


def _least(trace: Trace) -> dict:
    return {"upload_kbit": trace.least}


def _mean(trace: Trace) -> dict:
    return {"upload_kbit": trace.mean}


# Functions with a name, since a run is handed to another process.
FOLLOWING = (
    Following("ours", _learnt),
    Following("ours, for the rest what is always there", _careful),
    Following("ours, a queue of 30 ms", _learnt, "30ms"),
    Following("fixed at the least", _least),
    Following("fixed at the mean", _mean),
    Following("pings, least, mean and most known", None),
)


def evening(lab: LineLab, seconds: float) -> float | None:
    """Uploads and downloads that come and go, each for some seconds; how long it took until the upload was known."""
    begin, known = time.monotonic(), None
    turn = 0
    while time.monotonic() - begin < seconds:
        lab.fill("up" if turn % 2 == 0 else "down")
        until = min(time.monotonic() + 8, begin + seconds)
        while time.monotonic() < until:
            if known is None and lab.line()["up_kbit"]:
                known = time.monotonic() - begin
            time.sleep(0.2)
        lab.stop()
        time.sleep(2)
        turn += 1
    return known


def trial_call(line: Line, ways_ms: tuple[int, int] | None, settings: dict, talk_s: float = 12) -> dict:
    qos = {**settings.get("qos", {}), "actuator": "tc"}
    with LineLab(line, ways_ms=ways_ms, settings={**settings, "qos": qos}) as lab:
        known = evening(lab, 30)
        # In what the line counts by: it is a share of the line that is left.
        meter = byte_meter(lab.home, "server", "eth0") if line.atm_overhead is None else cell_meter(lab.home, overhead=line.atm_overhead, host="server", device="eth0")
        lab.fill("up")
        time.sleep(2 + 2 * line.up_buffer_ms / 1000)
        with Call(lab.home) as call:
            on_ns = None
            while time.time_ns() < call.started_ns + talk_s * 1e9:
                if on_ns is None and is_shaped(lab.home):
                    on_ns = time.time_ns()
                time.sleep(0.05)
            end = time.time_ns() - 1_500_000_000
            if on_ns is None:
                return {"known_s": known, "on_s": None, "mos": call.quality("up", call.started_ns, end).mos, "p95_ms": None, "left_percent": 0}
            begin = on_ns + int(SETTLED_S * 1e9)
            quality = call.quality("up", begin, end)
            left = (meter.kbit(begin, end) or 0) - (SPEECH_KBIT if line.atm_overhead is None else SPEECH_IN_CELLS_KBIT)
        return {"known_s": known, "on_s": (on_ns - call.started_ns) / 1e9, "mos": quality.mos, "p95_ms": quality.p95_ms, "left_percent": 100 * left / line.up_kbit}


def _well_after_s(call: Call, since_ns: int, until_ns: int) -> float:
    late = [p.sent_ns for p in call.packets("up", since_ns, until_ns) if p.received_ns is None or p.delay_ms > WELL_BELOW_MS]
    return (max(late) - since_ns) / 1e9 if late else 0.0


def follow_trace(way: Following, trace: Trace) -> dict:
    """An upload to two places and a call on that line, from eight seconds after the call's begin on."""
    tc = {"download_kbit": 0, **(way.settings(trace) if way.settings else {})}
    line = Line(trace.steps[0][1], 50_000, 500, 200)
    with LineLab(line, settings={"qos": {"actuator": "tc" if way.settings else "none", "queue_target": way.queue_target, "tc": tc}}) as lab:
        meter = byte_meter(lab.home, "server", "eth0")
        if way.settings is None:
            argv = [sys.executable, "-S", "-E", str(LINES.parent / "ping_follower.py"), "wan", lab.networks[0], str(trace.least), str(trace.mean), str(trace.most)]
            rival = lab.home.popen("router", argv, stdout=subprocess.PIPE, text=True)
            if rival.stdout.readline() != "ready\n":
                raise HomeError("the rival that follows pings does not run")
        lab.fill("up")
        if way.settings and "upload_kbit" not in tc:
            lab.until_known("up", 20)
        time.sleep(3)
        with Call(lab.home) as call:
            time.sleep(8)
            begin = time.time_ns()
            steps = []
            for seconds, kbit in trace.steps:
                lab.set_line(up_kbit=kbit)
                at = time.time_ns()
                time.sleep(seconds)
                steps.append((kbit, at, time.time_ns()))
            time.sleep(1.5)
            return _judge(call, meter, begin, steps)


def _judge(call: Call, meter: Meter, begin: int, steps: list[tuple[int, int, int]]) -> dict:
    quality = call.quality("up", begin, steps[-1][2])
    pairs = list(zip(steps, steps[1:]))

    def lasting(what: str, factor: float) -> list[tuple[int, int, int]]:
        return [step for before, step in pairs if step[0] == before[0] * factor and step[2] - step[1] >= LONG_ENOUGH_S[what] * 1e9]

    wells = [_well_after_s(call, at, end) for _, at, end in lasting("halved", 0.5)]
    # The last three seconds of a rate that is twice the one before.
    doubled = [100 * (meter.kbit(end - 3_000_000_000, end) or 0) / kbit for kbit, _, end in lasting("doubled", 2)]
    carried = sum((meter.kbit(at, end) or 0) * (end - at) for _, at, end in steps)
    could = sum(kbit * (end - at) for kbit, at, end in steps)
    return {
        "p95_ms": quality.p95_ms,
        "mos": quality.mos,
        "used_percent": 100 * carried / could,
        "well_s": max(wells, default=None),
        "doubled_percent": min(doubled, default=None),
    }
