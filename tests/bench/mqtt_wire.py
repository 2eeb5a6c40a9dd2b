"""Just enough of an MQTT 3.1.1 client (OASIS MQTT Version 3.1.1) to measure with: every message has the moment of its arrival, and
nothing between the socket and us takes time."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    at: float  # time.monotonic()
    topic: str
    payload: bytes
    retained: bool


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw


def _packet(first: int, body: bytes) -> bytes:
    length, rest = b"", len(body)
    while True:
        length += bytes([rest % 128 | (0x80 if rest > 127 else 0)])
        rest //= 128
        if not rest:
            return bytes([first]) + length + body


class Wire:
    """Connects (ConnectionError if it cannot), subscribes, collects what comes until the connection ends."""

    def __init__(self, port: int, *filters: str, name: str):
        self.arrivals: list[Arrival] = []
        self.news = threading.Condition()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(_packet(0x10, _text("MQTT") + bytes([4, 2]) + struct.pack("!H", 0) + _text(name)))
        if self._read()[0] != 0x20:
            raise ConnectionError("no CONNACK")
        if filters:
            self._socket.sendall(_packet(0x82, struct.pack("!H", 1) + b"".join(_text(one) + b"\x01" for one in filters)))
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def publish(self, topic: str, payload: str) -> None:
        self._socket.sendall(_packet(0x30, _text(topic) + payload.encode()))

    def wait_for(self, is_wanted, seconds: float, since: int = 0) -> Arrival | None:
        deadline = time.monotonic() + seconds
        with self.news:
            while True:
                for arrival in self.arrivals[since:]:
                    if is_wanted(arrival):
                        return arrival
                since = len(self.arrivals)
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.news.wait(left)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
        self._socket.close()

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            if not more:
                raise ConnectionError("the broker closed the connection")
            data += more
        return data

    def _read(self) -> tuple[int, bytes]:
        first = self._exactly(1)[0]
        length = shift = 0
        while True:
            byte = self._exactly(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return first, self._exactly(length)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                first, body = self._read()
                at = time.monotonic()
                if first >> 4 != 3:
                    continue
                length = struct.unpack("!H", body[:2])[0]
                topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
                if first & 0x06:
                    self._socket.sendall(_packet(0x40, rest[:2]))
                    rest = rest[2:]
                with self.news:
                    self.arrivals.append(Arrival(at, topic, rest, bool(first & 1)))
                    self.news.notify_all()
