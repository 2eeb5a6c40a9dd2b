"""The home's MQTT broker (mosquitto on the router) and a phone's view of it (mosquitto_sub on the phone)."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from home import Home, HomeError, require


class Broker:
    """mosquitto in a folder of its own. Stop, start and pause it at will; what is retained survives a restart only with persistence."""

    def __init__(self, home: Home, *, host: str = "router", port: int = 1883, persistence: bool = False, extra: str = ""):
        require("mosquitto")
        self.home, self.host, self.port = home, host, port
        self.address = home.address(host)
        self.uri = f"mqtt://{self.address}:{port}"
        self.folder = home.folder("mosquitto")
        self.log = self.folder / "mosquitto.log"
        self._config = self.folder / "mosquitto.conf"
        kept = f"persistence true\npersistence_location {self.folder}/\nautosave_on_changes true\nautosave_interval 1\n" if persistence else "persistence false\n"
        # `user root`: it must reach the temporary folder, and it is alone in its namespace anyway.
        self._config.write_text(f"user root\nlistener {port} 0.0.0.0\nallow_anonymous true\n{kept}log_dest stderr\nlog_type all\nconnection_messages true\n{extra}")
        self._child: subprocess.Popen | None = None

    def start(self) -> None:
        """Returns when it accepts connections."""
        with open(self.log, "ab") as log:
            self._child = self.home.popen(self.host, ["mosquitto", "-c", str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while not _is_listening(self._child.pid, self.port):
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise HomeError(f"start mosquitto: {self.log.read_text(errors='replace')[-500:]}")
            time.sleep(0.01)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """It hangs: connections stay open and nobody answers."""
        assert self._child
        os.kill(self._child.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._child
        os.kill(self._child.pid, signal.SIGCONT)

    def publish(self, topic: str, payload: str, *, host: str = "phone", retain: bool = False, qos: int = 1) -> None:
        require("mosquitto_pub")
        argv = ["mosquitto_pub", "-h", self.address, "-p", str(self.port), "-q", str(qos), "-t", topic, "-m", payload]
        self.home.run(host, argv + (["-r"] if retain else []))

    def subscribe(self, *topics: str, host: str = "phone", on_message: Callable[["Message"], None] | None = None) -> "Subscriber":
        return Subscriber(self, list(topics) or ["#"], host, on_message)

    def subscriptions(self) -> int:
        """How many subscriptions it has answered so far."""
        return self.log.read_text(errors="replace").count("Sending SUBACK")

    def _end(self, number: int) -> None:
        if self._child and self._child.poll() is None:
            os.kill(self._child.pid, number)
            os.kill(self._child.pid, signal.SIGCONT)
            self._child.wait(timeout=10)


@dataclass(frozen=True)
class Message:
    at_ns: int  # CLOCK_REALTIME of its arrival at the phone
    topic: str
    payload: str
    retained: bool

    def json(self):
        return json.loads(self.payload)


class Subscriber:
    """Everything that arrives on some topics, in order. Reconnects by itself when the broker comes back."""

    def __init__(self, broker: Broker, topics: list[str], host: str, on_message: Callable[[Message], None] | None):
        require("mosquitto_sub")
        self.messages: list[Message] = []
        self._on_message = on_message
        self._arrived = threading.Condition()
        answered = broker.subscriptions()
        argv = ["mosquitto_sub", "-V", "mqttv5", "-q", "1", "-h", broker.address, "-p", str(broker.port), "-F", "%j"]
        for topic in topics:
            argv += ["-t", topic]
        self._child = broker.home.popen(host, argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 5
        while broker.subscriptions() == answered and time.monotonic() < deadline:
            time.sleep(0.01)

    def wait_for(self, is_wanted: Callable[[Message], bool], seconds: float, *, since: int = 0) -> Message | None:
        """The first message from index `since` on that fits; None when none came within `seconds`."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while True:
                for message in self.messages[since:]:
                    if is_wanted(message):
                        return message
                since = len(self.messages)
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._arrived.wait(left)

    def last(self, topic: str) -> Message | None:
        return next((m for m in reversed(self.messages) if m.topic == topic), None)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._child.terminate()
        self._child.wait(timeout=5)
        self._thread.join(timeout=5)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(ValueError), self._child.stdout:  # ValueError: the pipe was closed under us when the home went down
            for line in self._child.stdout:
                try:
                    seen = json.loads(line)
                except ValueError:
                    continue
                payload = seen.get("payload") or ""
                message = Message(time.time_ns(), seen["topic"], payload if isinstance(payload, str) else json.dumps(payload), bool(seen.get("retain")))
                with self._arrived:
                    self.messages.append(message)
                    self._arrived.notify_all()
                if self._on_message:
                    self._on_message(message)


def _is_listening(pid: int, port: int) -> bool:
    """Asks the process's own namespace, so that no connection is made and logged."""
    try:
        with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
            return any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in table)
    except (OSError, IndexError, socket.error):
        return False
