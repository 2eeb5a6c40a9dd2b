"""A SIP call (sipp at both ends) that carries our own measured RTP instead of sipp's, so that the router sees a real call and we its quality.

    with SipCall(home, talk_s=20) as call:      # INVITE ... ACK, then RTP both ways; BYE after 20 s of talk
        call.wait_hung_up()

The SDP names the ports of call.Call; sipp itself stays on ports of its own that carry nothing.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from pathlib import Path

from call import Call
from home import Home, HomeError, require

_SDP = """v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio {port} RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=ptime:20"""

_REQUEST_LINES = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:phone@[local_ip]:[local_port]>;tag=[pid]
To: <sip:service@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {sequence}
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70"""

_CALLER = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
  <send retrans="500"><![CDATA[
INVITE sip:service@[remote_ip]:[remote_port] SIP/2.0
{invite}
Content-Type: application/sdp
Content-Length: [len]

{sdp}
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200"><action><exec command="touch {folder}/answered"/></action></recv>
  <send><![CDATA[
ACK sip:service@[remote_ip]:[remote_port] SIP/2.0
{ack}
Content-Length: 0

]]></send>
  <pause milliseconds="{talk_ms}"/>
  <nop><action><exec command="touch {folder}/hung-up"/></action></nop>
  <send retrans="500"><![CDATA[
BYE sip:service@[remote_ip]:[remote_port] SIP/2.0
{bye}
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
"""

_CALLEE = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="callee">
  <recv request="INVITE"/>
  <send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[pid]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Length: 0

]]></send>
  <pause milliseconds="{ring_ms}"/>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

{sdp}
]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


class SipCall:
    """Signalling by sipp, media by Call, which is `media` and knows the quality."""

    def __init__(self, home: Home, *, talk_s: float, ring_s: float = 0.5, port: int = 7078):
        require("sipp")
        self.home = home
        self.media = Call(home, port=port, callee_port=port)
        self.folder = home.folder("sip")
        self.invited_ns: int | None = None
        self.answered_ns: int | None = None
        self._hung_up = threading.Event()
        lines = {
            name: _REQUEST_LINES.format(to_tag="" if name == "invite" else "[peer_tag_param]", sequence=sequence)
            for name, sequence in (("invite", "1 INVITE"), ("ack", "1 ACK"), ("bye", "2 BYE"))
        }
        sdp = _SDP.format(port=port)
        (self.folder / "caller.xml").write_text(_CALLER.format(sdp=sdp, folder=self.folder, talk_ms=round(talk_s * 1000), **lines))
        (self.folder / "callee.xml").write_text(_CALLEE.format(sdp=sdp, ring_ms=round(ring_s * 1000)))
        self._sipp: list[subprocess.Popen] = []

    def __enter__(self) -> "SipCall":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.finish()

    def start(self, seconds: float = 20) -> "SipCall":
        """Returns when the call was answered and its first RTP packet sent."""
        server, phone = self.home.address("server"), self.home.address("phone")
        self._spawn("callee", "server", ["-i", server, "-mp", "16000"])
        self._wait_bound(self._sipp[0])
        self.invited_ns = time.time_ns()
        self._spawn("caller", "phone", ["-i", phone, "-mp", "16000", f"{server}:5060"])
        deadline = time.monotonic() + seconds
        while not (self.folder / "answered").exists():
            if self._sipp[1].poll() is not None or time.monotonic() > deadline:
                raise HomeError(f"place a SIP call: it was not answered: {(self.folder / 'caller.log').read_text(errors='replace')[-800:]}")
            time.sleep(0.01)
        self.answered_ns = time.time_ns()
        self.media.start()
        threading.Thread(target=self._await_end, daemon=True).start()
        return self

    @property
    def hung_up_ns(self) -> int | None:
        return self.media.hung_up_ns

    def wait_hung_up(self, seconds: float = 120) -> bool:
        return self._hung_up.wait(seconds)

    def finish(self) -> None:
        """Ends the call, if it still goes on, and waits for the last packets."""
        self.media.finish()
        for child in self._sipp:
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                if child.poll() is None:
                    child.terminate()
                child.wait(timeout=5)

    def _await_end(self) -> None:
        while not (self.folder / "hung-up").exists() and self._sipp[1].poll() is None and self.media.hung_up_ns is None:
            time.sleep(0.01)
        self.media.hang_up()
        self._hung_up.set()

    def _spawn(self, name: str, host: str, options: list[str]) -> None:
        argv = ["sipp", "-sf", str(self.folder / f"{name}.xml"), "-p", "5060", "-m", "1", "-nostdin", *options]
        with open(self.folder / f"{name}.log", "wb") as log:
            self._sipp.append(self.home.popen(host, argv, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"TERM": "dumb"}))

    def _wait_bound(self, child: subprocess.Popen) -> None:
        deadline = time.monotonic() + 10
        while child.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if ":13C4 " in Path(f"/proc/{child.pid}/net/udp").read_text():
                    return
            time.sleep(0.01)
        raise HomeError(f"start sipp on the server: {(self.folder / 'callee.log').read_text(errors='replace')[-800:]}")
