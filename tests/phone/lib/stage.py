"""A home with mosquitto as we ship its configuration, which serves the page; the daemon with a real shaper; a phone with the page open."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_TESTS = ROOT / "tests"
sys.path[:0] = [str(_TESTS / "netns"), str(_TESTS / "e2e" / "lib"), str(_TESTS / "home_assistant" / "lib"), str(Path(__file__).resolve().parent)]
from broker import Broker  # noqa: E402
from daemon import Daemon, merged  # noqa: E402
from fixture import wait_until  # noqa: E402
from home import Home, HomeError, Unavailable, require  # noqa: E402
from phone_browser import PhoneBrowser  # noqa: E402

SHIPPED = ROOT / "integrations" / "mosquitto"
PAGE = Path(os.environ.get("VOIP_PHONE_PAGE") or ROOT / "build" / "phone-page" / "page")
PASSWORDS = {"qosd": "of the router", "homeassistant": "of the house", "phone": "öf the phone"}
PORT = 9001
SETTINGS = {
    "node": {"id": "router", "name": "Home"},
    "device": [{"name": "Kitchen phone", "address": "192.168.77.10", "role": "phone"}],
    "policy": {"release_after": "2s", "min_on": "1s", "min_off": "1s"},
    "qos": {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
}


class ShippedBroker(Broker):
    """With the two files as they are, but for where they are; the listeners that they propose are taken, and TLS is left out."""

    def __init__(self, home: Home, *, also: str = "attic"):
        """also: the id of a second router; a user copies the lines of the list for it."""
        super().__init__(home)
        for user, password in PASSWORDS.items():
            name = self.folder / "passwords"
            name.touch()
            subprocess.run(["mosquitto_passwd", "-b", str(name), user, password], check=True, capture_output=True)
        acl = (SHIPPED / "voip-qosd.acl").read_text()
        (self.folder / "voip-qosd.acl").write_text(acl + "\n" + acl.replace("voip-qos/router/", f"voip-qos/{also}/").replace("voip_qosd_router", f"voip_qosd_{also}"))
        (self.folder / "phone-page").symlink_to(PAGE)
        text = (SHIPPED / "voip-qosd.conf").read_text().replace("/etc/mosquitto", str(self.folder))
        text = re.sub(r"^listener 8883\n(.+\n)+", "", text, flags=re.MULTILINE)
        text, number = re.subn(r"^# (listener 1883|listener 9001|protocol websockets|http_dir .*)$", r"\1", text, flags=re.MULTILINE)
        if number != 4:
            raise HomeError(f"the shipped configuration has other lines than expected:\n{text}")
        self._config.write_text(f"user root\npersistence true\npersistence_location {self.folder}/\nautosave_on_changes true\nlog_dest stderr\nlog_type all\n{text}")

    def publish_as(self, user: str, topic: str, payload: str, *, retain: bool = False) -> None:
        argv = ["mosquitto_pub", "-h", self.address, "-u", user, "-P", PASSWORDS[user], "-q", "1", "-t", topic, "-m", payload]
        self.home.run("laptop", argv + (["-r"] if retain else []))

    def listen_as(self, user: str, topic: str, number: int) -> subprocess.Popen:
        """Ends after so many messages."""
        argv = ["mosquitto_sub", "-V", "mqttv5", "-h", self.address, "-u", user, "-P", PASSWORDS[user], "-q", "2", "-t", topic, "-C", str(number), "-F", "%j"]
        before = self.subscriptions()
        child = self.home.popen("laptop", argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        wait_until(lambda: self.subscriptions() > before, 5)
        return child


class Stage(contextlib.ExitStack):
    """with Stage() as stage: stage.broker and stage.daemon run, stage.phone has Chromium open."""

    home: Home
    broker: ShippedBroker
    daemon: Daemon
    phone: PhoneBrowser

    def __enter__(self) -> "Stage":
        super().__enter__()
        try:
            require("chromium", "mosquitto", "mosquitto_passwd", "sipp")
            if not (PAGE / "page.js").exists():
                raise Unavailable(f"{PAGE} is not there: make it first (scripts/phone-page --tests)")
            self.home = self.enter_context(Home())
            self.broker = ShippedBroker(self.home)
            self.broker.start()
            self.daemon = self.node().start()
            self.phone = self.enter_context(PhoneBrowser(self.home, "laptop", 390, 844))
        except BaseException:
            self.close()
            raise
        return self

    @property
    def url(self) -> str:
        return f"http://{self.broker.address}:{PORT}/"

    def node(self, changes: dict | None = None) -> Daemon:
        """A daemon that is not started yet."""
        folder = self.home.folder("secret")
        secret = folder / "password"
        secret.write_text(PASSWORDS["qosd"] + "\n")
        secret.chmod(0o600)
        login = {"mqtt": {"username": "qosd", "password_file": str(secret)}}
        return Daemon(self.home, merged(merged(SETTINGS, login), changes or {}), broker=self.broker)

    def replace_daemon(self, changes: dict | None = None) -> None:
        if self.daemon.is_running:
            self.daemon.stop()
        self.daemon = self.node(changes).start()

    def log_in(self, phone: PhoneBrowser | None = None, *, password: str = PASSWORDS["phone"], keep: bool = False) -> None:
        phone = phone or self.phone
        phone.write("#user", "phone")
        phone.write("#password", password)
        if keep != phone.evaluate("document.querySelector('#keep').checked"):
            phone.tap(".tick")
        phone.tap("#login-form button.main")
