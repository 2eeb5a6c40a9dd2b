#!/usr/bin/env python3
"""When media really flowed: writes down every RTP packet that passes an interface, seen from outside of the programs that send it.

    media_ear.py INTERFACE [PORT]   a line per packet: NANOSECONDS SOURCE PORT DESTINATION PORT   (CLOCK_BOOTTIME)

What counts is UDP that begins like RTP (RFC 3550, section 5.1) and is no RTCP (RFC 5761, section 4); SIP and STUN begin otherwise. It may be in
the ChannelData of a TURN relay (RFC 8656, section 12.4). With a port all UDP from and to it counts: the media of programs that know no RTP.
"""

import socket
import struct
import sys
import time

ETH_P_ALL = 3
UDP = 17
DNS = 53


def media(frame: bytes, port: int | None):
    """(source, port, destination, port) of a packet of media in an Ethernet frame; None for anything else."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == UDP:
        source, destination, udp = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34]), 14 + 4 * (frame[14] & 15)
    elif kind == b"\x86\xdd" and frame[20] == UDP:
        source, destination, udp = socket.inet_ntop(socket.AF_INET6, frame[22:38]), socket.inet_ntop(socket.AF_INET6, frame[38:54]), 54
    else:
        return None
    if len(frame) < udp + 8:  # the last of several fragments
        return None
    source_port, destination_port = struct.unpack_from("!HH", frame, udp)
    if DNS in (source_port, destination_port):  # the number of a question may look like RTP
        return None
    payload = frame[udp + 8 :]
    if payload[:1] and 0x40 <= payload[0] < 0x50:
        payload = payload[4:]
    is_rtp = len(payload) >= 12 and payload[0] >> 6 == 2 and not 192 <= payload[1] <= 223
    if not (is_rtp if port is None else port in (source_port, destination_port)):
        return None
    return source, source_port, destination, destination_port


def main() -> None:
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    ear.bind((sys.argv[1], 0))
    port = int(sys.argv[2]) if len(sys.argv) > 2 else None
    print("listening", flush=True)
    while True:
        frame = ear.recv(2048)
        at = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if flow := media(frame, port):
            print(at, *flow, flush=True)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        pass
