"""baresip as a phone of the home or as somebody outside, told what to do while it runs.

    far = Baresip(home, "server", answers=True).start()
    phone = Baresip(home, "phone", stun=home.address("server")).start()
    phone.say("dial", "sip:server@198.51.100.10")
    phone.say("hold")

Measured with baresip 1.0.0: a call that it holds is silent both ways, but for RTCP; without a STUN server or an ALG its SDP carries the private
address, and media comes back from nobody but who answers to the source. Opus in pauses still is 50 packets a second, of 42 bytes.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import struct
import subprocess
import sys
import time
import wave
from pathlib import Path

from home import Home, HomeError, require

SIP_PORT = 5060
MODULE_FOLDERS = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/lib/aarch64-linux-gnu/baresip/modules")
CODECS = {"g711": "pcma/8000/1", "opus": "opus/48000/1"}
TALK = [(1, True), (1, False)]  # seconds of tone, seconds of silence, in turn

# One command to the ctrl_tcp module, as a netstring of JSON. It runs inside the namespace, where alone the port can be reached.
_SAY = """
import json, socket, sys
said = json.dumps({"command": sys.argv[2], "params": sys.argv[3]}).encode()
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as link:
    link.sendall(b"%d:%s," % (len(said), said))
    link.settimeout(5)
    print(link.recv(65536).decode(errors="replace"))
"""


def modules() -> str:
    """The folder of baresip's modules."""
    require("baresip")
    folder = next((folder for folder in MODULE_FOLDERS if Path(folder, "g711.so").exists()), None)
    if not folder:
        raise HomeError("baresip's modules were not found: install baresip-core")
    return folder


class Baresip:
    """One baresip. `host` is where it lives, `address` one of its addresses there, on `interface`; `sound` what it says, over and over."""

    def __init__(self, home: Home, host: str, *, address: str | None = None, codec: str = "opus", frame_ms: int = 20, sound: list[tuple[int, bool]] = TALK, answers: bool = False,
                 stun: str | None = None, interface: str = "eth0", number: int = 0):
        self.home, self.host = home, host
        self.address = address or home.address(host)
        self.folder = home.folder(f"baresip-{host}")
        self._control = 4444 + number  # several may live on one host
        first = 20000 + 100 * number
        options = ";answermode=auto" if answers else ""
        options += ";call_transfer=yes" + (f";medianat=stun;stunserver=stun:{stun}:3478" if stun else "")
        (self.folder / "accounts").write_text(f"<sip:{host}@{bracketed(self.address)}>;regint=0;audio_codecs={CODECS[codec]};ptime={frame_ms}{options}\n")
        tone = self.folder / "tone.wav"
        write_tone(tone, 48000 if codec == "opus" else 8000, sound, 120)
        write_config(self.folder / "config", self.address, tone, host, f"{first}-{first + 20}", ("stun", "ctrl_tcp"))
        with open(self.folder / "config", "a", encoding="utf-8") as config:
            config.write(f"ctrl_tcp_listen 127.0.0.1:{self._control}\nnet_interface {interface}\n")
        self._child: subprocess.Popen | None = None

    def start(self) -> "Baresip":
        with open(self.folder / "log", "wb") as log:
            self._child = self.home.popen(self.host, ["baresip", "-f", str(self.folder), "-v", "-6" if ":" in self.address else "-4"], cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)
        wait_bound(self._child, SIP_PORT, self.log)
        return self

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def say(self, command: str, words: str = "") -> str:
        """A command of its menu: dial, hangup, hold, resume, transfer ..., and what it answers."""
        return self.home.run(self.host, [sys.executable, "-S", "-E", "-c", _SAY, str(self._control), command, words]).stdout

    def wait_for(self, text: str, seconds: float = 10) -> None:
        """Until it has printed that."""
        deadline = time.monotonic() + seconds
        while text not in self.log():
            if time.monotonic() > deadline:
                raise HomeError(f"baresip on {self.host} did not say '{text}' within {seconds} s: {self.log()[-1500:]}")
            time.sleep(0.02)

    def end(self) -> None:
        """Says BYE, if it still has a call, and ends."""
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                if self._child.poll() is None:
                    os.kill(self._child.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=5)


def bracketed(address: str) -> str:
    """As it stands before a port and in a URI (RFC 3986, section 3.2.2)."""
    return f"[{address}]" if ":" in address else address


def write_config(path: Path, address: str, tone: Path, name: str, ports: str, more_modules: tuple[str, ...] = ()) -> None:
    """baresip's configuration: headless, as measured."""
    # No stdio module: it fails under /dev/null. No ausrc_srate: with 48000 the G.711 call sends nothing.
    path.write_text(
        f"sip_listen {bracketed(address)}:{SIP_PORT}\naudio_source aufile,{tone}\naudio_player aubridge,null{name}\naudio_alert aubridge,alert{name}\n"
        f"rtp_tos 184\nrtp_ports {ports}\nrtcp_mux no\nrtp_stats yes\nmodule_path {modules()}\n"
        + "".join(f"module {module}.so\n" for module in ("g711", "opus", "aubridge", "aufile", "rtcpsummary", *more_modules))
        + "module_tmp account.so\nmodule_app menu.so\nopus_dtx yes\nopus_bitrate 24000\nopus_stereo no\nopus_sprop_stereo no\n"
    )


def write_tone(path: Path, rate: int, sound: list[tuple[int, bool]], seconds: int) -> None:
    """440 Hz and silence in turn, 16 bit mono: baresip's aufile reads no other width. The call would end with the file."""
    tone = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * 440 * i / rate))) for i in range(rate))
    turn = b"".join((tone if is_tone else bytes(len(tone))) * length for length, is_tone in sound)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(turn * (seconds // sum(length for length, _ in sound) + 1))


def wait_bound(child: subprocess.Popen, port: int, log) -> None:
    """Until the program listens at the UDP port, in its own namespace."""
    deadline = time.monotonic() + 10
    while child.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if any(f":{port:04X} " in Path(f"/proc/{child.pid}/net/{table}").read_text() for table in ("udp", "udp6")):
                return
        time.sleep(0.01)
    raise HomeError(f"start a SIP peer: {log()[-500:]}")
