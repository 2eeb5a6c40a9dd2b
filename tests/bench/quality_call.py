"""One call of the laboratory, in a home of its own: played, watched, and judged by what its listeners got."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(ROOT / "tests" / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, merged  # noqa: E402
from home import Home  # noqa: E402
from line_lab import LineLab  # noqa: E402
from quality_cases import TALK_S, Case  # noqa: E402
from topology import Line  # noqa: E402

BAD_MOS, GOOD_MOS = 3.6, 4.0
BAD_FOR_S = 5.0
WINDOW_S = 5.0
STEP_S = 0.2
LATELY_S = 10.0
SETTLED_S = 1.6  # until the fate of a packet is known
FILL_S = 5.0
UP_KBIT, DOWN_KBIT = 2000, 8000
WAYS_MS = (20, 35)

DROP = """
table %(family)s lab_%(table)s {
  chain lose {
    type filter hook %(hook)s priority 0; policy accept;
    %(from)smeta l4proto udp @th,80,16 { %(numbers)s } drop
  }
}
"""


def as_ranges(numbers: frozenset[int]) -> str:
    """RTP's sequence numbers, as an nftables set."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(f"{a}-{b}" if a < b else f"{a}" for a, b in ranges)


def lose(home: Home, case: Case) -> None:
    if case.lost:
        home.run("isp", ["nft", "-f", "-"], input=DROP % {"family": "ip", "table": "outside", "hook": "forward", "from": 'iifname "srv" ', "numbers": as_ranges(case.lost)})
    if case.lost_at_home:  # before the connection is tracked, as on the air
        home.run("router", ["nft", "-f", "-"], input=DROP % {"family": "netdev", "table": "air", "hook": 'ingress device "lan1"', "from": "", "numbers": as_ranges(case.lost_at_home)})


def settings(case: Case, home_address: str) -> dict:
    shaping = {"qos": {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": UP_KBIT * 95 // 100, "download_kbit": DOWN_KBIT * 95 // 100}}} if case.has_qos else {"qos": {"actuator": "none", "wan": "wan"}}
    return merged(shaping, {"device": [{"name": "Phone", "address": home_address, "role": "phone"}], "policy": {"release_after": "1s", "min_on": "1s"}})


@dataclass
class Sample:
    at_ns: int
    quality: dict  # as `status` tells it
    calls: int


class Watcher:
    """What `status` says, once a second."""

    def __init__(self, daemon: Daemon):
        # Its socket is a file, which every network namespace sees.
        self._argv = daemon.argv("status", "--json")

    def look(self) -> Sample | None:
        at = time.time_ns()
        done = subprocess.run(self._argv, capture_output=True, text=True, check=False, timeout=10)
        if done.returncode != 0:
            return None
        told = json.loads(done.stdout)
        return Sample(at, told["quality"] | {"queues": [told["line"]["up_queue_ms"], told["line"]["down_queue_ms"]], "bottleneck": told["line"]["bottleneck"]}, told["calls"])


def play(case: Case) -> dict:
    line = Line(UP_KBIT, DOWN_KBIT, case.up_buffer_ms, case.down_buffer_ms)
    with LineLab(line, ways_ms=WAYS_MS if case.full else None, settings=settings(case, "192.168.77.10")) as lab:
        lose(lab.home, case)
        time.sleep(1.0)
        if case.full and not case.onset_s:
            lab.fill(case.full)
            time.sleep(FILL_S)
        watcher = Watcher(lab.daemon)
        samples = []
        with Call(lab.home, schedule=case.voice.schedule, holds=[list(hold) for hold in case.holds]) as call:
            begun = time.monotonic()
            is_filled = case.onset_s == 0
            while (elapsed := time.monotonic() - begun) < TALK_S:
                if case.full and not is_filled and elapsed >= case.onset_s:
                    lab.fill(case.full)
                    is_filled = True
                samples.append(watcher.look())
                time.sleep(max(0.0, begun + elapsed + 1.0 - time.monotonic()))
            hung_up = time.time_ns()
        last = watcher.look()
        for _ in range(60):
            if last and last.calls == 0:
                break
            time.sleep(0.5)
            last = watcher.look()
        log = lab.daemon.log_text()
    heard = Heard(call, hung_up)
    found = judge(case, heard, [sample for sample in samples if sample], last, log)
    return found


class Heard:
    """What the listeners got: the MOS of the one who was worse off."""

    def __init__(self, call: Call, hung_up_ns: int):
        self.call, self.begin, self.end = call, call.started_ns, hung_up_ns - int(0.3e9)

    def mos(self, from_ns: int, to_ns: int) -> float:
        judged = [self.call.quality(way, max(from_ns, self.begin), min(to_ns, self.end)) for way in ("up", "down")]
        return min((one.mos for one in judged if one.sent), default=4.5)

    def parts(self, from_ns: int, to_ns: int) -> dict:
        return {way: self.call.quality(way, from_ns, to_ns).as_dict() for way in ("up", "down")}

    def whole(self) -> float:
        """The mean over windows: buffers of receivers follow a delay that lasts."""
        step = int(WINDOW_S * 1e9)
        windows = [self.mos(at, at + step) for at in range(self.begin, self.end - step // 2, step)]
        return sum(windows) / len(windows)

    def turned_bad(self) -> int | None:
        """When the MOS of the last five seconds had been below 3.6 for five seconds."""
        since = None
        at = self.begin + int(WINDOW_S * 1e9)
        while at <= self.end:
            is_bad = self.mos(at - int(WINDOW_S * 1e9), at) < BAD_MOS
            since = (since or at) if is_bad else None
            if since and at - since >= BAD_FOR_S * 1e9:
                return at
            at += int(STEP_S * 1e9)
        return None


def judge(case: Case, heard: Heard, samples: list[Sample], after: Sample | None, log: str) -> dict:
    in_call = [sample for sample in samples if sample.calls > 0 and sample.at_ns <= heard.end + int(0.3e9)]
    last = in_call[-1] if in_call else None
    said_bad = re.search(r"^(\S+) \S+ .* is bad \(MOS ", log, re.MULTILINE)
    turned = heard.turned_bad()
    told_at = int(datetime.fromisoformat(said_bad.group(1)).timestamp() * 1e9) if said_bad else None
    if turned is None and told_at and told_at > heard.end and heard.mos(heard.end - int(WINDOW_S * 1e9), heard.end) < BAD_MOS:
        told_at = None  # it was about to be true, and nobody knows whether it has become so
    row: dict = {"case": case.title, "is_known": case.is_known, "cause": case.cause}
    # Of the ten seconds that are judged the last half may not have been read yet.
    row["mos_lately"] = heard.mos(last.at_ns - int((LATELY_S + 0.5) * 1e9), last.at_ns - int(0.5e9)) if last else None
    row["told_lately"] = last.quality if last else None
    row["mos_whole"] = heard.whole()
    row["told_whole"] = after.quality if after and after.calls == 0 else None
    row["bad_s"] = None if turned is None else (turned - heard.begin) / 1e9
    row["told_bad_s"] = None if told_at is None else (told_at - heard.begin) / 1e9
    row["grades"] = sorted({sample.quality["grade"] for sample in in_call})
    row["samples"] = [{"s": round((sample.at_ns - heard.begin) / 1e9, 2), **sample.quality, "mos_heard": round(heard.mos(sample.at_ns - int((LATELY_S + 0.5) * 1e9), sample.at_ns - int(0.5e9)), 2)} for sample in in_call]
    row["heard"] = heard.parts(heard.begin, heard.end)
    return row
