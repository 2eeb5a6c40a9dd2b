"""Calls of browsers and of their like: between two, over a relay, and in a room of three."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

from home import Home, HomeError, Unavailable
from programs import program
from stage import QUICK, SECONDS, SERVER, launch, need, speech, stop

WEBRTC = Path(__file__).resolve().parent / "webrtc"
BOARD = f"http://{SERVER}:8080"

_FIREFOX = {
    "media.navigator.streams.fake": "true",
    "media.navigator.permission.disabled": "true",
    "media.devices.insecure.enabled": "true",
    "media.getusermedia.insecure.enabled": "true",
    "media.peerconnection.ice.obfuscate_host_addresses": "false",
    "media.autoplay.default": "0",
    "network.captive-portal-service.enabled": "false",
    "network.connectivity-service.enabled": "false",
    "browser.shell.checkDefaultBrowser": "false",
    "datareporting.policy.dataSubmissionEnabled": "false",
    "app.update.enabled": "false",
    "network.trr.mode": "5",
}


class Room:
    """The board at which browsers meet."""

    def __init__(self, home: Home):
        self.home, self.folder = home, home.folder("board")
        launch(home, "server", [sys.executable, "-S", "-E", str(WEBRTC / "board.py"), SERVER, "8080"], folder=self.folder)
        time.sleep(1)

    def wait_connected(self, *names: str, seconds: float = 25) -> None:
        deadline = time.monotonic() + seconds
        while not all(f"{name}: connected" in (self.folder / "log").read_text() for name in names):
            if time.monotonic() > deadline:
                raise HomeError(f"{', '.join(names)} did not connect: {(self.folder / 'log').read_text()[-400:]}")
            time.sleep(0.2)


def page(me: str, other: str, **options: object) -> str:
    return f"{BOARD}/?{urlencode({'me': me, 'other': other, 'seconds': SECONDS, **options})}"


def chromium(home: Home, host: str, *pages: str, voice: Path | None = None) -> subprocess.Popen:
    need("chromium", "chromium")
    folder = home.folder("chromium")
    argv = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", "--no-first-run", "--use-fake-ui-for-media-stream"]
    argv += ["--use-fake-device-for-media-stream", f"--unsafely-treat-insecure-origin-as-secure={BOARD}", "--autoplay-policy=no-user-gesture-required"]
    argv += ["--disable-background-networking", "--disable-component-update", "--disable-features=WebRtcHideLocalIpsWithMdns", "--mute-audio"]
    argv += ["--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"]
    argv += [f"--use-file-for-fake-audio-capture={voice}"] if voice else []
    return launch(home, host, [*argv, *pages], folder=folder)


def firefox(home: Home, host: str, page_: str) -> subprocess.Popen:
    need("firefox-esr", "firefox-esr")
    folder = home.folder("firefox")
    (folder / "profile").mkdir()
    (folder / "profile" / "user.js").write_text("".join(f'user_pref("{key}", {value});\n' for key, value in _FIREFOX.items()))
    return launch(home, host, ["firefox-esr", "--headless", "--no-remote", "--profile", str(folder / "profile"), page_], folder=folder)


def over(*browsers: subprocess.Popen) -> None:
    """Until the pages have hung up."""
    time.sleep(SECONDS)
    stop(*browsers)


@program(
    "firefox",
    "firefox-esr",
    build="Firefox to Firefox: sound only",
    aside="Firefox to Firefox: sound and a picture of 15 frames/s, the phone's microphone muted from the 20th to the 40th second",
    marks={},
    line=QUICK,
)
def firefox_call(home: Home, aside: bool) -> None:
    room = Room(home)
    options = {"video": 15} if aside else {}
    far = firefox(home, "server", page("far", "phone", **options))
    near = firefox(home, "phone", page("phone", "far", calls=1, **options, **({"muted": "20,40"} if aside else {})))
    room.wait_connected("phone", seconds=40)
    over(far, near)


@program(
    "two-browsers",
    "firefox-esr chromium espeak-ng ffmpeg",
    build="Chromium to Firefox: sound only",
    aside="Firefox to Chromium: sound only, the phone's microphone muted from the 15th to the 40th second",
    marks={},
    line=QUICK,
)
def two_browsers(home: Home, aside: bool) -> None:
    room = Room(home)
    far, near = page("far", "phone"), page("phone", "far", calls=1, **({"muted": "15,40"} if aside else {}))
    voice = speech(home)
    if aside:
        ends = [chromium(home, "server", far, voice=voice), firefox(home, "phone", near)]
    else:
        ends = [firefox(home, "server", far), chromium(home, "phone", near, voice=voice)]
    room.wait_connected("phone", seconds=40)
    over(*ends)


@program(
    "turn-relay",
    "coturn chromium espeak-ng ffmpeg",
    build="Chromium to Chromium over a TURN relay on UDP port 3478: sound only",
    aside="Chromium to Chromium over a TURN relay on UDP port 443: sound and a picture of 10 frames/s",
    marks={},
    line=QUICK,
)
def turn_relay(home: Home, aside: bool) -> None:
    need("coturn", "turnserver")
    folder = home.folder("turn")
    port = 443 if aside else 3478
    argv = f"turnserver -n -p {port} -L {SERVER} -E {SERVER} --lt-cred-mech -u lab:lab -r lab --no-tls --no-dtls --no-cli --log-file stdout"
    launch(home, "server", [*argv.split(), "--pidfile", f"{folder}/pid", "--db", f"{folder}/db"], folder=folder)
    room = Room(home)
    options = {"video": 10} if aside else {}
    far = chromium(home, "server", page("far", "phone", **options), voice=speech(home, "en+f3"))
    near = chromium(home, "phone", page("phone", "far", calls=1, relay=f"turn:{SERVER}:{port}?transport=udp", **options), voice=speech(home))
    room.wait_connected("phone")
    over(far, near)


@program(
    "janus-room",
    "janus chromium espeak-ng ffmpeg",
    build="a room of three in Janus' audio bridge, mixed at 16 kHz, by Chromium",
    aside="a room of three in Janus' audio bridge, mixed at 48 kHz, by Chromium; the phone's microphone muted from the 10th to the 35th second",
    marks={},
    line=QUICK,
)
def janus_room(home: Home, aside: bool) -> None:
    need("janus", "janus")
    folder = home.folder("janus")
    (folder / "janus.jcfg").write_text(f'general: {{ interface = "{SERVER}" }}\nmedia: {{ rtp_port_range = "30000-30100" }}\n')
    (folder / "janus.transport.http.jcfg").write_text(f'general: {{ base_path = "/janus" http = true port = 8088 ip = "{SERVER}" }}\n')
    (folder / "janus.plugin.audiobridge.jcfg").write_text(f'room-1: {{ description = "lab" sampling_rate = {48000 if aside else 16000} record = false }}\n')
    launch(home, "server", ["janus", "--configs-folder", str(folder), "--disable-colors"], folder=folder)
    room = Room(home)
    joins = {"janus": f"http://{SERVER}:8088/janus", "room": 1}
    others = (("server", "far", "en+f3"), ("isp", "third", "en+m3"))
    far = [chromium(home, host, page(name, "", **joins), voice=speech(home, voice)) for host, name, voice in others]
    near = chromium(home, "phone", page("phone", "", **joins, **({"muted": "10,35"} if aside else {})), voice=speech(home))
    room.wait_connected("phone", "far", "third")
    over(near, *far)


@program(
    "aiortc",
    "espeak-ng ffmpeg, and aiortc of PyPI",
    build="aiortc to aiortc: sound only",
    aside="aiortc to aiortc: sound and a picture of 10 frames/s",
    marks={},
    line=QUICK,
)
def aiortc(home: Home, aside: bool) -> None:
    if not importlib.util.find_spec("aiortc"):
        raise Unavailable("not installed: aiortc (PyPI)")
    folder = home.folder("word")
    options = [str(SECONDS), *(["10"] if aside else [])]
    ends = []
    for host, part, voice in (("server", "answers", "en+f3"), ("phone", "calls", "en")):
        ends.append(launch(home, host, [sys.executable, str(WEBRTC / "aiortc_end.py"), str(folder), part, str(speech(home, voice)), *options]))
    time.sleep(SECONDS + 4)
    stop(*ends)
