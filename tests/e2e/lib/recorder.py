"""`voip-qosd record` on the router of a home in a box, and what its own engine decided."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "netns"))
from daemon import binary  # noqa: E402
from fixture import wait_until  # noqa: E402
from home import Home  # noqa: E402


class Recorder:
    """It records from the moment on that it is made."""

    def __init__(self, home: Home, *options: str, config: Path | None = None, started_by: list[str] | None = None):
        self.file = home.folder("recording") / "evening.jsonl"
        self._log = self.file.with_suffix(".log")
        argv = [*(started_by or []), str(binary()), "record", "--output", str(self.file), *(["--config", str(config)] if config else []), *options]
        with open(self._log, "wb") as log:
            self.child = home.popen("router", argv, stderr=log)
        assert wait_until(lambda: self.file.exists() and self.file.stat().st_size > 0, 5), self.log()

    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: int = signal.SIGINT) -> int:
        os.kill(self.child.pid, number)
        return self.child.wait(timeout=5)

    def decisions(self) -> list[tuple]:
        """What the recorder's own engine decided: (what, seconds, device, reason)."""
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        return [(d["decision"], d["at"] / 1000, d["device"], d["reason"]) for d in lines if "decision" in d]
