"""Headless Chromium on the home's laptop, logged in to Home Assistant, by the Chrome DevTools Protocol.

    with Browser(ha) as browser:
        browser.open("/voip-qos/voip-qos")
        browser.texts("hui-tile-card")          # what the cards say, through all shadow roots
        browser.picture(path)
"""

from __future__ import annotations

import json
import time

from chromium import OPTIONS, Chromium
from home_assistant import SCRIPT, HomeAssistant

# Home Assistant's pages are shadow roots within shadow roots.
_FIND = """
(() => {
  window.findDeep = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const element of root.querySelectorAll("*")) if (element.shadowRoot) found.push(...window.findDeep(selector, element.shadowRoot));
    return found;
  };
  // What was drawn once stays where it is and is hidden.
  window.isShown = (node) => {
    for (; node && node !== document; node = node.assignedSlot || node.parentNode || node.host)
      if (node.nodeType === Node.ELEMENT_NODE && getComputedStyle(node).display === "none") return false;
    return true;
  };
  window.textDeep = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent;
    if (["STYLE", "SCRIPT"].includes(node.nodeName)) return "";
    if (node.nodeName === "SLOT") return node.assignedNodes({flatten: true}).map(window.textDeep).join(" ");
    return [...(node.shadowRoot || node).childNodes].map(window.textDeep).join(" ");
  };
})();
"""


class Browser(Chromium):
    def __init__(self, ha: HomeAssistant, *, width: int = 1440, height: int = 1180, language: str = "en", port: int = 9222):
        super().__init__(ha.home, ha.host, port)
        self.ha = ha
        self._language = language
        self._size = (width, height)

    def __enter__(self) -> "Browser":
        folder = self.ha.home.folder("chromium")
        width, height = self._size
        argv = [str(SCRIPT), "exec", "--bind", f"{folder}:/profile", "chromium", *OPTIONS, "--lang=en", f"--window-size={width},{height}", "--user-data-dir=/profile"]
        self._start(argv, folder / "chromium.log")
        self._ask("Page.enable")
        self._ask("Runtime.enable")
        self.resize(width, height)
        tokens = {key: self.ha.tokens[key] for key in ("access_token", "refresh_token", "token_type", "expires_in")}
        tokens |= {"hassUrl": self.ha.client_id.rstrip("/"), "clientId": self.ha.client_id, "expires": int((time.time() + tokens["expires_in"]) * 1000)}
        # The sidebar would take a third of a narrow window.
        stored = {"hassTokens": tokens, "dockedSidebar": "always_hidden", "enableShortcuts": False, "selectedLanguage": self._language}
        script = _FIND + "".join(f"localStorage.setItem({json.dumps(name)}, {json.dumps(json.dumps(value))});" for name, value in stored.items())
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=script)
        return self

    def resize(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path: str) -> None:
        self._ask("Page.navigate", url=self.ha.client_id.rstrip("/") + path)

    def texts(self, selector: str) -> list[str]:
        """What each such element says that is shown, wherever in the shadow it is."""
        found = self.evaluate(f"window.findDeep ? window.findDeep({json.dumps(selector)}).filter(window.isShown).map(e => window.textDeep(e).replace(/\\s+/g, ' ').trim()) : []")
        return found or []

    def place(self, selector: str, number: int = 0) -> dict:
        return self.evaluate(f"(() => {{ const box = window.findDeep({json.dumps(selector)}).filter(window.isShown)[{number}].getBoundingClientRect();"
                             " return {x: Math.round(box.x + window.scrollX), y: Math.round(box.y + window.scrollY)}; })()")

    def click(self, selector: str, number: int = 0) -> None:
        """With the mouse, in its middle."""
        script = f"(() => {{ const e = window.findDeep({json.dumps(selector)}).filter(window.isShown)[{number}]; e.scrollIntoView({{block: 'center'}});" \
                 " const box = e.getBoundingClientRect(); return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        place = self.evaluate(script)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, **place, button="left", buttons=int(kind == "mousePressed"), clickCount=1)
