#!/usr/bin/env python3
"""When media really flowed: writes down every RTP packet that passes an interface, seen from outside of the programs that send it.

    media_ear.py INTERFACE          a line per packet: NANOSECONDS SOURCE PORT DESTINATION PORT   (CLOCK_BOOTTIME)

What counts is UDP that begins like RTP (RFC 3550, section 5.1) and is no RTCP (RFC 5761, section 4); SIP and STUN begin otherwise.
"""

import socket
import struct
import sys
import time

ETH_P_ALL = 3
UDP = 17


def rtp(frame: bytes):
    """(source, port, destination, port) of an RTP packet in an Ethernet frame; None for anything else."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == UDP:
        source, destination, udp = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34]), 14 + 4 * (frame[14] & 15)
    elif kind == b"\x86\xdd" and frame[20] == UDP:
        source, destination, udp = socket.inet_ntop(socket.AF_INET6, frame[22:38]), socket.inet_ntop(socket.AF_INET6, frame[38:54]), 54
    else:
        return None
    payload = frame[udp + 8 :]
    if len(payload) < 12 or payload[0] >> 6 != 2 or 192 <= payload[1] <= 223:
        return None
    source_port, destination_port = struct.unpack_from("!HH", frame, udp)
    return source, source_port, destination, destination_port


def main() -> None:
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    ear.bind((sys.argv[1], 0))
    print("listening", flush=True)
    while True:
        frame = ear.recv(2048)
        at = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if flow := rtp(frame):
            print(at, *flow, flush=True)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        pass
