#!/usr/bin/env python3
"""How soon a call is well again when it begins under a transfer that has filled the modem's buffer, with each kind of draining step.

    drain_trial.py [--runs 5] [--drain fixed measured] [--buffer 500 1000 2000] [--download] [--path-delay 60] [--no-timestamps] [--quic]      prints medians

Each trial is a home in a box of its own, with the whole daemon on its router; everything is judged by the call's own packets and by what the
provider's buckets have carried.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, TcWatch  # noqa: E402
from fixture import wait_until  # noqa: E402
from home import Home, HomeError, Unavailable  # noqa: E402
from path_delay import PathDelay  # noqa: E402
from peers import Transfer  # noqa: E402
from topology import Line  # noqa: E402

LIMIT_MS = 60.0
FURTHER_SERVERS = ("203.0.113.10", "203.0.113.130")  # other ends of other ways
SPEECH_KBIT = 50 * (172 + 8 + 20 + 14) * 8 / 1000


@dataclass(frozen=True)
class Trial:
    """Times in seconds from the first packet of the call; None: never."""

    on_s: float | None  # the shaper is in the kernel
    well_s: float | None  # from then on the delay stays below the limit
    mos: float  # of the call from then on
    left_percent: float  # of the line, for everything but the call, from the first packet on for ten seconds
    rest_percent: float  # the same, from five seconds after QoS came on
    drain_ms: float | None  # between the two states that the shaper was seen in


class _Bucket:
    """What the provider's token bucket of one direction has carried, and what stands in it."""

    def __init__(self, home: Home, interface: str):
        self._home, self._interface = home, interface

    def _text(self) -> str:
        return self._home.run("isp", ["tc", "-s", "qdisc", "show", "dev", self._interface]).stdout

    def sent(self) -> tuple[float, int]:
        return time.monotonic(), int(self._text().split("Sent ", 1)[1].split()[0])

    def backlog(self) -> int:
        size = self._text().split("backlog ", 1)[1].split("b ")[0]
        return int(float(size[:-1]) * {"K": 1024, "M": 1024 * 1024}[size[-1]]) if size[-1] in "KM" else int(size)

    @staticmethod
    def percent(a: tuple[float, int], b: tuple[float, int], line_kbit: int) -> float:
        return 100 * ((b[1] - a[1]) * 8 / 1000 / (b[0] - a[0]) - SPEECH_KBIT) / line_kbit


def try_once(drain: str, buffer_ms: int, *, download: bool = False, transfer_kbit: int | None = None, path_delay_ms: list[int] | None = None,
             timestamps: bool = True, known: bool = False, quic: bool = False) -> Trial:
    """transfer_kbit: of a transfer that does not fill the line; 0: none at all. path_delay_ms: one for each server, among which the streams are
    shared. known: QoS has been on before under the same transfer. quic: then it gives way to one of UDP, of which no header tells anything."""
    way = "down" if download else "up"
    line = Line(down_buffer_ms=buffer_ms) if download else Line(up_buffer_ms=buffer_ms)
    kbit = (line.down_kbit if download else line.up_kbit) or 0
    settings = {
        "device": [{"name": "Kitchen phone", "address": "192.168.77.10"}],
        "policy": {"min_on": "1s", "min_off": "1s"},
        "qos": {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": 950, "download_kbit": 4750, "drain": drain}},
    }
    ways = dict(zip(("198.51.100.10", *FURTHER_SERVERS), path_delay_ms or [0]))
    with Home(line=line) as home, PathDelay(home, ways) if path_delay_ms else contextlib.nullcontext():
        if not timestamps:
            for host in ("laptop", "server"):
                home.run(host, ["sysctl", "-qw", "net.ipv4.tcp_timestamps=0"])
        daemon = Daemon(home, settings).start()
        watch = TcWatch(home)
        bucket = _Bucket(home, "wan" if download else "srv")
        full = kbit * buffer_ms // 8 * 8 // 10 if transfer_kbit is None else 0
        streams = (1 if transfer_kbit else 4 // len(ways)) if transfer_kbit != 0 else 0
        transfers = []
        for port, server in enumerate(ways, 5201):
            if streams:
                each_kbit = transfer_kbit and transfer_kbit // len(ways)
                transfers.append(Transfer(home, download=download, seconds=90, streams=streams, kbit=each_kbit, port=port, to=server))
        _wait_full(bucket, full)
        if known:
            daemon.command("qos", "on")
            if not watch.wait_for(True, 0, 10):
                raise HomeError("QoS does not come on: " + daemon.log_text())
            time.sleep(8)
            daemon.command("qos", "auto")
            if not watch.wait_for(False, 0, 20):
                raise HomeError("QoS does not go off: " + daemon.log_text())
            _wait_full(bucket, full)
        if quic:
            for transfer in transfers:
                transfer.stop()
            Transfer(home, download=download, seconds=90, streams=1, kbit=2 * kbit, port=5301, udp=True)
            time.sleep(buffer_ms / 1000)  # what TCP has left there drains meanwhile
            _wait_full(bucket, full)
        marks = _MarkerWatch(home)
        with Call(home) as call:
            first = call.started_ns
            begin = bucket.sent()
            on = watch.wait_for(True, first, 10)
            time.sleep(max(0.0, (on or first) / 1e9 + 5 - time.time()))
            middle = bucket.sent()
            time.sleep(max(0.0, first / 1e9 + 10 - time.time()))
            ten = bucket.sent()
            time.sleep(4)
            end = bucket.sent()
            call.hang_up()
        well = call.stays_below(LIMIT_MS, first, way=way)  # within tolerances of single stragglers, see there
        quality = call.quality(way, first + int((well or 0) * 1e9))
        daemon.stop()
        if "cannot be measured" in daemon.log_text():
            raise HomeError(daemon.log_text())
        return Trial((on - first) / 1e9 if on else None, well, quality.mos, bucket.percent(begin, ten, kbit), bucket.percent(middle, end, kbit), marks.drain_ms())


def _wait_full(bucket: _Bucket, full: int) -> None:
    if not wait_until(lambda: bucket.backlog() >= full, 30):
        raise HomeError(f"the transfer does not fill the buffer: {bucket.backlog()} bytes instead of {full}")
    time.sleep(2)


class _MarkerWatch:
    """When the shaper's marker of draining (ca1d:) came, and when that of the settled state (ca1e:)."""

    def __init__(self, home: Home):
        self._seen: dict[str, int] = {}
        self._child = home.popen("router", ["tc", "monitor"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._child.stdout or []:
            for marker in ("ca1d:", "ca1e:"):
                if marker in line and not line.startswith("deleted"):
                    self._seen.setdefault(marker, time.time_ns())

    def drain_ms(self) -> float | None:
        if "ca1e:" not in self._seen:
            return None
        return (self._seen["ca1e:"] - self._seen.get("ca1d:", self._seen["ca1e:"])) / 1e6


def medians(trials: list[Trial]) -> Trial:
    """Of each figure by itself; never is later than any time."""

    def middle(name: str) -> float | None:
        value = median(float("inf") if getattr(trial, name) is None else getattr(trial, name) for trial in trials)
        return None if value == float("inf") else value

    return Trial(**{name: middle(name) for name in asdict(trials[0])})  # type: ignore[arg-type]


def _row(name: str, trial: Trial) -> str:
    def show(value: float | None, digits: int) -> str:
        return "never" if value is None else f"{value:.{digits}f}"

    return f"{name:26} {show(trial.on_s, 2):>7} {show(trial.drain_ms, 0):>9} {show(trial.well_s, 2):>9} {trial.mos:>6.2f} {trial.left_percent:>10.0f} {trial.rest_percent:>9.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="drain_trial.py", description="Medians of calls that begin under a transfer, with each kind of draining step.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--drain", nargs="+", default=["fixed", "measured"], choices=["off", "fixed", "measured"])
    parser.add_argument("--buffer", nargs="+", type=int, default=[500, 1000, 2000], metavar="MS")
    parser.add_argument("--download", action="store_true", help="the transfer fills the other direction")
    parser.add_argument("--transfer-kbit", type=int, help="the rate of a transfer that does not fill the line; 0: none at all")
    parser.add_argument("--path-delay", nargs="+", type=int, metavar="MS", help="the way to each server and back; the streams are shared among so many servers")
    parser.add_argument("--no-timestamps", action="store_true", help="TCP without timestamps (RFC 7323)")
    parser.add_argument("--known", action="store_true", help="QoS has been on before, so the way is known")
    parser.add_argument("--quic", action="store_true", help="then the transfer gives way to one of UDP")
    args = parser.parse_args()
    print(f"{'':26} {'on s':>7} {'drain ms':>9} {'<60 ms s':>9} {'MOS':>6} {'10 s left %':>10} {'later %':>9}")
    try:
        for buffer in args.buffer:
            for drain in args.drain:
                trials = []
                for run in range(args.runs):
                    trials.append(try_once(drain, buffer, download=args.download, transfer_kbit=args.transfer_kbit, path_delay_ms=args.path_delay,
                                           timestamps=not args.no_timestamps, known=args.known, quic=args.quic))
                    print(_row(f"  {buffer} ms, {drain}, run {run + 1}", trials[-1]), flush=True)
                print(_row(f"{buffer} ms, {drain}: median", medians(trials)), flush=True)
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
