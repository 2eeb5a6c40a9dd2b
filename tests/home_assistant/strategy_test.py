#!/usr/bin/env python3
"""The dashboard that finds the routers by itself, in the browser of an ordinary user: none, one, two of one name; renamed, disabled, read-only, dead.

VOIP_PICTURES=FOLDER keeps pictures of it.
"""

from __future__ import annotations

import os
import sys
import time
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from house import ROOT, SETTINGS, House, main  # noqa: E402  (first: it knows where the rest is)

from browser import Browser  # noqa: E402
from daemon import Daemon, is_shaped, merged  # noqa: E402
from fixture import wait_until  # noqa: E402

PICTURES = os.environ.get("VOIP_PICTURES")
FOLDER = ROOT / "integrations/home-assistant"
MADE = """(async () => {
  const hass = document.querySelector("home-assistant").hass;
  return await customElements.get("ll-strategy-dashboard-voip-qos").generate({type: "custom:voip-qos"}, hass);
})()"""


class Strategy(unittest.TestCase):
    """In the order of the names, on one house."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.house = House(files={"www/voip-qos-strategy.js": (FOLDER / "voip-qos-strategy.js").read_text()})
        cls.house.__enter__()
        ha = cls.house.ha
        # As README.md says.
        ha.ask("lovelace/resources/create", res_type="module", url="/local/voip-qos-strategy.js")
        ha.ask("lovelace/dashboards/create", url_path="voip-qos", title="VoIP QoS", icon="mdi:phone-lock", show_in_sidebar=True, require_admin=False, mode="storage")
        ha.ask("lovelace/config/save", url_path="voip-qos", config={"strategy": {"type": "custom:voip-qos"}})
        cls.child = ha.as_ordinary_user()
        cls.house.callback(cls.child.close)
        cls.browser = cls.house.enter_context(Browser(cls.child, width=1440, height=900))
        # Whether the second router's QoS is on: where there is this file.
        cls.is_attic_on = cls.house.home.folder("attic") / "on"
        cls.attic = cls.second_router({})

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    @classmethod
    def second_router(cls, changes: dict) -> Daemon:
        """Another node with the same name, which has no shaper of its own."""
        switch = {"on": ["/usr/bin/touch", str(cls.is_attic_on)], "off": ["/usr/bin/rm", "-f", str(cls.is_attic_on)], "observe": ["/usr/bin/test", "-e", str(cls.is_attic_on)]}
        settings = merged(SETTINGS, {"node": {"id": "attic"}, "qos": {"actuator": "exec", "mark_calls": False, "exec": switch}})
        return Daemon(cls.house.home, merged(settings, changes), broker=cls.house.broker)

    def assert_text(self, selector: str, wanted: str, seconds: float = 15) -> None:
        is_there = wait_until(lambda: any(wanted in text for text in self.browser.texts(selector)), seconds, every=0.2)
        self.assertTrue(is_there, f"{wanted!r} in {self.browser.texts(selector)}")

    def assert_gone(self, selector: str, unwanted: str) -> None:
        is_gone = wait_until(lambda: not any(unwanted in text for text in self.browser.texts(selector)), 15, every=0.2)
        self.assertTrue(is_gone, f"{unwanted!r} in {self.browser.texts(selector)}")

    def assert_no_faults(self) -> None:
        for selector in ("hui-error-card", "hui-warning", "hui-error-badge", "hui-unavailable-card"):
            self.assertEqual(self.browser.texts(selector), [], selector)
        self.assertEqual(self.browser.complaints(), [])

    def press(self, selector: str, text: str, browser: Browser | None = None) -> None:
        """Clicks the element of that kind that says so, once it has come to rest."""
        page = browser or self.browser
        places: list = [None, None]

        def is_at_rest() -> bool:
            texts = page.texts(selector)
            places.append(page.place(selector, texts.index(text)) if text in texts else None)
            return places[-1] is not None and places[-1] == places[-2] == places[-3]

        wait_until(is_at_rest, 20, every=0.2)
        page.click(selector, page.texts(selector).index(text))

    def picture(self, name: str) -> None:
        if PICTURES:
            time.sleep(2)
            self.browser.picture(Path(PICTURES) / f"strategy-{name}.png")

    def is_soon(self, router: bool, attic: bool) -> None:
        """Which of the two has QoS on."""
        wait_until(lambda: (is_shaped(self.house.home), self.is_attic_on.exists()) == (router, attic), 10)
        self.assertEqual((is_shaped(self.house.home), self.is_attic_on.exists()), (router, attic), self.house.daemon.log_text() + self.attic.log_text())

    def test_1_without_a_router_it_says_what_to_do(self):
        self.browser.open("/voip-qos")
        self.assert_text("ha-alert", "appears here by itself")
        self.picture("nobody")
        self.assert_no_faults()

    def test_2_the_first_router_appears_and_is_that_of_the_file(self):
        self.house.daemon.start()
        self.assert_text("hui-tile-card", "QoS Off", 30)
        self.assert_text("hui-tile-card", "Status Off: No call")
        self.assert_text("hui-markdown-card", "No call has been seen yet.")
        self.picture("one")
        written = yaml.safe_load((FOLDER / "dashboard.yaml").read_text())
        written["views"][0]["path"] = "qos-router"
        self.assertEqual(self.browser.evaluate(MADE), written)
        self.assert_no_faults()

    def test_3_a_second_one_of_the_same_name_is_told_from_it_and_each_is_switched_alone(self):
        self.attic.start()
        for title in ("Home (attic)", "Home (router)"):
            self.assert_text("ha-tab-group-tab", title, 30)
        self.browser.open("/voip-qos/qos-attic")
        self.assert_text("hui-tile-card", "QoS Off")
        self.press("ha-control-switch", "")
        self.is_soon(router=False, attic=True)
        self.assert_text("hui-tile-card", "Status On until")
        self.picture("two")
        self.press("ha-tab-group-tab", "Home (router)")
        self.assert_text("hui-tile-card", "Status Off: No call")
        self.press("hui-tile-card", "On for 30 minutes")
        self.is_soon(router=True, attic=True)
        self.assert_text("hui-tile-card", "Status On until")
        self.browser.open("/voip-qos/qos-attic")
        self.assert_text("hui-tile-card", "Status On until")
        self.press("hui-tile-card", "Off for 30 minutes")
        self.is_soon(router=True, attic=False)
        self.assert_text("hui-tile-card", "Status Off until")
        self.press("hui-tile-card", "Automatic again")
        self.assert_text("hui-tile-card", "Status Off: No call")
        self.press("div.option", "Always on")
        self.is_soon(router=True, attic=True)
        self.press("div.option", "Automatic")
        self.is_soon(router=True, attic=False)
        self.assert_no_faults()

    def test_4_weeks_has_both_and_a_telephone_shows_all(self):
        self.browser.open("/voip-qos/weeks")
        for title in ("Home (attic)", "Home (router)"):
            self.assert_text("hui-heading-card", title)
        self.picture("weeks")
        self.assert_no_faults()
        self.browser.resize(390, 1900)
        self.browser.open("/voip-qos/qos-router")
        self.assert_text("hui-tile-card", "QoS On")
        self.picture("telephone")
        self.browser.resize(1440, 900)

    def test_5_what_is_renamed_is_found_and_what_is_disabled_is_left_out(self):
        ha = self.house.ha
        self.browser.open("/voip-qos/qos-router")
        self.press("hui-tile-card", "Automatic again")
        self.assert_text("hui-tile-card", "Status Off: No call")
        for old, new in (("switch.voip_qos", "switch.1_telephone_first"), ("sensor.voip_qos_last_call", "sensor.2_who_was_it"), ("binary_sensor.voip_qos_connection", "binary_sensor.line")):
            ha.ask("config/entity_registry/update", entity_id=old, new_entity_id=new, name="Other")
        ha.ask("config/entity_registry/update", entity_id="sensor.voip_qos_summary", disabled_by="user")
        ha.ask("config/entity_registry/update", entity_id="sensor.voip_qos_upload", disabled_by="user")
        devices = {device["identifiers"][0][1]: device["id"] for device in ha.ask("config/device_registry/list") if device["manufacturer"] == "voip-qosd"}
        ha.ask("config/device_registry/update", device_id=devices["voip_qosd_router"], name_by_user="Cellar")
        # Without the page being loaded again, which stays with this router.
        self.assert_text("ha-tab-group-tab", "Cellar")
        self.assertEqual(self.browser.texts("ha-tab-group-tab")[:2], ["Cellar", "Home"])
        self.assert_gone("hui-tile-card", "Status")
        self.assert_text("hui-tile-card", "QoS Off")
        self.press("ha-control-switch", "")
        self.is_soon(router=True, attic=False)
        self.press("hui-tile-card", "Automatic again")
        self.is_soon(router=False, attic=False)
        self.assert_gone("hui-tile-card", "Upload of calls")
        self.picture("renamed")
        self.assert_no_faults()
        ha.ask("config/entity_registry/update", entity_id="binary_sensor.line", disabled_by="user")
        wait_until(lambda: "binary_sensor.line" not in str(self.browser.evaluate(MADE)), 10)
        self.browser.open("/voip-qos/qos-router")
        self.assert_text("hui-tile-card", "QoS Off")
        self.assertEqual(self.browser.texts("ha-alert"), [])
        self.assert_no_faults()

    def test_6_a_dead_router_says_so_and_the_other_one_works(self):
        self.attic.kill()
        self.browser.open("/voip-qos/qos-attic")
        self.assert_text("ha-alert", "The router does not answer", 60)
        self.assertEqual(self.browser.texts("hui-tile-card"), [])
        self.picture("dead")
        self.press("ha-tab-group-tab", "Cellar")
        self.assert_text("hui-tile-card", "QoS Off")
        self.press("hui-tile-card", "On for 30 minutes")
        self.is_soon(router=True, attic=False)
        self.press("hui-tile-card", "Automatic again")
        self.is_soon(router=False, attic=False)
        self.assert_no_faults()

    def test_7_a_router_that_takes_no_orders_has_none(self):
        cls = type(self)
        # The other style of discovery, by the way: it makes the same devices and unique ids.
        cls.attic = self.second_router({"mqtt": {"commands": False}, "home_assistant": {"style": "entity"}})
        self.attic.start()
        self.browser.open("/voip-qos/qos-attic")
        self.assert_gone("hui-tile-card", "Automatic again")
        self.assert_text("hui-tile-card", "QoS Off", 30)
        self.assertTrue(wait_until(lambda: self.browser.texts("ha-control-switch") == [], 15))
        self.picture("read-only")
        self.assert_no_faults()
        self.assertEqual(self.house.complaints(), [])

    def test_8_it_is_offered_to_the_owner_who_adds_a_dashboard(self):
        with Browser(self.house.ha, width=1440, height=1100, port=9223) as owner:
            owner.open("/config/lovelace/dashboards")
            self.press("ha-button", "Add dashboard", owner)
            wait_until(lambda: any("VoIP QoS" in text for text in owner.texts("dashboard-card")), 15)
            self.assertIn("VoIP QoS Calls and QoS of every router with voip-qosd, found by itself", owner.texts("dashboard-card"))
            if PICTURES:
                time.sleep(2)
                owner.picture(Path(PICTURES) / "strategy-add.png")

    def test_9_without_the_broker_it_says_so_even_after_a_restart(self):
        self.house.broker.stop()
        self.house.ha.restart()
        self.browser.open("/voip-qos/qos-attic")
        self.assert_text("ha-alert", "the router goes on by itself", 60)
        self.assertEqual(self.browser.texts("hui-tile-card"), [])
        self.picture("broker-away")


if __name__ == "__main__":
    main()
