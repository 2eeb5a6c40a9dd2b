"""The evening that voip-qosd is for: an upload fills the line, and somebody makes a phone call. Once without the daemon, once with it.

play() runs it in a home in a box, tells an audience what happens, and returns what was measured. Judged by the kernel's own word (conntrack,
qdiscs) and by the clock of the call's packets, not by what the daemon claims; its claims (MQTT or `status`) are measured beside them.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from daemon import Daemon, TcWatch, is_shaped, merged
from emodel import Quality
from home import Home, HomeError
from news import MqttNews, News, StatusNews
from peers import Transfer
from sip_dialog import SipCall

# What must hold, see Result.checks().
MOS_WITHOUT_BELOW = 2.0
MOS_WITH_ABOVE = 4.0
HEARD_WITHIN_S = 2.0
SETTLED_WITHIN_S = 3.0
DELAY_P95_BELOW_MS = 60.0
RELEASE_SLACK_S = 2.0

_UPLOAD_FILLS_S = 4.0  # so long four cubic streams take to fill one second of buffer


@dataclass
class Plan:
    with_broker: bool = True
    talk_without_s: float = 8.0
    talk_with_s: float = 16.0
    release_after_s: float = 5.0
    settings: dict = field(default_factory=dict)  # laid over the daemon's configuration


class Audience:
    """Hears what happens; this one listens and says nothing."""

    def phase(self, title: str) -> None:
        """A new part begins."""

    def note(self, who: str, text: str) -> None:
        """Somebody (laptop, phone, router, daemon, judge) did something."""

    def speech(self, quality: Quality | None) -> None:
        """What the far end heard in the last second; None: nothing."""

    def message(self, message) -> None:
        """An MQTT message arrived at the phone."""

    def state(self, state: dict) -> None:
        """The daemon's state changed (only where there is no broker)."""


@dataclass
class Check:
    name: str
    value: float | None
    limit: float
    unit: str
    must_be: str  # "<" or ">"

    @property
    def ok(self) -> bool:
        return self.value is not None and (self.value < self.limit if self.must_be == "<" else self.value > self.limit)


@dataclass
class Side:
    """One of the two calls; speech from the phone to the server crosses the line that the upload fills."""

    up: Quality
    down: Quality
    setup_s: float
    upload_kbit: float

    @property
    def mos(self) -> float:
        return min(self.up.mos, self.down.mos)

    @property
    def p95_ms(self) -> float:
        return max(self.up.p95_ms, self.down.p95_ms)

    @property
    def unheard_percent(self) -> float:
        return max(self.up.loss_percent + self.up.late_percent, self.down.loss_percent + self.down.late_percent)

    def as_dict(self) -> dict:
        return {"up": self.up.as_dict(), "down": self.down.as_dict(), "mos": round(self.mos, 2), "setup_s": round(self.setup_s, 3), "upload_kbit": round(self.upload_kbit)}


@dataclass
class Result:
    with_broker: bool
    release_after_s: float
    without: Side
    with_qos: Side
    heard_s: float | None  # first RTP packet -> the daemon says that there is a call
    on_s: float | None  # first RTP packet -> shaper in the kernel
    switch_s: float | None  # call heard -> shaper in the kernel
    settled_s: float | None  # shaper in the kernel -> delay stays below the limit
    off_s: float | None  # hang-up -> shaper gone from the kernel
    said_on_s: float | None  # shaper in the kernel -> the daemon says ON
    said_off_s: float | None

    def checks(self) -> list[Check]:
        return [
            Check("MOS without QoS", self.without.mos, MOS_WITHOUT_BELOW, "", "<"),
            Check("MOS with QoS", self.with_qos.mos if self.on_s is not None else None, MOS_WITH_ABOVE, "", ">"),
            Check("call heard after its first packet", self.heard_s, HEARD_WITHIN_S, " s", "<"),
            Check(f"delay p95 from {SETTLED_WITHIN_S:.0f} s after QoS on", self.with_qos.p95_ms if self.on_s is not None else None, DELAY_P95_BELOW_MS, " ms", "<"),
            Check("QoS off after hang-up", self.off_s, self.release_after_s + RELEASE_SLACK_S, " s", "<"),
        ]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks())

    def as_dict(self) -> dict:
        seconds = {key: value if value is None else round(value, 3) for key, value in vars(self).items() if key.endswith("_s")}
        checks = [{"name": c.name, "value": c.value, "must_be": c.must_be, "limit": c.limit, "ok": c.ok} for c in self.checks()]
        return {"ok": self.ok, "with_broker": self.with_broker, "without": self.without.as_dict(), "with_qos": self.with_qos.as_dict(), **seconds, "checks": checks}


def settings(home: Home, plan: Plan) -> dict:
    """The configuration that a household would write for this line."""
    line = home.line
    base = {
        "node": {"id": "home", "name": "Home router"},
        "device": [{"name": "Kitchen phone", "address": home.address("phone"), "role": "phone"}],
        "policy": {"release_after": _duration(plan.release_after_s), "min_on": "3s", "min_off": "1s"},
        "qos": {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": (line.up_kbit or 0) * 95 // 100, "download_kbit": (line.down_kbit or 0) * 95 // 100}},
    }
    return merged(base, plan.settings)


class Stage:
    """Everything that stands while the scenario runs; `--stay` keeps it."""

    def __init__(self, home: Home, plan: Plan, audience: Audience):
        self.home, self.plan, self.audience = home, plan, audience
        self.broker = home.broker() if plan.with_broker else None
        self.daemon = Daemon(home, settings(home, plan), broker=self.broker)
        self.watch = TcWatch(home)
        self.upload: Transfer | None = None
        self.news: News = MqttNews(self.broker, self.daemon.base_topic, on_message=audience.message) if self.broker else StatusNews(self.daemon, on_state=audience.state)

    def play(self) -> Result:
        home, tell = self.home, self.audience
        line = home.line
        tell.phase("Without voip-qosd")
        tell.note("laptop", f"uploads: {line.up_kbit} kbit/s of line, {line.up_buffer_ms} ms of buffer in the modem")
        self.upload = Transfer(home, seconds=3600)
        time.sleep(_UPLOAD_FILLS_S)
        without = self._call_without()

        tell.phase("With voip-qosd")
        self.daemon.start()
        tell.note("daemon", "runs on the router, and sees nothing but the upload")
        time.sleep(2.0)
        if is_shaped(home):
            raise HomeError(f"QoS came on without any call: {self.daemon.log_text()[-2000:]}")
        return self._call_with(without)

    def _call_without(self) -> Side:
        before = self._line_bytes()
        self.audience.note("phone", f"calls {self.home.address('server')}")
        with SipCall(self.home, talk_s=self.plan.talk_without_s) as call, _Ticker(call, self.audience):
            self.audience.note("server", f"answers after {_setup_s(call):.1f} s")
            call.wait_hung_up()
            rate = self._upload_kbit(call, before)
            self.audience.note("phone", "hangs up")
        side = Side(call.media.quality("up"), call.media.quality("down"), _setup_s(call), rate)
        self.audience.note("judge", f"MOS {side.mos:.2f}")
        return side

    def _call_with(self, without: Side) -> Result:
        home, tell, release = self.home, self.audience, self.plan.release_after_s
        before = self._line_bytes()
        tell.note("phone", f"calls {home.address('server')} again")
        with SipCall(home, talk_s=self.plan.talk_with_s) as call, _Ticker(call, tell):
            first = call.media.started_ns
            tell.note("server", f"answers after {_setup_s(call):.1f} s")
            on = self.watch.wait_for(True, first, 10)
            heard = self.news.wait(lambda s: bool(s.get("call_active")), first, 5)
            if heard and on:
                heard = min(heard, on)  # `status` is asked ten times a second: the shaper may be the first sign that it was heard
            said_on = self.news.wait(lambda s: s.get("qos") == "ON", first, 5)
            if heard:
                tell.note("daemon", f"heard the call {(heard - first) / 1e9:.2f} s after its first packet")
            tell.note("router", f"the shaper is in the kernel {(on - first) / 1e9:.2f} s after the first packet" if on else "no shaper within 10 s")
            call.wait_hung_up()
            rate = self._upload_kbit(call, before)
            tell.note("phone", "hangs up")
            hung_up = call.hung_up_ns or time.time_ns()
            off = self.watch.wait_for(False, hung_up, release + 8) if on else None
            said_off = self.news.wait(lambda s: s.get("qos") == "OFF", hung_up, 5) if on else None
            gone = f"the shaper is gone {(off - hung_up) / 1e9:.2f} s after the hang-up; release_after is {_duration(release)}" if off else "no shaper was removed"
            tell.note("router", gone)
        judged_from = (on or first) + int(SETTLED_WITHIN_S * 1e9)
        side = Side(call.media.quality("up", judged_from), call.media.quality("down", judged_from), _setup_s(call), rate)
        tell.note("judge", f"MOS {side.mos:.2f}, from {SETTLED_WITHIN_S:.0f} s after QoS came on")
        return Result(
            with_broker=self.broker is not None,
            release_after_s=release,
            without=without,
            with_qos=side,
            heard_s=_seconds(first, heard),
            on_s=_seconds(first, on),
            switch_s=_seconds(heard, on),
            settled_s=call.media.stays_below(DELAY_P95_BELOW_MS, on) if on else None,
            off_s=_seconds(hung_up, off),
            said_on_s=_seconds(on, said_on),
            said_off_s=_seconds(off, said_off),
        )

    def _line_bytes(self) -> tuple[float, int]:
        """What the line has carried upwards so far: (when, bytes), of the provider's own bucket."""
        text = self.home.run("isp", ["tc", "-s", "qdisc", "show", "dev", "srv"]).stdout
        return time.monotonic(), int(text.split("Sent ", 1)[1].split()[0])

    def _upload_kbit(self, call: SipCall, before: tuple[float, int]) -> float:
        """The rate of everything but the call since `before`."""
        at, total = self._line_bytes()
        speech = call.media.sent_count("up") * (172 + 8 + 20 + 14)
        return max(0.0, (total - before[1] - speech) * 8 / 1000 / (at - before[0]))


class _Ticker:
    """Tells the audience each second what is heard."""

    def __init__(self, call: SipCall, audience: Audience):
        self._call, self._audience = call, audience
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "_Ticker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(timeout=2)

    def _tick(self) -> None:
        while not self._ends.wait(1.0) and self._call.hung_up_ns is None:
            self._audience.speech(self._call.media.recent("up"))


def play(home: Home, plan: Plan, audience: Audience | None = None) -> Result:
    """The whole evening, once. Raises HomeError when the lab or the daemon fails outright."""
    stage = Stage(home, plan, audience or Audience())
    try:
        return stage.play()
    finally:
        stage.news.close()
        if stage.daemon.is_running:
            stage.daemon.stop()


def _setup_s(call: SipCall) -> float:
    return ((call.answered_ns or 0) - (call.invited_ns or 0)) / 1e9


def _seconds(from_ns: int | None, to_ns: int | None) -> float | None:
    return None if from_ns is None or to_ns is None else (to_ns - from_ns) / 1e9


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds % 1 else f"{round(seconds)}s"
