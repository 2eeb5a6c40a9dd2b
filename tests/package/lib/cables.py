#!/usr/bin/env python3
"""Runs an emulator with two network cards, in namespaces of its own: behind the first one is a phone, behind the second the far end of its
calls, and a call lasts as long as the machine keeps the file `call` in the folder that it shares.

    cables.py FOLDER EMULATOR [OPTION...]
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import driver

CLONE_NEWNET = 0x40000000  # linux/sched.h
TUNSETIFF = 0x400454CA  # linux/if_tun.h, as the next ones
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000


def enter(namespace: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with open(namespace) as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


def cable(namespace: str) -> int:
    """The near end, as a descriptor, of a cable whose far end is eth0 of the namespace."""
    enter(f"/run/netns/{namespace}")
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
    enter("/proc/1/ns/net")  # this is process 1 of its namespace
    os.set_inheritable(end, True)
    return end


def main() -> int:
    folder = Path(sys.argv[1])
    Path("/run/netns").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run/netns"], check=True)
    wrong = driver.perform(driver.NAMESPACES)
    cables = [] if wrong else [cable("phone"), cable("far")]
    wrong = wrong or driver.perform(driver.ENDS)
    if wrong:
        print(wrong)
        return 1
    cards = []
    for number, end in enumerate(cables):
        cards += ["-netdev", f"tap,id=net{number},fd={end}", "-device", f"virtio-net-pci,netdev=net{number},mac=52:54:00:00:00:0{number + 1},romfile="]
    emulator = subprocess.Popen([*sys.argv[2:], *cards], stdin=subprocess.DEVNULL, close_fds=False)
    ends: list[subprocess.Popen] = []
    while emulator.poll() is None:
        wanted = (folder / "call").exists()
        if wanted and not ends:
            ends = driver.talk(folder)
        elif ends and not wanted:
            for end in reversed(ends):
                end.terminate()
            for end in ends:
                end.wait()
            ends = []
        time.sleep(0.05)
    return emulator.returncode


if __name__ == "__main__":
    sys.exit(main())
