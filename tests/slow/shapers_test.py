#!/usr/bin/env python3
"""Calls on a full line with the real HFSC and CAKE, for a kernel that has them; run.py brings one along and runs this in it.

Such a kernel switches slowly, for every program that is started costs it much; so the calls are judged, and not how soon they are good.
"""

from __future__ import annotations

import json
import re
import sys
import time
import unittest
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("bench", "netns", "e2e/lib")]
from call import Call  # noqa: E402
from daemon import Daemon  # noqa: E402
from effect_bench import SITUATIONS, show, summary  # noqa: E402
from effect_case import Stage  # noqa: E402
from effect_ways import WAYS  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home, HomeError, Unavailable  # noqa: E402
from line_meter import byte_meter  # noqa: E402
from peers import Transfer  # noqa: E402

SITUATION = next(situation for situation in SITUATIONS if situation.name == "up-1s")
TALK_S = 22.0
LARGE = [[60, 50, 532]]  # 560 bytes with the headers: over what the stock rules of qos-scripts take for voice
TICK_S = 1.0  # monitor.interval
LOOK_S = 0.25  # what looking at the classes may take here


def way_of(name: str):
    return next(way for way in WAYS if way.name == name)


class Shapers(unittest.TestCase):
    @skipping
    def test_each_actuator_heals_a_call_on_a_full_line(self):
        with Home(line=SITUATION.line) as home:
            stage = Stage(home, SITUATION)
            show(None)
            idle, without = stage.without()
            show(summary(SITUATION, "idle", [idle]))
            show(summary(SITUATION, "without QoS", [without]))
            self.assertGreater(idle["mos"], 4.2)
            self.assertLess(without["mos"], 2.0)
            for way in map(way_of, ("tc", "cake-rate", "qos-scripts", "sqm-scripts")):
                with self.subTest(way.name):
                    reason = way.why_not(home)
                    if reason:
                        raise Unavailable(f"{way.name}: {reason}")
                    found = stage.with_qos(way, TALK_S)
                    show(summary(SITUATION, way.name, [found]))
                    self.assertNotIn("failed", found)
                    self.assertIsNotNone(found["good_s"])
                    self.assertGreater(found["mos"], 4.0)
                    self.assertIsNotNone(found["left_percent"], "nothing of the upload was seen beside the call")
                    self.assertGreater(found["left_percent"], 50)
                    if way.name == "tc":
                        self.assertTrue(any(line.startswith("qdisc cake ca1c:") for line in found["qdiscs"]), f"the rest is not in CAKE: {found['qdiscs']}")

    @skipping
    def test_a_call_of_large_packets_is_in_express_one_tick_after_it_was_detected(self):
        with Home(line=SITUATION.line) as home:
            daemon = self.switch_on(home, "qos-scripts")
            with Call(home, schedule=LARGE) as call:
                seen = wait_until(lambda: self.packets(home)["1:20"] > 0 and time.time(), 15, every=0.02)
                self.assertTrue(seen, daemon.log_text())
                self.assertGreater(self.packets(home)["1:40"], 10, "the stock rules alone put it into Bulk")
                time.sleep(0.3)
                before, down_before = self.packets(home), self.packets(home, "ifb0")
                time.sleep(1.5)
                after, down_after = self.packets(home), self.packets(home, "ifb0")
                call.hang_up()
            said = re.search(r"^(\S+) info call started", daemon.log_text(), re.MULTILINE)
            self.assertIsNotNone(said, daemon.log_text())
            detected = datetime.fromisoformat(said.group(1)).timestamp()
            print(f"detected {detected - call.started_ns / 1e9:.2f} s after its first packet, in Express at most {seen - detected:.2f} s later")
            self.assertLess(seen - detected, TICK_S + LOOK_S)
            self.assertGreater(after["1:20"] - before["1:20"], 50)
            self.assertEqual(after["1:40"], before["1:40"], "not one packet is Bulk any more")
            self.assertGreater(down_after["1:20"] - down_before["1:20"], 50, "the other direction too")

            meter = byte_meter(home, "server", "eth0")
            Transfer(home, seconds=60)
            time.sleep(4)
            with Call(home, schedule=LARGE, port=7090, callee_port=7090) as call:
                time.sleep(7)
                call.hang_up()
            # A call is known within two seconds here.
            for name, quality in {"as Bulk": call.quality("up", None, call.started_ns + 500_000_000), "as Express": call.quality("up", call.started_ns + 2_000_000_000)}.items():
                print(f"beside an upload, {name}: {quality}")
            self.assertGreater(quality.mos, 4.0)
            # The line is full while it is so good: 50 packets of 574 bytes are 230 kbit/s of it.
            carried = meter.kbit(call.started_ns + 2_000_000_000, call.hung_up_ns or 0)
            self.assertGreater(carried or 0, 700)
            self.assertEqual(daemon.stop(), 0)
            self.assertNotIn("hfsc", home.run("router", ["tc", "qdisc", "show"]).stdout)
            self.assertNotIn("voip-qosd", home.run("router", ["iptables", "-w", "-t", "mangle", "-S"]).stdout)

    @skipping
    def test_a_call_without_dscp_is_in_the_voice_tin_of_cake_both_ways(self):
        with Home(line=SITUATION.line) as home:
            daemon = self.switch_on(home, "sqm-scripts")
            with Call(home, tos=0):
                self.assertTrue(wait_until(lambda: self.voice(home, "wan") > 5, 15, every=0.1), daemon.log_text())
                before = {device: self.voice(home, device) for device in ("wan", "ifb4wan")}
                time.sleep(1.5)
                for device, packets in before.items():
                    self.assertGreater(self.voice(home, device) - packets, 50, device)
            self.assertEqual(daemon.stop(), 0)
            self.assertNotIn("cake", home.run("router", ["tc", "qdisc", "show"]).stdout)

    def switch_on(self, home: Home, name: str) -> Daemon:
        """A daemon with that way, whose QoS is on without a call."""
        way = way_of(name)
        if reason := way.why_not(home):
            raise Unavailable(reason)
        programs = way.install(home)
        settings = {"qos": {"actuator": way.actuator, "wan": "wan", **way.settings(home.line, programs)}}
        daemon = Daemon(home, settings, programs=programs).start()
        daemon.command("qos", "on", "--for", "5m")
        self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 30, every=0.2), daemon.log_text())
        return daemon

    @staticmethod
    def voice(home: Home, device: str) -> int:
        """Packets in the last tin of the CAKE of the device, which is the one for voice."""
        listing = json.loads(home.run("router", ["tc", "-j", "-s", "qdisc", "show", "dev", device, "root"]).stdout)
        return listing[0]["tins"][-1]["sent_packets"]

    @staticmethod
    def packets(home: Home, device: str = "wan") -> dict[str, int]:
        """What has passed each class of the device so far."""
        text = home.run("router", ["tc", "-s", "class", "show", "dev", device]).stdout
        found = {name: int(number) for name, number in re.findall(r"^class hfsc (1:\d+) .*\n Sent \d+ bytes (\d+) pkt", text, re.MULTILINE)}
        if "1:20" not in found:
            raise HomeError(f"{device} has no classes: {text!r}")
        return found


if __name__ == "__main__":
    main()
