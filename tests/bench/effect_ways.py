"""The ways to switch QoS that the effect is measured for: what each needs, its configuration, and what stands on the router before.

A way says itself why it cannot shape here: a qdisc that the kernel lacks, a program that is not installed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from home import Home
from topology import Line

# Our own profile is told 95 % of the line, as docs/shapers.md advises; the others shape both directions to the share that they need to be sure
# that the queue is theirs.
_OWN_PERCENT = 95

# What somebody may write who has no voip-qosd profile: HTB both ways, UDP first, everything else held to 70 %. It drains nothing.
_PLAIN_HTB = """#!/bin/sh
# plain-htb on|off|observe
case "$1" in
  on)
    ip link add ifb0 type ifb; ip link set ifb0 txqueuelen 1000 up
    tc -batch - <<'END'
{lines}
END
    ;;
  off)
    tc qdisc del dev wan root; tc qdisc del dev wan ingress; ip link del ifb0 ;;
  observe)
    tc qdisc show dev wan | grep -q '^qdisc htb 1: root' ;;
esac
"""


@dataclass
class Way:
    name: str
    actuator: str
    settings: Callable[[Line, Path], dict]  # [qos] without the actuator's name, for a line and the folder with its scripts
    qdiscs: tuple[str, ...] = ()  # that the kernel must have
    programs: tuple[str, ...] = ()  # that must be installed
    scripts: Callable[[Line], dict[str, str]] = field(default=lambda line: {})  # stand-ins and scripts of the user: name -> text
    prepare: str = ""  # shell text: what stands on the router before the daemon starts
    undo: str = ""
    is_on: str = "htb"  # the qdisc that the kernel shows at the WAN's root while QoS is on

    def why_not(self, home: Home) -> str:
        """Empty when it can shape in this home."""
        missing = [program for program in self.programs if not shutil.which(program)]
        if missing:
            return f"not installed: {', '.join(missing)}"
        for qdisc in self.qdiscs:
            tried = home.run("router", ["tc", "qdisc", "add", "dev", "lo", "root", qdisc], check=False)
            if tried.returncode != 0:
                return f"this kernel has no {qdisc.upper()}"
            home.run("router", ["tc", "qdisc", "del", "dev", "lo", "root"], check=False)
        return ""

    def install(self, home: Home) -> Path:
        """The folder with its scripts, for the daemon's PATH."""
        folder = home.folder("programs")
        for name, text in self.scripts(home.line).items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        return folder


def _share(kbit: int | None, percent: int = _OWN_PERCENT) -> int:
    return (kbit or 0) * percent // 100


def _own(drain: str) -> Callable[[Line], dict]:
    return lambda line, folder: {"tc": {"upload_kbit": _share(line.up_kbit), "download_kbit": _share(line.down_kbit), "drain": drain}}


def _plain_htb(line: Line) -> dict[str, str]:
    lines = []
    for device, kbit in (("wan", line.up_kbit or 0), ("ifb0", line.down_kbit or 0)):
        total, bulk = _share(kbit), _share(kbit, 70)
        lines += [
            f"qdisc add dev {device} root handle 1: htb default 20 r2q 10",
            f"class add dev {device} parent 1: classid 1:1 htb rate {total}kbit ceil {total}kbit burst 3028 cburst 3028",
            f"class add dev {device} parent 1:1 classid 1:10 htb rate {total // 4}kbit ceil {total}kbit prio 0 burst 3028 cburst 3028 quantum 1514",
            f"class add dev {device} parent 1:1 classid 1:20 htb rate {bulk}kbit ceil {bulk}kbit prio 1 burst 3028 cburst 3028 quantum 1514",
            f"qdisc add dev {device} parent 1:10 handle 10: pfifo limit 50",
            f"qdisc add dev {device} parent 1:20 handle 20: bfifo limit {max(4542, bulk * 200 // 8)}",
            f"filter add dev {device} parent 1: protocol ip prio 1 u32 match ip protocol 17 0xff flowid 1:10",
        ]
    lines += ["qdisc add dev wan handle ffff: ingress", "filter add dev wan parent ffff: protocol ip prio 1 u32 match u32 0 0 action mirred egress redirect dev ifb0"]
    return {"plain-htb": _PLAIN_HTB.format(lines="\n".join(lines))}


def _stand_ins(folder: str, section: str, options: dict) -> dict[str, str]:
    """The programs of the folder, and what its `uci` shows."""
    programs = {file.name: file.read_text() for file in (Path(__file__).parent / folder).iterdir()}
    return programs | {"uci.txt": "".join(f"{section}.{key}='{value}'\n" for key, value in options.items())}


def _qos_scripts(line: Line) -> dict[str, str]:
    return _stand_ins("qos_scripts", "qos.wan", {"enabled": 1, "upload": _share(line.up_kbit, 85), "download": _share(line.down_kbit, 85)})


def _sqm_scripts(line: Line) -> dict[str, str]:
    shares = {"upload": _share(line.up_kbit, 85), "download": _share(line.down_kbit, 85)}
    return _stand_ins("sqm_scripts", "sqm.wan", {"interface": "wan", "enabled": 1, **shares, "script": "layer_cake.qos", "squash_dscp": 0, "squash_ingress": 0})


_CAKE_BEFORE = """set -e
ip link add ifb4wan type ifb; ip link set ifb4wan txqueuelen 1000 up
tc qdisc add dev wan root cake unlimited diffserv4 nat
tc qdisc add dev ifb4wan root cake unlimited diffserv4 nat ingress
tc qdisc add dev wan handle ffff: ingress
tc filter add dev wan parent ffff: protocol all prio 10 u32 match u32 0 0 action mirred egress redirect dev ifb4wan
"""
_CAKE_AFTER = "tc qdisc del dev wan root; tc qdisc del dev wan ingress; ip link del ifb4wan"

WAYS = [
    Way("tc", "tc", _own("fixed"), ("htb",)),
    Way("tc-measured", "tc", _own("measured"), ("htb",)),
    Way(
        "exec-htb", "exec",
        lambda line, folder: {"exec": {"on": ["/usr/bin/env", "plain-htb", "on"], "off": ["/usr/bin/env", "plain-htb", "off"], "observe": ["/usr/bin/env", "plain-htb", "observe"]}},
        ("htb",), (), _plain_htb,
    ),
    Way("cake-rate", "cake-rate", lambda line, folder: {"cake-rate": {"upload_kbit": _share(line.up_kbit, 70), "download_kbit": _share(line.down_kbit, 70)}},
        ("cake",), (), prepare=_CAKE_BEFORE, undo=_CAKE_AFTER, is_on="cake"),
    Way("qos-scripts", "qos-scripts", lambda line, folder: {}, ("hfsc", "fq_codel"), ("iptables",), _qos_scripts, is_on="hfsc"),
    Way(
        "sqm-scripts", "sqm-scripts",
        lambda line, folder: {"sqm-scripts": {"run": str(folder / "run.sh"), "state_dir": str(folder / "sqm")}, "call_mark": "0xb9000000/0xfd000000"},
        ("cake",), (), _sqm_scripts, is_on="cake",
    ),
    Way("qosify", "qosify", lambda line, folder: {}, ("cake",), ("ubus", "qosify"), is_on="cake"),
]
