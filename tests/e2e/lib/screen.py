"""The demo as a person reads it: aligned, coloured on a terminal (NO_COLOR is honoured), plain ASCII with --plain."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time

from emodel import Quality
from scenario import Audience, Check, Result

_COLORS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36"}
_WHO = {"laptop": "yellow", "phone": "cyan", "router": "blue", "daemon": "green", "mqtt": "magenta", "status": "magenta", "judge": "bold"}
_RATES_EVERY_S = 5.0
_SPEECH_EVERY_S = 1.9  # where nothing changes
_BAR_CELLS = 20
_BAR_FULL_MS = 1000.0


class Screen(Audience):
    """Thread-safe: messages and seconds arrive from several threads."""

    def __init__(self, *, plain: bool = False, stream=None):
        self._out = stream or sys.stdout
        is_terminal = self._out.isatty()
        self._plain = plain or not (self._out.encoding or "").lower().startswith("utf")
        self._color = is_terminal and not plain and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._width = shutil.get_terminal_size((118, 40)).columns if is_terminal else 140
        self._begin = time.monotonic()
        self._lock = threading.Lock()
        self._phases = 0
        self._rates_at = -_RATES_EVERY_S
        self._speech = (0.0, "")
        self._known: dict[str, dict] = {}

    # -- what happens ----------------------------------------------------------------------------------------------------------

    def title(self, text: str, below: str) -> None:
        self._print(f"\n{self._paint('bold', text)}\n{self._paint('dim', below)}")

    def phase(self, title: str) -> None:
        self._phases += 1
        self._speech = (0.0, "")
        rule = ("-" if self._plain else "─") * max(4, min(self._width, 100) - len(title) - 6)
        self._print(f"\n{self._paint('bold', f' {self._phases}  {title}')} {self._paint('dim', rule)}")

    def note(self, who: str, text: str) -> None:
        self._line(who, text)

    def speech(self, quality: Quality | None) -> None:
        mos = quality.mos if quality else 1.0
        color = "green" if mos >= 4 else "yellow" if mos >= 3 else "red"
        word = "clear" if mos >= 4 else "tiring" if mos >= 3 else "bad" if mos >= 2 else "useless"
        if word == self._speech[1] and time.monotonic() - self._speech[0] < _SPEECH_EVERY_S:
            return
        self._speech = (time.monotonic(), word)
        if quality is None:
            self._line("speech", self._paint(color, "nothing is heard"))
            return
        unheard = quality.loss_percent + quality.late_percent
        self._line("speech", self._paint(color, f"{self._bar(quality.p95_ms)} delay {quality.p95_ms:4.0f} ms   missing {unheard:3.0f} %   MOS {mos:.1f}  {word}"))

    def message(self, message) -> None:
        topic, payload = message.topic, message.payload
        if topic.startswith("homeassistant/"):
            self._line("mqtt", f"{topic}  {self._paint('dim', f'(discovery for Home Assistant, {len(payload)} bytes)')}")
            return
        if topic.endswith("/rates"):
            if time.monotonic() - self._rates_at < _RATES_EVERY_S:
                return
            self._rates_at = time.monotonic()
        self._line("mqtt", f"{topic}  {self._paint('dim', self._changes(topic, payload))}")

    def state(self, state: dict) -> None:
        self._line("status", self._paint("dim", self._changes("status", json.dumps(state))))

    # -- the end ---------------------------------------------------------------------------------------------------------------

    def result(self, result: Result) -> None:
        without, healed = result.without, result.with_qos
        rows = [
            ("MOS (1 useless ... 4.4 perfect)", f"{without.mos:.2f}", f"{healed.mos:.2f}"),
            ("one-way delay, p95", f"{without.p95_ms:.0f} ms", f"{healed.p95_ms:.1f} ms"),
            ("speech missing (lost or too late)", f"{without.unheard_percent:.1f} %", f"{healed.unheard_percent:.1f} %"),
            ("jitter", f"{without.up.jitter_ms:.1f} ms", f"{healed.up.jitter_ms:.1f} ms"),
            ("time until the call was answered", f"{without.setup_s:.1f} s", f"{healed.setup_s:.1f} s"),
            ("upload beside the call", f"{without.upload_kbit:.0f} kbit/s", f"{healed.upload_kbit:.0f} kbit/s"),
        ]
        self._print("\n" + self._paint("bold", f" {'The call':36}{'without QoS':>14}{'with QoS':>14}"))
        for name, left, right in rows:
            self._print(f" {name:36}{self._paint('red', f'{left:>14}')}{self._paint('green', f'{right:>14}')}")
        self._print("\n" + self._paint("bold", f" {'The switch':36}{'':>14}{'took':>14}"))
        times = [
            ("call heard after its first packet", result.heard_s),
            ("shaper in place after that", result.switch_s),
            ("delay below 60 ms after that", result.settled_s),
            (f"QoS off after hang-up (release {result.release_after_s:g} s)", result.off_s),
        ]
        for name, seconds in times:
            shown = "never" if seconds is None else f"{seconds:.2f} s"
            self._print(f" {name:36}{'':>14}{self._paint('red' if seconds is None else 'green', f'{shown:>14}')}")
        self._print("\n" + self._paint("bold", " What must hold"))
        for check in result.checks():
            self._print(self._checked(check))
        self._print("")

    def print(self, text: str = "") -> None:
        self._print(text)

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _changes(self, topic: str, payload: str) -> str:
        """A JSON object as `key value` pairs, of a state that was shown before only what is new; anything else as it is."""
        content = _object(payload)
        if content is None:
            return payload
        known: dict = {}
        if topic.endswith(("/state", "status")):
            known, self._known[topic] = self._known.get(topic, {}), content
        new = {key: item for key, item in content.items() if key not in known or known[key] != item} or content
        parts = [f"{key} {json.dumps(item, ensure_ascii=False) if not isinstance(item, str) else item}" for key, item in new.items()]
        return ", ".join(part for key, part in zip(new, parts) if key in known or new[key] not in (None, [], "")) or "{}"

    def _checked(self, check: Check) -> str:
        mark = ("ok" if check.ok else "FAILED") if self._plain else ("✓" if check.ok else "✗")
        value = "never" if check.value is None else f"{check.value:.2f}{check.unit}"
        return self._paint("green" if check.ok else "red", f" {mark}  {check.name:44} {value:>10}   must be {check.must_be} {check.limit:g}{check.unit}")

    def _line(self, who: str, text: str) -> None:
        seconds = time.monotonic() - self._begin
        stamp = self._paint("dim", f"{int(seconds // 60):2}:{seconds % 60:04.1f}")
        self._print(f"{stamp}  {self._paint(_WHO.get(who, 'bold'), f'{who:7}')} {text}")

    def _bar(self, delay_ms: float) -> str:
        filled = min(_BAR_CELLS, round(delay_ms / _BAR_FULL_MS * _BAR_CELLS))
        return ("[" + "#" * filled + " " * (_BAR_CELLS - filled) + "]") if self._plain else "█" * filled + "·" * (_BAR_CELLS - filled)

    def _paint(self, name: str, text: str) -> str:
        return f"\033[{_COLORS[name]}m{text}\033[0m" if self._color else text

    def _print(self, text: str) -> None:
        with self._lock:
            print(self._fit(text), file=self._out, flush=True)

    def _fit(self, text: str) -> str:
        """Cuts each line at the terminal's edge, not counting colours."""
        return "\n".join(_cut(line, self._width) for line in text.split("\n"))


def _object(payload: str) -> dict | None:
    try:
        content = json.loads(payload)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _cut(line: str, width: int) -> str:
    shown, i = 0, 0
    while i < len(line):
        if line[i] == "\033":
            i = line.index("m", i) + 1
            continue
        if shown == width - 1 and "\033" not in line[i:] and len(line) - i > 1 or shown >= width:
            return line[: max(0, i - 3)] + "..." + ("\033[0m" if "\033" in line else "")
        shown += 1
        i += 1
    return line
