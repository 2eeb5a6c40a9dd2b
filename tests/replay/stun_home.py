"""A home whose phones learn their address outside from the provider, as most do."""

from __future__ import annotations

from home import Home
from recipes import NETNS, PYTHON

# The provider's own host, in another network than the server.
OTHER = "192.0.2.1"

# Drops what nobody inside has asked for, as routers do, before it makes a connection that would take the phone's port.
GUARD = "add table ip guard; add chain ip guard input { type filter hook input priority 0; }; add rule ip guard input iifname wan udp dport 1024-65535 ct state new drop"


def stun_home(home: Home) -> None:
    """Phones ask the provider's STUN server, so media flows both ways and no ALG tells the router of it."""
    home.run("router", ["nft", GUARD])
    home.popen("isp", [*PYTHON, str(NETNS / "stun_server.py"), OTHER])
