#!/usr/bin/env python3
"""What is done inside a fresh Debian 12 to try our package, and what was found, as /trial/found.json. It stands alone: it is copied there.

    driver.py namespaces     phone and far end of the call are namespaces that it makes itself
    driver.py cards          they are behind the network cards eth0 (LAN) and eth1 (WAN), and call while /trial/call is there
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

CONFIG = Path("/etc/voip-qosd/voip-qosd.toml")
TRIAL = Path("/trial")
# What its owner knows and nobody can find; `setup` finds the rest.
KNOWN = '[qos.tc]\nupload_kbit = 950\ndownload_kbit = 4750\n[policy]\nrelease_after = "1s"\nmin_on = "0s"\nmin_off = "0s"\n'
NAMESPACES = """
ip netns add phone
ip netns add far
"""
CABLES = """
ip link add br-lan type veth peer name eth0 netns phone
ip link add wan type veth peer name eth0 netns far
"""
ENDS = """
ip netns exec phone ip address add 192.168.77.10/24 dev eth0
ip netns exec phone ip link set eth0 up
ip netns exec phone ip route add default via 192.168.77.1
ip netns exec far ip address add 192.0.2.1/24 dev eth0
ip netns exec far ip link set eth0 up
"""
CARDS = """
ip link add br-lan type bridge
ip link set eth0 master br-lan
ip link set eth0 up
ip link set eth1 name wan
"""
ROUTER = """
sysctl -qw net.ipv4.ip_forward=1
ip address add 192.168.77.1/24 dev br-lan
ip address add 192.0.2.2/24 dev wan
ip link set br-lan up
ip link set wan up
ip route add default via 192.0.2.1
nft add table ip nat
nft add chain ip nat post { type nat hook postrouting priority 100 ; }
nft add rule ip nat post oifname wan masquerade
"""
# The machine may be an emulated one: these end a wait that would have no end, and say nothing of how long a thing takes.
COMMAND_S = 900
SWITCH_S = 120


def run(*argv: str) -> subprocess.CompletedProcess:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=COMMAND_S, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def status() -> dict:
    answer = run("voip-qosd", "status", "--json")
    return json.loads(answer.stdout) if answer.returncode == 0 else {}


def wait_for(is_so, since: float | None = None) -> float | None:
    """How long it took, since then."""
    begin = since or time.monotonic()
    while not is_so():
        if time.monotonic() - begin > SWITCH_S:
            return None
        time.sleep(0.1)
    return round(time.monotonic() - begin, 2)


class Findings(dict):
    """Written down with each finding: what did not come to its end shall show how far it came."""

    def __setitem__(self, name, value) -> None:
        super().__setitem__(name, value)
        (TRIAL / "found.json").write_text(json.dumps(self))


def perform(commands: str) -> str | None:
    """What went wrong."""
    for line in commands.strip().splitlines():
        done = run(*line.split())
        if done.returncode:
            return line + ": " + done.stderr
    return None


def talk(folder: Path) -> list[subprocess.Popen]:
    """Both ends of a call, in their namespaces: 50 packets a second each way, until they are terminated."""
    end = ["python3", str(folder / "rtp_endpoint.py"), "--port", "7078", "--schedule", "[[1, 50, 172]]"]
    far = ["ip", "netns", "exec", "far", *end, "--bind", "192.0.2.1"]
    phone = ["ip", "netns", "exec", "phone", *end, "--bind", "192.168.77.10", "--to", "192.0.2.1", "--to-port", "7078"]
    return [subprocess.Popen(argv, stdout=subprocess.DEVNULL) for argv in (far, phone)]


class Namespaces:
    """A phone and the far end of its calls on this machine."""

    def __init__(self):
        self.ends = []

    def prepare(self) -> None:
        pass

    def connect(self) -> str | None:
        return perform(NAMESPACES) or perform(CABLES) or perform(ENDS) or perform(ROUTER)

    def begin_call(self) -> None:
        self.ends = talk(TRIAL)

    def end_call(self) -> None:
        for end in reversed(self.ends):
            end.terminate()


class Cards:
    """A phone and the far end of its calls on other machines."""

    call = TRIAL / "call"

    def prepare(self) -> None:
        Path("/etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{TRIAL}/repository ./\n")
        run("apt-get", "-qq", "update")

    def connect(self) -> str | None:
        wait_for(lambda: all(Path("/sys/class/net", card).exists() for card in ("eth0", "eth1")))
        return perform(CARDS) or perform(ROUTER)

    def begin_call(self) -> None:
        self.call.touch()

    def end_call(self) -> None:
        self.call.unlink()


def doctor() -> dict:
    done = run("voip-qosd", "doctor", "--json")
    try:
        checks = json.loads(done.stdout)
    except ValueError:
        return {"status": done.returncode, "said": done.stdout + done.stderr}
    return {"status": done.returncode, "checks": len(checks), "not_well": [check for check in checks if check["result"] != "ok"]}


def shaped() -> dict:
    return {
        "qdiscs": run("tc", "qdisc", "show").stdout.splitlines(),
        "tables": run("nft", "list", "tables").stdout.splitlines(),
        "flow": run("sh", "-c", "grep udp /proc/net/nf_conntrack || true").stdout.splitlines(),
    }


def set_up() -> dict:
    CONFIG.write_text(KNOWN)
    begin = time.monotonic()
    setup = run("voip-qosd", "setup", "--yes")
    return {"status": setup.returncode, "said": setup.stdout + setup.stderr, "seconds": round(time.monotonic() - begin, 1), "file": CONFIG.read_text()}


def call(home, found: Findings) -> None:
    begin = time.monotonic()
    home.begin_call()
    found["heard_after_s"] = wait_for(lambda: status().get("call_active"), begin)
    found["on_after_s"] = wait_for(lambda: status().get("qos") == "ON", begin)
    found["on"] = shaped()
    found["doctor_in_call"] = doctor()
    home.end_call()
    found["off_after_s"] = wait_for(lambda: status().get("qos") == "OFF")
    found["off"] = shaped()
    found["log"] = run("journalctl", "--no-pager", "-o", "short-monotonic", "-u", "voip-qosd").stdout.splitlines()


def seen() -> dict:
    return {
        "active": run("systemctl", "is-active", "voip-qosd").stdout.strip(),
        "enabled": run("systemctl", "is-enabled", "voip-qosd").stdout.strip(),
        "pid": run("systemctl", "show", "voip-qosd", "-p", "MainPID", "--value").stdout.strip(),
    }


def install(package: str) -> dict:
    begin = time.monotonic()
    done = run("apt-get", "-y", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades", "install", package)
    return {"status": done.returncode, "said": done.stdout[-2000:] + done.stderr[-2000:], "seconds": round(time.monotonic() - begin, 1), **seen()}


def remains() -> list[str]:
    listed = run("find", "/etc", "/usr", "/var", "/run", "-xdev", "-name", "*voip*", "-not", "-path", "/var/cache/*", "-not", "-path", "/run/netns/*").stdout.split()
    return sorted(path for path in listed if not path.startswith("/var/log/apt"))


def drive(home, found: Findings) -> None:
    home.prepare()
    found["machine"] = " ".join(os.uname()[i] for i in (2, 4))
    found["install"] = install(str(TRIAL / "first.deb"))
    found["version"] = run("voip-qosd", "--version").stdout.strip()
    found["manual"] = Path("/usr/share/man/man8/voip-qosd.8.gz").exists()
    found["home"] = home.connect()
    found["setup"] = set_up()
    found["reload"] = run("systemctl", "reload", "voip-qosd").returncode
    wait_for(lambda: status().get("actuator") == "tc" or status().get("qos") == "OFF")
    found["doctor"] = doctor()
    call(home, found)
    CONFIG.write_text(CONFIG.read_text() + "# mine\n")
    found["upgrade"] = install(str(TRIAL / "second.deb"))
    found["kept"] = CONFIG.read_text().endswith("# mine\n")
    run("systemctl", "disable", "--now", "voip-qosd")
    found["reinstall"] = install(str(TRIAL / "first.deb"))
    run("systemctl", "enable", "--now", "voip-qosd")
    found["remove"] = {"status": run("apt-get", "-y", "remove", "voip-qosd").returncode, **seen(), "kept": CONFIG.exists()}
    found["purge"] = {"status": run("apt-get", "-y", "purge", "voip-qosd").returncode, "remains": remains()}


if __name__ == "__main__":
    drive({"namespaces": Namespaces, "cards": Cards}[sys.argv[1]](), Findings())
