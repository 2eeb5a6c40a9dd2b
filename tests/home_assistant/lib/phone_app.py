"""A telephone with Home Assistant's companion app, as far as the app's own protocol goes: it registers, adds sensors, tells their states.

https://developers.home-assistant.io/docs/api/native-app-integration/setup
"""

from __future__ import annotations

from home import HomeError
from home_assistant import HomeAssistant


class PhoneApp:
    def __init__(self, ha: HomeAssistant, name: str):
        self._ha = ha
        self._name = name
        about = {"device_id": name, "app_id": "io.homeassistant.companion.android", "app_name": "Home Assistant", "app_version": "2026.1",
                 "device_name": name, "manufacturer": "Somebody", "model": "Some", "os_name": "Android", "os_version": "16", "supports_encryption": False}
        self._webhook = f"/api/webhook/{ha.http('POST', '/api/mobile_app/registrations', about)['webhook_id']}"

    def add_sensor(self, key: str, name: str, state: str) -> str:
        """The entity that it becomes."""
        about = {"unique_id": key, "name": name, "state": state, "type": "sensor", "icon": "mdi:phone"}
        self._say({"type": "register_sensor", "data": about})
        entity = f"sensor.{self._name}_{name}".lower().replace(" ", "_")
        if self._ha.wait_for(entity, state, 5) != state:
            raise HomeError(f"{entity} did not come: {sorted(self._ha.states())}")
        return entity

    def tell(self, **states: str) -> None:
        self._say({"type": "update_sensor_states", "data": [{"unique_id": key, "type": "sensor", "state": state} for key, state in states.items()]})

    def _say(self, content: dict) -> None:
        self._ha.web.request("POST", self._webhook, content)
