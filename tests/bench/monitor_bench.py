#!/usr/bin/env python3
"""What watching for calls costs, beside what the other ways cost: one table, and JSON if asked.

Each figure is the median of several spans. The daemon's CPU time is the scheduler's count of nanoseconds, its wake-ups are its
voluntary context switches, its memory is what belongs to it alone (USS); system calls are counted in a span of their own, since
counting them slows them down. --instructions counts instead what the daemon itself executes, by callgrind, so without the kernel: the
same number on a busy machine as on a quiet one, to compare two builds by (VOIP_QOSD is another). The other ways are programs that read the whole table once; once a second is what they are for.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(ROOT / "tests" / "netns")]
from daemon import Daemon  # noqa: E402
from home import Home, Unavailable, require  # noqa: E402
from topology import Line  # noqa: E402

BIN = Path(os.environ.get("VOIP_BENCH_BIN") or ROOT / "build" / "bench" / "tests" / "bench")
SETTINGS = {"monitor": {"lan": ["192.168.77.0/24"]}, "qos": {"actuator": "none"}}
PEERS = "198.18.0.0/15"  # for benchmarks: RFC 2544
TABLE_LIMIT = Path("/proc/sys/net/netfilter/nf_conntrack_max")  # of the machine; a namespace cannot have its own
AWK = r"""/^ipv4.* udp .*src=192\.168\.77\.10 / { for (i = 1; i <= NF; i++) if ($i ~ /^packets=/) sum += substr($i, 9) } END { print sum + 0 }"""
OTHERS = {
    "cat /proc/net/nf_conntrack | awk": ["sh", "-c", f"cat /proc/net/nf_conntrack | awk '{AWK}'"],  # as the ancestor read it, with cat
    "awk alone": ["awk", AWK, "/proc/net/nf_conntrack"],
    "conntrack -L": ["conntrack", "-L", "-s", "192.168.77.10"],
    "library dump": [str(BIN / "bench_library_dump")],
}


class Wider:
    """The machine's limit on connections, raised while this lives."""

    def __enter__(self) -> None:
        self.before = TABLE_LIMIT.read_text()
        TABLE_LIMIT.write_text("1000000\n")

    def __exit__(self, *_: object) -> None:
        TABLE_LIMIT.write_text(self.before)


def cpu_us(pid: int) -> float:
    """CPU time of all threads of the process so far."""
    return sum(int(Path(task, "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1000


def wake_ups(pid: int) -> int:
    """Voluntary context switches of all threads so far."""
    pattern = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)", re.M)
    return sum(int(pattern.search(Path(task, "status").read_text()).group(1)) for task in Path(f"/proc/{pid}/task").iterdir())


def private_kb(pid: int) -> int:
    """Memory that no other process shares."""
    return sum(int(kb) for kb in re.findall(r"^Private_\w+:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M))


def system_calls(pid: int, seconds: float) -> float:
    """Per second, by strace; its own attaching is not counted."""
    counted = subprocess.run(["timeout", "-s", "INT", str(seconds), "strace", "-c", "-f", "-p", str(pid)], capture_output=True, text=True, check=False)
    total = re.search(r"^\s*100\.00\s+\S+\s+\S*\s+(\d+)", counted.stderr, re.M)
    return int(total.group(1)) / seconds if total else 0.0


def measure(daemons: dict[str, Daemon], runs: int, seconds: float) -> dict[str, dict]:
    """All of them in the same spans."""
    found: dict[str, dict[str, list[float]]] = {name: {"cpu_us": [], "wake_ups": []} for name in daemons}
    for _ in range(runs):
        begin = {name: (time.monotonic(), cpu_us(d.pid), wake_ups(d.pid)) for name, d in daemons.items()}
        time.sleep(seconds)
        for name, daemon in daemons.items():
            then, cpu, wakes = begin[name]
            now_cpu, now_wakes = cpu_us(daemon.pid), wake_ups(daemon.pid)
            elapsed = time.monotonic() - then
            found[name]["cpu_us"].append((now_cpu - cpu) / elapsed)
            found[name]["wake_ups"].append((now_wakes - wakes) / elapsed)
    results = {}
    for name, daemon in daemons.items():
        memory = private_kb(daemon.pid)
        flows = daemon.status()["flow_list"]
        results[name] = {
            "cpu_us_per_s": round(statistics.median(found[name]["cpu_us"]), 1),
            "cpu_us_per_s_runs": [round(value, 1) for value in found[name]["cpu_us"]],
            "wake_ups_per_s": round(statistics.median(found[name]["wake_ups"]), 2),
            "private_kb": memory,
            "flows": len(flows),
            "flows_in_call": sum(flow["in_call"] for flow in flows),
            "system_calls_per_s": round(system_calls(daemon.pid, min(seconds, 4)), 1),
        }
    return results


def instructions(daemon: Daemon, seconds: float) -> float:
    """Per second, in user space; the daemon was started by callgrind, without counting."""
    subprocess.run(["callgrind_control", "--instr=on", str(daemon.pid)], capture_output=True, check=True)
    time.sleep(seconds)
    subprocess.run(["callgrind_control", "--instr=off", str(daemon.pid)], capture_output=True, check=True)
    daemon.stop(seconds=60)
    return int(re.search(r"^totals: (\d+)", (daemon.folder / "callgrind.out").read_text(), re.M).group(1)) / seconds


def one_reading(home: Home, argv: list[str]) -> tuple[float, int]:
    """CPU microseconds and voluntary context switches of one run of the program."""
    child = home.popen("router", argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1e6, usage.ru_nvcsw


def measure_others(home: Home, runs: int) -> dict[str, dict]:
    results = {}
    for name, argv in OTHERS.items():
        readings = [one_reading(home, argv) for _ in range(runs)]
        counted = home.run("router", ["strace", "-c", "-f", *argv], check=False, timeout=300).stderr
        total = re.findall(r"^\s*100\.00\s+\S+\s+\S*\s+(\d+)", counted, re.M)
        results[name] = {
            "cpu_us_per_s": round(statistics.median(r[0] for r in readings)),
            "cpu_us_per_s_runs": [round(r[0]) for r in readings],
            "wake_ups_per_s": statistics.median(r[1] for r in readings),
            "system_calls_per_s": int(total[-1]) if total else None,
        }
    return results


class Bench:
    def __init__(self, home: Home, runs: int, seconds: float):
        self.home, self.runs, self.seconds = home, runs, seconds
        self.entries = 0
        self.rows: list[dict] = []
        self.broker = home.broker()
        home.run("server", ["ip", "route", "add", "local", PEERS, "dev", "lo"])

    def fill(self, entries: int) -> None:
        self.home.run("router", [str(BIN / "bench_entries"), "table", str(self.entries), str(entries - self.entries)], timeout=120)
        self.entries = entries

    def traffic(self, kind: str, flows: int) -> subprocess.Popen:
        client = "phone" if kind == "media" else "laptop"
        spaces = [f"/run/netns/{self.home.prefix}-{host}" for host in (client, "server")]
        address = self.home.address("server") if kind == "media" else PEERS.split("/", maxsplit=1)[0]
        return subprocess.Popen([str(BIN / "bench_traffic"), kind, *spaces, address, str(flows)])

    def situation(self, name: str, *, media: int = 10, torrent: int = 0, foreign: int = 0, others: bool = False, watched: bool = False, settle: float = 12, runs: int | None = None, seconds: float | None = None) -> None:
        runs, seconds = runs or self.runs, seconds or self.seconds
        daemons = {"voip-qosd": Daemon(self.home, SETTINGS), "voip-qosd with MQTT": Daemon(self.home, SETTINGS, broker=self.broker)}
        if watched:
            daemons["voip-qosd with watch"] = Daemon(self.home, SETTINGS)
        children = []
        try:
            for daemon in daemons.values():
                daemon.start()
            time.sleep(1)
            if watched:
                children.append(self.home.popen("router", daemons["voip-qosd with watch"].argv("watch"), stdout=subprocess.DEVNULL))
            if media:
                children.append(self.traffic("media", media))
            if torrent:
                children.append(self.traffic("torrent", torrent))
            if foreign:
                length = settle + (runs + 4) * seconds + 10
                children.append(self.home.popen("router", [str(BIN / "bench_entries"), "foreign", str(foreign), str(int(length))]))
            time.sleep(settle)
            results = measure(daemons, runs, seconds)
        finally:
            for child in children:
                child.kill()
                child.wait()
            for daemon in daemons.values():
                daemon.stop()
        if others:
            results |= measure_others(self.home, self.runs)
        for way, figures in results.items():
            row = {"situation": name, "entries": self.entries, "way": way, **figures}
            self.rows.append(row)
            show(row)
        self.home.run("router", ["conntrack", "-D", "-p", "udp", "-s", "192.168.77.10"], check=False)
        self.home.run("router", ["conntrack", "-D", "-p", "udp", "-s", "192.168.77.20"], check=False)

    def count_instructions(self, media: int, seconds: float) -> None:
        """Of the daemon, and of one with MQTT."""
        for way, broker in (("voip-qosd", None), ("voip-qosd with MQTT", self.broker)):
            daemon = Daemon(self.home, SETTINGS, broker=broker)
            daemon.started_by = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={daemon.folder}/callgrind.out"]
            daemon.start(seconds=60)
            calls = self.traffic("media", media)
            try:
                time.sleep(15)
                counted = instructions(daemon, seconds)
            finally:
                calls.kill()
                calls.wait()
            self.rows.append({"situation": f"{media} media flows", "way": way, "instructions_per_s": round(counted), "counted_s": seconds})
            print(f"{media} media flows, {way}: {counted:,.0f} instructions/s in user space", flush=True)


def show(row: dict | None) -> None:
    if row is None:
        print(f"{'situation':34} {'way':31} {'CPU us/s':>11} {'sys calls/s':>11} {'wake-ups/s':>10} {'memory KiB':>10}")
        return
    memory = row.get("private_kb", "-")
    calls = "-" if row["system_calls_per_s"] is None else f"{row['system_calls_per_s']:g}"
    print(f"{row['situation']:34} {row['way']:31} {row['cpu_us_per_s']:11,.0f} {calls:>11} {row['wake_ups_per_s']:10g} {memory!s:>10}", flush=True)


def machine() -> dict:
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "kernel": platform.release(),
        "cpu": model.group(1) if model else platform.machine(),
        "cores": os.cpu_count(),
        "buckets": int(Path("/proc/sys/net/netfilter/nf_conntrack_buckets").read_text()),
        "awk": os.path.realpath(shutil.which("awk") or "awk"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench monitor", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--quick", action="store_true", help="short spans, few of them: a look, no measurement")
    parser.add_argument("--runs", type=int, default=5, help="spans for each figure (default: 5)")
    parser.add_argument("--seconds", type=float, default=5, help="length of a span (default: 5)")
    parser.add_argument("--entries", type=int, nargs="+", default=[1_000, 10_000, 100_000, 250_000], metavar="N")
    parser.add_argument("--instructions", action="store_true", help="only count what the daemon executes, with ten media flows; needs valgrind")
    parser.add_argument("--only", choices=("sizes", "idle", "foreign", "torrent"), nargs="+", help="only these situations")
    args = parser.parse_args()
    runs, seconds = (2, 2.0) if args.quick else (args.runs, args.seconds)
    wanted = args.only or ["idle", "sizes", "foreign", "torrent"]
    try:
        require("conntrack", "strace", "awk", "mosquitto")
        with Home(line=Line(None, None), ipv6=False) as home, Wider():
            bench = Bench(home, runs, seconds)
            if args.instructions:
                require("valgrind")
                wanted = []
                bench.fill(1_000)
                bench.count_instructions(10, seconds=2 * seconds if args.quick else 60)
            else:
                show(None)
            if "idle" in wanted:
                bench.fill(1_000)
                bench.situation("idle, 1k entries", media=0, settle=5, runs=1, seconds=max(20, seconds))
            for entries in args.entries if "sizes" in wanted else []:
                bench.fill(entries)
                bench.situation(f"10 media flows, {entries // 1000}k entries", others=True, watched=entries == args.entries[0])
            if "torrent" in wanted:
                bench.situation(f"... and a torrent of 2000, {bench.entries // 1000}k", torrent=2_000, watched=True, settle=20)
            if "foreign" in wanted:
                bench.situation(f"... and 5000 foreign/s, {bench.entries // 1000}k", foreign=5_000)
            if args.json:
                Path(args.json).write_text(json.dumps({"machine": machine(), "runs": runs, "seconds": seconds, "rows": bench.rows}, indent=1) + "\n")
    except Unavailable as reason:
        print(f"SKIPPED: {reason}")
        return 77
    print("machine:", json.dumps(machine()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
