"""Reads the text of `conntrack -L` and `conntrack -E` into values."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """One direction of a flow as the kernel keeps it. Counters are None when the flow was born without accounting."""

    src: str
    dst: str
    sport: int = 0
    dport: int = 0
    packets: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Entry:
    protocol: str
    original: Way
    reply: Way
    mark: int = 0
    id: int = 0
    timeout_s: int = 0
    is_assured: bool = False
    is_unreplied: bool = False
    has_helper: bool = False

    def addresses(self) -> set[str]:
        return {self.original.src, self.original.dst, self.reply.src, self.reply.dst}

    def ports(self) -> set[int]:
        return {self.original.sport, self.original.dport, self.reply.sport, self.reply.dport}


_PROTOCOL = re.compile(r"\b(tcp|udp|icmpv6|icmp|sctp|udplite|dccp|gre|unknown)\s+(\d+)(?:\s+(\d+))?")
_WAY_KEYS = ("src", "dst", "sport", "dport", "packets", "bytes")


def parse_entry(line: str) -> Entry | None:
    """None for a line that holds no flow (the summary, a blank line)."""
    protocol = _PROTOCOL.search(line)
    if not protocol or "src=" not in line:
        return None
    ways: list[dict] = []
    other: dict[str, str] = {}
    for word in line.split():
        key, equals, value = word.partition("=")
        if not equals:
            continue
        if key == "src":
            ways.append({})
        if key in _WAY_KEYS and ways and key not in ways[-1]:
            ways[-1][key] = value if key in ("src", "dst") else int(value)
        else:
            other[key] = value
    if len(ways) != 2:
        return None
    return Entry(
        protocol=protocol.group(1),
        original=Way(**ways[0]),
        reply=Way(**ways[1]),
        mark=int(other.get("mark", 0)),
        id=int(other.get("id", 0)),
        timeout_s=int(protocol.group(3) or 0),
        is_assured="[ASSURED]" in line,
        is_unreplied="[UNREPLIED]" in line,
        has_helper="helper" in other,
    )


def parse_entries(text: str) -> list[Entry]:
    return [entry for line in text.splitlines() if (entry := parse_entry(line))]
