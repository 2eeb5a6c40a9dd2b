"""A terminal without glass: a program runs on a pseudo terminal, and what it drew can be read as lines.

    with PseudoTerminal(["voip-qosd", "watch"], rows=24, columns=80) as terminal:
        terminal.wait_for("Calls     1", 5)
        terminal.type("q")
        terminal.wait()

It knows the few control sequences that `voip-qosd watch` uses and fails on any other.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import re
import struct
import subprocess
import termios
import threading

_SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class PseudoTerminal:
    def __init__(self, argv: list[str], *, rows: int = 24, columns: int = 80, environment: dict[str, str] | None = None):
        self.rows, self.columns = rows, columns
        self.unknown: list[str] = []  # what this terminal did not understand
        self.is_other_screen = False
        self.has_cursor = True
        self.frames = 0
        self._lines = [""] * rows
        self._row = 0
        self._rest = ""
        self._changed = threading.Condition()
        self._reads = threading.Event()
        self._reads.set()
        self._master, self._slave = os.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self._slave)
        environment = {**os.environ, "TERM": "xterm", **(environment or {})}
        self.child = subprocess.Popen(argv, stdin=self._slave, stdout=self._slave, stderr=self._slave, env=environment, preexec_fn=self._lead)  # noqa: PLW1509
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self._slave)
        # Before the number of the descriptor is another terminal's, of which it would take what belongs to that.
        self._reads.set()
        self._reader.join(5)
        with contextlib.suppress(OSError):
            os.close(self._master)

    @property
    def attributes(self) -> list:
        return termios.tcgetattr(self._slave)

    @property
    def is_as_before(self) -> bool:
        """Echo, line editing, screen and cursor as the program found them."""
        return self.attributes == self.before and not self.is_other_screen and self.has_cursor

    def screen(self) -> str:
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, text: str, seconds: float) -> bool:
        return self.wait_until(lambda: text in "\n".join(self._lines), seconds)

    def wait_until(self, is_so, seconds: float) -> bool:
        """`is_so` is looked at whenever something was drawn."""
        with self._changed:
            return self._changed.wait_for(is_so, timeout=seconds)

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, rows: int, columns: int) -> None:
        with self._changed:
            self.rows, self.columns = rows, columns
            self._lines = (self._lines + [""] * rows)[:rows]
            self._row = min(self._row, rows - 1)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def take_nothing(self) -> None:
        """As a terminal behind a line that hangs."""
        self._reads.clear()

    def wait(self, seconds: float = 5) -> int:
        return self.child.wait(timeout=seconds)

    def _lead(self) -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            self._reads.wait()
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            with self._changed:
                self._draw(self._rest + decoder.decode(data))
                self._changed.notify_all()

    def _draw(self, text: str) -> None:
        self._rest = ""
        while text:
            if text[0] == "\x1b":
                sequence = _SEQUENCE.match(text)
                if not sequence and len(text) < 12:
                    self._rest = text  # its end is still to come
                    return
                self._obey(sequence.groups() if sequence else ("", "", text[:8]))
                text = text[sequence.end() if sequence else 1 :]
            elif text[0] == "\r":  # what is drawn on a line is drawn from its first column on
                text = text[1:]
            elif text[0] == "\n":
                self._row = min(self._row + 1, self.rows - 1)
                self._lines[self._row] = ""
                text = text[1:]
            elif text[0] < " ":
                self.unknown.append(repr(text[0]))
                text = text[1:]
            else:
                end = re.search(r"[\x00-\x1f]", text)
                length = end.start() if end else len(text)
                self._lines[self._row] += text[:length]
                text = text[length:]

    def _obey(self, sequence: tuple[str, str, str]) -> None:
        if sequence == ("", "", "H"):
            self._row = 0
            self._lines[0] = ""
            self.frames += 1
        elif sequence == ("", "", "J"):
            self._lines[self._row + 1 :] = [""] * (self.rows - self._row - 1)
        elif sequence == ("", "2", "J"):
            self._lines = [""] * self.rows
        elif sequence[0] == "?" and sequence[1] in ("1049", "25", "7") and sequence[2] in "hl":
            is_set = sequence[2] == "h"
            if sequence[1] == "1049":
                self.is_other_screen = is_set
            elif sequence[1] == "25":
                self.has_cursor = is_set
        elif sequence not in (("", "", "K"),) and sequence[2] != "m":
            self.unknown.append("".join(sequence))
