"""Holds every entity id and topic in integrations/ and docs/ against what discovery offers and the node understands."""
import glob
import json
import os
import re
import sys

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

SOURCE = os.environ.get("VOIP_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
GOLDEN = os.path.join(SOURCE, "tests", "unit", "ports", "mqtt", "payload", "home_assistant_golden.json")
ENTITY = re.compile(r"\b(?:switch|select|sensor|binary_sensor|number|event|button|notify)\.voip_qos\w*")
TOPIC = re.compile(r"voip-qos/router/([a-z_/]+)")


class Loader(yaml.SafeLoader):
    """SafeLoader with Home Assistant's !input, which becomes a mark."""


Loader.add_constructor("!input", lambda loader, node: {"!input": node.value})


def inputs_of(value):
    if isinstance(value, dict):
        if set(value) == {"!input"}:
            yield value["!input"]
        for one in value.values():
            yield from inputs_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from inputs_of(one)


def entities_of_package(package):
    """unique id -> its platform and all its keys but those of the device."""
    entities = {}
    for part in package["mqtt"]:
        for platform, items in part.items():
            for item in items:
                about = {"platform": platform, **{key: value for key, value in item.items() if key not in ("device", "qos")}}
                if about["availability"]:
                    assert about.pop("availability") == [{"topic": "voip-qos/router/status"}], item
                assert entities.setdefault(item["unique_id"], about) is about, f"twice: {item['unique_id']}"
                assert item["qos"] == 1, item
                assert item["device"]["identifiers"] == ["voip_qosd_router"], item
    return entities


def differences_of_package(package):
    """The package must say of each entity of the node what discovery says, and no less and no more."""
    messages = json.load(open(GOLDEN, encoding="utf-8"))
    node = next(message for message in messages.values() if "via_device" not in message["device"])
    offered = {component["unique_id"]: component for component in node["components"].values()}
    written = entities_of_package(package)
    for unique_id in sorted({*offered, *written}):
        if offered.get(unique_id) != written.get(unique_id):
            yield f"{unique_id}: {written.get(unique_id)}, but discovery says {offered.get(unique_id)}"


def main():
    known, topics = set(), {"qos", "mode", "mode/set", "qos/set", "status", "request/status"}
    for message in json.load(open(GOLDEN, encoding="utf-8")).values():
        for component in message["components"].values():
            known.add(component["default_entity_id"])
            for key, value in component.items():
                if key.endswith("_topic"):
                    topics.add(value.split("/", 2)[2])
    wrong, seen = [], set()
    base = os.path.join(SOURCE, "integrations")
    for path in glob.glob(os.path.join(base, "home-assistant", "**", "*.yaml"), recursive=True) + \
            glob.glob(os.path.join(base, "phone", "*.yaml")) + \
            glob.glob(os.path.join(base, "*", "*.md")) + glob.glob(os.path.join(SOURCE, "docs", "*.md")):
        text = open(path, encoding="utf-8").read()
        name = os.path.relpath(path, base)
        for entity in ENTITY.findall(text):
            seen.add(entity)
            if entity not in known:
                wrong.append(f"{name}: {entity} is not offered by discovery")
        for topic in TOPIC.findall(text):
            if topic not in topics:
                wrong.append(f"{name}: topic {topic} does not exist")
        # Home Assistant lets administrators alone do that.
        if path.endswith(".yaml") and "mqtt.publish" in text:
            wrong.append(f"{name}: mqtt.publish needs an administrator")
        if path.endswith(".yaml"):
            content = yaml.load(text, Loader)
            if "mqtt" in content:
                wrong += [f"{name}: {difference}" for difference in differences_of_package(content)]
            if "blueprint" in content:
                offered = set(content["blueprint"]["input"])
                used = set(inputs_of({key: value for key, value in content.items() if key != "blueprint"}))
                if offered != used:
                    wrong.append(f"{name}: inputs {offered ^ used} are not both offered and used")
                for key in ("name", "domain"):
                    if not content["blueprint"].get(key):
                        wrong.append(f"{name}: blueprint without {key}")
    for line in wrong:
        print(line)
    assert len(seen) >= 10, seen
    print(f"{len(seen)} entity ids, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
