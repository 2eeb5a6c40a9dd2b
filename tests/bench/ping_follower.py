#!/usr/bin/env python3
"""The rival that follows a line by pings, with the constants that cake-autorate publishes (defaults.sh, 3.2): our own script, upload only.

    ping_follower.py DEVICE TARGET LEAST_KBIT BASE_KBIT MOST_KBIT

Six pings each 0.3 s. Half of a round trip counts as the delay; its baseline follows slowly up and fast down. Three of the last six delays 30 ms
above it are bufferbloat: the rate is multiplied by 0.99 to 0.75, as the mean excess goes from 30 to 60 ms, at most each 0.3 s. Under a load of
75 % and without bufferbloat it is multiplied by up to 1.04 each 0.2 s, when the load is measured; without a load it goes back to the base by 1 % a second.
What it needs and we do not: the least, the base and the most of the line. CAKE is not in every kernel: the shaper is an HTB whose first class
are calls (UDP), as CAKE's voice tin would be, so that only the rate differs. Standard library only.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections import deque

PINGS, EVERY_S = 6, 0.3
BLOAT_MS, MOST_BLOAT_MS, WINDOW, BLOATED = 30.0, 60.0, 6, 3
UP_BELOW_MS, UP, DOWN, MOST_DOWN = 10.0, 1.04, 0.99, 0.75
HIGH_LOAD, BLOAT_PAUSE_S, DECAY_PAUSE_S, DECAY = 0.75, 0.3, 1.0, 0.01
BASELINE_UP, BASELINE_DOWN = 0.001, 0.9
ACHIEVED_EVERY_S = 0.2


def tc(*lines: str) -> None:
    subprocess.run(["tc", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


class Shaper:
    def __init__(self, device: str, kbit: float):
        self._device, self._kbit = device, kbit
        tc(
            f"qdisc replace dev {device} root handle 1: htb default 20",
            self._class("add", "1:", "1:1", kbit, kbit, 0),
            self._class("add", "1:1", "1:10", 500, kbit, 0),
            self._class("add", "1:1", "1:20", kbit, kbit, 1),
            f"qdisc add dev {device} parent 1:20 handle 20: pfifo limit 50",
            f"filter add dev {device} parent 1: protocol ip prio 1 u32 match ip protocol 17 0xff flowid 1:10",
            f"filter add dev {device} parent 1: protocol ip prio 2 u32 match ip protocol 1 0xff flowid 1:10",
        )

    def set(self, kbit: float) -> None:
        if abs(kbit - self._kbit) >= 1:
            self._kbit = kbit
            tc(*(self._class("change", parent, name, 500 if name == "1:10" else kbit, kbit, prio) for parent, name, prio in (("1:", "1:1", 0), ("1:1", "1:10", 0), ("1:1", "1:20", 1))))

    def _class(self, what: str, parent: str, name: str, rate: float, ceil: float, prio: int) -> str:
        return f"class {what} dev {self._device} parent {parent} classid {name} htb rate {int(rate)}kbit ceil {int(ceil)}kbit burst 3028 cburst 3028 prio {prio} quantum 1514"


class Controller:
    """What cake-autorate does of each delay, for one direction; times in seconds, rates in kbit/s."""

    def __init__(self, least: float, base: float, most: float):
        self.least, self.base, self.most = least, base, most
        self.kbit, self._achieved = base, 0.0
        self._baseline: float | None = None
        self._mean_delta = 0.0
        self._late: deque[bool] = deque([False] * WINDOW, maxlen=WINDOW)
        self._deltas: deque[float] = deque([0.0] * WINDOW, maxlen=WINDOW)
        self._bloated_at = self._decayed_at = -1e9
        self._is_news = False  # the achieved rate, by which the rate goes up once

    def achieved(self, kbit: float) -> None:
        self._achieved, self._is_news = kbit, True

    def delay(self, ms: float, now: float) -> float:
        baseline = ms if self._baseline is None else self._baseline
        weight = BASELINE_UP if ms >= baseline else BASELINE_DOWN
        self._baseline = weight * ms + (1 - weight) * baseline
        delta = ms - self._baseline
        self._late.append(delta > BLOAT_MS)
        self._deltas.append(delta)
        mean = sum(self._deltas) / WINDOW
        load = self._achieved / self.kbit
        if sum(self._late) >= BLOATED:
            if now - self._bloated_at > BLOAT_PAUSE_S:
                excess = min(1.0, max(0.0, (mean - BLOAT_MS) / (MOST_BLOAT_MS - BLOAT_MS)))
                self.kbit *= DOWN - (DOWN - MOST_DOWN) * excess
                self._bloated_at = now
        elif load > HIGH_LOAD:
            if self._is_news and now - self._bloated_at > BLOAT_PAUSE_S:
                self._is_news = False
                calm = min(1.0, max(0.0, (BLOAT_MS - mean) / (BLOAT_MS - UP_BELOW_MS)))
                self.kbit *= 1 + (UP - 1) * calm
        elif now - self._decayed_at > DECAY_PAUSE_S:
            self.kbit = max(self.kbit * (1 - DECAY), self.base) if self.kbit > self.base else min(self.kbit * (1 + DECAY), self.base)
            self._decayed_at = now
        self.kbit = min(max(self.kbit, self.least), self.most)
        return self.kbit


def sent_bytes(device: str) -> int:
    with open("/proc/net/dev") as counters:
        return next(int(line.split(":")[1].split()[8]) for line in counters if line.split(":")[0].strip() == device)


def checksum(packet: bytes) -> int:
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def main() -> None:
    device, target = sys.argv[1:3]
    least, base, most = (float(text) for text in sys.argv[3:6])
    controller = Controller(least, base, most)
    shaper = Shaper(device, base)
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    mine = os.getpid() & 0xFFFF
    print("ready", flush=True)
    begin = time.monotonic()
    number, read_at, read = 0, begin, sent_bytes(device)
    while True:
        now = time.monotonic()
        if now - read_at >= ACHIEVED_EVERY_S:
            total = sent_bytes(device)
            controller.achieved((total - read) * 8 / 1000 / (now - read_at))
            read_at, read = now, total
        if now - begin >= number * EVERY_S / PINGS:
            body = struct.pack("!HHd", mine, number & 0xFFFF, now) + bytes(40)
            header = struct.pack("!BBH", 8, 0, checksum(struct.pack("!BBH", 8, 0, 0) + body))
            icmp.sendto(header + body, (target, 0))
            number += 1
        if not select.select([icmp], [], [], 0.005)[0]:
            continue
        packet = icmp.recv(2048)
        message = packet[(packet[0] & 0xF) * 4 :]
        if len(message) >= 16 and message[0] == 0 and struct.unpack("!H", message[4:6])[0] == mine:
            now = time.monotonic()
            round_trip_ms = (now - struct.unpack("!d", message[8:16])[0]) * 1000
            shaper.set(controller.delay(round_trip_ms / 2, now))


if __name__ == "__main__":
    main()
