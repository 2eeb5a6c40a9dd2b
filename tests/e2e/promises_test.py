#!/usr/bin/env python3
"""What the product promises, on the whole daemon in a home in a box: orders over MQTT, a broker that comes and goes, kills, signals, reloads."""

from __future__ import annotations

import json
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, is_shaped  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
    "policy": {"release_after": "2s", "min_on": "1s", "min_off": "1s"},
    "device": [{"name": "Kitchen phone", "address": "192.168.77.10"}],
}


def state_with(**wanted):
    """Fits a message on `state` whose JSON has these values."""

    def fits(message) -> bool:
        if not message.topic.endswith("/home/state"):
            return False
        state = json.loads(message.payload)
        return all(state.get(key) == value for key, value in wanted.items())

    return fits


class Orders(unittest.TestCase):
    @skipping
    def test_orders_move_the_line_and_state_confirms_what_was_seen(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            phone = broker.subscribe("#")
            order = f"{daemon.base_topic}/qos/set"
            self.assertTrue(phone.wait_for(state_with(qos="OFF", mode="auto"), 5), "the retained state is there")

            broker.publish(order, "ON")
            self.assertTrue(phone.wait_for(state_with(qos="ON", mode="on", reason="manual"), 5))
            self.assertTrue(is_shaped(home))

            since = len(phone.messages)
            broker.publish(order, "AUTO")
            self.assertTrue(phone.wait_for(state_with(qos="OFF", mode="auto", override_until=None), 5, since=since))
            self.assertFalse(is_shaped(home))

            since = len(phone.messages)
            started = time.monotonic()
            broker.publish(order, '{"state":"ON","for":"2s"}')
            self.assertTrue(phone.wait_for(state_with(qos="ON"), 2, since=since))
            self.assertTrue(phone.wait_for(state_with(qos="OFF", mode="auto"), 5, since=len(phone.messages)), "the override ends by itself")
            self.assertGreater(time.monotonic() - started, 1.9)
            self.assertFalse(is_shaped(home))

            # By hand: the answer comes once it is so.
            ordered = daemon.command("qos", "on", "--for", "30s")
            self.assertTrue(is_shaped(home))
            self.assertEqual((ordered.returncode, ordered.stdout.splitlines()[0]), (0, "QoS       on (ordered)"), ordered.stdout)
            ordered = daemon.command("qos", "auto")
            self.assertFalse(is_shaped(home))
            self.assertEqual((ordered.returncode, ordered.stdout.splitlines()[0]), (0, "QoS       off (no call)"), ordered.stdout)

            before = daemon.status()
            since = len(phone.messages)
            for garbage in ("banana", "{", '{"state":"ON","for":"soon"}', "[" * 500, "x" * 2000, "\x01\x02"):
                broker.publish(order, garbage)
                answer = phone.wait_for(lambda m: m.topic == f"{daemon.base_topic}/response/qos", 3, since=since)
                self.assertTrue(answer, f"{garbage[:40]!r} is answered")
                self.assertEqual(answer.json()["status"], "error")
                since = len(phone.messages)
            after = daemon.status()
            self.assertEqual({k: before[k] for k in ("qos", "mode", "override_until")}, {k: after[k] for k in ("qos", "mode", "override_until")})
            self.assertEqual(before["totals"]["switches"], after["totals"]["switches"], "garbage switches nothing")

    @skipping
    def test_retained_and_empty_orders_are_ignored(self):
        with Home() as home:
            broker = home.broker()
            broker.publish("voip-qos/home/qos/set", "ON", retain=True)
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            phone = broker.subscribe("#")
            broker.publish("voip-qos/home/mode/set", "")
            self.assertFalse(phone.wait_for(state_with(mode="on"), 2))
            self.assertFalse(is_shaped(home))
            self.assertEqual(daemon.stop(), 0)


class Kills(unittest.TestCase):
    @skipping
    def test_a_killed_daemon_is_offline_and_the_next_one_goes_on_with_the_call(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            phone = broker.subscribe("#")
            with Call(home) as call:
                self.assertTrue(phone.wait_for(state_with(qos="ON", reason="call"), 8), daemon.log_text())
                daemon.kill()
                self.assertTrue(phone.wait_for(lambda m: m.topic.endswith("/status") and m.payload == "offline", 15), "the will says offline")
                self.assertTrue(is_shaped(home), "the call keeps its lane")
                since = len(phone.messages)
                daemon.start()
                self.assertTrue(phone.wait_for(lambda m: m.topic.endswith("/status") and m.payload == "online", 5, since=since))
                self.assertTrue(phone.wait_for(state_with(qos="ON", reason="call", calls=1), 8, since=since), daemon.log_text())
                states = [m.json()["qos"] for m in phone.messages[since:] if m.topic.endswith("/home/state") and not m.retained]
                self.assertNotIn("OFF", states, "never off in between")
                self.assertTrue(is_shaped(home))
                call.hang_up()
            self.assertTrue(wait_until(lambda: not is_shaped(home), 12), daemon.log_text())

    @skipping
    def test_sigterm_switches_off_says_offline_and_leaves_nothing(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            phone = broker.subscribe("#")
            with Call(home):
                self.assertTrue(phone.wait_for(state_with(qos="ON"), 8), daemon.log_text())
                since = len(phone.messages)
                self.assertEqual(daemon.stop(), 0)
                self.assertFalse(is_shaped(home))
                self.assertTrue(phone.wait_for(state_with(qos="OFF", reason="stopping"), 3, since=since))
                self.assertTrue(phone.wait_for(lambda m: m.topic.endswith("/status") and m.payload == "offline", 3, since=since))
                self.assertEqual(phone.messages[-1].payload, "offline", "the last word")
            self.assertEqual(home.run("router", ["nft", "list", "tables"]).stdout.count("voip"), 0)
            self.assertNotIn("voip-ifb", home.run("router", ["ip", "link"]).stdout)
            self.assertNotIn("clsact", home.run("router", ["tc", "qdisc"]).stdout)

    @skipping
    def test_on_exit_leave_leaves_the_call_its_lane(self):
        with Home() as home:
            daemon = Daemon(home, SETTINGS | {"policy": SETTINGS["policy"] | {"on_exit": "leave"}}).start()
            daemon.command("qos", "on")
            self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 5))
            self.assertEqual(daemon.stop(), 0)
            self.assertTrue(is_shaped(home))


class Brokers(unittest.TestCase):
    @skipping
    def test_switching_goes_on_whatever_the_broker_does(self):
        with Home() as home:
            broker = home.broker()
            broker.stop()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            for fault in ("absent", "restarted", "frozen"):
                with self.subTest(fault):
                    if fault == "frozen":
                        broker.pause()
                    with Call(home) as call:
                        if fault == "restarted":
                            broker.start()
                        self.assertTrue(wait_until(lambda: is_shaped(home), 6), f"{fault}: {daemon.log_text()}")
                        call.hang_up()
                    self.assertTrue(wait_until(lambda: not is_shaped(home), 12), f"{fault}: {daemon.log_text()}")
                    time.sleep(1.2)
            broker.resume()
            broker.restart()
            phone = broker.subscribe("#")
            self.assertTrue(phone.wait_for(state_with(qos="OFF"), 40), "everything is said again")
            self.assertTrue(phone.wait_for(lambda m: m.topic.endswith("/status") and m.payload == "online", 5))
            complaints = [line for line in daemon.log_text().splitlines() if " mqtt: " in line]
            self.assertLess(len(complaints), 12, "a line for each change, not for each try")


class Reloads(unittest.TestCase):
    @skipping
    def test_a_wrong_file_is_refused_and_a_right_one_taken_without_a_gap(self):
        with Home() as home:
            daemon = Daemon(home, SETTINGS).start()
            with Call(home) as call:
                self.assertTrue(wait_until(lambda: daemon.status()["reason"] == "call" and is_shaped(home), 8), daemon.log_text())
                good = daemon.config.read_text()
                daemon.config.write_text(good + '\n[policy]\nrelease_after = "soon"\n')
                daemon.reload()
                self.assertTrue(wait_until(lambda: "the old one goes on" in daemon.log_text(), 3))
                self.assertTrue(is_shaped(home))

                daemon.config.write_text(good.replace("Kitchen phone", "Hall phone"))
                daemon.reload()
                self.assertTrue(wait_until(lambda: "was read again" in daemon.log_text(), 5), daemon.log_text())
                self.assertTrue(wait_until(lambda: (daemon.status() or {}).get("calls") == 1 and "Hall phone" in json.dumps(daemon.status()), 8), daemon.log_text())
                self.assertNotIn("QoS is off", daemon.log_text())
                self.assertTrue(is_shaped(home))

                daemon.config.write_text(daemon.config.read_text().replace("upload_kbit = 950", "upload_kbit = 700"))
                daemon.reload()
                shaped = lambda: home.run("router", ["tc", "class", "show", "dev", "wan"]).stdout  # noqa: E731
                self.assertTrue(wait_until(lambda: "ceil 665Kbit" in shaped(), 8), "a new rate comes into force in the call: " + shaped())
                self.assertTrue(wait_until(lambda: daemon.status()["qos"] == "ON", 5))
                self.assertNotIn("QoS is off", daemon.log_text())
                call.hang_up()
            self.assertTrue(wait_until(lambda: not is_shaped(home), 12))

    @skipping
    def test_two_daemons_do_not_fight(self):
        with Home() as home:
            daemon = Daemon(home, SETTINGS).start()
            second = daemon.command("run")
            self.assertEqual(second.returncode, 1)
            self.assertIn("control", second.stderr)
            self.assertIsNotNone(daemon.status())


if __name__ == "__main__":
    main()
