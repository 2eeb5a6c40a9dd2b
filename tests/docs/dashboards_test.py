#!/usr/bin/env python3
"""The two dashboards for Home Assistant: of one router, that which finds routers makes what is written in the file, word by word; with entities
renamed or missing it goes on. What discovery says is read from the golden file of its unit test. Needs node and python3-yaml.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("VOIP_SOURCE_DIR") or Path(__file__).resolve().parents[2])
FOLDER = ROOT / "integrations" / "home-assistant"
GOLDEN = ROOT / "tests" / "unit" / "ports" / "mqtt" / "payload" / "home_assistant_golden.json"
SKIPPED = 77

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(SKIPPED)

# What a browser has and the file uses; then a dashboard of each house that stands in the input.
RUN = """
let strategy;
Object.assign(globalThis, {
  window: globalThis, HTMLElement: class {}, document: {querySelector: () => null},
  customElements: {get: () => strategy, define: (_, made) => { strategy = made; }},
});
require(process.argv[1]);
const ask = (house) => async ({type, entity_ids, ...rest}) => {
  if (type !== "config/entity_registry/get_entries" || Object.keys(rest).length) throw new Error(`nobody answers ${type}`);
  return Object.fromEntries(entity_ids.map((id) => [id, house.entries[id] ?? null]));
};
(async () => {
  const made = [];
  for (const house of JSON.parse(require("fs").readFileSync(0))) made.push(await strategy.generate({}, {...house, callWS: ask(house)}));
  console.log(JSON.stringify(made, (_, value) => (value === undefined ? "undefined!" : value)));
})();
"""


def house(nodes=("router",), *, without: str | None = None, renamed: str = "", dropped: bool = False) -> dict:
    """What Home Assistant knows of nodes that discovery told it of."""
    devices, entities, entries = {}, {}, {}
    for number, node in enumerate(nodes):
        for message in json.loads(GOLDEN.read_text(encoding="utf-8").replace("voip_qosd_router", f"voip_qosd_{node}")).values():
            device = f"{node}/{message['device']['name']}"
            devices[device] = {"id": device, "name": message["device"]["name"], "name_by_user": None, "created_at": 9 - number,
                               "identifiers": [["mqtt", one] for one in message["device"]["identifiers"]]}
            for key, about in message["components"].items():
                domain, name = about["default_entity_id"].split(".")
                entity = f"{domain}.{renamed}{name}" + (f"_{node}" if number else "")
                if key != without or dropped:
                    entities[entity] = {"entity_id": entity, "device_id": device, "platform": "mqtt"}
                if key != without:
                    entries[entity] = {**entities[entity], "unique_id": about["unique_id"], "disabled_by": None}
    return {"devices": devices, "entities": entities, "entries": entries}


def dashboards(*houses: dict) -> list[dict]:
    done = subprocess.run(["node", "-e", RUN, str(FOLDER / "voip-qos-strategy.js")], input=json.dumps(houses), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def written() -> dict:
    made = yaml.safe_load((FOLDER / "dashboard.yaml").read_text(encoding="utf-8"))
    made["views"][0]["path"] = "qos-router"  # which stays when a second one comes
    return made


class Dashboards(unittest.TestCase):
    maxDiff = None

    def test_of_one_router_it_is_what_is_written_in_the_file(self):
        self.assertEqual(dashboards(house())[0], written())

    def test_renamed_entities_stand_in_every_card_and_every_template(self):
        text = json.dumps(written())
        for domain in ("switch", "sensor", "button", "select", "number"):  # "sensor" ends "binary_sensor", too
            text = text.replace(f"{domain}.voip_qos", f"{domain}.0_mine_voip_qos")
        self.assertEqual(dashboards(house(renamed="0_mine_"))[0], json.loads(text))

    def test_without_one_of_its_entities_only_the_cards_of_that_are_missing(self):
        golden = json.loads(GOLDEN.read_text(encoding="utf-8")).values()
        node = next(message for message in golden if "via_device" not in message["device"])
        keys = list(node["components"])
        whole = json.dumps(written())
        # Gone, and gone while it is asked for.
        for dropped in (False, True):
            for key, made in zip(keys, dashboards(*(house(without=key, dropped=dropped) for key in keys))):
                with self.subTest(key):
                    text = json.dumps(made)
                    about = node["components"][key]["default_entity_id"]
                    self.assertNotIn(f'"{about}"', text)
                    self.assertNotIn(f"'{about}'", text)
                    self.assertNotRegex(text, r"undefined|null")
                    self.assertEqual(len(made["views"]), 2)
                    if f'"{about}"' not in whole:
                        self.assertEqual(made, written())

    def test_what_home_assistant_has_kept_of_before_is_left_out_once_the_router_is_heard_of(self):
        alive, restored = {"state": "on", "attributes": {}}, {"state": "unavailable", "attributes": {"restored": True}}
        whole = house()
        every = {entity: alive for entity in whole["entities"]}
        gone = {entity: state for entity, state in every.items() if entity != "switch.voip_qos"}
        old = {**every, "switch.voip_qos": restored}
        asleep = {entity: restored for entity in every}
        made = dashboards(*({**whole, "states": states} for states in (every, gone, old, asleep)), house(without="qos"))
        self.assertEqual(made[0], written())
        self.assertEqual(made[1], made[4])
        self.assertEqual(made[2], made[4])
        self.assertEqual(made[3], written())
        self.assertNotEqual(made[4], written())

    def test_two_of_one_name_have_views_of_their_own_in_the_order_in_which_they_came(self):
        made = dashboards(house(("router", "a-b_c")))[0]
        self.assertEqual([(view["title"], view["path"]) for view in made["views"]], [("Attic (a-b_c)", "qos-a-b_c"), ("Attic (router)", "qos-router"), ("Weeks", "weeks")])
        self.assertEqual(made["views"][1]["sections"], written()["views"][0]["sections"])

    def test_without_a_router_it_says_so(self):
        for one in (house(()), {"devices": None, "entities": None, "entries": {}}):
            made = dashboards(one)[0]
            self.assertEqual(len(made["views"]), 1)
            self.assertIn("No router is known yet", json.dumps(made))

    def test_it_takes_nothing_from_elsewhere_and_only_cards_of_home_assistant(self):
        code = (FOLDER / "voip-qos-strategy.js").read_text(encoding="utf-8")
        self.assertNotRegex(code, r"https?:|\bimport\b|\bfetch\(|innerHTML|\beval\(|custom:(?!voip-qos)")


if __name__ == "__main__":
    if not shutil.which("node"):
        print("SKIPPED: node is not installed")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
