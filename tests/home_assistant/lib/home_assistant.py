"""A real Home Assistant on the laptop of the home in a box, used through its own interfaces only.

    house = HomeAssistant(home).start()            # set up as a new user does: name and password, nothing else
    house.add_mqtt(broker.address)                 # the config flow of Settings > Devices & services
    house.call("switch.turn_on", "switch.voip_qos")
    house.wait_for("switch.voip_qos", "on", 5)

scripts/home-assistant makes the root that it runs in; raises Unavailable where that cannot be had.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from fixture import wait_until
from home import Home, HomeError, Unavailable
from web import Conversation, Refused, Web

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "home-assistant"
PORT = 8123
_RESTART = 100  # Home Assistant's exit status when it wants to be started again

# What default_config brings, without what looks for hardware or the cloud.
CONFIGURATION = """
homeassistant:
  name: Home
  latitude: 52.5
  longitude: 13.4
  elevation: 40
  unit_system: metric
  time_zone: UTC
  country: DE
  currency: EUR
  packages: !include_dir_named packages
frontend:
config:
history:
logbook:
recorder: {commit_interval: 1}
automation: !include automations.yaml
"""


def require_home_assistant() -> str:
    """The versions in the root; Unavailable where there is none."""
    done = subprocess.run([str(SCRIPT), "version"], text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Unavailable(done.stderr.strip().removeprefix("SKIPPED: "))
    return done.stdout.strip().replace("\n", ", ")


def _as_filled(schema: list[dict], answer: dict) -> dict:
    """A page of a dialog with its defaults left as they are where `answer` does not say otherwise."""
    page = {}
    for field in schema:
        name = field["name"]
        if field.get("type") == "expandable":
            page[name] = _as_filled(field["schema"], answer.get(name, {}))
        elif name in answer:
            page[name] = answer[name]
        elif field.get("required") and "default" in field:
            page[name] = field["default"]
    return page


class HomeAssistant:
    """One configuration folder; start it as often as wanted. What is learnt of it over WebSocket is current until it stops."""

    def __init__(self, home: Home, *, extra: str = "", files: dict[str, str] | None = None):
        require_home_assistant()
        self.home = home
        self.host = "laptop"
        self.web = Web(home, self.host, home.address(self.host), PORT)
        self.folder = home.folder("home-assistant")
        self.log = self.folder / "home-assistant.log"
        self.tokens: dict = {}
        self.started_s = 0.0
        (self.folder / "packages").mkdir()
        for name, text in {"automations.yaml": "[]\n", **(files or {}), "configuration.yaml": CONFIGURATION + extra}.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        self._child: subprocess.Popen | None = None
        self._talk: Conversation | None = None

    # -- life ------------------------------------------------------------------------------------------------------------------

    @property
    def client_id(self) -> str:
        return f"http://{self.web.address}:{PORT}/"

    def start(self, seconds: float = 120) -> "HomeAssistant":
        """Returns when it says that it is running; the first time, it makes the owner's account."""
        begin = time.monotonic()
        with open(self.folder / "console.log", "ab") as console:
            argv = [str(SCRIPT), "exec", "--bind", f"{self.folder}:/config", "hass", "--config", "/config", "--skip-pip", "--log-no-color"]
            self._child = self.home.popen(self.host, argv, stdout=console, stderr=console)
        wait_until(self._is_answering, seconds, every=0.2)
        if not self.tokens:
            self._onboard()
        self._log_in()
        if not wait_until(lambda: self.ask("get_config")["state"] == "RUNNING", seconds, every=0.2):
            raise HomeError(f"Home Assistant does not get ready: {self.log_text()[-3000:]}")
        self.started_s = time.monotonic() - begin
        return self

    def stop(self) -> int:
        """As its supervisor would; the exit status."""
        assert self._child
        self.close()
        if self._child.poll() is None:
            os.kill(self._child.pid, signal.SIGTERM)
        return self._wait()

    def restart(self) -> None:
        """As the button in its settings does."""
        with contextlib.suppress(HomeError, OSError):
            self.call("homeassistant.restart")
        status = self._wait()
        if status != _RESTART:
            raise HomeError(f"Home Assistant ended with {status} and did not ask to be started again: {self.log_text()[-2000:]}")
        self.start()

    def close(self) -> None:
        """Ends our conversation with it; it goes on."""
        if self._talk:
            self._talk.close()
        self._talk = None

    def log_text(self) -> str:
        log = self.log if self.log.exists() else self.folder / "console.log"
        return log.read_text(errors="replace")

    def complaints(self) -> list[str]:
        """Warnings and errors of its log, each with what hangs on it (a traceback)."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        entries = re.split(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.)", text, flags=re.MULTILINE)
        return [entry.strip() for entry in entries if re.match(r"\S+ \S+ (WARNING|ERROR|CRITICAL) ", entry)]

    # -- its interfaces --------------------------------------------------------------------------------------------------------

    def ask(self, kind: str, **content):
        """A command of the WebSocket API; the `result` of its answer."""
        assert self._talk
        answer = self._talk.ask({"type": kind, **content})
        if not answer.get("success"):
            raise HomeError(f"{kind} {content}: {answer.get('error')}")
        return answer["result"]

    def http(self, method: str, path: str, content=None):
        return self.web.request(method, path, content, token=self.tokens["access_token"])

    def call(self, action: str, entity: str | list[str] | None = None, **data) -> None:
        domain, service = action.split(".")
        self.ask("call_service", domain=domain, service=service, service_data=data, **({"target": {"entity_id": entity}} if entity else {}))

    def states(self) -> dict[str, dict]:
        return {state["entity_id"]: state for state in self.ask("get_states")}

    def state(self, entity: str) -> str | None:
        return self.states().get(entity, {}).get("state")

    def attributes(self, entity: str) -> dict:
        return self.states().get(entity, {}).get("attributes", {})

    def wait_for(self, entity: str, state: str | Callable[[str], bool], seconds: float) -> str | None:
        """Until its state is so; the last state seen."""
        is_it = state if callable(state) else lambda now: now == state
        seen: list[str | None] = [None]

        def look() -> bool:
            seen[0] = self.state(entity)
            return seen[0] is not None and is_it(seen[0])

        wait_until(look, seconds)
        return seen[0]

    def flow(self, integration: str, *answers: dict) -> dict:
        """A config flow, as the dialog of "Add integration" goes through it: one dict of answers for each page."""
        step = self.http("POST", "/api/config/config_entries/flow", {"handler": integration})
        for answer in answers:
            if step["type"] == "menu":
                step = self.http("POST", f"/api/config/config_entries/flow/{step['flow_id']}", {"next_step_id": step["menu_options"][0]})
            page = _as_filled(step.get("data_schema") or [], answer)
            step = self.http("POST", f"/api/config/config_entries/flow/{step['flow_id']}", page)
        if step["type"] != "create_entry":
            raise HomeError(f"add {integration}: {step}")
        return step

    def add_mqtt(self, address: str, port: int = 1883) -> None:
        self.flow("mqtt", {"broker": address, "port": port, "other_settings": {"set_client_cert": False, "set_ca_cert": "off"}})

    def as_ordinary_user(self, name: str = "Child") -> "HomeAssistant":
        """A new account that is no administrator's, logged in with its password: the same Home Assistant through its eyes."""
        user = self.ask("config/auth/create", name=name, group_ids=["system-users"], local_only=False)["user"]
        about = {"username": name.lower(), "password": "only a test"}
        self.ask("config/auth_provider/homeassistant/create", user_id=user["id"], **about)
        flow = self.web.request("POST", "/auth/login_flow", {"client_id": self.client_id, "handler": ["homeassistant", None], "redirect_uri": self.client_id})
        done = self.web.request("POST", f"/auth/login_flow/{flow['flow_id']}", {"client_id": self.client_id, **about})
        member = copy.copy(self)
        member.tokens = {}
        member._take_token({"grant_type": "authorization_code", "code": done["result"]})
        member._log_in()
        return member

    def add_automation(self, name: str, content: dict) -> str:
        """As its editor saves one; the entity that it becomes."""
        self.http("POST", f"/api/config/automation/config/{name}", {"alias": name, **content})
        entity = f"automation.{name}"
        if self.wait_for(entity, "on", 10) != "on":
            raise HomeError(f"{entity} is {self.states().get(entity)}: {self.complaints()}")
        return entity

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _is_answering(self) -> bool:
        assert self._child
        if self._child.poll() is not None:
            raise HomeError(f"Home Assistant ended with {self._child.returncode}: {self.log_text()[-3000:]}")
        try:
            self.web.request("GET", "/api/onboarding")
        except Refused as answer:
            return answer.status == 401 or bool(self.tokens)  # after the first time there is nothing to be told
        except OSError:
            return False
        return True

    def _onboard(self) -> None:
        owner = {"client_id": self.client_id, "name": "Owner", "username": "owner", "password": "only a test", "language": "en"}
        code = self.web.request("POST", "/api/onboarding/users", owner)["auth_code"]
        self._take_token({"grant_type": "authorization_code", "code": code})
        for page, content in (("core_config", {}), ("analytics", {}), ("integration", {"client_id": self.client_id, "redirect_uri": self.client_id})):
            self.http("POST", f"/api/onboarding/{page}", content)

    def _take_token(self, form: dict) -> None:
        answer = self.web.request("POST", "/auth/token", {"client_id": self.client_id, **form}, form=True)
        self.tokens = {**self.tokens, **answer, "obtained": time.time()}

    def _log_in(self) -> None:
        self._take_token({"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]})
        talk = self.web.conversation("/api/websocket")
        talk.say({"type": "auth", "access_token": self.tokens["access_token"]})
        if not talk.wait_for(lambda m: m.get("type") == "auth_ok", 10):
            raise HomeError(f"Home Assistant does not take its own token: {talk.heard}")
        self._talk = talk

    def _wait(self) -> int:
        assert self._child
        try:
            return self._child.wait(timeout=60)
        except subprocess.TimeoutExpired as problem:
            raise HomeError(f"Home Assistant does not end: {self.log_text()[-2000:]}") from problem
        finally:
            self.close()
