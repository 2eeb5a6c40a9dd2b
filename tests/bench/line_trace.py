"""A call under uploads on a line of which nothing was configured: one that stays, and one that changes."""

from __future__ import annotations

import time

from call import Call
from daemon import is_shaped
from line_lab import LineLab
from line_meter import byte_meter
from topology import Line

WELL_BELOW_MS = 60.0
SETTLED_S = 3.0
SPEECH_KBIT = 86  # of G.711 on the wire: it is no part of what is left to the rest

# Rates up in kbit/s, each for as long as is said: halved, doubled, and what LTE does on a train.
TRACE = (10_000, 5000, 10_000, 3000, 10_000, 7000, 4000, 8000, 10_000)


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
        meter = byte_meter(lab.home, "server", "eth0")
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
            left = (meter.kbit(begin, end) or 0) - SPEECH_KBIT
        return {"known_s": known, "on_s": (on_ns - call.started_ns) / 1e9, "mos": quality.mos, "p95_ms": quality.p95_ms, "left_percent": 100 * left / line.up_kbit}


def _well_after_s(call: Call, since_ns: int, until_ns: int) -> float:
    late = [p.sent_ns for p in call.packets("up", since_ns, until_ns) if p.received_ns is None or p.delay_ms > WELL_BELOW_MS]
    return (max(late) - since_ns) / 1e9 if late else 0.0


def follow_trace(way: str, seconds: int) -> dict:
    mean = sum(TRACE) // len(TRACE)
    fixed = {"ours": "auto", "fixed at the least": min(TRACE), "fixed at the mean": mean}[way]
    settings = {"qos": {"actuator": "tc", "tc": {"upload_kbit": fixed, "download_kbit": 0}}}
    line = Line(TRACE[0], 50_000, 500, 200)
    with LineLab(line, settings=settings) as lab:
        meter = byte_meter(lab.home, "server", "eth0")
        lab.fill("up")
        if fixed == "auto":
            lab.until_known("up", 20)
        time.sleep(3)
        with Call(lab.home) as call:
            time.sleep(8)
            begin = time.time_ns()
            steps = []
            for kbit in TRACE:
                lab.set_line(up_kbit=kbit)
                at = time.time_ns()
                time.sleep(seconds)
                steps.append((kbit, at, time.time_ns()))
            time.sleep(1.5)
            quality = call.quality("up", begin, steps[-1][2])
            wells = [_well_after_s(call, at, end) for (before, _, _), (kbit, at, end) in zip(steps, steps[1:]) if kbit * 2 == before]
            carried = sum((meter.kbit(at, end) or 0) * (end - at) for _, at, end in steps)
            could = sum(kbit * (end - at) for kbit, at, end in steps)
            # The last three seconds of a rate that is twice the one before, in percent of what the rest has where a rate stays.
            doubled = [100 * (meter.kbit(end - 3_000_000_000, end) or 0) / (kbit * 0.7) for (before, _, _), (kbit, _, end) in zip(steps, steps[1:]) if kbit == 2 * before]
        return {"p95_ms": quality.p95_ms, "mos": quality.mos, "used_percent": 100 * carried / could, "well_s": max(wells), "doubled_percent": min(doubled)}
