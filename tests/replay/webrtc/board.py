#!/usr/bin/env python3
"""Where two browsers find the page for their call, and leave word for each other.

    board.py ADDRESS PORT
"""

import collections
import http.server
import queue
import sys
import urllib.parse
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "page.html"
boxes: dict[str, queue.Queue] = collections.defaultdict(queue.Queue)


class Board(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        asked = urllib.parse.urlparse(self.path)
        if asked.path == "/hear":
            self._answer(boxes[urllib.parse.parse_qs(asked.query)["as"][0]].get(), "application/json")
        else:
            self._answer(PAGE.read_bytes(), "text/html")

    def do_POST(self) -> None:
        asked = urllib.parse.urlparse(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if asked.path == "/say":
            boxes[urllib.parse.parse_qs(asked.query)["to"][0]].put(body)
        else:
            print(body.decode(errors="replace"), flush=True)
        self._answer(b"", "text/plain")


if __name__ == "__main__":
    http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Board).serve_forever()
