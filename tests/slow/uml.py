"""Runs a command under a Linux kernel of its own, as a program (User-Mode Linux): one that has HFSC, CAKE, fq_codel and netem.

    uml.run("tc qdisc add dev lo root cake bandwidth 1mbit; tc -s qdisc show dev lo", seconds=60)

It sees the host's files and may write where it likes: nothing of that stays. Needs root and Debian's package user-mode-linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = Path("/usr/lib/uml/modules")


class Unavailable(Exception):
    """No such kernel here; the text says why and what to do."""


def require() -> None:
    """Raises Unavailable with the reason."""
    missing = [name for name in ("linux.uml", "modprobe", "iptables-legacy", "gcc") if not shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if missing or not MODULES.is_dir():
        raise Unavailable(f"not installed: {', '.join(missing) or 'the modules of user-mode-linux'} (scripts/bootstrap --slow installs them)")
    if os.geteuid() != 0:
        raise Unavailable("a kernel with the host's files as its own needs root")


def run(command: str, seconds: float, *, memory_mb: int = 768, show: bool = True) -> tuple[int, str]:
    """(exit status, output) of a shell text; what it prints is shown meanwhile. Raises Unavailable when the kernel does not start."""
    require()
    with tempfile.TemporaryDirectory(prefix="voip-uml-") as name:
        folder = Path(name)
        preload = folder / "uml_xstate.so"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", str(preload), str(HERE / "uml_xstate.c")], check=True)
        shutil.copy(HERE / "uml_init.sh", folder / "init.sh")
        (folder / "command.sh").write_text(command)
        output = folder / "out.txt"
        output.touch()
        argv = ["linux.uml", f"mem={memory_mb}M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={folder}/init.sh"]
        argv += [f"LAB_DIR={folder}", "con=null", "con0=fd:0,fd:1", "ssl=null", "quiet", f"uml_dir={folder}"]
        # Its memory is a file, which had better be in RAM.
        environment = os.environ | {"LD_PRELOAD": str(preload), "TMPDIR": "/dev/shm"}
        with open(folder / "console.txt", "wb") as console:
            kernel = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                _follow(kernel, output, seconds, show)
            finally:
                _end(kernel)
        text = output.read_text(errors="replace")
        result = folder / "rc"
        if result.exists():
            return int(result.read_text()), text
        if text:
            return 124, text
        raise Unavailable(f"User-Mode Linux did not start: {(folder / 'console.txt').read_text(errors='replace').strip()[-800:]}")


def _follow(kernel: subprocess.Popen, output: Path, seconds: float, show: bool) -> None:
    with open(output, errors="replace") as reader:
        waited = 0.0
        while waited < seconds:
            ended = kernel.poll() is not None
            text = reader.read()
            if show and text:
                sys.stdout.write(text)
                sys.stdout.flush()
            if ended:
                return
            try:
                kernel.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                waited += 0.5
        print(f"User-Mode Linux was ended after {seconds:.0f} s", flush=True)


def _end(kernel: subprocess.Popen) -> None:
    if kernel.poll() is None:
        os.killpg(kernel.pid, 9)  # its processes are threads of it on the host, in the session that we made
    kernel.wait(timeout=10)
