#!/usr/bin/env python3
"""The page for phones in Chromium, from mosquitto with the configuration and the access list that we ship, with the daemon and its shaper.

VOIP_PICTURES=FOLDER keeps pictures of it. scripts/test --phone makes the page, brings what it needs, and runs this.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from stage import PAGE, PASSWORDS  # noqa: E402  (first: it knows where the rest is)

from daemon import TcWatch, is_shaped  # noqa: E402
from fixture import main  # noqa: E402
from page_case import PageCase  # noqa: E402
from sip_dialog import SipCall  # noqa: E402

LARGEST_BYTES = 400_000
TAPS = 20


class Page(PageCase):
    """In the order of the names, on one stage."""

    def test_01_it_weighs_little(self):
        sizes = {path.name: path.stat().st_size for path in PAGE.iterdir()}
        print(f"the page weighs {sum(sizes.values())} bytes in all: {sizes}", flush=True)
        self.assertLessEqual(sum(sizes.values()), LARGEST_BYTES)

    def test_02_a_wrong_password_is_told_and_the_right_one_gets_in(self):
        self.phone.open(self.stage.url)
        self.assert_well_made("login")
        self.stage.log_in(password="wrong")
        self.assert_says("#login-error", "does not accept this user name and password")
        self.assert_well_made("wrong-password")
        tried = self.stage.broker.log.read_text().count("not authorised")
        time.sleep(4)
        self.assertEqual(self.stage.broker.log.read_text().count("not authorised"), tried, "it does not try it again by itself")
        self.stage.log_in()
        self.assert_says("#qos-title", "Off")
        self.assertEqual(self.phone.evaluate("localStorage.length"), 0, "nothing is kept that was not wanted")

    def test_03_quiet(self):
        self.assert_says("h1", "Home")
        self.assert_says("#call-title", "Nobody is on a call")
        self.assert_says("#qos-why", "No call")
        self.assertEqual(self.phone.evaluate("document.querySelector('#order-auto').getAttribute('aria-pressed')"), "true")
        self.assertEqual({icon["sizes"] for icon in self.phone.manifest()["icons"]}, {"192x192", "512x512"})
        self.assert_well_made("quiet")

    def test_04_a_call(self):
        with SipCall(self.stage.home, talk_s=25) as call:
            self.assert_says("#call-title", "Kitchen phone")
            self.assert_says("#call-since", "On a call since")
            self.assert_says("#call-rates", "kbit/s")
            self.assert_says("#qos-title", "On")
            self.assert_says("#qos-why", "Somebody is on a call")
            self.assert_says("#call-quality", "Quality: good", 20)
            self.assert_well_made("call")
            call.wait_hung_up()
        self.assert_says("#call-title", "Nobody is on a call")
        self.assert_says("#qos-title", "Off")
        self.assert_says("#last-who", "Kitchen phone, 0:")
        self.assert_says("#last-quality", "Quality: ")
        # What a call without speech of its own does not bring forth: a bad one, and a line that is known.
        bad = {"grade": "bad", "mos": 2.1, "missing_percent": 3.4, "delay_ms": 210, "cause": "upload", "device": "Kitchen phone"}
        line = {"up_kbit": 980, "down_kbit": 48200, "up_queue_ms": 300, "down_queue_ms": 0, "bottleneck": "upload"}
        for topic, said in (("quality", bad), ("line", line)):
            self.stage.broker.publish_as("homeassistant", f"voip-qos/router/{topic}", json.dumps(said), retain=True)
        self.assert_says("#last-quality", "Quality: bad (MOS 2.1, 3.4% missing), because of the upload")
        self.assert_says("#line", "Up 980 kbit/s Down 48.2 Mbit/s The upload is full now.")
        self.assert_well_made("after-a-call")

    def test_05_each_button_gives_its_order_and_waits_for_what_is_observed(self):
        heard = self.stage.broker.listen_as("homeassistant", "voip-qos/+/+/set", 3)
        for order, shaped, title, why in (("on", True, "On", "Ordered: on until"), ("off", False, "Off", "Ordered: off until"), ("auto", False, "Off", "No call")):
            self.give(order, shaped)
            self.assert_says("#qos-title", title)
            self.assert_says("#qos-why", why)
            self.assertEqual(self.phone.evaluate("document.querySelector('[aria-pressed=true]').dataset.order"), order)
            self.assert_well_made(f"order-{order}")
        orders = [json.loads(line) for line in heard.communicate(timeout=10)[0].splitlines()]
        said = [json.loads(order["payload"]) for order in orders]
        for one in said:
            self.assertRegex(one.pop("transaction"), "^[0-9a-f]{12}$")
        self.assertEqual(said, [{"state": "ON", "for": "30m"}, {"state": "OFF", "for": "30m"}, {"state": "AUTO"}])
        self.assertEqual([(order["topic"], order["qos"], order["retain"]) for order in orders], [("voip-qos/router/qos/set", 1, 0)] * 3)

    def test_06_from_the_tap_to_the_kernel(self):
        watch = TcWatch(self.stage.home)
        seconds = []
        for number in range(TAPS):
            is_on = number % 2 == 0
            time.sleep(0.3)
            since = time.time_ns()
            self.phone.tap("#order-on" if is_on else "#order-off")
            at = watch.wait_for(is_on, since, 10)
            self.assertIsNotNone(at, f"tap {number}: {self.phone.text('#order-said')}\n{self.stage.daemon.log_text()[-1500:]}")
            seconds.append((at - since) / 1e9)
            self.assert_says("#order-said", "Done.")
        seconds.sort()
        print(f"tap to kernel, {TAPS} taps: median {seconds[TAPS // 2]:.2f} s, p95 {seconds[round(0.95 * TAPS) - 1]:.2f} s, longest {seconds[-1]:.2f} s", flush=True)
        self.give("auto", False)

    def test_07_it_can_be_used_by_keyboard(self):
        self.phone.evaluate("document.activeElement.blur()")
        seen = []
        for _ in range(12):
            self.phone.press("Tab")
            seen.append(self.phone.evaluate("document.activeElement.id"))
            if seen[-1] == "order-on":
                break
        self.assertIn("order-on", seen)
        self.assertNotEqual(self.phone.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none", "the focus shows")
        self.phone.press("Enter")
        self.is_soon(True)
        self.assert_says("#order-said", "Done.")
        self.assertEqual(self.phone.evaluate("document.querySelector('#spoken').textContent"), "QoS: On. Nobody is on a call.")
        self.give("auto", False)

    def test_08_a_problem(self):
        self.stage.replace_daemon({"qos": {"actuator": "exec", "retries": 1, "exec": {"on": ["/bin/false"], "off": ["/bin/true"], "observe": ["/bin/false"]}}})
        self.assert_says("#qos-title", "Off", 15)
        self.phone.tap("#order-on")
        self.assert_says("#problem-title", "Something is wrong", 30)
        self.assert_says("#problem-text", "may break up while somebody uploads")
        self.assertIn("/bin/false", self.phone.evaluate("document.querySelector('#problem-details').textContent"))
        self.assert_says("#order-said", "The router could not do it")
        self.assert_well_made("problem")
        self.phone.tap("#order-auto")
        self.stage.replace_daemon()
        self.assert_says("#qos-title", "Off", 15)

    def test_09_a_router_that_was_killed(self):
        self.stage.daemon.kill()
        self.assert_says("#away-title", "The router does not answer", 20)
        self.assertEqual(self.phone.text("#qos"), "", "what was is not shown as what is")
        self.assert_no_orders("No orders: the router does not answer.")
        self.assert_well_made("router-away")
        self.stage.daemon.start()
        self.assert_says("#qos-title", "Off", 15)
        self.assertEqual(self.phone.text("#away"), "")

    def test_10_a_router_that_hangs_is_told_of_the_order(self):
        os.kill(self.stage.daemon.pid, signal.SIGSTOP)
        try:
            self.phone.tap("#order-on")
            self.assert_says("#order-said", "Asked, waiting for the router ...", 3)
            self.assert_well_made("asked")
            self.assert_says("#order-said", "The router has not done it within 10 seconds.", 15)
        finally:
            os.kill(self.stage.daemon.pid, signal.SIGCONT)
        self.give("auto", False)

    def test_11_a_broker_that_was_stopped(self):
        self.stage.broker.stop()
        self.assert_says("#away-title", "The broker does not answer", 20)
        self.assertEqual(self.phone.text("#qos"), "")
        self.assert_no_orders("No orders: the broker does not answer.")
        self.assert_well_made("broker-away")
        self.stage.broker.start()
        self.assert_says("#qos-title", "Off", 20)
        time.sleep(3)
        self.assertFalse(is_shaped(self.stage.home), "no tap of before is carried out now")

    def test_12_a_broker_that_hangs(self):
        self.stage.broker.pause()
        try:
            self.assert_says("#away-title", "The broker does not answer", 30)
        finally:
            self.stage.broker.resume()
        self.assert_says("#qos-title", "Off", 30)

    def test_13_two_routers(self):
        attic = self.stage.node({"node": {"id": "attic", "name": "Attic"}, "qos": {"actuator": "none"}})
        attic.start()
        try:
            self.assert_says("#routers", "Attic No call", 15)
            self.assert_says("#routers", "Home No call")
            self.assertEqual(self.phone.text("h1"), "Home", "nobody's finger finds another router under it")
            self.phone.tap("[data-router=attic]")
            self.assert_says("h1", "Attic")
            self.assert_well_made("two-routers")
            self.phone.tap("[data-router=router]")
            self.assert_says("h1", "Home")
            attic.kill()
            self.assert_says("#routers", "Attic Does not answer", 20)
            self.assert_says("#qos-title", "Off")
            # What comes over MQTT is text, whoever says it.
            self.stage.broker.publish_as("homeassistant", "voip-qos/attic/info", '{"name":"<img src=x onerror=alert(1)>"}', retain=True)
            self.assert_says("#routers", "<img src=x onerror=alert(1)>")
            self.assertEqual(self.phone.evaluate("document.images.length"), 0)
            self.assertEqual(self.phone.complaints(), [])
        finally:
            if attic.is_running:
                attic.stop()
            for topic in ("status", "info", "state"):
                self.stage.broker.publish_as("homeassistant", f"voip-qos/attic/{topic}", "", retain=True)

    def test_14_a_login_is_kept_if_wanted_and_forgotten(self):
        self.phone.open(self.stage.url)
        self.stage.log_in(keep=True)
        self.assert_says("#qos-title", "Off")
        self.phone.open(self.stage.url)
        self.assert_says("#qos-title", "Off")
        self.phone.tap("#open-login")
        self.assert_well_made("login-kept")
        self.phone.tap("#forget")
        self.assertEqual(self.phone.evaluate("localStorage.length"), 0)
        self.phone.open(self.stage.url)
        self.assertNotEqual(self.phone.text("#login-form"), "")

    def test_15_where_nothing_of_voip_qosd_is_that_is_told(self):
        self.phone.tap("#more summary")
        self.phone.write("#broker", "mqtt://192.168.1.2")
        self.stage.log_in()
        self.assert_says("#login-error", "ws://192.168.1.2:9001")
        self.phone.write("#broker", f"ws://{self.stage.broker.address}:9001")
        self.phone.write("#base", "elsewhere")
        self.assert_well_made("login-more")
        self.stage.log_in()
        self.assert_says("#away-title", "No router has reported")
        self.assert_no_orders("No orders yet.")
        self.assert_well_made("nobody")

    def test_16_nothing_comes_from_elsewhere_and_no_password_is_in_an_address(self):
        for url in self.phone.requests():
            if not url.startswith(("about:", "data:")):
                self.assertRegex(url, rf"^(http|ws)://{self.stage.broker.address}:9001/")
            for password in PASSWORDS.values():
                self.assertNotIn(password, url)
        log = self.stage.broker.log.read_text(errors="replace").splitlines()
        self.assertEqual([line for line in log if "denied" in line.lower()], [], "the access list refuses nothing that the page does")


if __name__ == "__main__":
    main()
