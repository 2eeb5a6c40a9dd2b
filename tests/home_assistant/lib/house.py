"""The whole house: home in a box, broker on the router, voip-qosd with a real shaper, and Home Assistant that was told of the broker only."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_TESTS = ROOT / "tests"
sys.path[:0] = [str(_TESTS / "netns"), str(_TESTS / "e2e" / "lib"), str(Path(__file__).resolve().parent)]
from daemon import Daemon, merged  # noqa: E402
from fixture import SKIPPED  # noqa: E402
from fixture import main as fixture_main  # noqa: E402
from home import Home, HomeError, Unavailable, require  # noqa: E402
from home_assistant import HomeAssistant, require_home_assistant  # noqa: E402

# The node has the default id, for which the shipped dashboard, blueprints and package are written.
SETTINGS = {
    "node": {"id": "router", "name": "Home"},
    "device": [{"name": "Kitchen phone", "address": "192.168.77.10", "role": "phone"}],
    "policy": {"release_after": "2s", "min_on": "1s", "min_off": "1s"},
    "qos": {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
}

# What Home Assistant says of itself here, where there is neither the internet nor a camera.
_NOT_ABOUT_US = ("homeassistant.bootstrap] Skipping pip", "haffmpeg", "homeassistant.components.camera", "metno", "homeassistant.components.radio_browser",
                 "homeassistant.components.analytics", "homeassistant.components.homeassistant_alerts")


def main() -> None:
    """Runs the tests of the calling module, or exits 77 with the reason where there is no Home Assistant, or no home in a box."""
    try:
        require("mosquitto", "mosquitto_sub", "sipp", "conntrack")
        print(require_home_assistant(), flush=True)
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(SKIPPED)
    fixture_main()


class House(contextlib.ExitStack):
    """with House(...) as house: house.broker, house.ha (running, knows the broker), house.daemon (configured, not started)."""

    def __init__(self, settings: dict | None = None, *, extra: str = "", files: dict[str, str] | None = None):
        super().__init__()
        self._settings = merged(SETTINGS, settings or {})
        self._extra, self._files = extra, files
        self.home: Home
        self.ha: HomeAssistant

    def __enter__(self) -> "House":
        super().__enter__()
        try:
            self.home = self.enter_context(Home())
            self.broker = self.home.broker()
            self.ha = HomeAssistant(self.home, extra=self._extra, files=self._files)
            self.callback(self.ha.close)
            self.ha.start()
            self.ha.add_mqtt(self.broker.address)
            self.daemon = Daemon(self.home, self._settings, broker=self.broker)
        except BaseException:
            self.close()
            raise
        return self

    def replace_daemon(self, style: str, changes: dict | None = None) -> None:
        """The same node with another configuration: that style of discovery, and `changes`. It is not started yet."""
        if self.daemon.is_running:
            self.daemon.stop()
        settings = merged(self._settings, {"home_assistant": {"style": style}, "node": {"state_dir": self.daemon.settings["node"]["state_dir"]}})
        self.daemon = Daemon(self.home, merged(settings, changes or {}), broker=self.broker)

    def recorded(self) -> dict[str, int]:
        """How many rows the recorder holds of each of our entities. It writes once in a second."""
        with contextlib.closing(sqlite3.connect(f"file:{self.ha.folder / 'home-assistant_v2.db'}?mode=ro", uri=True)) as database:
            return dict(database.execute("SELECT m.entity_id, count(*) FROM states s JOIN states_meta m USING (metadata_id) WHERE m.entity_id LIKE '%voip_qos%' GROUP BY 1"))

    def database_bytes(self) -> int:
        """How large the recorder's database is, with all that Home Assistant itself writes there."""
        with contextlib.closing(sqlite3.connect(f"file:{self.ha.folder / 'home-assistant_v2.db'}?mode=ro", uri=True)) as database:
            return database.execute("PRAGMA page_count").fetchone()[0] * database.execute("PRAGMA page_size").fetchone()[0]

    def logged(self, entity: str) -> list[dict]:
        """What the logbook tells of an entity, since the beginning."""
        start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        return self.ha.ask("logbook/get_events", start_time=start.isoformat(), entity_ids=[entity])

    def complaints(self) -> list[str]:
        """What Home Assistant's log holds against anybody but the missing internet."""
        return [entry for entry in self.ha.complaints() if not any(f"[{name}" in entry for name in _NOT_ABOUT_US)]

    def must(self, is_so, what: str) -> None:
        """A failure that shows both logs."""
        if not is_so:
            raise HomeError(f"{what}\n--- voip-qosd\n{self.daemon.log_text()[-1500:]}\n--- Home Assistant\n" + "\n".join(self.ha.complaints())[-3000:])
