#!/usr/bin/env python3
"""Something on a broker's port that is none: bad_broker.py PORT silent|drop|garbage

silent   takes connections and never says a word
drop     takes an MQTT 5 client in and hangs up at its first PUBLISH
garbage  answers whatever comes with a web server's complaint and hangs up
"""

from __future__ import annotations

import contextlib
import socketserver
import sys
import time

CONNACK = bytes([0x20, 3, 0, 0, 0])
PUBLISH = 3


def packets(stream):
    """The types of the packets that come (OASIS MQTT Version 5.0, section 2.1)."""
    while first := stream.read(1):
        length = shift = 0
        while byte := stream.read(1):
            length |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                break
        stream.read(length)
        yield first[0] >> 4


class Guest(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        manners = sys.argv[2]
        with contextlib.suppress(OSError):
            if manners == "silent":
                time.sleep(600)
            elif manners == "garbage":
                self.rfile.read(1)
                self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            else:
                for kind in packets(self.rfile):
                    if kind == 1:
                        self.wfile.write(CONNACK)
                    elif kind == PUBLISH:
                        return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("0.0.0.0", int(sys.argv[1])), Guest).serve_forever()
