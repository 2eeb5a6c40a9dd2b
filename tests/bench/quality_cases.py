"""The calls of the laboratory: how each talks, what happens to it, and where that comes from.

Which packets are lost stands in each case, by their numbers: the same in each run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import cycle

TALK_S = 30.0
ONSET_S = 10.0  # of what begins in the call; else it is there from the first packet on
FRAMES_MS = (20, 30, 60)


@dataclass(frozen=True)
class Voice:
    name: str
    schedule: list
    per_second: float = 50.0


def steady(codec: str, frame_ms: int) -> Voice:
    """A codec of 64 kbit/s."""
    return Voice(f"{codec}/{frame_ms}", [[60, 1000 / frame_ms, 8 * frame_ms + 12]], 1000 / frame_ms)


def opus(frame_ms: int) -> Voice:
    """Without DTX: where the voice pauses as many packets come, shorter ones."""
    chance = random.Random(f"opus {frame_ms}")
    schedule = []
    for turn in range(60_000 // (3 * frame_ms)):
        for _ in range(3):
            length = frame_ms * (1.0 if (turn * 3 * frame_ms // 1000) % 4 == 3 else 4.0) * chance.uniform(0.75, 1.25)
            schedule.append([frame_ms / 1000, 1000 / frame_ms, 12 + max(8, round(length))])
    return Voice(f"opus/{frame_ms}", schedule, 1000 / frame_ms)


VOICES = [voice for frame_ms in FRAMES_MS for voice in (steady("g711", frame_ms), steady("g722", frame_ms), opus(frame_ms))]


@dataclass(frozen=True)
class Case:
    name: str
    voice: Voice
    cause: str | None = None  # of what its listeners hear, if that is not good
    is_known: bool = True  # it has a clock
    lost: frozenset[int] = frozenset()  # packets of the other end, outside
    lost_at_home: frozenset[int] = frozenset()  # packets of the phone, before the router
    holds: tuple[tuple[float, float], ...] = ()  # of the phone's packets, on the air
    full: str | None = None  # the direction that transfers fill
    up_buffer_ms: int = 200
    down_buffer_ms: int = 200
    onset_s: float = 0.0
    has_qos: bool = False

    @property
    def title(self) -> str:
        return f"{self.name}, {self.voice.name}" + (f", from {self.onset_s:.0f} s on" if self.onset_s else "")


def at_random(name: str, voice: Voice, percent: float, onset_s: float = 0.0) -> frozenset[int]:
    chance = random.Random(f"{name} {voice.name}")
    return frozenset(i for i in range(2000) if i >= onset_s * voice.per_second and chance.random() * 100 < percent)


def in_bursts(name: str, voice: Voice, percent: float, packets: float, onset_s: float = 0.0) -> frozenset[int]:
    """Gilbert's model: so many packets a burst on the mean."""
    chance = random.Random(f"{name} {voice.name}")
    ends, begins = 1 / packets, percent / 100 / packets / (1 - percent / 100)
    lost, is_bad = set(), False
    for i in range(2000):
        is_bad = chance.random() >= ends if is_bad else chance.random() < begins
        if is_bad and i >= onset_s * voice.per_second:
            lost.add(i)
    return frozenset(lost)


def in_gaps(voice: Voice, seconds: float, every_s: float, first_s: float = 7.3) -> frozenset[int]:
    return frozenset(i for i in range(2000) if i >= first_s * voice.per_second and (i / voice.per_second - first_s) % every_s < seconds)


def held(seconds: float, every_s: float, onset_s: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Uneven by a tenth, so that it keeps no step with the clock of any reading."""
    chance = random.Random(f"air {seconds} {every_s}")
    count = int((TALK_S - onset_s) / every_s)
    return tuple((onset_s + i * every_s + chance.uniform(0, every_s / 10), seconds) for i in range(count))


def known_cases() -> list[Case]:
    voices = cycle(VOICES)
    cases = [Case("nothing", next(voices)) for _ in range(6)]
    for percent in (0.5, 1, 2, 3, 5, 7, 10):
        for onset_s in (0.0, ONSET_S):
            name, voice = f"{percent} % lost outside", next(voices)
            cases.append(Case(name, voice, "far_end", lost=at_random(name, voice, percent, onset_s), onset_s=onset_s))
    for percent, packets, onset_s in ((1, 3, 0.0), (3, 3, ONSET_S), (5, 3, 0.0), (10, 3, ONSET_S), (2, 8, 0.0), (5, 8, ONSET_S), (8, 8, 0.0), (10, 8, 0.0), (4, 20, 0.0)):
        name, voice = f"{percent} % lost outside, bursts of {packets}", next(voices)
        cases.append(Case(name, voice, "far_end", lost=in_bursts(name, voice, percent, packets, onset_s), onset_s=onset_s))
    for percent, onset_s in ((1, 0.0), (3, ONSET_S), (5, 0.0), (10, ONSET_S)):
        name, voice = f"{percent} % lost on the air", next(voices)
        cases.append(Case(name, voice, "home", lost_at_home=at_random(name, voice, percent, onset_s), onset_s=onset_s))
    for percent, packets, onset_s in ((4, 4, 0.0), (10, 4, ONSET_S)):
        name, voice = f"{percent} % lost on the air, bursts of {packets}", next(voices)
        cases.append(Case(name, voice, "home", lost_at_home=in_bursts(name, voice, percent, packets, onset_s), onset_s=onset_s))
    for seconds, every_s in ((0.3, 5.0), (0.5, 2.5), (1.0, 30.0), (1.0, 6.0), (2.0, 8.0)):
        voice = next(voices)
        cases.append(Case(f"gaps of {seconds} s each {every_s:g} s", voice, "far_end", lost=in_gaps(voice, seconds, every_s)))
    for seconds, every_s, onset_s in ((0.1, 0.7, 0.0), (0.15, 0.5, ONSET_S), (0.3, 2.0, 0.0), (0.5, 1.4, 0.0), (0.6, 1.2, ONSET_S)):
        cases.append(Case(f"the air holds for {seconds} s each {every_s} s", next(voices), "home", holds=held(seconds, every_s, onset_s), onset_s=onset_s))
    for buffer_ms, onset_s in ((50, 0.0), (100, ONSET_S), (200, 0.0), (350, ONSET_S), (500, 0.0)):
        cases.append(Case(f"queue up of {buffer_ms} ms", next(voices), "upload", full="up", up_buffer_ms=buffer_ms, onset_s=onset_s))
        cases.append(Case(f"queue down of {buffer_ms} ms", next(voices), "download", full="down", down_buffer_ms=buffer_ms, onset_s=ONSET_S - onset_s))
    for direction, onset_s in (("up", 0.0), ("up", ONSET_S), ("down", 0.0), ("down", ONSET_S)):
        cases.append(Case(f"queue {direction} of 400 ms, QoS", next(voices), None, full=direction, up_buffer_ms=400, down_buffer_ms=400, onset_s=onset_s, has_qos=True))
    name, voice = "5 % lost outside, the upload full, QoS", next(voices)
    cases.append(Case(name, voice, "far_end", lost=at_random(name, voice, 5), full="up", up_buffer_ms=300, has_qos=True))
    return cases


def picture(frames: int, bytes_each: int, bundled: bool) -> list:
    """Frames of many packets whose size changes with what moves; bundled with a voice of 50 packets a second."""
    chance = random.Random(f"picture {frames} {bytes_each}")
    schedule = []
    for _ in range(60 * frames):
        packets = max(1, round(chance.expovariate(1200 / bytes_each)))
        schedule.append([1 / frames, packets * frames + (50 if bundled else 0), min(1200, chance.randrange(700, 1200))])
    return schedule


def unknown_cases() -> list[Case]:
    pauses = [[1.3, 50, 92], [0.9, 2.5, 14], [2.4, 50, 92], [1.7, 2.5, 14]]
    voices = [
        Voice("opus with DTX", [[1.2, 50, 72], [1.6, 2.5, 14]]),
        Voice("opus with DTX, long turns", pauses),
        Voice("G.729 with silence", [[1.0, 50, 32], [2.0, 0, 0], [3.5, 50, 32], [0.7, 0, 0]]),
        Voice("video", picture(25, 4000, False)),
        Voice("video and voice bundled", picture(15, 2500, True)),
    ]
    cases = [Case("nothing", voice, is_known=False) for voice in voices]
    name, voice = "5 % lost outside", voices[1]
    return [*cases, Case(name, voice, "far_end", is_known=False, lost=at_random(name, voice, 5))]


CASES = known_cases() + unknown_cases()
assert len(known_cases()) == 60
