"""Renders every template of the discovery messages with jinja2, as Home Assistant does, against states as the node says them.

A template that gives "True" where "ON" is compared, or a word that is not among an enum's options, is only seen this way.
"""
import datetime
import json
import os
import re
import sys

try:
    import jinja2
except ImportError:
    print("SKIPPED: python3-jinja2 is not installed")
    sys.exit(77)

SOURCE = os.environ.get("VOIP_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDEN = os.path.join(SOURCE, "tests", "unit", "ports", "mqtt", "payload", "home_assistant_golden.json")
GOLDEN_PAYLOADS = [os.path.join(SOURCE, "tests", "unit", "ports", "mqtt", "payload", f"{name}_test.cpp") for name in ("topics", "last_calls")]

# What the unit test holds the node to, read from it, so that the two cannot part.
RAW = re.compile(r'(?:R"\((?:[^)]|\)(?!"))*\)"\s*)+', re.S)


def samples():
    """Every JSON object that those tests expect, adjacent raw strings joined."""
    text = "".join(open(path, encoding="utf-8").read() for path in GOLDEN_PAYLOADS)
    for group in RAW.findall(text):
        joined = "".join(re.findall(r'R"\(((?:[^)]|\)(?!"))*)\)"', group))
        try:
            value = json.loads(joined)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield joined, value


# What stands on a topic as a bare word, and what is written by another unit test.
OTHERS = {
    "sensitivity": [("low", "low"), ("normal", "normal"), ("high", "high")],
    "release_after": [("10", 10)],
    "override_for": [("7200", 7200), ("90", 90)],
    "usage": [('{"up_kbit":87,"down_kbit":0}', {"up_kbit": 87, "down_kbit": 0})],
}


def as_datetime(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def kind_of(value):
    if "event_type" in value:
        return "event"
    if "ended" in value:
        return "last_call"
    if "grade" in value:
        return "quality"
    if "bottleneck" in value:
        return "line"
    if "up_kbit" in value:
        return "rates"
    if "override_until" in value:
        return "state"
    if "call_active" in value:
        return "device_state"
    return None


def wanted_kind(topic):
    last = topic.rsplit("/", 1)[1]
    if last in ("event", "rates", "line", "last_call", "quality") or last in OTHERS:
        return last
    return "device_state" if "/device/" in topic else "state"


def is_right(entity, result):
    """What Home Assistant takes for this entity; "None" is unknown."""
    platform = entity["platform"]
    if platform in ("switch", "binary_sensor"):
        return result in ("ON", "OFF") or (platform == "switch" and result == "None")
    if platform == "select" or entity.get("device_class") == "enum":
        return result in entity["options"]
    if entity.get("device_class") == "timestamp":
        return result == "None" or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result)
    if platform == "event":
        return result == "" or json.loads(result)["event_type"] in entity["event_types"]
    if platform == "sensor" and "state_class" not in entity:
        return re.fullmatch(r"[A-Z0-9][^_{}]{1,200}", result)  # for people
    is_unknown = result == "None" and entity["state_topic"].endswith("/line")
    return is_unknown or re.fullmatch(r"-?\d+(\.\d+)?", result)


def wrong_commands(environment):
    """What is ordered by an option or a number is what the node understands, and comes back as the same word."""
    for message in json.load(open(GOLDEN, encoding="utf-8")).values():
        for key, entity in message["components"].items():
            if "command_template" not in entity or "value_template" not in entity:
                continue
            for value in entity.get("options", [entity.get("min"), entity.get("max"), 90]):
                said = environment.from_string(entity["command_template"]).render(value=value)
                back = environment.from_string(entity["value_template"]).render(value=said, value_json={"lasting_mode": said})
                if back != str(value):
                    yield f"{key}: {value!r} is said as {said!r}, which reads {back!r}"


def main():
    by_kind = {}
    for text, value in samples():
        by_kind.setdefault(kind_of(value), []).append((text, value))
    for kind in ("event", "rates", "line", "last_call", "quality", "state", "device_state"):
        assert by_kind.get(kind), f"no sample of {kind} in {GOLDEN_PAYLOADS}"
    by_kind.update(OTHERS)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    # As Home Assistant has them.
    environment.filters.update(as_datetime=as_datetime, as_local=lambda moment: moment)
    environment.globals["now"] = lambda: datetime.datetime.now(datetime.timezone.utc)
    rendered = 0
    wrong = []
    for topic, message in json.load(open(GOLDEN, encoding="utf-8")).items():
        for key, entity in message["components"].items():
            for name in ("value_template", "json_attributes_template"):
                if name not in entity:
                    continue
                source = entity["state_topic" if name == "value_template" else "json_attributes_topic"]
                for text, value in by_kind[wanted_kind(source)]:
                    result = environment.from_string(entity[name]).render(value=text, value_json=value)
                    rendered += 1
                    good = is_right(entity, result) if name == "value_template" else isinstance(json.loads(result), dict)
                    if not good:
                        wrong.append(f"{topic} {key} {name}: {result!r} from {text}")
    for line in wrong:
        print(line)
    wrong += wrong_commands(environment)
    assert rendered > 40, rendered
    print(f"{rendered} renderings, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
