#!/usr/bin/env python3
"""How fast the node answers over MQTT, and what the connection costs: one table, and JSON if asked.

A real mosquitto and the daemon, on the loopback of a network namespace of their own. An order counts as confirmed by the first `state`
that carries its own time limit, so that no other order's state is taken for it. A broker counts as back when its port answers.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mqtt_wire import Wire

ROOT = Path(__file__).resolve().parents[2]
PORT = 18_830
BASE = "voip-qos/bench"
DISCOVERY = "homeassistant/device/voip_qosd_bench/the-node/config"
# Not the orders themselves: the broker would hold a state back until our kernel has acknowledged the order (RFC 896).
TOPICS = (f"{BASE}/status", f"{BASE}/state", f"{BASE}/info", DISCOVERY)
CONFIG = """
[node]
id = "bench"
state_dir = "{folder}/state"
[monitor]
enable_accounting = false
[policy]
min_on = "0s"
min_off = "0s"
[qos]
actuator = "exec"
[qos.exec]
on = ["/bin/sh", "-c", "{slow}touch {folder}/qos"]
off = ["/bin/sh", "-c", "{slow}rm -f {folder}/qos"]
observe = ["/usr/bin/test", "-e", "{folder}/qos"]
[mqtt]
uri = "mqtt://127.0.0.1:{port}"
max_reconnect_delay = "{longest}"
[control]
socket = "{folder}/control.sock"
"""


class Broker:
    """A mosquitto that nobody has been at before: what an earlier node left there would be taken for this one's."""

    def __init__(self, folder: Path, *, extra: str = ""):
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"user root\nlistener {PORT} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n{extra}\n")
        self._child: subprocess.Popen | None = None

    def __enter__(self) -> "Broker":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> float:
        """The moment when its port answers."""
        self._child = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(self._config)], stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", PORT)) == 0:
                    return time.monotonic()
            time.sleep(0.001)
        raise RuntimeError("mosquitto does not answer")

    def stop(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()


class Daemon:
    def __init__(self, folder: Path, longest: str, slow: str = ""):
        folder = Path(tempfile.mkdtemp(dir=folder))  # of each its own: orders are kept over a restart
        (folder / "state").mkdir()
        config = folder / "voip-qosd.toml"
        config.write_text(CONFIG.format(folder=folder, port=PORT, longest=longest, slow=slow))
        self._child = subprocess.Popen([os.environ["VOIP_QOSD"], "run", "--config", str(config)], stderr=open(folder / "log", "ab"))
        self.pid = self._child.pid

    def stop(self) -> None:
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(timeout=20)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def is_complete(wire: Wire, since: float) -> bool:
    topics = {arrival.topic for arrival in list(wire.arrivals) if arrival.at >= since}
    return set(TOPICS) <= topics


def wait_until_complete(wire: Wire, seconds: float) -> None:
    if not wire.wait_for(lambda _: is_complete(wire, 0), seconds):
        raise RuntimeError(f"the node did not say everything within {seconds} s")


def measure_commands(folder: Path, per_s: int, seconds: float) -> list[float]:
    """Milliseconds from each order to the state that confirms it."""
    daemon = Daemon(folder, "30s")
    wire = Wire(PORT, *TOPICS, name="bench")
    sender = Wire(PORT, name="bench-sender")
    try:
        wait_until_complete(wire, 10)
        sent: list[tuple[float, float]] = []
        begin = time.monotonic()
        for number in range(int(per_s * seconds)):
            time.sleep(max(0.0, begin + number / per_s - time.monotonic()))
            limit_s = 3600 + 10 * number
            sent.append((time.monotonic(), time.time() + limit_s))
            sender.publish(f"{BASE}/qos/set", json.dumps({"state": "ON" if number % 2 == 0 else "OFF", "for": f"{limit_s}s"}))
        time.sleep(2)
        confirmed: dict[int, float] = {}
        for arrival in wire.arrivals:
            until = json.loads(arrival.payload)["override_until"] if arrival.topic == f"{BASE}/state" else None
            if until:
                ends = datetime.datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp()
                number = round((ends + 0.5 - sent[0][1]) / 10)
                # The clock goes on meanwhile, so that later orders' limits are a little more than ten seconds apart.
                number = min(range(max(0, number - per_s), min(len(sent), number + per_s)), key=lambda i: abs(sent[i][1] - ends - 0.5))
                confirmed.setdefault(number, arrival.at)
        # A state that carries a later order has taken this one in as well.
        latencies, next_at = [], None
        for number in reversed(range(len(sent))):
            next_at = confirmed.get(number, next_at)
            if next_at is None:
                raise RuntimeError("the last order was never confirmed")
            latencies.append((next_at - sent[number][0]) * 1000)
        return latencies
    finally:
        wire.close()
        sender.close()
        daemon.stop()


def measure_switches(folder: Path, count: int, own_s: float) -> list[float]:
    """Milliseconds from an order to the state in which the actuator was seen to have done it, less the time that it sleeps."""
    daemon = Daemon(folder, "30s", slow=f"sleep {own_s}; ")
    wire = Wire(PORT, *TOPICS, name="bench")
    try:
        wait_until_complete(wire, 10)
        times = []
        for number in range(count):
            word = "ON" if number % 2 == 0 else "OFF"
            since, begin = len(wire.arrivals), time.monotonic()
            wire.publish(f"{BASE}/qos/set", word)
            seen = wire.wait_for(lambda a, word=word: a.topic == f"{BASE}/state" and json.loads(a.payload)["qos"] == word, 10, since)
            if not seen:
                raise RuntimeError(f"QoS was never seen {word}")
            times.append((seen.at - begin - own_s) * 1000)
            time.sleep(0.3)
        return times
    finally:
        wire.close()
        daemon.stop()


def measure_returns(folder: Path, broker: Broker, count: int, away_s: float, longest: str) -> tuple[list[float], list[float]]:
    """Milliseconds from the broker's return to `online`, and from that to the full picture."""
    daemon = Daemon(folder, longest)
    reconnects, pictures = [], []
    try:
        for _ in range(count):
            wire = Wire(PORT, *TOPICS, name="bench")
            wait_until_complete(wire, 30)
            time.sleep(11)  # a connection that held: the pauses begin anew
            wire.close()
            broker.stop()
            time.sleep(away_s)
            back = broker.start()
            wire = Wire(PORT, *TOPICS, name="bench")
            online = wire.wait_for(lambda a: a.topic == f"{BASE}/status" and a.payload == b"online", 60)
            if not online:
                raise RuntimeError("the node did not come back")
            wait_until_complete(wire, 10)
            whole = max(next(a.at for a in wire.arrivals if a.topic == topic) for topic in (f"{BASE}/state", f"{BASE}/info", DISCOVERY))
            reconnects.append((online.at - back) * 1000)
            pictures.append((whole - online.at) * 1000)
            wire.close()
        return reconnects, pictures
    finally:
        daemon.stop()


def measure_idle(folder: Path, seconds: float) -> dict:
    """Voluntary context switches of each thread, and CPU time of all."""

    def look() -> tuple[dict[str, int], int]:
        wakes, cpu_ns = {}, 0
        for task in Path(f"/proc/{daemon.pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            wakes[name] = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.M).group(1))
            cpu_ns += int((task / "schedstat").read_text().split()[0])
        return wakes, cpu_ns

    daemon = Daemon(folder, "30s")
    try:
        time.sleep(8)
        before, cpu = look()
        time.sleep(seconds)
        after, cpu_after = look()
        return {
            "wake_ups_per_s": {name: round((after[name] - before.get(name, 0)) / seconds, 2) for name in sorted(after)},
            "cpu_us_per_s": round((cpu_after - cpu) / 1000 / seconds, 1),
        }
    finally:
        daemon.stop()


def machine() -> dict:
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {"kernel": platform.release(), "cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench mqtt", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--quick", action="store_true", help="few of each: a look, no measurement")
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("SKIPPED: the daemon and its namespace need root")
        return 77
    if not Path("/usr/sbin/mosquitto").exists():
        print("SKIPPED: mosquitto is not installed")
        return 77
    rows: list[dict] = []

    def show(what: str, times: list[float]) -> None:
        rows.append({"what": what, "unit": "ms", "count": len(times), "p50": round(statistics.median(times), 1), "p99": round(percentile(times, 0.99), 1), "most": round(max(times), 1)})
        print("{what:66} {count:6} {p50:9} {p99:9} {most:9}".format(**rows[-1]), flush=True)

    print(f"{'':66} {'count':>6} {'p50 ms':>9} {'p99 ms':>9} {'most ms':>9}")
    with tempfile.TemporaryDirectory(prefix="voip-bench-") as name:
        folder = Path(name)
        seconds = 5 if args.quick else 30
        with Broker(folder):
            show("an order to the state that confirms it, 10 orders/s", measure_commands(folder, 10, seconds))
        with Broker(folder):
            show("... 100 orders/s", measure_commands(folder, 100, seconds))
        with Broker(folder, extra="set_tcp_nodelay true"):
            show("... 100 orders/s, `set_tcp_nodelay true` in mosquitto.conf", measure_commands(folder, 100, seconds))
        with Broker(folder, extra="set_tcp_nodelay true"):
            show("an order to QoS seen switched, less the actuator's own 200 ms", measure_switches(folder, 6 if args.quick else 50, 0.2))
        with Broker(folder) as broker:
            reconnects, pictures = measure_returns(folder, broker, 1 if args.quick else 10, 5, "2s")
        show("a broker's return to `online`, max_reconnect_delay = 2s", reconnects)
        show("`online` to the full picture at a subscriber", pictures)
        with Broker(folder):
            idle = measure_idle(folder, 10 if args.quick else 60)
    print("idle and connected: wake-ups/s of each thread", idle["wake_ups_per_s"], "CPU us/s", idle["cpu_us_per_s"])
    print("machine:", json.dumps(machine()))
    if args.json:
        Path(args.json).write_text(json.dumps({"machine": machine(), "rows": rows, "idle": idle}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
