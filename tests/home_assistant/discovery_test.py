#!/usr/bin/env python3
"""What a real Home Assistant makes of discovery, in both styles: devices, entities, values; its controls switch the router's shaper."""

from __future__ import annotations

import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from house import House, main  # noqa: E402  (first: it knows where the rest is)

from daemon import is_shaped  # noqa: E402
from entities import QUIET  # noqa: E402
from fixture import wait_until  # noqa: E402
from peers import SippCall  # noqa: E402

class Discovery:
    """In the order of the names, on one house."""

    maxDiff = None

    style: str
    house: House

    @classmethod
    def setUpClass(cls):
        cls.house = House()
        cls.house.__enter__()
        cls.house.replace_daemon(cls.style)

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    def ours(self) -> dict[str, str]:
        return {entity: state["state"] for entity, state in self.house.ha.states().items() if entity in QUIET or "voip" in entity}

    def test_1_every_entity_has_its_value_within_five_seconds_of_discovery(self):
        house = self.house
        phone = house.broker.subscribe("homeassistant/#")
        house.daemon.start()
        self.assertTrue(phone.wait_for(lambda m: m.topic.startswith("homeassistant/"), 10))
        begin = time.monotonic()
        wait_until(lambda: self.ours() == QUIET, 5, every=0.1)
        self.assertEqual(self.ours(), QUIET)
        print(f"\n{self.style}: {len(QUIET)} entities with their values {time.monotonic() - begin:.1f} s after discovery", file=sys.stderr)

    def test_2_there_is_one_device_and_the_phone_behind_it(self):
        ask = self.house.ha.ask
        devices = {device["name"]: device for device in ask("config/device_registry/list") if device["manufacturer"] == "voip-qosd"}
        self.assertEqual(set(devices), {"VoIP QoS Home", "Kitchen phone"})
        node = devices["VoIP QoS Home"]
        self.assertRegex(node["sw_version"], r"^\d+\.\d+")
        self.assertEqual(devices["Kitchen phone"]["via_device_id"], node["id"])
        entities = {entity["entity_id"]: entity for entity in ask("config/entity_registry/list") if entity["platform"] == "mqtt"}
        self.assertEqual(set(entities), set(QUIET))
        for entity, about in entities.items():
            self.assertIsNone(about["disabled_by"], entity)
            self.assertEqual(about["device_id"] == node["id"], "kitchen_phone" not in entity, entity)
        self.assertEqual(entities["number.voip_qos_release_after"]["entity_category"], "config")
        self.assertEqual(entities["binary_sensor.voip_qos_problem"]["entity_category"], "diagnostic")

    def test_3_its_controls_switch_the_router(self):
        house, ha = self.house, self.house.ha
        ha.call("switch.turn_on", "switch.voip_qos")
        self.assertTrue(wait_until(lambda: is_shaped(house.home), 5), house.daemon.log_text())
        self.assertEqual(ha.wait_for("switch.voip_qos", "on", 3), "on")
        self.assertEqual(ha.wait_for("sensor.voip_qos_reason", "Ordered by hand", 3), "Ordered by hand")
        self.assertRegex(ha.state("sensor.voip_qos_override_until"), r"^20\d\d-")
        ha.call("switch.turn_off", "switch.voip_qos")
        self.assertTrue(wait_until(lambda: not is_shaped(house.home), 5), house.daemon.log_text())
        self.assertEqual(ha.wait_for("switch.voip_qos", "off", 3), "off")

        ha.call("select.select_option", "select.voip_qos_mode", option="Always on")
        self.assertTrue(wait_until(lambda: is_shaped(house.home), 5), house.daemon.log_text())
        self.assertEqual(ha.wait_for("select.voip_qos_mode", "Always on", 3), "Always on")
        self.assertEqual(house.daemon.status()["mode"], "on")
        ha.call("select.select_option", "select.voip_qos_mode", option="Automatic")
        self.assertTrue(wait_until(lambda: not is_shaped(house.home), 8), house.daemon.log_text())
        self.assertEqual(house.daemon.status()["mode"], "auto")

        ha.call("number.set_value", "number.voip_qos_release_after", value=3)
        self.assertEqual(ha.wait_for("number.voip_qos_release_after", "3", 3), "3")

        # Somebody else takes the shaper away; the next audit would see it in five minutes.
        ha.call("switch.turn_on", "switch.voip_qos")
        self.assertTrue(wait_until(lambda: is_shaped(house.home), 5), house.daemon.log_text())
        time.sleep(2)  # the draining step is over
        house.home.run("router", ["tc", "qdisc", "del", "dev", "wan", "root"])
        ha.call("button.press", "button.voip_qos_recheck")
        self.assertTrue(wait_until(lambda: is_shaped(house.home), 5), house.daemon.log_text())
        self.assertEqual(ha.wait_for("switch.voip_qos", "on", 3), "on")
        ha.call("select.select_option", "select.voip_qos_mode", option="Automatic")
        self.assertTrue(wait_until(lambda: not is_shaped(house.home), 8), house.daemon.log_text())
        self.assertEqual(ha.wait_for("switch.voip_qos", "off", 3), "off")

    def test_4_a_real_call_is_seen(self):
        house, ha = self.house, self.house.ha
        call = SippCall(house.home).start()
        self.assertTrue(call.media_started(10))
        begin = time.monotonic()
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_call", "on", 5), "on", house.daemon.log_text())
        seen = time.monotonic() - begin
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_kitchen_phone_call", "on", 2), "on")
        self.assertEqual(ha.wait_for("switch.voip_qos", "on", 3), "on")
        self.assertEqual(ha.state("sensor.voip_qos_reason"), "Somebody is on a call")
        self.assertEqual(ha.state("sensor.voip_qos_active_calls"), "1")
        self.assertGreater(float(ha.wait_for("sensor.voip_qos_kitchen_phone_upload", lambda state: float(state) > 20, 10)), 20)
        self.assertRegex(ha.state("sensor.voip_qos_call_since"), r"^20\d\d-")
        self.assertEqual(ha.state("sensor.voip_qos_on_the_phone"), "Kitchen phone")
        event = ha.attributes("event.voip_qos_call_event")
        self.assertEqual(event.get("event_type"), "Call started", event)
        self.assertEqual((event["device"], event["remote"]), ("Kitchen phone", house.home.address("server")))
        self.assertTrue(is_shaped(house.home))
        self.assertTrue(call.finish().ok)
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_call", "off", 10), "off")
        self.assertEqual(ha.wait_for("switch.voip_qos", "off", 10), "off")
        event = ha.attributes("event.voip_qos_call_event")
        self.assertEqual(event.get("event_type"), "Call ended", event)
        self.assertGreater(event["duration_s"], 5)
        for sensor, nothing in (("upload", "0"), ("call_since", "unknown"), ("kitchen_phone_upload", "0"), ("kitchen_phone_call_since", "unknown")):
            self.assertEqual(ha.wait_for(f"sensor.voip_qos_{sensor}", nothing, 5), nothing)
        print(f"\n{self.style}: a call is in Home Assistant {seen:.2f} s after its first packet", file=sys.stderr)

    def test_5_home_assistants_restart_heals(self):
        house, ha = self.house, self.house.ha
        before = self.ours()
        ha.restart()
        begin = time.monotonic()
        wait_until(lambda: self.ours() == before, 10, every=0.1)
        self.assertEqual(self.ours(), before)
        print(f"\n{self.style}: all values are back {time.monotonic() - begin:.1f} s after Home Assistant's restart of {ha.started_s:.0f} s", file=sys.stderr)
        self.assert_it_commands()

    def test_6_the_brokers_restart_heals(self):
        house, ha = self.house, self.house.ha
        house.broker.stop()
        self.assertEqual(ha.wait_for("switch.voip_qos", "unavailable", 20), "unavailable")
        house.broker.start()
        begin = time.monotonic()
        gone = {"unavailable", "unknown"}
        wait_until(lambda: all(now not in gone for entity, now in self.ours().items() if QUIET[entity] not in gone), 60, every=0.2)
        took = time.monotonic() - begin
        self.assertEqual({entity for entity, now in self.ours().items() if now in gone and QUIET[entity] not in gone}, set())
        print(f"\n{self.style}: all values are back {took:.1f} s after the broker", file=sys.stderr)
        self.assert_it_commands()

    def test_7_home_assistant_has_nothing_to_complain_of(self):
        # It says so when its broker goes, which is no wonder in test_6, and comes just after it has started.
        of_the_broker = ("mqtt.client] Error returned from MQTT server", "mqtt.client] Disconnected from MQTT server", "paho.mqtt.client] failed to receive on socket",
                         "_async_resubscribe_and_publish_birth_message")
        self.assertEqual([c for c in self.house.complaints() if not any(text in c for text in of_the_broker)], [])

    def assert_it_commands(self):
        ha = self.house.ha
        ha.call("switch.turn_on", "switch.voip_qos")
        self.assertTrue(wait_until(lambda: is_shaped(self.house.home), 5), self.house.daemon.log_text())
        self.assertEqual(ha.wait_for("switch.voip_qos", "on", 3), "on")
        ha.call("select.select_option", "select.voip_qos_mode", option="Automatic")
        self.assertTrue(wait_until(lambda: not is_shaped(self.house.home), 8), self.house.daemon.log_text())
        self.assertEqual(ha.wait_for("switch.voip_qos", "off", 3), "off")


class OfDevices(Discovery, unittest.TestCase):
    style = "device"


class OfSingleEntities(Discovery, unittest.TestCase):
    style = "entity"


class Migration(unittest.TestCase):
    def test_entities_move_between_the_styles_and_stay_the_same(self):
        with House() as house:
            ha = house.ha
            house.daemon.start()

            def registered() -> dict:
                return {e["entity_id"]: (e["unique_id"], e["id"]) for e in ha.ask("config/entity_registry/list") if e["platform"] == "mqtt"}

            house.must(wait_until(lambda: set(registered()) == set(QUIET), 10), "no discovery")
            before = registered()
            for style in ("entity", "device"):
                house.daemon.stop()
                house.replace_daemon(style)
                house.daemon.start()
                time.sleep(8)  # when all have moved, the old topics are emptied
                self.assertEqual(registered(), before, style)
                self.assertEqual(ha.wait_for("switch.voip_qos", "off", 5), "off")
                self.assertEqual(ha.state("sensor.voip_qos_kitchen_phone_active_calls"), "0")
            # It says so when a device's topic is emptied from which all components have moved away, as they should.
            self.assertEqual([c for c in house.complaints() if "No device components to cleanup" not in c], [])

    def test_a_phone_that_is_no_longer_configured_goes_and_purge_takes_the_rest(self):
        with House() as house:
            ha = house.ha
            house.daemon.start()
            house.must(wait_until(lambda: ha.state("binary_sensor.voip_qos_kitchen_phone_call") == "off", 10), "no discovery")
            house.daemon.stop()
            house.replace_daemon("device", {"device": [], "mqtt": {"commands": False}})
            house.daemon.start()
            self.assertEqual(ha.wait_for("binary_sensor.voip_qos", "off", 10), "off", "the switch's place is taken by what cannot be switched")
            self.assertTrue(wait_until(lambda: not [e for e in ha.states() if "kitchen_phone" in e or e.startswith(("switch.voip", "number.voip"))], 10))
            self.assertEqual([d["name"] for d in ha.ask("config/device_registry/list") if d["manufacturer"] == "voip-qosd"], ["VoIP QoS Home"])
            house.daemon.stop()
            self.assertEqual(house.daemon.command("mqtt-purge").returncode, 0)
            self.assertTrue(wait_until(lambda: not [e for e in ha.states() if "voip" in e], 10), json.dumps(list(ha.states())))
            self.assertEqual(house.complaints(), [])


if __name__ == "__main__":
    main()
