#!/usr/bin/env python3
"""The shipped dashboard in the browser of an ordinary user: every card shows, its buttons switch the router, a problem and an absence are told.

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
        cls.child = cls.house.ha.as_ordinary_user()
        cls.house.callback(cls.child.close)
        cls.browser = cls.house.enter_context(Browser(cls.child, width=1440, height=900))

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

    def assert_nothing_to_press(self) -> None:
        wait_until(lambda: not self.browser.texts("hui-tile-card"), 15)
        self.assertEqual(self.browser.texts("hui-tile-card"), [])

    def press(self, selector: str, text: str) -> None:
        """Clicks the element of that kind that says so."""
        wait_until(lambda: text in self.browser.texts(selector), 10)
        self.browser.click(selector, self.browser.texts(selector).index(text))

    def picture(self, name: str) -> None:
        if PICTURES:
            self.browser.picture(Path(PICTURES) / f"{name}.png")

    def place(self, selector: str, text: str) -> dict:
        """Where on the page it stands."""
        return self.browser.place(selector, self.browser.texts(selector).index(text))

    def test_1_quiet(self):
        self.browser.open("/voip-qos/voip-qos")
        for heading in ("Now", "What calls take of the line", "The day", "Calls", "Settings"):
            self.assert_text("hui-heading-card", heading)
        for tile in ("On the phone Nobody", "QoS Off", "Status Off: No call", "On for 30 minutes", "Off for 30 minutes", "Automatic again", "Mode Automatic",
                     "Upload of calls 0 kbit/s", "Download of calls 0 kbit/s"):
            self.assert_text("hui-tile-card", tile)
        self.assert_text("hui-entities-card", "QoS stays on after a call")
        self.assertEqual(self.browser.texts("ha-alert"), [], "no problem, no card")
        self.assert_no_faults()

    def test_2_a_call(self):
        for talk_s in (25, 12, 30, 18, 40) if PICTURES else ():
            with SipCall(self.house.home, talk_s=talk_s) as call:
                call.wait_hung_up()
            time.sleep(22)
        with SipCall(self.house.home, talk_s=20) as call:
            self.assert_text("hui-tile-card", "On the phone Kitchen phone")
            self.assert_text("hui-tile-card", "QoS On")
            self.assert_text("hui-tile-card", "Status On: Somebody is on a call")
            time.sleep(7 if PICTURES else 0)
            self.picture("dashboard")
            call.wait_hung_up()
        self.assert_text("hui-tile-card", "On the phone Nobody")
        self.assert_text("hui-markdown-card", "Kitchen phone 0:")
        self.assert_no_faults()

    def test_3_every_button_and_option_works_for_an_ordinary_user(self):
        def is_soon(shaped: bool) -> None:
            self.assertTrue(wait_until(lambda: is_shaped(self.house.home) == shaped, 10), self.house.daemon.log_text())

        self.assert_text("hui-tile-card", "QoS Off")
        self.press("ha-control-switch", "")
        is_soon(True)
        self.assert_text("hui-tile-card", "Status On until")
        self.press("ha-control-switch", "")
        is_soon(False)
        self.press("hui-tile-card", "Automatic again")
        self.assert_text("hui-tile-card", "Status Off: No call")
        before = {button: self.place("hui-tile-card", button) for button in ("On for 30 minutes", "Off for 30 minutes", "Automatic again")}
        for button, shaped, status in (("On for 30 minutes", True, "On until"), ("Off for 30 minutes", False, "Off until"), ("Automatic again", False, "Off: No call")):
            self.press("hui-tile-card", button)
            is_soon(shaped)
            self.assert_text("hui-tile-card", f"Status {status}")
            self.picture(f"order-{button.split()[0]}")
            self.assertEqual({one: self.place("hui-tile-card", one) for one in before}, before, "nothing has moved")
        for option, shaped in (("Always on", True), ("Always off", False), ("Automatic", False)):
            self.press("div.option", option)
            self.assert_text("hui-tile-card", f"Mode {option}")
            is_soon(shaped)
        self.assertEqual(self.house.daemon.status()["mode"], "auto")
        self.assert_no_faults()

    def test_4_weeks_and_a_telephone(self):
        self.browser.open("/voip-qos/weeks")
        self.assert_text("hui-heading-card", "Calls and QoS")
        self.assert_text("hui-heading-card", "The line")
        self.assert_no_faults()
        self.browser.resize(390, 1900)
        for dark in (False, True):
            self.browser.prefer_dark(dark)
            self.browser.open("/voip-qos/voip-qos")
            self.assert_text("hui-tile-card", "QoS Off")
            time.sleep(2 if PICTURES else 0)
            self.picture("telephone-dark" if dark else "telephone")
            self.assert_no_faults()
        self.browser.prefer_dark(False)
        self.browser.resize(1440, 900)
        if PICTURES:
            with Browser(self.child, width=1440, height=900, language="de", port=9223) as german:
                german.open("/voip-qos/voip-qos")
                wait_until(lambda: any("QoS" in text for text in german.texts("hui-tile-card")), 15)
                time.sleep(3)
                german.picture(Path(PICTURES) / "german.png")

    def test_5_a_problem_shows(self):
        house = self.house
        house.replace_daemon("device", {"qos": {"actuator": "exec", "retries": 1, "exec": {"on": ["/bin/false"], "off": ["/bin/true"], "observe": ["/bin/false"]}}})
        house.daemon.start()
        self.browser.open("/voip-qos/voip-qos")
        self.assert_text("hui-tile-card", "QoS Off")
        house.ha.call("switch.turn_on", "switch.voip_qos")
        self.assert_text("ha-alert", "may break up while somebody uploads", 30)
        self.assert_text("hui-markdown-card", "/bin/false")
        self.assertFalse(any("/bin/false" in text for text in self.browser.texts("ha-alert")), "that is for its author")
        self.assert_text("hui-tile-card", "Status Cannot be switched on")
        self.picture("problem")
        self.assert_no_faults()

    def test_6_an_absence_shows_and_no_order_can_be_given_then(self):
        house = self.house
        house.daemon.stop()
        self.assert_text("ha-alert", "nothing can be seen or ordered")
        self.assert_nothing_to_press()
        self.picture("router-away")
        house.daemon.start()
        self.assert_text("hui-tile-card", "QoS Off")
        self.assert_no_faults()
        self.assertEqual(house.complaints(), [])
        house.broker.stop()
        self.assert_text("ha-alert", "the router goes on by itself", 30)
        self.assert_nothing_to_press()
        self.picture("broker-away")


if __name__ == "__main__":
    main()
