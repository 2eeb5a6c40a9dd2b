"""Headless Chromium of Debian as a phone on one host of the home, by the Chrome DevTools Protocol.

    with PhoneBrowser(home, "laptop", 390, 844) as phone:
        phone.open("http://192.168.77.1:9001/")
        phone.tap("#order-on")
        phone.text("#qos-title")
"""

from __future__ import annotations

import contextlib
import json

from chromium import OPTIONS, Chromium
from fixture import wait_until
from home import Home, HomeError

# What the page's policy has forbidden it.
_WATCH = "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(`${e.violatedDirective} ${e.blockedURI}`));"


class PhoneBrowser(Chromium):
    def __init__(self, home: Home, host: str, width: int, height: int, *, language: str = "en-GB", letters_px: int = 16, port: int = 9222):
        """letters_px: the size of letters that its owner has chosen."""
        super().__init__(home, host, port)
        self._size, self._language, self._letters_px = (width, height), language, letters_px

    def __enter__(self) -> "PhoneBrowser":
        folder = self._home.folder("chromium")
        (folder / "Default").mkdir()
        (folder / "Default" / "Preferences").write_text(json.dumps({"webkit": {"webprefs": {"default_font_size": self._letters_px}}}))
        self._start(["chromium", *OPTIONS, f"--user-data-dir={folder}"], folder / "chromium.log", HOME=str(folder))
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        self._ask("Emulation.setTouchEmulationEnabled", enabled=True)
        self.speak(self._language)
        self.resize(*self._size)
        return self

    def speak(self, language: str) -> None:
        """From the next page on."""
        agent = self._ask("Browser.getVersion")["userAgent"].replace("HeadlessChrome", "Chrome")
        self._ask("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=language)
        with contextlib.suppress(HomeError):  # an override of an override is refused
            self._ask("Emulation.setLocaleOverride", locale="")
        self._ask("Emulation.setLocaleOverride", locale=language)

    def resize(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)

    def open(self, url: str) -> None:
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=url)
        if not wait_until(lambda: self.evaluate("document.readyState === 'complete' && location.protocol !== 'about:'"), 15):
            raise HomeError(f"{url} is not loaded: {self.evaluate('location.href')}")

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
        """... and what the page's policy has forbidden it."""
        return super().complaints() + (self.evaluate("window.violations") or [])
