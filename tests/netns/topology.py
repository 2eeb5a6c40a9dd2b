r"""What the home in a box looks like: addresses, links and the shell text that builds it.

    phone  192.168.77.10 \                                      modem/ISP = two token buckets
                          br-lan [router] wan 192.0.2.2 --- 192.0.2.1 [isp] 198.51.100.1 --- 198.51.100.10 [server]
    laptop 192.168.77.20 /  NAT, conntrack                      up: on isp:srv, down: on isp:wan

IPv6 goes the same way, routed without NAT, behind the usual "only answers come in" firewall.
Pure text: nothing here runs a command. Addresses are documentation ranges (RFC 5737), unique local ones (RFC 4193) for IPv6.
"""

from __future__ import annotations

from dataclasses import dataclass

HOSTS = ("phone", "laptop", "router", "isp", "server")

ADDRESS = {
    4: {"phone": "192.168.77.10", "laptop": "192.168.77.20", "router": "192.168.77.1", "isp": "198.51.100.1", "server": "198.51.100.10"},
    6: {"phone": "fd77::10", "laptop": "fd77::20", "router": "fd77::1", "isp": "fd51::1", "server": "fd51::10"},
}
WAN_ADDRESS = {4: "192.0.2.2", 6: "fd02::2"}
ETHERNET_HEADER = 14  # the kernel counts it on Ethernet devices

# (host, interface, host, interface); every interface is created inside its namespace, so the names need not be unique on the machine.
_LINKS = (
    ("phone", "eth0", "router", "lan1"),
    ("laptop", "eth0", "router", "lan2"),
    ("router", "wan", "isp", "wan"),
    ("isp", "srv", "server", "eth0"),
)

_ADDRESSES = {
    "phone": [("eth0", "192.168.77.10/24", "fd77::10/64")],
    "laptop": [("eth0", "192.168.77.20/24", "fd77::20/64")],
    "router": [("br-lan", "192.168.77.1/24", "fd77::1/64"), ("wan", "192.0.2.2/24", "fd02::2/64")],
    "isp": [("wan", "192.0.2.1/24", "fd02::1/64"), ("srv", "198.51.100.1/24", "fd51::1/64")],
    "server": [("eth0", "198.51.100.10/24", "fd51::10/64")],
}

# The provider knows nothing of 192.168.77.0/24: a packet that escapes the NAT is lost, as it would be outside.
_ROUTES = {
    "phone": [("default", "192.168.77.1", "fd77::1")],
    "laptop": [("default", "192.168.77.1", "fd77::1")],
    "router": [("default", "192.0.2.1", "fd02::1")],
    "isp": [("fd77::/64", None, "fd02::2")],
    "server": [("default", "198.51.100.1", "fd51::1")],
}

_NAT = """
table ip nat {
  chain post {
    type nat hook postrouting priority 100; policy accept;
    oifname "wan" masquerade
  }
}
table ip fw {
  chain forw {
    type filter hook forward priority 0; policy accept;
    ct state established,related accept
    iifname "wan" drop
  }
}
"""

_FIREWALL6 = _NAT[_NAT.index("table ip fw"):].replace("table ip fw", "table ip6 fw6")

_ALG = """
table ip alg {
  ct helper sip-udp {
    type "sip" protocol udp; l3proto ip;
  }
  chain pre {
    type filter hook prerouting priority 0; policy accept;
    iifname "br-lan" udp dport 5060 ct helper set "sip-udp"
  }
}
"""


@dataclass(frozen=True)
class Line:
    """The access line. None as a rate leaves that direction unshaped."""

    up_kbit: int | None = 1000
    down_kbit: int | None = 5000
    up_buffer_ms: int = 1000
    down_buffer_ms: int = 300
    atm_overhead: int | None = None  # bytes before each IP packet on an ATM line, whose rates then are those of its cells


def token_bucket(interface: str, kbit: int, buffer_ms: int, atm_overhead: int | None = None) -> str:
    burst = max(3000, kbit * 6 // 5)
    limit = max(burst, kbit * buffer_ms // 8)
    cells = "" if atm_overhead is None else f" overhead {atm_overhead - ETHERNET_HEADER} linklayer atm"
    return f"qdisc replace dev {interface} root tbf rate {kbit}kbit burst {burst} limit {limit}{cells}"


def creation(prefix: str) -> str:
    """Input of `ip -batch`: the namespaces and the links between them."""
    lines = [f"netns add {prefix}-{host}" for host in HOSTS]
    lines += [f"link add {if_a} netns {prefix}-{a} type veth peer name {if_b} netns {prefix}-{b}" for a, if_a, b, if_b in _LINKS]
    return "\n".join(lines) + "\n"


def setup(host: str, line: Line, *, ipv6: bool, alg: bool, accounting: bool) -> str:
    """A shell script to run inside the namespace of `host`. It ends at the first thing that fails."""
    interfaces = [i for a, if_a, b, if_b in _LINKS for h, i in ((a, if_a), (b, if_b)) if h == host]
    text = ["set -e", _sysctl("net.ipv6.conf.all.disable_ipv6", 0 if ipv6 else 1, required=False)]
    if ipv6:  # else every address, link-local ones too, is unusable until its duplicate check has waited a second or two
        text += [_sysctl(f"net.ipv6.conf.{name}.accept_dad", 0, required=False) for name in ("all", "default", *interfaces)]
    # Without these, 64 KB super-packets pass the token buckets whole. Not every kernel offers every switch.
    text += [f"ethtool -K {i} tso off gso off gro off tx off >/dev/null 2>&1 || true" for i in interfaces]
    text += ["ip -batch - <<'END'", *_ip_lines(host, interfaces, ipv6), "END"]
    if host in ("router", "isp"):
        text.append(_sysctl("net.ipv4.ip_forward", 1))
        if ipv6:
            text.append(_sysctl("net.ipv6.conf.all.forwarding", 1))
    if host == "router":
        text += ["nft -f - <<'END' || {", _NAT + (_FIREWALL6 if ipv6 else "") + (_ALG if alg else ""), "END", *_nat_by_iptables(ipv6, alg), "}"]
        # After nft, which loads conntrack where it is a module.
        text.append(_sysctl("net.netfilter.nf_conntrack_acct", int(accounting)))
    if host == "isp":
        buckets = [("srv", line.up_kbit, line.up_buffer_ms), ("wan", line.down_kbit, line.down_buffer_ms)]
        text += ["tc -batch - <<'END'", *[token_bucket(i, kbit, ms, line.atm_overhead) for i, kbit, ms in buckets if kbit], "END"]
    return "\n".join(text) + "\n"


def _nat_by_iptables(ipv6: bool, alg: bool) -> list[str]:
    """The same for kernels without the families of nftables."""
    if alg:
        return ["exit 1"]
    lines = ["iptables -w -t nat -A POSTROUTING -o wan -j MASQUERADE"]
    for program in ("iptables", "ip6tables") if ipv6 else ("iptables",):
        lines += [f"{program} -w -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT", f"{program} -w -A FORWARD -i wan -j DROP"]
    return lines


def _ip_lines(host: str, interfaces: list[str], ipv6: bool) -> list[str]:
    lines = ["link set lo up"]
    if host == "router":
        lines.append("link add br-lan type bridge mcast_snooping 0")
    lines += [f"link set {i} txqueuelen 1000 up" for i in interfaces]
    if host == "router":
        lines += ["link set lan1 master br-lan", "link set lan2 master br-lan", "link set br-lan up"]
    for interface, v4, v6 in _ADDRESSES[host]:
        lines.append(f"addr add {v4} dev {interface}")
        if ipv6:
            lines.append(f"addr add {v6} dev {interface} nodad")
    for target, via4, via6 in _ROUTES[host]:
        if via4:
            lines.append(f"route add {target} via {via4}")
        if ipv6 and via6:
            lines.append(f"route add {target} via {via6}")
    return lines


def _sysctl(key: str, value: int, *, required: bool = True) -> str:
    path = "/proc/sys/" + key.replace(".", "/")
    write = f"echo {value} 2>/dev/null > {path}"
    if not required:
        return f"{{ {write}; }} 2>/dev/null || true"
    # A read-only /proc is fine as long as the value is already the right one.
    return f'{{ {write}; }} 2>/dev/null || [ "$(cat {path})" = {value} ] || {{ echo "set {key} to {value}: not permitted in this namespace" >&2; exit 1; }}'
