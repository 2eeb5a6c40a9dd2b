"""Headless Chromium of Debian as a phone on one host of the home, by the Chrome DevTools Protocol.

    with PhoneBrowser(home, "laptop", 390, 844) as phone:
        phone.open("http://192.168.77.1:9001/")
        phone.tap("#order-on")
        phone.text("#qos-title")
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path

from fixture import wait_until
from home import Home, HomeError
from web import Refused, Web

# What the page's policy has forbidden it.
_WATCH = "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));"


class PhoneBrowser:
    def __init__(self, home: Home, host: str, width: int, height: int, *, language: str = "en-GB", letters_px: int = 16, port: int = 9222):
        """letters_px: the size of letters that its owner has chosen."""
        self._home, self._host, self._size, self._language, self._letters_px, self._port = home, host, (width, height), language, letters_px, port
        self._web = Web(home, host, "127.0.0.1", port)
        self._child: subprocess.Popen | None = None

    def __enter__(self) -> "PhoneBrowser":
        folder = self._home.folder("chromium")
        (folder / "Default").mkdir()
        (folder / "Default" / "Preferences").write_text(json.dumps({"webkit": {"webprefs": {"default_font_size": self._letters_px}}}))
        argv = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
                "--hide-scrollbars", f"--user-data-dir={folder}", f"--remote-debugging-port={self._port}", "about:blank"]
        with open(folder / "chromium.log", "wb") as log:
            self._child = self._home.popen(self._host, argv, stdout=log, stderr=log, env={**os.environ, "TZ": "UTC", "HOME": str(folder)})
        page = wait_until(self._page, 30, every=0.2)
        if not page:
            raise HomeError(f"Chromium does not start: {(folder / 'chromium.log').read_text()[-2000:]}")
        self._talk = self._web.conversation(page)
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        self._ask("Emulation.setTouchEmulationEnabled", enabled=True)
        self.speak(self._language)
        self.resize(*self._size)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(AttributeError):
            self._talk.close()
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=10)

    def speak(self, language: str) -> None:
        """From the next page on."""
        agent = self._ask("Browser.getVersion")["userAgent"].replace("HeadlessChrome", "Chrome")
        self._ask("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        with contextlib.suppress(HomeError):  # an override of an override is refused
            self._ask("Emulation.setLocaleOverride", locale="")
        self._ask("Emulation.setLocaleOverride", locale=language)

    def resize(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def prefer_dark(self, is_dark: bool) -> None:
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

    def open(self, url: str) -> None:
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=url)
        if not wait_until(lambda: self.evaluate("document.readyState === 'complete' && location.protocol !== 'about:'"), 15):
            raise HomeError(f"{url} is not loaded: {self.evaluate('location.href')}")

    def evaluate(self, expression: str):
        """The value of a JavaScript expression on the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise HomeError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """What it says; empty where it is not shown."""
        found = self.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); return e && e.checkVisibility() ? e.innerText : ''; }})()")
        return " ".join((found or "").split())

    def tap(self, selector: str) -> None:
        """With a finger, in its middle."""
        script = f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}});" \
                 " const box = e.getBoundingClientRect(); return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        place = self.evaluate(script)
        self._ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[place])
        self._ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def write(self, selector: str, text: str) -> None:
        """In the place of what stands in that field."""
        self.evaluate(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.focus(); e.select(); }})()")
        self._ask("Input.insertText", text=text) if text else self.press("Delete")

    def press(self, key: str) -> None:
        text = {"Enter": "\r", " ": " "}.get(key)
        code = {"Enter": 13, "Tab": 9, " ": 32, "Delete": 46}[key]
        self._ask("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **({"text": text} if text else {}))
        self._ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def manifest(self) -> dict:
        """As Chromium understands it; raises HomeError where it does not."""
        answer = self._ask("Page.getAppManifest")
        if answer["errors"]:
            raise HomeError(f"the manifest: {answer['errors']}")
        return json.loads(answer["data"])

    def requests(self) -> list[str]:
        """The addresses of all that it has asked for over the network."""
        return [m["params"]["request"]["url"] for m in self._talk.heard if m.get("method") == "Network.requestWillBeSent"] + \
               [m["params"]["url"] for m in self._talk.heard if m.get("method") == "Network.webSocketCreated"]

    def complaints(self) -> list[str]:
        """Exceptions of the page, errors that it has logged, and what its policy has forbidden it."""
        found = []
        for message in self._talk.heard:
            if message.get("method") == "Runtime.exceptionThrown":
                found.append(json.dumps(message["params"]["exceptionDetails"])[:500])
            elif message.get("method") == "Runtime.consoleAPICalled" and message["params"]["type"] == "error":
                found.append(json.dumps(message["params"]["args"])[:500])
        return found + (self.evaluate("window.violations") or [])

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
