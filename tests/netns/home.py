#!/usr/bin/env python3
"""A home network in a box: phone, laptop, router, provider and server as network namespaces of this machine.

    with Home() as home:
        home.run("phone", ["ping", "-c", "1", home.address("server")])
        broker = home.broker()

    home.py up | down | exec HOST COMMAND... | status      the same by hand (default prefix: lab)

It starts in well under a second, several may run side by side, and nothing stays behind: not after an exception, a signal or a
kill -9 of the process that made it. Needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN) and iproute2, nftables, ethtool, conntrack; raises
Unavailable with the reason when something is missing. Standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import topology  # noqa: E402
from conntrack_list import Entry, parse_entries  # noqa: E402
from topology import HOSTS, Line  # noqa: E402

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":" + _SBIN

_counter = itertools.count()


class Unavailable(Exception):
    """The box cannot exist here: no privilege, or a missing tool. The text says which and what to do."""


class HomeError(Exception):
    """A command that should have worked did not. The text holds the command and what it printed."""


def exit_status(bench: Callable[[], int]) -> int:
    """Of a bench, whose exceptions are told without where they came from. 77: it cannot be run here."""
    try:
        return bench()
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 77
    except HomeError as problem:
        print(problem, file=sys.stderr)
        return 1


def require(*tools: str) -> None:
    """Raises Unavailable unless all the programs are installed."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)} (scripts/bootstrap installs them)")


class Home:
    """The five namespaces, as a context manager or by up() and down()."""

    def __init__(self, prefix: str | None = None, *, line: Line = Line(), ipv6: bool = True, alg: bool = False, accounting: bool = True):
        self.prefix = prefix or f"vq{os.getpid()}-{next(_counter)}"
        self.line = line
        self.ipv6 = ipv6
        self.alg = alg
        self.accounting = accounting
        self.temp: Path | None = None
        self.start_seconds = 0.0
        self._children: list[subprocess.Popen] = []
        self._reaper: subprocess.Popen | None = None
        self._broker = None
        self._closing = contextlib.ExitStack()

    # -- life ------------------------------------------------------------------------------------------------------------------

    def __enter__(self) -> "Home":
        # A terminated test unwinds as if it had raised, so that every `with` around us closes too.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
            self._closing.callback(signal.signal, signal.SIGTERM, signal.SIG_DFL)
        try:
            self.temp = Path(tempfile.mkdtemp(prefix=f"{self.prefix}."))
            self._start_reaper()
            self.up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._closing:
            self.down()
            if self._reaper:
                with contextlib.suppress(BrokenPipeError):
                    self._reaper.communicate(b"done\n", timeout=10)
                self._reaper = None

    def up(self) -> None:
        """Makes the namespaces. On failure what was made so far stays: call down()."""
        require("ip", "tc", "nft", "ethtool")
        if os.geteuid() != 0:
            raise Unavailable("network namespaces need root (CAP_SYS_ADMIN and CAP_NET_ADMIN)")
        begin = time.monotonic()
        made = subprocess.run(["ip", "-batch", "-"], input=topology.creation(self.prefix), text=True, capture_output=True, check=False)
        if made.returncode != 0:
            reason = made.stderr.strip()
            if any(word in reason for word in ("not permitted", "denied", "Read-only")):
                raise Unavailable(f"make network namespaces: {reason}: needs CAP_SYS_ADMIN and CAP_NET_ADMIN")
            raise HomeError(f"make network namespaces {self.prefix}-*: {reason}")
        shells = []
        for host in HOSTS:
            script = topology.setup(host, self.line, ipv6=self.ipv6, alg=self.alg, accounting=self.accounting)
            shell = subprocess.Popen(self._argv(host, ["sh", "-s"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            assert shell.stdin is not None
            shell.stdin.write(script)
            shell.stdin.close()
            shells.append((host, shell))
        failures = []
        for host, shell in shells:
            assert shell.stdout is not None
            with shell.stdout:
                output = shell.stdout.read()
            if shell.wait() != 0:
                failures.append(f"set up {host}: {output.strip()}")
        if failures:
            text = "; ".join(failures)
            raise Unavailable(text) if "not permitted" in text else HomeError(text)
        self.start_seconds = time.monotonic() - begin

    def down(self) -> None:
        """Ends every process in the namespaces, removes them and the temporary folder. Safe to call at any time, any number of times."""
        self._broker = None
        self._end_processes()
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=5)
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._children.clear()
        names = [f"netns del {self.prefix}-{host}" for host in HOSTS if self._exists(host)]
        if names:
            subprocess.run(["ip", "-force", "-batch", "-"], input="\n".join(names) + "\n", text=True, capture_output=True, check=False)
        if self.temp:
            shutil.rmtree(self.temp, ignore_errors=True)
            self.temp = None

    # -- use -------------------------------------------------------------------------------------------------------------------

    def address(self, host: str, family: int = 4) -> str:
        return topology.ADDRESS[family][host]

    def popen(self, host: str, argv: list[str], **options) -> subprocess.Popen:
        """Starts a program inside `host`. It ends with the home at the latest; Ctrl-C on the terminal does not reach it."""
        options.setdefault("stdin", subprocess.DEVNULL)
        child = subprocess.Popen(self._argv(host, argv), start_new_session=True, **options)
        self._children = [c for c in self._children if c.poll() is None] + [child]
        # Until `ip netns exec` has moved it, down() would not find it among the processes of the namespace.
        while child.poll() is None and child.pid not in self.pids(host, among=[str(child.pid)]):
            time.sleep(0.001)
        return child

    def run(self, host: str, argv: list[str], *, check: bool = True, timeout: float = 30, **options) -> subprocess.CompletedProcess:
        """Runs a program inside `host` to its end; text in and out. Raises HomeError on a non-zero exit unless check=False."""
        done = subprocess.run(self._argv(host, argv), text=True, capture_output=True, timeout=timeout, check=False, **options)
        if check and done.returncode != 0:
            raise HomeError(f"on {host}: {' '.join(argv)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done

    def conntrack(self, protocol: str | None = None) -> list[Entry]:
        """The router's connection table, both families."""
        require("conntrack")
        entries: list[Entry] = []
        for family in ("ipv4", "ipv6") if self.ipv6 else ("ipv4",):
            argv = ["conntrack", "-L", "-f", family, "-o", "extended,id"] + (["-p", protocol] if protocol else [])
            entries += parse_entries(self.run("router", argv).stdout)
        return entries

    def broker(self, **options):
        """The MQTT broker of this home (broker.Broker), started at the first call, on 192.168.77.1:1883 of the router."""
        import broker  # here, since most tests need none

        if self._broker is None:
            self._broker = broker.Broker(self, **options)
            self._broker.start()
        return self._broker

    def folder(self, name: str) -> Path:
        """A new temporary folder that vanishes with the home."""
        assert self.temp is not None, "only inside `with Home()`"
        return Path(tempfile.mkdtemp(prefix=f"{name}.", dir=self.temp))

    def pids(self, host: str, *, among: list[str] | None = None) -> list[int]:
        """The processes that live in the namespace, as `ip netns pids` lists them."""
        try:
            wanted = os.stat(f"/run/netns/{self.prefix}-{host}").st_ino
        except OSError:
            return []
        found = []
        for entry in among or os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    if os.stat(f"/proc/{entry}/ns/net").st_ino == wanted:
                        found.append(int(entry))
        return found

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _argv(self, host: str, argv: list[str]) -> list[str]:
        return ["ip", "netns", "exec", f"{self.prefix}-{host}", *argv]

    def _exists(self, host: str) -> bool:
        return os.path.exists(f"/run/netns/{self.prefix}-{host}")

    def _end_processes(self) -> None:
        """Politely first, then not; ends when the namespaces are empty or after five seconds."""
        begin = time.monotonic()
        while (age := time.monotonic() - begin) < 5:
            alive = [pid for host in HOSTS for pid in self.pids(host)]
            for child in self._children:
                child.poll()
            if not alive:
                return
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if age < 0.3 else signal.SIGKILL)
                    os.kill(pid, signal.SIGCONT)  # a stopped process would keep the SIGTERM pending
            time.sleep(0.02)

    def _start_reaper(self) -> None:
        """A shell that waits for our end of its pipe: closed without the word "done" means that we were killed."""
        hosts = " ".join(f"{self.prefix}-{host}" for host in HOSTS)
        script = f"""trap '' INT TERM HUP; read -r word && exit 0
            sleep 0.2  # a program that was being started needs this long to enter its namespace
            for round in 1 2 3 4 5 6 7 8 9 10; do
              pids=$(for n in {hosts}; do ip netns pids "$n" 2>/dev/null; done); [ -n "$pids" ] || break
              kill -9 $pids 2>/dev/null; sleep 0.1
            done
            for n in {hosts}; do ip netns del "$n" 2>/dev/null; done; rm -rf '{self.temp}'"""
        self._reaper = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/")


def _command_line() -> int:
    parser = argparse.ArgumentParser(prog="home.py", description="A home network in a box, by hand.")
    parser.add_argument("--prefix", default="lab", help="names the namespaces PREFIX-phone, PREFIX-router ... (default: lab)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="make it; it stays until `home.py down`")
    up.add_argument("--up-kbit", type=int, default=Line.up_kbit)
    up.add_argument("--down-kbit", type=int, default=Line.down_kbit)
    up.add_argument("--up-buffer-ms", type=int, default=Line.up_buffer_ms)
    up.add_argument("--down-buffer-ms", type=int, default=Line.down_buffer_ms)
    up.add_argument("--alg", action="store_true", help="let the router rewrite SIP (the SIP helper)")
    up.add_argument("--no-ipv6", action="store_true")
    verbs.add_parser("down", help="end what runs in it and remove it")
    execute = verbs.add_parser("exec", help="run a command on one host")
    execute.add_argument("host", choices=HOSTS)
    execute.add_argument("command", nargs=argparse.REMAINDER)
    verbs.add_parser("status", help="the processes on each host")
    args = parser.parse_args()

    if args.verb == "up":
        line = Line(args.up_kbit, args.down_kbit, args.up_buffer_ms, args.down_buffer_ms)
        home = Home(args.prefix, line=line, ipv6=not args.no_ipv6, alg=args.alg)
        if home._exists("router"):
            print(f"{args.prefix}-router is there already; `home.py --prefix {args.prefix} down` first", file=sys.stderr)
            return 1
        try:
            home.up()
        except (Unavailable, HomeError) as problem:
            home.down()
            print(problem, file=sys.stderr)
            return 77 if isinstance(problem, Unavailable) else 1
        print(f"up in {home.start_seconds:.2f} s: {' '.join(f'{args.prefix}-{host}' for host in HOSTS)}")
        return 0
    home = Home(args.prefix)
    if args.verb == "down":
        home.down()
        return 0
    if not home._exists("router"):
        print(f"{args.prefix} is not up", file=sys.stderr)
        return 3
    if args.verb == "exec":
        argv = home._argv(args.host, args.command or ["bash"])
        os.execvp(argv[0], argv)
    for host in HOSTS:
        names = []
        for pid in home.pids(host):
            with contextlib.suppress(OSError):
                names.append(f"{Path(f'/proc/{pid}/comm').read_text().strip()}({pid})")
        print(f"{host:7} {topology.ADDRESS[4][host]:15} {' '.join(names)}")
    return 0


if __name__ == "__main__":
    sys.exit(_command_line())
