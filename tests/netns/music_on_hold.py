"""sipp as somebody outside who puts the caller on hold and plays music meanwhile, as an exchange does: re-INVITE sendonly, later sendrecv.

    far = MusicOnHold(home, talk_s=8, hold_s=14).start()        # then let a phone of the home dial sip:server@198.51.100.10
    far.wait_over()                                             # it hangs up

sipp plays G.711 in 20 ms frames to the address in the phone's SDP from answer to BYE: speech or music is all the same to a counter.
"""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

from baresip import SIP_PORT, wait_bound
from home import Home, HomeError, require

_SDP = """v=0
o=- 1 {version} IN IP[media_ip_type] [media_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=ptime:20
a={way}"""

_ANSWER = """<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:server@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

{sdp}
]]></send>
<recv request="ACK"/>
<nop><action><exec play_pcap_audio="music.pcap"/></action></nop>"""

_REQUEST = """{method} [$contact] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$to];tag=[pid]
To:[$from]
Call-ID: [call_id]
CSeq: {sequence} {cseq_method}
Contact: <sip:server@[local_ip]:[local_port]>
Max-Forwards: 70"""

_CHANGE = """<pause milliseconds="{after_ms}"/>
<send retrans="500"><![CDATA[
{invite}
Content-Type: application/sdp
Content-Length: [len]

{sdp}
]]></send>
<recv response="100" optional="true"/>
<recv response="200"/>
<send><![CDATA[
{ack}
Content-Length: 0

]]></send>"""

_SCENARIO = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="music on hold">
<recv request="INVITE"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="sip:[^>;]*" search_in="hdr" header="Contact:" assign_to="contact"/>
</action></recv>
{answer}
{hold}
{resume}
<pause milliseconds="{talk_ms}"/>
<send retrans="500"><![CDATA[
{bye}
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""


def _request(method: str, sequence: int, cseq_method: str = "") -> str:
    return _REQUEST.format(method=method, sequence=sequence, cseq_method=cseq_method or method)


def _change(after_ms: int, sequence: int, way: str) -> str:
    sdp = _SDP.format(version=sequence, way=way)
    return _CHANGE.format(after_ms=after_ms, invite=_request("INVITE", sequence), ack=_request("ACK", sequence), sdp=sdp)


class MusicOnHold:
    """Talks, holds, talks again, hangs up."""

    def __init__(self, home: Home, *, talk_s: float, hold_s: float, address: str):
        require("sipp")
        self.home, self.address = home, address
        self.folder = home.folder("music")
        talk_ms, hold_ms = round(talk_s * 1000), round(hold_s * 1000)
        (self.folder / "scenario.xml").write_text(
            _SCENARIO.format(answer=_ANSWER.format(sdp=_SDP.format(version=1, way="sendrecv")), hold=_change(talk_ms, 10, "sendonly"),
                             resume=_change(hold_ms, 11, "sendrecv"), talk_ms=talk_ms, bye=_request("BYE", 12))
        )
        _write_g711(self.folder / "music.pcap", 2 * talk_s + hold_s + 5)
        self._child: subprocess.Popen | None = None

    def start(self) -> "MusicOnHold":
        argv = ["sipp", "-sf", "scenario.xml", "-i", self.address, "-p", str(SIP_PORT), "-mi", self.address, "-mp", "22000", "-m", "1", "-nostdin"]
        with open(self.folder / "log", "wb") as log:
            self._child = self.home.popen("server", argv, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"TERM": "dumb"})
        wait_bound(self._child, SIP_PORT, self.log)
        return self

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def wait_over(self, seconds: float = 90) -> None:
        """Until the dialog is over, as it should be."""
        assert self._child is not None
        if self._child.wait(timeout=seconds) != 0:
            raise HomeError(f"hold a call with sipp: {self.log()[-1500:]}")


def _write_g711(path: Path, seconds: float) -> None:
    """A capture of RTP, 50 packets a second of 160 bytes, as sipp plays it: it takes ports and times from it, and the payload."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))  # pcap, Ethernet
        for number in range(round(50 * seconds)):
            rtp = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, 160 * number, 1) + b"\xd5" * 160
            udp = struct.pack("!HHHH", 22000, 22000, 8 + len(rtp), 0) + rtp
            ip = struct.pack("!BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x7F000001, 0x7F000001) + udp
            frame = bytes(12) + b"\x08\x00" + ip
            file.write(struct.pack("<IIII", number // 50, number % 50 * 20000, len(frame), len(frame)) + frame)
