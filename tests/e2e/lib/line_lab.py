"""Lines to be learnt in the home in a box: what two remote networks see of them, and what must not be taken for them.

    with LineLab(Line(10_000, 50_000, 200, 200), ways_ms=(30, 50)) as lab:
        lab.fill("up")
        lab.until_known("up", 10)     # seconds it took, or None
        lab.line()["up_kbit"]

The second remote network is another address of the server. Ways longer than none go through PathDelay, which knows some thousand packets
a second; beyond that (40/250 Mbit/s) the way is the one of the machine, well below a millisecond.
"""

from __future__ import annotations

import subprocess
import sys
import time

from daemon import Daemon, merged
from home import Home
from path_delay import PathDelay, add_address
from peers import Transfer
from topology import Line, token_bucket

SECOND = {4: "203.0.113.10", 6: "fd99::10"}
SETTINGS = {"qos": {"wan": "wan"}, "policy": {"min_on": "1s", "min_off": "1s", "release_after": "2s"}}
LISTEN = "import socket, sys; server = socket.create_server(('', int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True); print('ready', flush=True); [server.accept() for _ in range(int(sys.argv[2]))]"
CONNECT = "import socket, sys; [socket.create_connection((address, int(sys.argv[1])), 10).close() for address in sys.argv[2:]]"
RATE = {"up": "up_kbit", "down": "down_kbit"}


class LineLab:
    def __init__(self, line: Line, *, ways_ms: tuple[int, int] | None = (30, 50), family: int = 4, grant_ms: int = 0, settings: dict | None = None):
        self.line_in_lab, self.family = line, family
        self.home = Home(line=line)
        self._ways_ms, self._grant_ms = ways_ms, grant_ms
        self._settings = merged(SETTINGS, settings or {})
        self._transfers: list[Transfer] = []
        self._ports = iter(range(5201, 5300))

    def __enter__(self) -> "LineLab":
        self.home.__enter__()
        try:
            self.networks = (self.home.address("server", self.family), SECOND[self.family])
            if self._ways_ms:
                self._delay = PathDelay(self.home, dict(zip(self.networks, self._ways_ms)), self._grant_ms)
                self._delay.__enter__()
            else:
                add_address(self.home, self.networks[1])
            self.daemon = Daemon(self.home, self._settings).start()
            self._open_ways()
        except BaseException:
            self.home.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.home.__exit__()

    def _open_ways(self) -> None:
        """As a home that has used both networks before: how long a way is shows when a connection opens on a line that is not full."""
        port = 5200
        listener = self.home.popen("server", [sys.executable, "-S", "-E", "-c", LISTEN, str(port), str(len(self.networks))], stdout=subprocess.PIPE, text=True)
        assert listener.stdout is not None
        with listener.stdout as said:
            assert said.readline() == "ready\n"
        self.home.run("laptop", [sys.executable, "-S", "-E", "-c", CONNECT, str(port), *self.networks])

    def fill(self, direction: str, *, only: int | None = None, streams: int = 2, **options) -> list[Transfer]:
        """Transfers with both networks, or with one of them."""
        begun = [
            Transfer(self.home, download=direction == "down", streams=streams, to=network, family=self.family, port=next(self._ports), **options)
            for place, network in enumerate(self.networks)
            if only in (None, place)
        ]
        self._transfers += begun
        return begun

    def stop(self) -> None:
        for transfer in self._transfers:
            transfer.stop()
        self._transfers.clear()

    def line(self) -> dict:
        status = self.daemon.status()
        assert status, self.daemon.log_text()
        return status["line"]

    def until_known(self, direction: str, seconds: float) -> float | None:
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            if self.line()[RATE[direction]] is not None:
                return time.monotonic() - begin
            time.sleep(0.1)
        return None

    def watch(self, seconds: float) -> list[dict]:
        """What was told of the line, twice a second."""
        seen = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seen.append(self.line())
            time.sleep(0.5)
        return seen

    def set_line(self, *, up_kbit: int | None = None, down_kbit: int | None = None) -> None:
        """Another rate from now on."""
        for interface, kbit, buffer_ms in (("srv", up_kbit, self.line_in_lab.up_buffer_ms), ("wan", down_kbit, self.line_in_lab.down_buffer_ms)):
            if kbit:
                self.tc("isp", token_bucket(interface, kbit, buffer_ms))

    def tc(self, host: str, *lines: str) -> None:
        self.home.run(host, ["tc", "-batch", "-"], input="\n".join(lines) + "\n")

    def narrow(self, network: int, kbit: int, buffer_ms: int = 200) -> None:
        """A narrow place of that remote network alone, on its way to us."""
        self.tc(
            "server",
            "qdisc add dev eth0 root handle 1: htb default 2",
            f"class add dev eth0 parent 1: classid 1:1 htb rate {kbit}kbit ceil {kbit}kbit burst 3000 cburst 3000",
            "class add dev eth0 parent 1: classid 1:2 htb rate 1gbit ceil 1gbit",
            f"qdisc add dev eth0 parent 1:1 bfifo limit {kbit * buffer_ms // 8}",
            f"filter add dev eth0 parent 1: protocol ip prio 1 u32 match ip src {self.networks[network]}/32 flowid 1:1",
        )
