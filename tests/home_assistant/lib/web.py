"""HTTP and WebSocket from inside one of the home's network namespaces. Standard library only.

    web = Web(home, "laptop", "192.168.77.20", 8123)
    web.request("GET", "/api/", token=token)          # -> the decoded JSON
    talk = web.conversation("/api/websocket")          # talk.ask({"type": "ping"}) -> the answer; events gather in talk.heard
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import http.client
import json
import os
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable

from home import Home, HomeError

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _enter_namespace(path: str) -> None:
    with open(path, "rb") as namespace:
        if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"enter {path}")


def connect(home: Home, host: str, address: tuple[str, int], seconds: float) -> socket.socket:
    """A TCP connection that begins on `host`. A socket stays in the namespace in which it was made; the thread goes back to its own."""
    own = f"/proc/self/task/{_libc.gettid()}/ns/net"
    with open(own, "rb") as back:
        _enter_namespace(f"/run/netns/{home.prefix}-{host}")
        try:
            return socket.create_connection(address, timeout=seconds)
        finally:
            if _libc.setns(back.fileno(), _CLONE_NEWNET) != 0:
                os._exit(1)  # the rest of the test would run on the wrong network


class Refused(HomeError):
    """The server answered, with an error; `status` is HTTP's."""

    def __init__(self, text: str, status: int):
        super().__init__(text)
        self.status = status


class Web:
    """One server as seen from one host."""

    def __init__(self, home: Home, host: str, address: str, port: int):
        self.home, self.host, self.address, self.port = home, host, address, port

    def request(self, method: str, path: str, content=None, *, token: str | None = None, form: bool = False, seconds: float = 30):
        """Sends `content` as JSON (or as a form) and decodes the answer. Raises Refused on an error status, OSError when nobody answers."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=seconds)
        connection.sock = connect(self.home, self.host, (self.address, self.port), seconds)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = None
        if content is not None:
            body = urllib.parse.urlencode(content) if form else json.dumps(content)
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        with contextlib.closing(connection):
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                text = answer.read().decode()
            except http.client.HTTPException as problem:
                raise ConnectionError(f"{method} {path}: {problem!r}") from problem
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {text[:500]}", answer.status)
        return json.loads(text) if text else None

    def conversation(self, path: str) -> "Conversation":
        return Conversation(_WebSocket(connect(self.home, self.host, (self.address, self.port), 30), f"{self.address}:{self.port}", path))


class Conversation:
    """Numbered questions and their answers, and whatever else the other side says; Home Assistant and Chromium both talk so."""

    def __init__(self, websocket: "_WebSocket"):
        self.heard: list[dict] = []  # everything, in order of arrival
        self.is_open = True
        self._websocket = websocket
        self._changed = threading.Condition()
        self._last_id = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, content: dict) -> None:
        self._websocket.send(content)

    def ask(self, content: dict, seconds: float = 30) -> dict:
        """Sends it under a number of its own; the message that answers it."""
        self._last_id += 1
        number, since = self._last_id, len(self.heard)
        self.say({"id": number, **content})
        answer = self.wait_for(lambda m: m.get("id") == number and m.get("type") != "event", seconds, since=since)
        if answer is None:
            raise HomeError(f"no answer to {json.dumps(content)[:300]} within {seconds:.0f} s")
        return answer

    def wait_for(self, is_wanted: Callable[[dict], bool], seconds: float, *, since: int = 0) -> dict | None:
        """The first message from index `since` on that fits; None when none came within `seconds` or the other side has gone."""

        def found() -> dict | None:
            return next((m for m in self.heard[since:] if is_wanted(m)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or not self.is_open, timeout=seconds)
            return found()

    def close(self) -> None:
        self._websocket.close()

    def _listen(self) -> None:
        while True:
            try:
                message = self._websocket.receive()
            except (OSError, ValueError):
                break
            with self._changed:
                self.heard += message if isinstance(message, list) else [message]  # Home Assistant may send several at once
                self._changed.notify_all()
        with self._changed:
            self.is_open = False
            self._changed.notify_all()


class _WebSocket:
    """A client's side of RFC 6455 that speaks JSON texts."""

    def __init__(self, connection: socket.socket, host: str, path: str):
        self._socket = connection
        self._buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise HomeError(f"WebSocket {path}: {head[:200]!r}")

    def send(self, content: dict) -> None:
        self._frame(0x1, json.dumps(content).encode())

    def receive(self):
        """The next message; waits as long as it takes. ConnectionError when the other side has gone."""
        self._socket.settimeout(None)
        message = b""
        while True:
            first, second = self._take(2)
            length = second & 0x7F
            if length >= 126:
                length = struct.unpack("!H" if length == 126 else "!Q", self._take(2 if length == 126 else 8))[0]
            payload = self._take(length)
            opcode = first & 0x0F
            if opcode == 0x8:
                raise ConnectionError("the WebSocket was closed")
            if opcode == 0x9:
                self._frame(0xA, payload)
            elif opcode in (0x0, 0x1, 0x2):
                message += payload
                if first & 0x80:
                    return json.loads(message)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _frame(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size) if size < 65536 else struct.pack("!BQ", 0xFF, size)
        mask = os.urandom(4)
        self._socket.sendall(bytes([0x80 | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _fill(self) -> None:
        more = self._socket.recv(65536)
        if not more:
            raise ConnectionError("the connection was closed")
        self._buffer += more
