"""What recipes for other people's programs need: a home folder for each, a screen, a player's hands, a voice, and pages to look at.

Nothing here is installed by scripts/bootstrap: each recipe names its Debian packages, and says so when one is missing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import recipes  # noqa: F401, for the folders that it tells the interpreter of
from home import Home, HomeError, Unavailable
from topology import Line

SECONDS = 56  # of play or talk
SERVER = "198.51.100.10"
QUICK = Line(3000, 16000)
os.environ["PATH"] += ":/usr/games"

# For what will not run as root, and has to write where only root may.
NOBODY = ["setpriv", "--reuid=65534", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]

_WORDS = (
    "Hello, it is me. I only wanted to ask how you are, and whether you got home well last night. The train was late again, of course. "
    "We stood there for half an hour, and nobody told us why. Well. Anyway. Tell me, have you heard from the others? "
)


def need(packages: str, *programs: str) -> None:
    """Raises Unavailable unless the programs are there."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)} (Debian packages: {packages})")


def launch(home: Home, host: str, argv: list[str], env: dict | None = None, folder: Path | None = None, **options) -> subprocess.Popen:
    """Starts a program that may leave what it likes in a home folder of its own."""
    folder = folder or home.folder(Path(argv[0]).name)
    mine = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / ".config"), "XDG_DATA_HOME": str(folder / ".local/share")}
    # Software that paints with one thread, and makes no noise.
    quiet = {"LIBGL_ALWAYS_SOFTWARE": "1", "LP_NUM_THREADS": "1", "SDL_AUDIODRIVER": "dummy", "ALSOFT_DRIVERS": "null"}
    with open(folder / "log", "ab") as log:
        options.setdefault("stdout", log)
        return home.popen(host, ["nice", "-n", "5", *argv], cwd=folder, stderr=log, env={**os.environ, **mine, **quiet, **(env or {})}, **options)


def still_run(*children: subprocess.Popen) -> None:
    """Raises unless they do: what ended early was no recording of it."""
    for child in children:
        if child.poll() is not None:
            raise HomeError(f"ended too soon, with {child.returncode}: {child.args!r}")


def stop(*children: subprocess.Popen) -> None:
    """With all that they started."""
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)


def screen(home: Home, host: str, size: str = "320x240") -> dict[str, str]:
    """A display that nobody sees, as the environment of the programs that shall be on it."""
    need("xvfb xdotool", "Xvfb", "xdotool")
    child = launch(home, host, ["Xvfb", "-displayfd", "1", "-screen", "0", f"{size}x24", "-nolisten", "tcp"], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    return {"DISPLAY": f":{child.stdout.readline().strip()}"}


def play(home: Home, host: str, on: dict[str, str], keys: str = "w a s d space", clicks: bool = True) -> None:
    """Hands at the keyboard and the mouse, until the home goes."""
    click = "xdotool mousemove_relative -- $((RANDOM % 160 - 80)) $((RANDOM % 20 - 10)) click 1;" if clicks else ""
    # There is no window manager to say which window listens.
    loop = f"""xdotool search --sync --onlyvisible --name . windowfocus mousemove 160 120 click 3; keys=({keys})
        while :; do key=${{keys[RANDOM % ${{#keys[@]}}]}}; xdotool keydown $key; sleep 0.$((RANDOM % 6 + 1))
        {click} xdotool keyup $key; sleep 0.$((RANDOM % 3)); done"""
    launch(home, host, ["bash", "-c", loop], on)


def speech(home: Home, voice: str = "en", rate: int = 48000, turns: bool = True) -> Path:
    """A voice that says the same over and over, with pauses for the other if it takes turns; 16 bit mono."""
    need("espeak-ng ffmpeg", "espeak-ng", "ffmpeg")
    folder = home.folder("voice")
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(folder / "said.wav"), _WORDS], check=True, capture_output=True)
    argv = ["ffmpeg", "-nostdin", "-y", "-i", str(folder / "said.wav"), "-af", f"apad=pad_dur={7 if turns else 0.2}", "-ar", str(rate), str(folder / "turn.wav")]
    subprocess.run(argv, check=True, capture_output=True)
    argv = ["ffmpeg", "-nostdin", "-y", "-stream_loop", "20", "-i", str(folder / "turn.wav"), "-t", "120", "-c", "copy", str(folder / "voice.wav")]
    subprocess.run(argv, check=True, capture_output=True)
    return folder / "voice.wav"


def microphone(home: Home, host: str, voice: Path) -> dict[str, str]:
    """A sound server into whose microphone that voice speaks, as the environment of the programs that shall hear it."""
    need("pulseaudio pulseaudio-utils", "pulseaudio", "paplay")
    folder = home.folder("pulse")
    argv = ["pulseaudio", "-n", "--exit-idle-time=-1", "--daemonize=no", "-L", "module-null-sink sink_name=mouth", "-L", "module-null-sink sink_name=ear"]
    launch(home, host, [*argv, "-L", f"module-native-protocol-unix auth-anonymous=1 socket={folder}/native"], folder=folder)
    on = {"PULSE_SERVER": f"unix:{folder}/native", "PULSE_SINK": "ear", "PULSE_SOURCE": "mouth.monitor"}
    for _ in range(50):
        if (folder / "native").exists():
            break
        time.sleep(0.1)
    launch(home, host, ["paplay", "--device=mouth", str(voice)], on)
    return on


def speaker(home: Home, host: str, turns: bool = True) -> dict[str, str]:
    """A microphone into which the phone's voice speaks, or that of the far end."""
    return microphone(home, host, speech(home, "en" if host == "phone" else "en+f3", turns=turns))


def type_in(child: subprocess.Popen, words: str, then_s: float) -> None:
    """A line, and what time it takes."""
    assert child.stdin is not None
    child.stdin.write(f"{words}\n")
    child.stdin.flush()
    time.sleep(then_s)


def web_server(home: Home, address: str, port: int = 8000) -> None:
    """Pages of a dozen pieces, of 2 to 90 kB, and something long."""
    folder = home.folder("web")
    for number in range(12):
        (folder / f"piece{number}").write_bytes(os.urandom(2000 + 8000 * number))
    (folder / "long").write_bytes(os.urandom(40_000_000))
    launch(home, "server", [sys.executable, "-m", "http.server", "--bind", address, str(port), "--directory", str(folder)])


def browse(home: Home, host: str, address: str, pause_s: float, port: int = 8000) -> None:
    """A page each `pause_s` seconds."""
    need("curl", "curl")
    get = f"curl -s --parallel -o /dev/null 'http://{address}:{port}/piece[0-11]'"
    launch(home, host, ["bash", "-c", f"while :; do {get}; sleep {pause_s}; done"])


def listen_in(home: Home, host: str, address: str, bytes_s: int, port: int = 8000) -> None:
    """Something long, no faster than that: a radio."""
    need("curl", "curl")
    launch(home, host, ["curl", "-s", "-o", "/dev/null", "--limit-rate", str(bytes_s), f"http://{address}:{port}/long"])
