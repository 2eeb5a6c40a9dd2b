"""Real peers in the home: sipp and baresip calls, iperf3 transfers, and the moments when the router first and last saw them.

    call = SippCall(home).start()          # or BaresipCall(home, codec="opus")
    first = call.media_started(10)         # CLOCK_REALTIME ns of the first RTP packet, from conntrack's own events
    print(call.finish().as_dict())         # what the peers say about it

Recipes as measured: sipp plays a G.711 recording of 8 s at 33 packets per second and is echoed; baresip sends a tone for as long as wanted.
Behind the NAT baresip hears nothing (the server answers to the private address in the SDP) unless the home was made with alg=True.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from baresip import CODECS, SIP_PORT, TALK, wait_bound, write_config, write_tone
from conntrack_list import Entry, parse_entry
from home import Home, HomeError, require

PCAP_FOLDER = Path("/usr/share/sip-tester")


class FlowWatch:
    """Listens to the router's conntrack events and remembers when each UDP flow was born."""

    def __init__(self, home: Home):
        require("conntrack")
        self.born: list[tuple[int, Entry]] = []
        self._changed = threading.Condition()
        self._child = home.popen("router", ["conntrack", "-E", "-e", "NEW", "-p", "udp", "-o", "timestamp,id"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and not self._is_listening():
            time.sleep(0.005)

    def wait_for(self, ports: range, seconds: float) -> int | None:
        """When the first flow with both ends in `ports`, as one of the peers sees them, was born; None after `seconds`."""

        def found() -> int | None:
            return next((at for at, flow in self.born if flow.original.sport in ports or flow.original.dport in ports), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None, timeout=seconds)
            return found()

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._child.terminate()

    def _is_listening(self) -> bool:
        # conntrack opens its netlink socket just before it waits for events.
        with contextlib.suppress(OSError):
            return any(os.readlink(f"/proc/{self._child.pid}/fd/{fd}").startswith("socket:") for fd in os.listdir(f"/proc/{self._child.pid}/fd"))
        return False

    def _read(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(ValueError), self._child.stdout:
            for line in self._child.stdout:
                stamp, flow = re.match(r"\[(\d+)\.(\d+)\s*\]", line), parse_entry(line)
                if stamp and flow:
                    at = int(stamp.group(1)) * 1_000_000_000 + int(stamp.group(2).ljust(9, "0")[:9])
                    with self._changed:
                        self.born.append((at, flow))
                        self._changed.notify_all()


@dataclass
class CallReport:
    """What the two peers and the router say about one call. Counts are None where a peer does not tell."""

    ok: bool
    started_ns: int | None
    ended_ns: int
    sent: int | None = None
    received: int | None = None
    lost: int | None = None
    jitter_ms: float | None = None
    text: str = field(default="", repr=False)

    def as_dict(self) -> dict:
        return {key: value for key, value in asdict(self).items() if key != "text"}


class _PeerCall:
    """Two programs, the one on the server first; subclasses say which."""

    media_ports: range
    _phone: subprocess.Popen
    _server: subprocess.Popen

    def __init__(self, home: Home):
        self.home = home
        self.folder = home.folder("call")
        self._watch = FlowWatch(home)

    def media_started(self, seconds: float = 10) -> int | None:
        """CLOCK_REALTIME ns at which the router saw the first RTP packet; None when it saw none within `seconds`."""
        return self._watch.wait_for(self.media_ports, seconds)

    def _spawn(self, host: str, argv: list[str]) -> subprocess.Popen:
        with open(self.folder / f"{host}.log", "wb") as log:
            return self.home.popen(host, argv, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)

    def _log(self, host: str) -> str:
        return (self.folder / f"{host}.log").read_text(errors="replace")

    def _wait_bound(self, host: str, child: subprocess.Popen) -> None:
        wait_bound(child, SIP_PORT, lambda: self._log(host))

    def _end(self, child: subprocess.Popen, number: int = signal.SIGTERM) -> None:
        with contextlib.suppress(ProcessLookupError):
            if child.poll() is None:
                os.kill(child.pid, number)
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(timeout=5)


class SippCall(_PeerCall):
    """sipp's uac_pcap against its uas with RTP echo: about 8 s of G.711 in 30 ms frames, hung up by itself."""

    media_ports = range(6000, 6200)

    def start(self) -> "SippCall":
        require("sipp")
        if not PCAP_FOLDER.joinpath("g711a.pcap").exists():
            raise HomeError(f"{PCAP_FOLDER}/g711a.pcap is missing: install sip-tester")
        (self.folder / "pcap").symlink_to(PCAP_FOLDER)  # the scenario names its recordings ./pcap/*
        server, phone = self.home.address("server"), self.home.address("phone")
        self._server = self._spawn("server", ["sipp", "-sn", "uas", "-i", server, "-p", str(SIP_PORT), "-mi", server, "-mp", "6000", "-rtp_echo", "-m", "1", "-nostdin"])
        self._wait_bound("server", self._server)
        options = ["-mi", phone, "-mp", "6100", "-m", "1", "-l", "1", "-nostdin"]
        self._phone = self._spawn("phone", ["sipp", "-sn", "uac_pcap", f"{server}:{SIP_PORT}", "-i", phone, "-p", str(SIP_PORT), *options])
        return self

    def finish(self, seconds: float = 40) -> CallReport:
        """Waits until the phone has hung up."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._phone.wait(timeout=seconds)
        ended = time.time_ns()
        self._end(self._phone)
        self._end(self._server)
        flow = next((e for e in self.home.conntrack("udp") if 6100 in e.ports()), None)
        self._watch.close()
        report = CallReport(self._phone.returncode == 0, self.media_started(0), ended, text=self._log("phone"))
        if flow:
            report.sent, report.received = flow.original.packets, flow.reply.packets
        return report


class BaresipCall(_PeerCall):
    """baresip calls baresip. codec: "g711" or "opus" (with DTX). It talks until hang_up(), at most for `seconds`."""

    media_ports = range(10000, 10100)
    _calls = itertools.count()

    def __init__(self, home: Home, *, codec: str = "g711", seconds: int = 60):
        super().__init__(home)
        self.codec, self.seconds = codec, seconds
        # The router remembers the flow of the call before for minutes: on the same two ports this one would not be born.
        self._first_port = self.media_ports.start + 20 * (next(self._calls) % 5)
        self._ended_ns: int | None = None

    def start(self) -> "BaresipCall":
        for host in ("server", "phone"):
            self._configure(host)
        self._server = self._spawn("server", ["baresip", "-f", str(self.folder / "server"), "-v"])
        self._wait_bound("server", self._server)
        dial = f"/dial sip:server@{self.home.address('server')}"
        self._phone = self._spawn("phone", ["baresip", "-f", str(self.folder / "phone"), "-v", "-e", dial, "-t", str(self.seconds)])
        return self

    def hang_up(self) -> int:
        """Says BYE and ends; returns the moment."""
        self._ended_ns = self._ended_ns or time.time_ns()
        with contextlib.suppress(ProcessLookupError):
            if self._phone.poll() is None:
                os.kill(self._phone.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._phone.wait(timeout=10)
        return self._ended_ns

    def finish(self) -> CallReport:
        """Hangs up if need be and collects both sides' last words."""
        if self._phone.poll() is None:
            self.hang_up()
        ended = self._ended_ns or time.time_ns()
        self._end(self._server, signal.SIGINT)
        self._watch.close()
        text = self._log("phone")
        report = CallReport("Call established" in text, self.media_started(0), ended, text=text)
        packets = re.search(r"^packets:\s+(\d+)\s+(\d+)", text, re.MULTILINE)
        if packets:
            report.sent, report.received = int(packets.group(1)), int(packets.group(2))
        # "...;PR=500;PS=500;PL=0,0;JI=1.1,0.8;..." of rtcpsummary; absent before the first RTCP report, that is in calls under 5 s
        summary = re.search(r";PL=(-?\d+),-?\d+;JI=([\d.]+),", text)
        if summary:
            report.lost, report.jitter_ms = int(summary.group(1)), float(summary.group(2))
        return report

    def _configure(self, host: str) -> None:
        folder = self.folder / host
        folder.mkdir()
        address = self.home.address(host)
        codec = CODECS[self.codec] if host == "phone" else ",".join(CODECS.values())
        answer = ";answermode=auto" if host == "server" else ""
        (folder / "accounts").write_text(f"<sip:{host}@{address}>;regint=0{answer};audio_codecs={codec};ptime=20\n")
        tone = folder / "tone.wav"
        write_tone(tone, 48000 if self.codec == "opus" else 8000, TALK, self.seconds + 5)
        write_config(folder / "config", address, tone, host, f"{self._first_port}-{self._first_port + 18}")


class Transfer:
    """iperf3 between laptop and server. It is bulk like any other: four cubic streams of TCP unless said otherwise, or UDP of that rate."""

    def __init__(self, home: Home, *, download: bool = False, streams: int = 4, seconds: int = 600, host: str = "laptop", family: int = 4,
                 port: int = 5201, congestion: str = "cubic", kbit: int | None = None, to: str | None = None, udp: bool = False):
        require("iperf3")
        self._download = download
        self._server = home.popen("server", ["iperf3", "-s", "-1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        table = Path(f"/proc/{self._server.pid}/net/tcp6")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and f":{port:04X} " not in (table.read_text() if table.exists() else ""):
            time.sleep(0.01)
        argv = ["iperf3", "-c", to or home.address("server", family), "-p", str(port), *(["-u"] if udp else ["-C", congestion]), "-P", str(streams), "-t", str(seconds), "-J"]
        argv += ["-b", f"{kbit // streams}K", "-l", "1400"] if kbit else []  # in single packets, not in bursts of 128 KB
        self._client = home.popen(host, argv + (["-R"] if download else []), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.started_ns = time.time_ns()

    def stop(self) -> dict:
        """Ends it; iperf3's own summary: {"kbit": mean rate at the laptop, "retransmits": ...}, empty when it says nothing."""
        if self._client.poll() is None:
            os.kill(self._client.pid, signal.SIGINT)
        try:
            output, _ = self._client.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._client.kill()
            output, _ = self._client.communicate()
        with contextlib.suppress(ProcessLookupError):
            if self._server.poll() is None:
                self._server.terminate()
        self._server.wait(timeout=5)
        with contextlib.suppress(ValueError, KeyError):
            total = json.loads(output)["end"]["sum_received" if self._download else "sum_sent"]
            return {"kbit": round(total["bits_per_second"] / 1000), "retransmits": total.get("retransmits")}
        return {}
