#!/usr/bin/env python3
"""Whatever the broker does, a call is seen and the line is switched as fast as without one: judged by the kernel's own word on the shaper."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import unittest
from collections.abc import Iterator
from pathlib import Path

LIB = Path(__file__).resolve().parent / "lib"
sys.path[:0] = [str(LIB), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import Daemon, TcWatch, binary, merged  # noqa: E402
from fixture import main, skipping  # noqa: E402
from home import Home  # noqa: E402

SETTINGS = {
    "qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}},
    "policy": {"release_after": "1s", "min_on": "1s", "min_off": "1s"},
    "device": [{"name": "Kitchen phone", "address": "192.168.77.10"}],
}
# One second is the phase of the readings against the call's end; the rest is other programs' doing. A wait for the network would be more.
SLACK_S = 2.5
LONGEST_STOP_S = 6.0

# 1 000 lines a second into mosquitto_pub.
FLOOD = "import sys, time\nwhile True:\n    sys.stdout.write('perhaps\\n' * 50)\n    sys.stdout.flush()\n    time.sleep(0.05)\n"
DEAF = "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 53))\ntime.sleep(600)\n"


@contextlib.contextmanager
def running(home: Home, host: str, argv: list[str]) -> Iterator[None]:
    child = home.popen(host, argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        yield
    finally:
        os.killpg(child.pid, signal.SIGKILL)  # of a pipe both ends
        child.wait()


@contextlib.contextmanager
def deaf_name_server(home: Home) -> Iterator[None]:
    """Daemons that are started meanwhile ask a name server that never answers: the C library waits for it, 20 s and longer."""
    folder = home.folder("names")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    wrapper, real = folder / "voip-qosd", os.environ.get("VOIP_QOSD")
    wrapper.write_text(f"#!/bin/sh\nexec unshare --mount sh -c 'mount --bind {folder}/resolv.conf /etc/resolv.conf && exec {binary()} \"$@\"' sh \"$@\"\n")
    wrapper.chmod(0o755)
    os.environ["VOIP_QOSD"] = str(wrapper)
    try:
        with running(home, "router", [sys.executable, "-c", DEAF]):
            yield
    finally:
        if real is None:
            del os.environ["VOIP_QOSD"]
        else:
            os.environ["VOIP_QOSD"] = real


class Situation:
    """A daemon with some broker: what a call's beginning and end take until the shaper has followed."""

    def __init__(self, home: Home, watch: TcWatch):
        self.home, self.watch = home, watch
        self.figures: dict[str, tuple[float, float, float]] = {}

    def measure(self, name: str, test: unittest.TestCase, *, uri: str | None = None, around=contextlib.nullcontext(), before=lambda daemon: None) -> None:
        settings = merged(SETTINGS, {"mqtt": {"uri": uri, "max_reconnect_delay": "2s"}} if uri else {})
        daemon = Daemon(self.home, settings).start()
        with around:
            time.sleep(1.0)
            before(daemon)
            with Call(self.home) as call:
                on = self.watch.wait_for(True, call.started_ns, 10)
                call.hang_up()
                off = self.watch.wait_for(False, call.hung_up_ns or 0, 15)
            begin = time.monotonic()
            test.assertEqual(daemon.stop(), 0, name)
            stopped = time.monotonic() - begin
        test.assertIsNotNone(on, f"{name}: the line was never shaped\n{daemon.log_text()}")
        test.assertIsNotNone(off, f"{name}: the line was never freed\n{daemon.log_text()}")
        self.figures[name] = ((on - call.started_ns) / 1e9, (off - call.hung_up_ns) / 1e9, stopped)
        complaints = [line for line in daemon.log_text().splitlines() if " mqtt: " in line]
        test.assertLess(len(complaints), 10, f"{name}: a line for each change, not for each try\n" + "\n".join(complaints))


class BrokerFaults(unittest.TestCase):
    @skipping
    def test_a_call_is_seen_and_the_line_switched_as_without_a_broker(self):
        with Home() as home:
            broker = home.broker()
            place = Situation(home, TcWatch(home))
            bad = lambda port, manners: running(home, "router", [sys.executable, str(LIB / "bad_broker.py"), str(port), manners])  # noqa: E731
            big = home.folder("payload") / "big"
            big.write_bytes(b"[" * 1_000_000)
            publish = f"mosquitto_pub -h {broker.address} -p {broker.port} -t voip-qos/home/qos/set"

            place.measure("no MQTT", self)
            place.measure("healthy", self, uri=broker.uri)
            place.measure("1000 commands/s", self, uri=broker.uri, around=running(home, "phone", ["sh", "-c", f'{sys.executable} -c "{FLOOD}" | {publish} -l']))
            place.measure("1 MB commands", self, uri=broker.uri, around=running(home, "phone", ["sh", "-c", f"while {publish} -f {big}; do sleep 0.2; done"]))
            place.measure("frozen", self, uri=broker.uri, before=lambda _: broker.pause())
            broker.resume()
            broker.stop()
            place.measure("absent", self, uri=broker.uri)
            place.measure("no such name", self, uri="mqtt://nobody.invalid")
            with deaf_name_server(home):
                place.measure("no name server", self, uri="mqtt://broker.example", before=lambda daemon: daemon.reload())
            for port, manners in ((1891, "silent"), (1892, "drop"), (1893, "garbage")):
                place.measure(manners, self, uri=f"mqtt://{broker.address}:{port}", around=bad(port, manners))

        on, off, _ = place.figures["no MQTT"]
        print(f"{'':18} {'on after':>9} {'off after':>9} {'stopped in':>10}")
        for name, figures in place.figures.items():
            print(f"{name:18} {figures[0]:8.2f}s {figures[1]:8.2f}s {figures[2]:9.2f}s")
        for name, figures in place.figures.items():
            with self.subTest(name):
                self.assertLess(figures[0], on + SLACK_S)
                self.assertLess(figures[1], off + SLACK_S)
                self.assertLess(figures[2], LONGEST_STOP_S)


if __name__ == "__main__":
    main()
