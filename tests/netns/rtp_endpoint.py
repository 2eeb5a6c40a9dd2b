#!/usr/bin/env python3
"""One end of a measured call: sends RTP by a schedule and writes down every packet sent and received.

    rtp_endpoint.py --bind ADDRESS --port N --schedule JSON [--to ADDRESS --to-port N] [--seconds S] [--tos N]

With --to it calls; without, it waits and answers to wherever the first packet came from, as servers do for callers behind NAT.
Output, a line per packet: `s INDEX NANOSECONDS` sent, `r INDEX NANOSECONDS` received (CLOCK_REALTIME; the kernel's time stamp, so that a
busy machine does not look like a slow network). SIGTERM hangs up: it stops sending, listens on for what is still on its way, and ends.
The schedule is a list of [seconds, packets per second, UDP payload bytes], repeated; 0 packets per second is a gap.
--hold is a list of [seconds after the start, seconds]: so long the air is busy, and what is said meanwhile leaves at the end of it at once.
"""

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import struct
import time

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it
RTP_HEADER = struct.Struct("!BBHII")
CLOCK_STEP = 160  # RTP clock ticks of a 20 ms packet; the time stamp carries the index, whatever the real spacing
LINGER_S = 1.6


def slots(schedule):
    """Yields (seconds after the start, payload bytes) for ever."""
    base = 0.0
    while True:
        for seconds, per_second, size in schedule:
            for k in range(round(seconds * per_second)):
                yield base + k / per_second, size
            base += seconds


def open_socket(address, port, tos):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
    sock.bind((address, port))
    sock.setblocking(False)
    return sock


def receive(sock, lines):
    """Takes all that has arrived; returns the source of the last RTP packet."""
    peer = None
    while True:
        try:
            data, extra, _, source = sock.recvmsg(2048, 128)
        except BlockingIOError:
            return peer
        except OSError:  # an ICMP error for an earlier packet: the other end is not there yet, or no longer
            continue
        at = time.time_ns()
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= 16:
                seconds, nanoseconds = struct.unpack("@qq", value[:16])
                at = seconds * 1_000_000_000 + nanoseconds
        if len(data) >= RTP_HEADER.size:
            lines.append(f"r {RTP_HEADER.unpack_from(data)[3] // CLOCK_STEP} {at}\n")
            peer = source


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to")
    parser.add_argument("--to-port", type=int)
    parser.add_argument("--schedule", type=json.loads, required=True)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--tos", type=int, default=184)
    parser.add_argument("--hold", type=json.loads, default=[])
    args = parser.parse_args()

    with contextlib.suppress(OSError):  # a phone's media thread goes first, too
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    hung_up = []
    signal.signal(signal.SIGTERM, lambda *_: hung_up.append(True))
    sock = open_socket(args.bind, args.port, args.tos)
    wakeup_read, wakeup_write = os.pipe()
    os.set_blocking(wakeup_write, False)
    os.set_blocking(wakeup_read, False)
    signal.set_wakeup_fd(wakeup_write)  # else a signal just before select() would wait for the next packet

    peer = (args.to, args.to_port) if args.to else None
    ssrc = os.getpid()
    plan = slots(args.schedule)
    offset, size = next(plan)
    index, start, end = 0, None, None
    held = []
    give_up = time.monotonic() + args.seconds + 30
    while end is None or time.monotonic() < end:
        now = time.monotonic()
        lines = []
        if end is None and (hung_up or (start is not None and now - start >= args.seconds) or now > give_up):
            end = now + LINGER_S
        if end is None and peer:
            start = now if start is None else start
            if now - start - offset > 0.2:  # we were held up: a real phone drops that speech, it does not burst
                start = now - offset
            while start + offset <= now:
                header = RTP_HEADER.pack(0x80, 8, index & 0xFFFF, index * CLOCK_STEP & 0xFFFFFFFF, ssrc)
                payload = header + b"\xd5" * max(0, size - len(header))
                at = time.time_ns()
                held.append(payload)
                if not any(begin <= offset < begin + length for begin, length in args.hold):
                    for packet in held:
                        with contextlib.suppress(OSError):
                            sock.sendto(packet, peer)
                    held.clear()
                lines.append(f"s {index} {at}\n")
                index += 1
                offset, size = next(plan)
        if lines:
            os.write(1, "".join(lines).encode())
            lines = []
        wait = (end if end is not None else start + offset if start is not None else now + 1.0) - time.monotonic()
        ready, _, _ = select.select([sock, wakeup_read], [], [], max(0.0, min(wait, 1.0)))
        if wakeup_read in ready:
            os.read(wakeup_read, 64)
        if sock in ready:
            source = receive(sock, lines)
            if peer is None and source:
                peer = source[:2] if len(source) == 2 else source
            if lines:
                os.write(1, "".join(lines).encode())


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
