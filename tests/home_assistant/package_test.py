#!/usr/bin/env python3
"""The shipped package in a Home Assistant without discovery: it is loaded without a word, its entities live, and discovery takes over from it."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from house import ROOT, House, main  # noqa: E402  (first: it knows where the rest is)

from daemon import is_shaped  # noqa: E402
from entities import QUIET  # noqa: E402
from fixture import wait_until  # noqa: E402
from sip_dialog import SipCall  # noqa: E402

PACKAGE = ROOT / "integrations/home-assistant/packages/voip_qos.yaml"
NODE = {entity: state for entity, state in QUIET.items() if "kitchen_phone" not in entity}


class Package(unittest.TestCase):
    maxDiff = None

    def ours(self, house: House) -> dict[str, str]:
        return {entity: state["state"] for entity, state in house.ha.states().items() if entity in NODE or "voip_qos" in entity}

    def assert_quiet(self, house: House, wanted: dict[str, str], seconds: float) -> None:
        wait_until(lambda: self.ours(house) == wanted, seconds, every=0.1)
        self.assertEqual(self.ours(house), wanted)

    def test_it_does_what_discovery_does_and_gives_way_to_it(self):
        with House({"home_assistant": {"discovery": False}}, files={f"packages/{PACKAGE.name}": PACKAGE.read_text()}) as house:
            house.daemon.start()
            self.assert_quiet(house, NODE, 10)
            self.assertEqual([d["name"] for d in house.ha.ask("config/device_registry/list") if d["manufacturer"] == "voip-qosd"], ["VoIP QoS"])
            house.ha.call("switch.turn_on", "switch.voip_qos")
            self.assertTrue(wait_until(lambda: is_shaped(house.home), 5), house.daemon.log_text())
            house.ha.call("select.select_option", "select.voip_qos_mode", option="Automatic")
            self.assertEqual(house.ha.wait_for("switch.voip_qos", "off", 8), "off")
            house.ha.call("number.set_value", "number.voip_qos_release_after", value=3)
            self.assertEqual(house.ha.wait_for("number.voip_qos_release_after", "3", 3), "3")
            house.ha.call("number.set_value", "number.voip_qos_release_after", value=2)
            with SipCall(house.home, talk_s=5) as call:
                self.assertEqual(house.ha.wait_for("binary_sensor.voip_qos_call", "on", 10), "on")
                self.assertEqual(house.ha.attributes("event.voip_qos_call_event").get("event_type"), "Call started")
                call.wait_hung_up()
            self.assertEqual(house.ha.wait_for("switch.voip_qos", "off", 15), "off")

            # The broker keeps all of it.
            was = {entity: house.ha.state(entity) for entity in ("event.voip_qos_call_event", "sensor.voip_qos_last_call", "sensor.voip_qos_call_quality")}
            house.ha.restart()
            self.assert_quiet(house, NODE | was, 10)
            self.assertEqual(house.complaints(), [])

            # From hand-written to discovered: the same entities, by the same ids.
            before = {e["entity_id"]: e["unique_id"] for e in house.ha.ask("config/entity_registry/list") if e["platform"] == "mqtt"}
            house.ha.stop()
            (house.ha.folder / "packages" / PACKAGE.name).unlink()
            house.replace_daemon("device", {"home_assistant": {"discovery": True}})
            house.ha.start()
            house.daemon.start()
            self.assertEqual(house.ha.wait_for("switch.voip_qos", "off", 10), "off")
            after = {e["entity_id"]: e["unique_id"] for e in house.ha.ask("config/entity_registry/list") if e["platform"] == "mqtt"}
            self.assertEqual({entity: after.get(entity) for entity in before}, before)
            self.assertEqual(house.complaints(), [])


if __name__ == "__main__":
    main()
