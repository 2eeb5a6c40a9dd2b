"""Headless Chromium on the home's laptop, logged in to Home Assistant, by the Chrome DevTools Protocol.

    with Browser(ha) as browser:
        browser.open("/voip-qos/voip-qos")
        browser.texts("hui-tile-card")          # what the cards say, through all shadow roots
        browser.picture(path)
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from fixture import wait_until
from home import HomeError
from home_assistant import SCRIPT, HomeAssistant
from web import Refused, Web

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


class Browser:
    def __init__(self, ha: HomeAssistant, *, width: int = 1440, height: int = 1180, language: str = "en", port: int = 9222):
        self.ha = ha
        self._language = language
        self._size = (width, height)
        self._port = port
        self._web = Web(ha.home, ha.host, "127.0.0.1", port)
        self._child: subprocess.Popen | None = None

    def __enter__(self) -> "Browser":
        folder = self.ha.home.folder("chromium")
        width, height = self._size
        argv = [str(SCRIPT), "exec", "--bind", f"{folder}:/profile", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--hide-scrollbars", "--lang=en", f"--window-size={width},{height}",
                "--user-data-dir=/profile", f"--remote-debugging-port={self._port}", "about:blank"]
        with open(folder / "chromium.log", "wb") as log:
            self._child = self.ha.home.popen(self.ha.host, argv, stdout=log, stderr=log, env={**os.environ, "TZ": "UTC"})
        page = wait_until(self._page, 30, every=0.2)
        if not page:
            raise HomeError(f"Chromium does not start: {(folder / 'chromium.log').read_text()[-2000:]}")
        self._talk = self._web.conversation(page)
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

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(AttributeError):
            self._talk.close()
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=10)

    def resize(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path: str) -> None:
        self._ask("Page.navigate", url=self.ha.client_id.rstrip("/") + path)

    def evaluate(self, expression: str):
        """The value of a JavaScript expression on the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise HomeError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def texts(self, selector: str) -> list[str]:
        """What each such element says that is shown, wherever in the shadow it is."""
        found = self.evaluate(f"window.findDeep ? window.findDeep({json.dumps(selector)}).filter(window.isShown).map(e => window.textDeep(e).replace(/\\s+/g, ' ').trim()) : []")
        return found or []

    def place(self, selector: str, number: int = 0) -> dict:
        return self.evaluate(f"(() => {{ const box = window.findDeep({json.dumps(selector)}).filter(window.isShown)[{number}].getBoundingClientRect();"
                             " return {x: Math.round(box.x + window.scrollX), y: Math.round(box.y + window.scrollY)}; })()")

    def prefer_dark(self, is_dark: bool) -> None:
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def click(self, selector: str, number: int = 0) -> None:
        """With the mouse, in its middle."""
        script = f"(() => {{ const e = window.findDeep({json.dumps(selector)}).filter(window.isShown)[{number}]; e.scrollIntoView({{block: 'center'}});" \
                 " const box = e.getBoundingClientRect(); return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        place = self.evaluate(script)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, **place, button="left", buttons=int(kind == "mousePressed"), clickCount=1)

    def picture(self, path: Path, **clip: float) -> None:
        options = {"clip": {**clip, "scale": 1}} if clip else {}
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png", **options)["data"]))

    def complaints(self) -> list[str]:
        """Exceptions and errors of the pages' own scripts."""
        found = []
        for message in self._talk.heard:
            if message.get("method") == "Runtime.exceptionThrown":
                found.append(json.dumps(message["params"]["exceptionDetails"])[:500])
            elif message.get("method") == "Runtime.consoleAPICalled" and message["params"]["type"] == "error":
                found.append(json.dumps(message["params"]["args"])[:500])
        return found

    def _page(self) -> str | None:
        try:
            pages = self._web.request("GET", "/json/list", seconds=5)
        except (OSError, Refused):
            return None
        address = next((page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"), None)
        return address and "/" + address.split("/", 3)[3]

    def _ask(self, method: str, **params) -> dict:
        answer = self._talk.ask({"method": method, "params": params})
        if "error" in answer:
            raise HomeError(f"{method}: {answer['error']}")
        return answer["result"]
