"""The daemon under test, on the router of a home in a box: its configuration file, its life, its status.

    daemon = Daemon(home, {"qos": {"actuator": "tc", "wan": "wan"}}, broker=home.broker())
    daemon.start()
    daemon.status()["qos"]

The binary is $VOIP_QOSD, else the one that `cmake --build --preset dev` makes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "netns"))
from home import Home, HomeError, Unavailable  # noqa: E402


def binary() -> Path:
    """Raises Unavailable when there is nothing to run."""
    path = Path(os.environ.get("VOIP_QOSD") or ROOT / "build" / "dev" / "voip-qosd")
    if not os.access(path, os.X_OK):
        raise Unavailable(f"{path} is not there: build it first (cmake --preset dev && cmake --build --preset dev)")
    return path


def toml(settings: dict) -> str:
    """{"qos": {"tc": {...}}, "device": [{...}]} as TOML: tables, arrays of tables, strings, numbers, booleans, lists."""

    def value(item) -> str:
        return json.dumps(item, ensure_ascii=False)  # TOML's basic strings, numbers, booleans and arrays are JSON's

    def table(name: str, content: dict, header: str) -> list[str]:
        lines = [header] + [f"{key} = {value(item)}" for key, item in content.items() if not isinstance(item, dict)] + [""]
        for key, item in content.items():
            if isinstance(item, dict):
                lines += table(f"{name}.{key}", item, f"[{name}.{key}]")
        return lines

    lines: list[str] = []
    for name, content in settings.items():
        for one, header in [(c, f"[[{name}]]") for c in content] if isinstance(content, list) else [(content, f"[{name}]")]:
            lines += table(name, one, header)
    return "\n".join(lines)


def merged(base: dict, changes: dict) -> dict:
    """`changes` laid over `base`, table by table."""
    result = dict(base)
    for key, item in changes.items():
        result[key] = merged(result[key], item) if isinstance(item, dict) and isinstance(result.get(key), dict) else item
    return result


class Daemon:
    """One configuration in one folder; start it as often as wanted."""

    def __init__(self, home: Home, settings: dict | None = None, *, broker=None, programs: Path | None = None, started_by: list[str] | None = None):
        """`programs` is a folder that the daemon looks into for programs before all others, `started_by` a command that takes its command line."""
        self.home = home
        self.started_by = ["env", f"PATH={programs}:{os.environ['PATH']}"] if programs else started_by or []
        self.folder = home.folder("daemon")
        self.config = self.folder / "voip-qosd.toml"
        self.log = self.folder / "voip-qosd.log"
        own: dict = {"node": {"id": "home", "state_dir": str(self.folder / "state")}, "control": {"socket": str(self.folder / "control.sock")}}
        if broker:
            own["mqtt"] = {"uri": broker.uri}
        self.settings = merged(own, settings or {})
        self.base_topic = f"{self.settings.get('mqtt', {}).get('base_topic', 'voip-qos')}/{self.settings['node']['id']}"
        (self.folder / "state").mkdir()
        self.config.write_text(toml(self.settings))
        self._child: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        assert self._child
        return self._child.pid

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self, seconds: float = 10) -> "Daemon":
        """Returns when it answers on its control socket."""
        with open(self.log, "ab") as log:
            self._child = self.home.popen("router", [*self.started_by, *self.argv("run")], stdout=log, stderr=log)
        deadline = time.monotonic() + seconds
        while self.status() is None:
            if self._child.poll() is not None:
                raise HomeError(f"voip-qosd ended with {self._child.returncode}: {self.log_text()[-2000:]}")
            if time.monotonic() > deadline:
                raise HomeError(f"voip-qosd did not answer `status` within {seconds:.0f} s: {self.log_text()[-2000:]}")
            time.sleep(0.05)
        return self

    def argv(self, *argv: str) -> list[str]:
        """What runs a subcommand beside the daemon."""
        return [str(binary()), *argv, "--config", str(self.config)]

    def command(self, *argv: str, timeout: float = 10) -> subprocess.CompletedProcess:
        """Runs a subcommand beside the daemon: command("qos", "on", "--for", "2s")."""
        return self.home.run("router", self.argv(*argv), check=False, timeout=timeout)

    def status(self) -> dict | None:
        """`voip-qosd status --json`; None when the daemon does not answer. One that reads its configuration again is asked once more: it has
        no socket for a moment."""
        done = self.command("status", "--json")
        ends = time.monotonic() + 3
        while done.returncode != 0 and self.is_running and time.monotonic() < ends:
            time.sleep(0.05)
            done = self.command("status", "--json")
        if done.returncode != 0:
            return None
        try:
            return json.loads(done.stdout)
        except ValueError as problem:
            raise HomeError(f"voip-qosd status --json printed no JSON ({problem}): {done.stdout[:500]!r}") from problem

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Ends it by a signal and returns its exit status (negative: by that signal)."""
        assert self._child
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child.pid, number)
        return self._child.wait(timeout=seconds)

    def kill(self) -> int:
        return self.stop(signal.SIGKILL)

    def reload(self) -> None:
        os.kill(self.pid, signal.SIGHUP)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class TcWatch:
    """The kernel's own word on when a shaper came and went on the router's WAN, whatever the daemon says."""

    def __init__(self, home: Home, device: str = "wan"):
        self.events: list[tuple[int, str]] = []
        self._device = device
        self._changed = threading.Condition()
        self._child = home.popen("router", ["tc", "monitor"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, is_on: bool, since_ns: int, seconds: float) -> int | None:
        """CLOCK_REALTIME ns at which a root qdisc of ours was installed (or removed) after since_ns; None after `seconds`."""

        def found() -> int | None:
            return next((at for at, what in self.events if at >= since_ns and what.startswith("deleted") != is_on), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None, timeout=seconds)
            return found()

    def _read(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(ValueError), self._child.stdout:
            for line in self._child.stdout:
                # "qdisc htb ca1: dev wan root refcnt 3 ...", "deleted qdisc htb ca1: dev wan root ..."
                words = line.split()
                if "qdisc" in words[:2] and "htb" in words and f"dev {self._device} root" in line:
                    with self._changed:
                        self.events.append((time.time_ns(), line.strip()))
                        self._changed.notify_all()


def qdiscs(home: Home) -> set[str]:
    """The router's queueing disciplines as tc shows them, without their counters."""
    return {re.sub(r"direct_packets_stat \d+ ", "", line) for line in home.run("router", ["tc", "qdisc"]).stdout.splitlines()}


def is_shaped(home: Home, device: str = "wan") -> bool:
    """Is there a shaper at the root of the router's WAN now?"""
    return any("htb" in line and "root" in line for line in home.run("router", ["tc", "qdisc", "show", "dev", device]).stdout.splitlines())
