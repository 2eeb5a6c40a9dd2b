#!/usr/bin/env python3
"""The shipped dashboard in a real browser: every card shows, its switches switch the router, the problem card comes with a problem only.

VOIP_PICTURES=FOLDER keeps pictures of it, dashboard.png among them; the graphs show six minutes then instead of hours.
"""

from __future__ import annotations

import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from house import ROOT, House, main  # noqa: E402  (first: it knows where the rest is)

from browser import Browser  # noqa: E402
from daemon import is_shaped  # noqa: E402
from fixture import wait_until  # noqa: E402
from sip_dialog import SipCall  # noqa: E402

PICTURES = os.environ.get("VOIP_PICTURES")
EXTRA = """
lovelace:
  dashboards:
    voip-qos: {mode: yaml, filename: voip-qos.yaml, title: VoIP QoS, icon: mdi:phone-lock, show_in_sidebar: true}
"""


def dashboard() -> str:
    text = (ROOT / "integrations/home-assistant/dashboard.yaml").read_text()
    return text.replace("hours_to_show: 6", "hours_to_show: 0.1").replace("hours_to_show: 24", "hours_to_show: 0.1") if PICTURES else text


class Dashboard(unittest.TestCase):
    """In the order of the names, on one house."""

    @classmethod
    def setUpClass(cls):
        cls.house = House(extra=EXTRA, files={"voip-qos.yaml": dashboard()})
        cls.house.__enter__()
        cls.house.daemon.start()
        cls.house.must(cls.house.ha.wait_for("switch.voip_qos", "off", 10) == "off", "no discovery")
        cls.browser = cls.house.enter_context(Browser(cls.house.ha, width=1440, height=900))

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    def assert_text(self, selector: str, wanted: str, seconds: float = 15) -> None:
        wait_until(lambda: any(wanted in text for text in self.browser.texts(selector)), seconds, every=0.2)
        self.assertTrue(any(wanted in text for text in self.browser.texts(selector)), f"{wanted!r} in {self.browser.texts(selector)}")

    def assert_no_faults(self) -> None:
        for selector in ("hui-error-card", "hui-warning", "hui-error-badge", "hui-unavailable-card"):
            self.assertEqual(self.browser.texts(selector), [], selector)
        self.assertEqual(self.browser.complaints(), [])

    def press(self, selector: str, text: str) -> None:
        """Clicks the element of that kind that says so."""
        wait_until(lambda: text in self.browser.texts(selector), 10)
        self.browser.click(selector, self.browser.texts(selector).index(text))

    def picture(self, name: str) -> None:
        if PICTURES:
            self.browser.picture(Path(PICTURES) / f"{name}.png")

    def test_1_quiet(self):
        self.browser.open("/voip-qos/voip-qos")
        for heading in ("Call now", "QoS", "Bandwidth of calls", "History", "Call log", "Settings"):
            self.assert_text("hui-heading-card", heading)
        for tile in ("Call Not running", "Active calls 0", "Duration 0 s", "Upload 0 kbit/s", "QoS Off", "Mode auto", "Reason idle", "On for 30 minutes", "Automatic again"):
            self.assert_text("hui-tile-card", tile)
        self.assert_text("hui-entities-card", "Release delay")
        self.assertEqual(self.browser.texts("ha-alert"), [], "no problem, no card")
        self.assertFalse(any("Override until" in text for text in self.browser.texts("hui-tile-card")))
        self.assert_no_faults()

    def test_2_a_call(self):
        for talk_s in (25, 12, 30, 18, 40) if PICTURES else ():
            with SipCall(self.house.home, talk_s=talk_s) as call:
                call.wait_hung_up()
            time.sleep(22)
        with SipCall(self.house.home, talk_s=20) as call:
            self.assert_text("hui-tile-card", "Call Running")
            self.assert_text("hui-tile-card", "QoS On")
            self.assert_text("hui-tile-card", "Reason call")
            self.assert_text("hui-markdown-card", "Kitchen phone talks with 198.51.100.10 since")
            self.assert_text("hui-logbook-card", "call_started")
            time.sleep(7 if PICTURES else 0)
            self.picture("dashboard")
            call.wait_hung_up()
        self.assert_text("hui-tile-card", "Call Not running")
        self.assert_text("hui-markdown-card", "Kitchen phone talked with 198.51.100.10 for 0:00:")
        self.assert_no_faults()

    def test_3_its_switches_switch(self):
        self.assert_text("hui-tile-card", "QoS Off")
        self.press("ha-control-switch", "")
        self.assertTrue(wait_until(lambda: is_shaped(self.house.home), 5), self.house.daemon.log_text())
        self.assert_text("hui-tile-card", "QoS On")
        self.assert_text("hui-tile-card", "Override until")
        self.press("div.option", "on")
        self.assert_text("hui-tile-card", "Mode on")
        self.press("div.option", "auto")
        self.assertTrue(wait_until(lambda: not is_shaped(self.house.home), 8), self.house.daemon.log_text())
        # That tile comes and goes, and moves those behind it: nothing is pressed while it does.
        self.assertTrue(wait_until(lambda: not any("Override until" in text for text in self.browser.texts("hui-tile-card")), 10))
        self.press("hui-tile-card", "On for 30 minutes")
        self.assert_text("hui-tile-card", "Override until")
        self.assertTrue(wait_until(lambda: is_shaped(self.house.home), 5), self.house.daemon.log_text())
        self.assertEqual(self.house.daemon.status()["reason"], "manual")
        self.press("hui-tile-card", "Automatic again")
        self.assertTrue(wait_until(lambda: not is_shaped(self.house.home), 8), self.house.daemon.log_text())
        self.assert_no_faults()

    def test_4_weeks_and_a_telephone(self):
        self.browser.open("/voip-qos/weeks")
        self.assert_text("hui-heading-card", "Calls and QoS")
        self.assert_text("hui-heading-card", "The line")
        self.assert_no_faults()
        self.browser.resize(412, 1900)
        self.browser.open("/voip-qos/voip-qos")
        self.assert_text("hui-tile-card", "QoS Off")
        time.sleep(2 if PICTURES else 0)
        self.picture("telephone")
        self.assert_no_faults()
        self.browser.resize(1440, 900)

    def test_5_a_problem_shows(self):
        house = self.house
        house.replace_daemon("device", {"qos": {"actuator": "exec", "retries": 1, "exec": {"on": ["/bin/false"], "off": ["/bin/true"], "observe": ["/bin/false"]}}})
        house.daemon.start()
        self.browser.open("/voip-qos/voip-qos")
        self.assert_text("hui-tile-card", "QoS Off")
        house.ha.call("switch.turn_on", "switch.voip_qos")
        self.assert_text("ha-alert", "/bin/false", 30)
        self.assert_text("hui-tile-card", "QoS Off")
        self.picture("problem")
        self.assert_no_faults()
        self.assertEqual(house.complaints(), [])


if __name__ == "__main__":
    main()
