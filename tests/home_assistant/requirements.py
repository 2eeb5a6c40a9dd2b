"""Prints what the wanted integrations, and those that they and Home Assistant itself always load, need from PyPI."""
import json
import sys
from pathlib import Path

import homeassistant
from homeassistant import bootstrap

components = Path(homeassistant.__file__).parent / "components"
todo = {*sys.argv[1:], *bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS}
done, needed = set(), set()
while todo:
    domain = todo.pop()
    done.add(domain)
    manifest = json.loads((components / domain / "manifest.json").read_text())
    needed.update(manifest.get("requirements", []))
    todo.update(set(manifest.get("dependencies", [])) - done)
print("\n".join(sorted(needed)))
