#!/usr/bin/env python3
"""Settings that are changed over MQTT, on the whole daemon: confirmed, kept over restarts, refused when they make no sense."""

from __future__ import annotations

import json
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from daemon import Daemon, is_shaped  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
    "policy": {"release_after": "2s", "min_on": "1s", "min_off": "1s"},
}


def kept(daemon: Daemon) -> str:
    file = Path(daemon.settings["node"]["state_dir"]) / "orders"
    return file.read_text() if file.exists() else ""


class Settings(unittest.TestCase):
    def assert_told(self, phone, topic: str, payload: str, since: int = 0):
        self.assertTrue(phone.wait_for(lambda m: m.topic == topic and m.payload == payload, 5, since=since), f"{topic} {payload}")

    @skipping
    def test_an_order_is_confirmed_and_outlives_a_restart_and_a_kill(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            base = daemon.base_topic
            phone = broker.subscribe("#")
            self.assert_told(phone, f"{base}/release_after", "2")
            self.assertEqual(kept(daemon), "", "nothing was ordered, nothing is written")

            since = len(phone.messages)
            broker.publish(f"{base}/release_after/set", "45")
            self.assert_told(phone, f"{base}/release_after", "45", since)
            broker.publish(f"{base}/override_for/set", "30m")
            self.assert_told(phone, f"{base}/override_for", "1800", since)
            broker.publish(f"{base}/sensitivity/set", "high")
            self.assert_told(phone, f"{base}/sensitivity", "high", since)

            self.assertEqual(daemon.stop(), 0)
            self.assertIn("release_after 45s configured 2s", kept(daemon))
            since = len(phone.messages)
            daemon.start()
            self.assert_told(phone, f"{base}/release_after", "45", since)
            self.assert_told(phone, f"{base}/override_for", "1800", since)
            self.assert_told(phone, f"{base}/sensitivity", "high", since)

            broker.publish(f"{base}/mode/set", "off")
            self.assertTrue(wait_until(lambda: "mode off" in kept(daemon), 15), daemon.log_text())
            daemon.kill()
            since = len(phone.messages)
            daemon.start()
            self.assert_told(phone, f"{base}/mode", "off", since)
            self.assertEqual(daemon.status()["mode"], "off")

            # What is changed in the file is the newer will.
            daemon.stop()
            daemon.config.write_text(daemon.config.read_text().replace('release_after = "2s"', 'release_after = "3s"'))
            since = len(phone.messages)
            daemon.start()
            self.assert_told(phone, f"{base}/release_after", "3", since)
            self.assert_told(phone, f"{base}/sensitivity", "high", since)
            self.assertTrue(wait_until(lambda: "release_after" not in kept(daemon), 5), kept(daemon))

    @skipping
    def test_an_override_goes_on_after_a_restart_and_ends_when_it_was_to_end(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            self.assert_told(broker.subscribe("#"), f"{daemon.base_topic}/release_after", "2")
            broker.publish(f"{daemon.base_topic}/qos/set", '{"state":"ON","for":"8s"}')
            ordered = time.monotonic()
            self.assertTrue(wait_until(lambda: is_shaped(home), 5), daemon.log_text())
            self.assertTrue(wait_until(lambda: "override on until" in kept(daemon), 5))
            daemon.kill()
            daemon.start()
            self.assertEqual(daemon.status()["mode"], "on")
            self.assertTrue(is_shaped(home))
            self.assertTrue(wait_until(lambda: not is_shaped(home), 12), daemon.log_text())
            self.assertGreater(time.monotonic() - ordered, 6.5)
            self.assertLess(time.monotonic() - ordered, 11)
            self.assertEqual(daemon.status()["mode"], "auto")

    @skipping
    def test_garbage_is_refused_with_the_range_and_changes_nothing(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS, broker=broker).start()
            phone = broker.subscribe("#")
            self.assert_told(phone, f"{daemon.base_topic}/release_after", "2")
            for name, garbage, range_told in (
                ("release_after", "601", "0 to 600 seconds"),
                ("release_after", "soon", "0 to 600 seconds"),
                ("override_for", "5", "60 to 86400 seconds"),
                ("override_for", '{"value":null}', "must be a word"),
                ("sensitivity", "11", "low, normal or high"),
            ):
                since = len(phone.messages)
                broker.publish(f"{daemon.base_topic}/{name}/set", garbage)
                answer = phone.wait_for(lambda m: m.topic == f"{daemon.base_topic}/response/{name}", 3, since=since)
                self.assertTrue(answer, f"{name} {garbage} is answered")
                self.assertEqual(answer.json()["status"], "error")
                self.assertIn(range_told, answer.json()["error"])
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(kept(daemon), "")
            told = [m.payload for m in phone.messages if m.topic == f"{daemon.base_topic}/release_after"]
            self.assertEqual(set(told), {"2"})

    @skipping
    def test_without_commands_there_are_no_settings_to_order(self):
        with Home() as home:
            broker = home.broker()
            daemon = Daemon(home, SETTINGS | {"mqtt": {"commands": False}}, broker=broker).start()
            phone = broker.subscribe("#")
            self.assertTrue(phone.wait_for(lambda m: m.topic == f"{daemon.base_topic}/mode", 5))
            broker.publish(f"{daemon.base_topic}/release_after/set", "45")
            time.sleep(1)
            self.assertEqual([m.topic for m in phone.messages if m.topic.endswith("/release_after")], [])
            self.assertFalse(any("Release delay" in json.dumps(m.payload) for m in phone.messages))
            self.assertEqual(kept(daemon), "")


if __name__ == "__main__":
    main()
