"""What the daemon tells the world while a scenario runs: by MQTT as a phone sees it, or by `voip-qosd status` where there is no broker.

Both give the same: a list of (CLOCK_REALTIME ns, state), state being the JSON object of `base/state`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from daemon import Daemon

State = dict

_STATE_KEYS = ("qos", "wanted", "mode", "reason", "override_until", "call_active", "calls", "detector", "error")


class News:
    """wait() for a state; every new one is handed to on_state."""

    def __init__(self, on_state: Callable[[State], None] | None = None):
        self.states: list[tuple[int, State]] = []
        self._on_state = on_state
        self._changed = threading.Condition()

    def wait(self, is_wanted: Callable[[State], bool], since_ns: int, seconds: float) -> int | None:
        """When the first state that fits was seen at or after since_ns; None after `seconds`."""

        def found() -> int | None:
            return next((at for at, state in self.states if at >= since_ns and is_wanted(state)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None, timeout=seconds)
            return found()

    def close(self) -> None:
        pass

    def _seen(self, at_ns: int, state: State) -> None:
        with self._changed:
            self.states.append((at_ns, state))
            self._changed.notify_all()
        if self._on_state:
            self._on_state(state)


class MqttNews(News):
    """Subscribes to all of the daemon's topics from the phone, and to the discovery of Home Assistant."""

    def __init__(self, broker, base_topic: str, *, on_message: Callable | None = None, on_state: Callable[[State], None] | None = None):
        super().__init__(on_state)
        self._base = base_topic
        self._on_message = on_message
        self._subscriber = broker.subscribe(f"{base_topic}/#", "homeassistant/#", on_message=self._arrived)

    @property
    def messages(self):
        return self._subscriber.messages

    def close(self) -> None:
        self._subscriber.close()

    def _arrived(self, message) -> None:
        if self._on_message:
            self._on_message(message)
        if message.topic == f"{self._base}/state":
            try:
                self._seen(message.at_ns, json.loads(message.payload))
            except ValueError:
                pass


class StatusNews(News):
    """Asks `voip-qosd status --json` ten times a second."""

    def __init__(self, daemon: Daemon, *, on_state: Callable[[State], None] | None = None):
        super().__init__(on_state)
        self._daemon = daemon
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ends.set()
        self._thread.join(timeout=5)

    def _poll(self) -> None:
        last = None
        while not self._ends.wait(0.1):
            if not self._daemon.is_running:
                continue
            status = self._daemon.status()
            at = time.time_ns()
            state = {key: status[key] for key in _STATE_KEYS} if status else None  # the rest of it, rates and flows, changes all the time
            if state and state != last:
                last = state
                self._seen(at, state)
