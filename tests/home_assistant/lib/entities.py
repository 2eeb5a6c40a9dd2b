"""The entities of house.py's node, with its one phone."""

# What they show while nothing happens. A timestamp that is none, an event that never was, a button that nobody pressed, and a line
# of which nothing is known yet are "unknown".
QUIET = {
    "switch.voip_qos": "off",
    "select.voip_qos_mode": "auto",
    "number.voip_qos_release_after": "2",
    "number.voip_qos_override_for": "7200",
    "button.voip_qos_recheck": "unknown",
    "binary_sensor.voip_qos_call": "off",
    "sensor.voip_qos_upload": "0.0",
    "sensor.voip_qos_download": "0.0",
    "sensor.voip_qos_call_duration": "0",
    "sensor.voip_qos_active_calls": "0",
    "sensor.voip_qos_reason": "idle",
    "sensor.voip_qos_override_until": "unknown",
    "event.voip_qos_call_event": "unknown",
    "binary_sensor.voip_qos_problem": "off",
    "sensor.voip_qos_detector": "ok",
    "sensor.voip_qos_line_upload": "unknown",
    "sensor.voip_qos_line_download": "unknown",
    "sensor.voip_qos_line_upload_queue": "unknown",
    "sensor.voip_qos_line_download_queue": "unknown",
    "sensor.voip_qos_bottleneck": "unknown",
    "binary_sensor.voip_qos_kitchen_phone_call": "off",
    "sensor.voip_qos_kitchen_phone_upload": "0.0",
    "sensor.voip_qos_kitchen_phone_download": "0.0",
    "sensor.voip_qos_kitchen_phone_call_duration": "0",
    "sensor.voip_qos_kitchen_phone_active_calls": "0",
}
