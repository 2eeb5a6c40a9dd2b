"""A reference shaper for the lab: HTB on the way out, HTB on an IFB on the way in, the call first.

It proves that the line can be healed at all, independent of the daemon's own profile. The bulk class starts at 10 % so that the queue
that stands in the modem can drain, then goes back up to its share.
"""

from __future__ import annotations

import time

from home import Home

_CLASSIFY = """
table ip labqos {
  chain post {
    type filter hook postrouting priority -150; policy accept;
    oifname "wan" ip saddr PHONE meta l4proto udp meta priority set 0x00010010
  }
}
"""


def switch_on(home: Home, *, bulk_percent: int = 70, drain_s: float = 1.1) -> None:
    up, down = home.line.up_kbit, home.line.down_kbit
    assert up and down, "only a shaped line can be healed"
    home.run("router", ["nft", "-f", "-"], input=_CLASSIFY.replace("PHONE", home.address("phone")))
    home.run("router", ["ip", "-batch", "-"], input="link add ifb0 type ifb\nlink set ifb0 txqueuelen 1000 up\n")
    lines = _htb("wan", up, bulk_percent) + _htb("ifb0", down, bulk_percent)
    lines += [
        f"filter add dev ifb0 parent 1: protocol ip prio 1 u32 match ip protocol 17 0xff match ip src {home.address('server')}/32 flowid 1:10",
        "qdisc add dev wan handle ffff: ingress",
        "filter add dev wan parent ffff: protocol ip prio 1 u32 match u32 0 0 action mirred egress redirect dev ifb0",
    ]
    _tc(home, lines)
    if drain_s > 0:
        _tc(home, [_bulk("change", dev, rate // 10) for dev, rate in (("wan", up), ("ifb0", down))])
        time.sleep(drain_s)
        _tc(home, [_bulk("change", dev, rate * bulk_percent // 100) for dev, rate in (("wan", up), ("ifb0", down))])


def switch_off(home: Home) -> None:
    _tc(home, ["qdisc del dev wan root", "qdisc del dev wan ingress"])
    home.run("router", ["ip", "link", "del", "ifb0"])
    home.run("router", ["nft", "delete", "table", "ip", "labqos"])


def _htb(dev: str, line_kbit: int, bulk_percent: int) -> list[str]:
    ceiling, bulk = line_kbit * 95 // 100, line_kbit * bulk_percent // 100
    return [
        f"qdisc add dev {dev} root handle 1: htb default 20 r2q 10",
        f"class add dev {dev} parent 1: classid 1:1 htb rate {ceiling}kbit ceil {ceiling}kbit burst 3000 cburst 3000",
        f"class add dev {dev} parent 1:1 classid 1:10 htb rate {ceiling // 4}kbit ceil {ceiling}kbit prio 0 burst 3000 cburst 3000 quantum 1514",
        _bulk("add", dev, bulk),
        f"qdisc add dev {dev} parent 1:10 handle 10: pfifo limit 50",
        f"qdisc add dev {dev} parent 1:20 handle 20: bfifo limit {max(4542, bulk * 200 // 8)}",
    ]


def _bulk(verb: str, dev: str, kbit: int) -> str:
    return f"class {verb} dev {dev} parent 1:1 classid 1:20 htb rate {kbit}kbit ceil {kbit}kbit prio 1 burst 3000 cburst 3000 quantum 1514"


def _tc(home: Home, lines: list[str]) -> None:
    home.run("router", ["tc", "-batch", "-"], input="\n".join(lines) + "\n")
