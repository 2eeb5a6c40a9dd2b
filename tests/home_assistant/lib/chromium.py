"""A headless Chromium on a host of the home, spoken to by the Chrome DevTools Protocol; what it shows is for those who inherit."""

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

OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--hide-scrollbars"]


class Chromium:
    def __init__(self, home: Home, host: str, port: int):
        self._home, self._host, self._port = home, host, port
        self._web = Web(home, host, "127.0.0.1", port)
        self._child: subprocess.Popen | None = None

    def _start(self, argv: list[str], log_file: Path, **environment: str) -> None:
        """argv: what runs it; it is told here through which port it is spoken to."""
        with open(log_file, "wb") as log:
            self._child = self._home.popen(self._host, [*argv, f"--remote-debugging-port={self._port}", "about:blank"], stdout=log, stderr=log,
                                           env={**os.environ, "TZ": "UTC", **environment})
        page = wait_until(self._page, 30, every=0.2)
        if not page:
            raise HomeError(f"Chromium does not start: {log_file.read_text()[-2000:]}")
        self._talk = self._web.conversation(page)

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(AttributeError):
            self._talk.close()
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=10)

    def evaluate(self, expression: str):
        """The value of a JavaScript expression on the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise HomeError(f"{expression[:200]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def prefer_dark(self, is_dark: bool) -> None:
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}])

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
