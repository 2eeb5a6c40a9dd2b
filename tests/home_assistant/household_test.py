#!/usr/bin/env python3
"""What a household does and sees, as a user who is no administrator: its orders, its log of calls, what a call costs the recorder.

VOIP_CALL_S=600 makes the call whose cost is counted so long.
"""

from __future__ import annotations

import collections
import json
import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from house import House, main  # noqa: E402  (first: it knows where the rest is)

from call import Call  # noqa: E402
from daemon import is_shaped  # noqa: E402
from fixture import wait_until  # noqa: E402
from home import HomeError  # noqa: E402
from sip_dialog import SipCall  # noqa: E402

CALL_S = float(os.environ.get("VOIP_CALL_S", "45"))
ATTIC = {"device": [{"name": "Kitchen phone", "address": "192.168.77.10", "role": "phone"}, {"name": "Attic phone", "address": "192.168.77.20", "role": "phone"},
                    {"name": "Idle phone", "address": "192.168.77.30", "role": "phone"}]}
# What discovery said before its words were for people, and calls had a duration that ticks.
BEFORE = {"select": {"options": ["auto", "on", "off"], "value_template": "{{ value_json.mode }}", "command_topic": "voip-qos/router/mode/set"},
          "sensor": {"device_class": "duration", "state_class": "measurement", "unit_of_measurement": "s", "state_topic": "voip-qos/router/rates",
                     "value_template": "{{ value_json.call_s }}"}}


class Orders(unittest.TestCase):
    """In the order of the names, on one house."""

    @classmethod
    def setUpClass(cls):
        cls.house = House()
        cls.house.__enter__()
        cls.house.daemon.start()
        cls.house.must(cls.house.ha.wait_for("switch.voip_qos", "off", 10) == "off", "no discovery")
        cls.child = cls.house.ha.as_ordinary_user()

    @classmethod
    def tearDownClass(cls):
        cls.child.close()
        cls.house.close()

    def is_soon(self, shaped: bool) -> None:
        self.assertTrue(wait_until(lambda: is_shaped(self.house.home) == shaped, 10), self.house.daemon.log_text())

    def test_1_it_is_an_ordinary_user(self):
        with self.assertRaisesRegex(HomeError, "(?i)unauthorized"):
            self.child.call("mqtt.publish", topic="voip-qos/router/qos/set", payload="ON")

    def test_2_every_button_and_option_works(self):
        child = self.child
        child.call("button.press", "button.voip_qos_on_30_minutes")
        self.is_soon(True)
        self.assertRegex(child.wait_for("sensor.voip_qos_summary", lambda now: now.startswith("On until"), 5), r"^On until (\S+ )?\d\d:\d\d$")
        self.assertEqual(child.state("select.voip_qos_mode"), "Automatic", "an order for some time is no lasting choice")
        child.call("button.press", "button.voip_qos_off_30_minutes")
        self.is_soon(False)
        self.assertRegex(child.wait_for("sensor.voip_qos_summary", lambda now: now.startswith("Off until"), 5), r"^Off until")
        child.call("button.press", "button.voip_qos_automatic")
        self.assertEqual(child.wait_for("sensor.voip_qos_summary", "Off: No call", 5), "Off: No call")
        for option, shaped in (("Always on", True), ("Always off", False), ("Automatic", False)):
            child.call("select.select_option", "select.voip_qos_mode", option=option)
            self.assertEqual(child.wait_for("select.voip_qos_mode", option, 5), option)
            self.is_soon(shaped)
            wanted = "Off: No call" if option == "Automatic" else option
            self.assertEqual(child.wait_for("sensor.voip_qos_summary", wanted, 10), wanted)
        child.call("switch.turn_on", "switch.voip_qos")
        self.is_soon(True)
        child.call("switch.turn_off", "switch.voip_qos")
        self.is_soon(False)
        child.call("notify.send_message", "notify.voip_qos_on_for", message="90s")
        self.is_soon(True)
        child.call("button.press", "button.voip_qos_automatic")
        self.is_soon(False)
        child.call("button.press", "button.voip_qos_recheck")
        for sensitivity in ("High", "Low", "Normal"):
            child.call("select.select_option", "select.voip_qos_sensitivity", option=sensitivity)
            self.assertEqual(child.wait_for("select.voip_qos_sensitivity", sensitivity, 5), sensitivity)
        child.call("number.set_value", "number.voip_qos_override_for", value=45)
        self.assertEqual(child.wait_for("number.voip_qos_override_for", "45", 5), "45")
        self.assertEqual(self.house.daemon.status()["mode"], "auto")

    def test_3_nothing_to_complain_of(self):
        self.assertEqual([c for c in self.house.complaints() if "mqtt.publish: Unauthorized" not in c], [], "but of what was tried on purpose")


class Calls(unittest.TestCase):
    """In the order of the names, on one house."""

    @classmethod
    def setUpClass(cls):
        cls.house = House(ATTIC)
        cls.house.__enter__()
        cls.house.daemon.start()
        cls.house.must(cls.house.ha.wait_for("switch.voip_qos", "off", 10) == "off", "no discovery")

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    def test_1_who_is_on_the_phone_and_what_was_last(self):
        ha = self.house.ha
        with SipCall(self.house.home, talk_s=6) as call:
            self.assertEqual(ha.wait_for("sensor.voip_qos_on_the_phone", "Kitchen phone", 10), "Kitchen phone")
            self.assertEqual(ha.wait_for("sensor.voip_qos_summary", "On: Somebody is on a call", 5), "On: Somebody is on a call")
            self.assertRegex(ha.state("sensor.voip_qos_call_since"), r"^20\d\d-")
            self.assertGreater(float(ha.wait_for("sensor.voip_qos_kitchen_phone_upload", lambda now: float(now) > 60, 15)), 60)
            call.wait_hung_up()
        self.assertEqual(ha.wait_for("sensor.voip_qos_on_the_phone", "Nobody", 15), "Nobody")
        self.assertRegex(ha.wait_for("sensor.voip_qos_last_call", lambda now: now.startswith("Kitchen"), 5), r"^Kitchen phone, 0:\d\d min$")
        self.assertEqual(ha.attributes("sensor.voip_qos_last_call")["remote"], self.house.home.address("server"))
        self.assertEqual(ha.wait_for("sensor.voip_qos_upload", "0", 5), "0")

    def test_2_the_log_shows_one_call_whatever_goes_and_comes_back(self):
        house, ha = self.house, self.house.ha
        last = ha.state("sensor.voip_qos_last_call")
        for _ in range(2):
            house.daemon.stop()
            self.assertEqual(ha.wait_for("binary_sensor.voip_qos_connection", "off", 10), "off")
            self.assertEqual(ha.state("button.voip_qos_on_30_minutes"), "unavailable", "an order that cannot arrive")
            house.daemon.start()
            self.assertEqual(ha.wait_for("switch.voip_qos", "off", 10), "off")
        wait_until(lambda: len(house.logged("event.voip_qos_call_event")) >= 2, 20)  # the recorder takes its time
        told = [row["attributes"]["event_type"] for row in house.logged("event.voip_qos_call_event")]
        self.assertEqual(told, ["Call started", "Call ended"])
        house.broker.stop()
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_connection", "unavailable", 20), "unavailable")
        house.broker.start()  # which has lost all that it had kept
        self.assertEqual(ha.wait_for("switch.voip_qos", "off", 60), "off")
        # Home Assistant tells the last event again after its broker was away; the list of the dashboard is not made of that.
        self.assertTrue(wait_until(lambda: ha.state("sensor.voip_qos_last_call") == last, 10), ha.state("sensor.voip_qos_last_call"))
        self.assertEqual(ha.attributes("sensor.voip_qos_last_call")["before"], [], "one call")

    def test_3_what_a_call_with_two_phones_costs(self):
        house = self.house
        phone = house.broker.subscribe("#")
        with Call(house.home, caller="phone"), Call(house.home, caller="laptop", port=7080, callee_port=7080):
            self.assertEqual(house.ha.wait_for("sensor.voip_qos_active_calls", "2", 15), "2")
            time.sleep(8)  # what the beginning costs is no measure
            before, size, heard, begin = house.recorded(), house.database_bytes(), len(phone.messages), time.monotonic()
            time.sleep(CALL_S)
            minutes = (time.monotonic() - begin) / 60
            rows = collections.Counter(house.recorded())
            rows.subtract(before)
            grown = house.database_bytes() - size
            messages = collections.Counter(message.topic for message in phone.messages[heard:])
        print(f"\n{minutes:.1f} minutes: {sum(rows.values())} rows, the database {grown / 1000:.0f} kB larger\n{sum(rows.values()) / minutes:.0f} rows a minute: {dict(+rows)}\n{sum(messages.values()) / minutes:.0f} messages a minute: {dict(messages)}", file=sys.stderr)
        self.assertLess(sum(rows.values()) / minutes, 40)
        self.assertLess(messages["voip-qos/router/device/idle_phone/rates"], 3, "but when all is said again")
        self.assertGreater(messages["voip-qos/router/rates"] / minutes, 30, "each second, for those who want it")

    def test_4_nothing_to_complain_of(self):
        of_the_broker = ("mqtt.client] Error returned from MQTT server", "mqtt.client] Disconnected from MQTT server", "paho.mqtt.client] failed to receive on socket")
        self.assertEqual([c for c in self.house.complaints() if not any(text in c for text in of_the_broker)], [])


class Update(unittest.TestCase):
    def test_entities_of_an_older_version_stay_or_go_and_say_what_is(self):
        with House() as house:
            ha = house.ha
            components = {}
            for platform, key in (("select", "mode"), ("sensor", "call_duration")):
                components[key] = {"platform": platform, "unique_id": f"voip_qosd_router_{key}", "default_entity_id": f"{platform}.voip_qos_{key}", "name": key,
                                   "state_topic": "voip-qos/router/state", **BEFORE[platform]}
            payload = {"device": {"identifiers": ["voip_qosd_router"], "name": "VoIP QoS Home"}, "origin": {"name": "voip-qosd"}, "components": components}
            house.broker.publish("homeassistant/device/voip_qosd_router/the-node/config", json.dumps(payload), retain=True)
            house.broker.publish("voip-qos/router/state", '{"mode":"auto"}', retain=True)
            self.assertEqual(ha.wait_for("select.voip_qos_mode", "auto", 10), "auto")
            before = {e["entity_id"]: e["id"] for e in ha.ask("config/entity_registry/list") if e["platform"] == "mqtt"}
            house.daemon.start()
            self.assertEqual(ha.wait_for("select.voip_qos_mode", "Automatic", 10), "Automatic")
            after = {e["entity_id"]: e["id"] for e in ha.ask("config/entity_registry/list") if e["platform"] == "mqtt"}
            self.assertEqual(after["select.voip_qos_mode"], before["select.voip_qos_mode"])
            self.assertNotIn("sensor.voip_qos_call_duration", after)
            self.assertIsNone(ha.state("sensor.voip_qos_call_duration"))


if __name__ == "__main__":
    main()
