#!/usr/bin/env python3
"""Tells phones behind the NAT their address outside: the Binding method of STUN (RFC 8489), no more.

    stun_server.py ADDRESS [PORT]
"""

import socket
import struct
import sys

MAGIC = 0x2112A442
BINDING_REQUEST, BINDING_SUCCESS, XOR_MAPPED_ADDRESS, FAMILY_IPV4 = 0x0001, 0x0101, 0x0020, 0x01


def answer(request: bytes, source: tuple[str, int]) -> bytes | None:
    """The response to a Binding request over IPv4; None for anything else."""
    if len(request) < 20 or struct.unpack_from("!HHI", request)[::2] != (BINDING_REQUEST, MAGIC):
        return None
    (address,) = struct.unpack("!I", socket.inet_aton(source[0]))
    mapped = struct.pack("!HHBBHI", XOR_MAPPED_ADDRESS, 8, 0, FAMILY_IPV4, source[1] ^ (MAGIC >> 16), address ^ MAGIC)
    return struct.pack("!HHI", BINDING_SUCCESS, len(mapped), MAGIC) + request[8:20] + mapped


def main() -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3478))
    while True:
        request, source = server.recvfrom(2048)
        if response := answer(request, source):
            server.sendto(response, source)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
