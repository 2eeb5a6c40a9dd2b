#!/usr/bin/env python3
"""The shipped blueprints, imported by their address as a user does, and automations made of them at work."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from house import ROOT, House, main  # noqa: E402  (first: it knows where the rest is)

from daemon import is_shaped  # noqa: E402
from fixture import wait_until  # noqa: E402
from peers import BaresipCall  # noqa: E402
from phone_app import PhoneApp  # noqa: E402
from sip_dialog import SipCall  # noqa: E402
from web import connect  # noqa: E402

FOLDER = ROOT / "integrations/home-assistant/blueprints/automation/voip-qosd"
EXTRA = """
mobile_app:
input_boolean: {download: {name: Download}, backup: {name: Backup}, paused: {name: Paused by an action}}
mqtt:
  - light: {name: Desk lamp, schema: json, command_topic: lamp/set, brightness: true, supported_color_modes: [rgb]}
"""


class Blueprints(unittest.TestCase):
    """In the order of the names, on one house."""

    @classmethod
    def setUpClass(cls):
        cls.house = House(extra=EXTRA)
        cls.house.__enter__()
        cls.ha = cls.house.ha
        cls.house.daemon.start()
        cls.house.must(cls.ha.wait_for("switch.voip_qos", "off", 10) == "off", "no discovery")
        # Home Assistant fetches them from a web server out there.
        argv = [sys.executable, "-m", "http.server", "80", "--directory", str(FOLDER)]
        cls.house.home.popen("server", argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.house.must(wait_until(cls.serves, 10), "no web server")

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    @classmethod
    def serves(cls) -> bool:
        try:
            connect(cls.house.home, "laptop", (cls.house.home.address("server"), 80), 5).close()
        except OSError:
            return False
        return True

    def automation(self, blueprint: str, **inputs) -> str:
        content = {"use_blueprint": {"path": f"voip-qosd/{blueprint}.yaml", "input": inputs}}
        return self.ha.add_automation(f"by_{blueprint}", content)

    def notifications(self) -> list[tuple[str, str]]:
        return [(one["title"], one["message"]) for one in self.ha.ask("persistent_notification/get")]

    def is_soon(self, probe, seconds: float, what: str = "") -> None:
        self.assertTrue(wait_until(probe, seconds), f"{what}\n{self.house.daemon.log_text()[-1500:]}\n{self.house.complaints()}")

    def test_1_all_are_imported(self):
        names = sorted(path.stem for path in FOLDER.glob("*.yaml"))
        self.assertEqual(names, ["follow_phone", "notify_problem", "pause_during_calls", "qos_before_meeting", "red_lamp_during_calls"])
        for name in names:
            url = f"http://{self.house.home.address('server')}/{name}.yaml"
            imported = self.ha.ask("blueprint/import", url=url)
            self.assertIsNone(imported["validation_errors"], name)
            self.ha.ask("blueprint/save", domain="automation", path=f"voip-qosd/{name}", yaml=imported["raw_data"], source_url=url)
        listed = self.ha.ask("blueprint/list", domain="automation")
        for name in names:
            self.assertIn("metadata", listed[f"voip-qosd/{name}.yaml"], listed[f"voip-qosd/{name}.yaml"])

    def test_2_calls_pause_downloads_and_light_the_lamp(self):
        ha = self.ha
        set_paused = [{"action": f"input_boolean.turn_{state}", "target": {"entity_id": "input_boolean.paused"}} for state in ("on", "off")]
        self.automation("pause_during_calls", paused_switches=["input_boolean.download", "input_boolean.backup"],
                        pause_actions=[set_paused[0]], resume_actions=[set_paused[1]], wait_after={"seconds": 3})
        self.automation("red_lamp_during_calls", lamps=["light.desk_lamp"], brightness=80)
        ha.call("input_boolean.turn_on", "input_boolean.download")
        ha.call("light.turn_on", "light.desk_lamp", rgb_color=[0, 0, 255], brightness_pct=30)
        before = ha.attributes("light.desk_lamp")
        with SipCall(self.house.home, talk_s=6) as call:
            self.assertEqual(ha.wait_for("input_boolean.download", "off", 10), "off")
            self.assertEqual(ha.wait_for("input_boolean.paused", "on", 3), "on")
            self.is_soon(lambda: tuple(ha.attributes("light.desk_lamp")["rgb_color"]) == (255, 0, 0), 5, "the lamp is red")
            self.assertEqual(ha.attributes("light.desk_lamp")["brightness"], 204)
            call.wait_hung_up()
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_call", "off", 10), "off")
        self.assertEqual(ha.state("input_boolean.download"), "off", "not at once")
        self.assertEqual(ha.wait_for("input_boolean.download", "on", 8), "on")
        self.assertEqual(ha.state("input_boolean.backup"), "off", "it was off before")
        self.assertEqual(ha.wait_for("input_boolean.paused", "off", 3), "off")
        self.is_soon(lambda: ha.attributes("light.desk_lamp")["rgb_color"] == before["rgb_color"], 5, "the lamp is blue again")
        self.assertEqual(ha.attributes("light.desk_lamp")["brightness"], before["brightness"])
        self.assertEqual([e for e in ha.states() if e.startswith("scene.")], [])

        # Out it was, and out it shall be.
        ha.call("light.turn_off", "light.desk_lamp")
        with SipCall(self.house.home, talk_s=4) as call:
            self.assertEqual(ha.wait_for("light.desk_lamp", "on", 10), "on")
            call.wait_hung_up()
        self.assertEqual(ha.wait_for("light.desk_lamp", "off", 15), "off")

    def test_3_a_restart_during_a_call_leaves_nothing_behind(self):
        ha = self.ha
        # It is on for as long as Home Assistant takes.
        with SipCall(self.house.home, talk_s=600) as call:
            self.assertEqual(ha.wait_for("input_boolean.download", "off", 10), "off")
            self.assertEqual(ha.wait_for("light.desk_lamp", "on", 5), "on")
            ha.restart()
            self.assertEqual(ha.wait_for("binary_sensor.voip_qos_call", "on", 10), "on")
            self.assertEqual(ha.wait_for("input_boolean.download", "off", 5), "off", "paused again")
            self.assertEqual(ha.wait_for("light.desk_lamp", "on", 5), "on")
            call.finish()
        self.assertEqual(ha.wait_for("light.desk_lamp", "off", 10), "off")
        self.assertEqual(ha.wait_for("input_boolean.download", "on", 8), "on")
        self.assertEqual(ha.wait_for("input_boolean.paused", "off", 3), "off")

    def test_4_qos_follows_the_companion_app(self):
        phone = PhoneApp(self.ha, "My phone")
        state = phone.add_sensor("phone_state", "Phone State", "idle")
        mode = phone.add_sensor("audio_mode", "Audio Mode", "normal")
        self.automation("follow_phone", call_entities=[state, mode])
        phone.tell(phone_state="ringing")
        self.is_soon(lambda: is_shaped(self.house.home), 5, "QoS is on while it rings")
        phone.tell(phone_state="offhook", audio_mode="in_call")
        time.sleep(1)
        phone.tell(phone_state="idle")
        time.sleep(2)
        self.assertTrue(is_shaped(self.house.home), "the other still says so")
        phone.tell(audio_mode="normal")
        self.is_soon(lambda: not is_shaped(self.house.home), 5, "QoS is off")
        self.assertEqual(self.house.daemon.status()["mode"], "auto")

        self.ha.call("select.select_option", "select.voip_qos_mode", option="Always on")
        self.is_soon(lambda: is_shaped(self.house.home), 5)
        phone.tell(audio_mode="ringtone")
        phone.tell(audio_mode="normal")
        time.sleep(2)
        self.assertTrue(is_shaped(self.house.home), "what was ordered otherwise stays")
        self.ha.call("select.select_option", "select.voip_qos_mode", option="Automatic")
        self.is_soon(lambda: not is_shaped(self.house.home), 8)

    def test_5_qos_is_on_before_a_meeting(self):
        ha = self.ha
        ha.flow("local_calendar", {"calendar_name": "Meetings", "import": "create_empty"})
        self.assertEqual(ha.wait_for("calendar.meetings", "off", 10), "off")
        inputs = {"calendar": "calendar.meetings", "offset": "-00:01:00", "words": "zoom|teams"}
        self.automation("qos_before_meeting", **inputs)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)

        def enter(title: str, start_s: int, end_s: int) -> datetime.datetime:
            start, end = (now + datetime.timedelta(seconds=s) for s in (start_s, end_s))
            ha.call("calendar.create_event", "calendar.meetings", summary=title, start_date_time=start.isoformat(), end_date_time=end.isoformat())
            return end

        def is_on_until(end: datetime.datetime, seconds: float) -> None:
            self.is_soon(lambda: is_shaped(self.house.home), seconds, "QoS is on")
            self.assertEqual(ha.wait_for("sensor.voip_qos_reason", "Ordered by hand", 3), "Ordered by hand")
            until = datetime.datetime.fromisoformat(ha.state("sensor.voip_qos_override_until"))
            self.assertLess(abs((until - end).total_seconds()), 3, (until, end))
            self.house.broker.publish("voip-qos/router/qos/set", "AUTO")
            self.is_soon(lambda: not is_shaped(self.house.home), 8)

        # Entered in a hurry. Home Assistant looks at templates of the clock once in a minute.
        enter("Dentist", 75, 200)
        end = enter("Call on Zoom", 70, 210)
        is_on_until(end, 75)

        # Known for long, and hidden behind an event that lasts the whole day: only the calendar's own trigger sees it.
        today = now.date()
        ha.call("calendar.create_event", "calendar.meetings", summary="Zoom holiday", start_date=str(today), end_date=str(today + datetime.timedelta(days=1)))
        self.is_soon(lambda: ha.attributes("calendar.meetings").get("message") == "Zoom holiday", 65)
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        end = enter("Teams", 72, 300)
        self.automation("qos_before_meeting", **{**inputs, "words": "teams|holiday"})  # it changed, so it reads the calendar anew
        time.sleep(5)
        self.assertFalse(is_shaped(self.house.home), "not yet, and not for a holiday")
        is_on_until(end, 20)

    def test_6_bad_calls_and_failures_are_told(self):
        house, ha = self.house, self.ha
        tell = {"action": "persistent_notification.create", "data": {"title": "{{ title }}", "message": "{{ message }}"}}
        self.automation("notify_problem", notify_actions=[tell], least_duration=8)
        with SipCall(house.home, talk_s=11) as call:
            call.wait_hung_up()
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_call", "off", 10), "off")
        time.sleep(1)
        self.assertEqual(self.notifications(), [], "a good call is not worth a word")
        # Without help behind the NAT the other side's speech goes nowhere.
        call = BaresipCall(house.home).start()
        self.assertEqual(ha.wait_for("binary_sensor.voip_qos_call", "on", 10), "on")
        time.sleep(12)
        call.finish()
        self.is_soon(lambda: self.notifications(), 20, "the bad call is told")
        title, message = self.notifications()[0]
        self.assertEqual(title, "A bad call")
        self.assertRegex(message, r"^Kitchen phone with 198\.51\.100\.10, 1\d s:\s+the other side was hardly heard\s+\([45]\d packets/s up, 0 down\)\.$")

        house.replace_daemon("device", {"qos": {"actuator": "exec", "retries": 1, "exec": {"on": ["/bin/false"], "off": ["/bin/true"], "observe": ["/bin/false"]}}})
        house.daemon.start()
        self.assertEqual(ha.wait_for("switch.voip_qos", "off", 10), "off")
        ha.call("switch.turn_on", "switch.voip_qos")
        self.is_soon(lambda: len(self.notifications()) == 2, 30, "the failure is told")
        title, message = next(one for one in self.notifications() if "bad" not in one[0])
        self.assertEqual(title, "A problem with QoS for calls")
        self.assertIn("may break up while somebody uploads", message)
        self.assertIn("/bin/false", message)

    def test_7_nothing_to_complain_of(self):
        self.assertEqual(self.house.complaints(), [])


if __name__ == "__main__":
    main()
