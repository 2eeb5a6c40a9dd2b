#!/usr/bin/env python3
"""Traffic of the home that is no call, as real packets: a game, a torrent client, a video over HTTP/3. Only the shapes are theirs.

    look_alikes.py serve PORT...                              answers at every address of its host; ends with it
    look_alikes.py game | torrent | download SERVER PORT SECONDS

A packet of the client may carry an order (how many packets, their least and most bytes, how many a second), which the server fulfils.
"""

import heapq
import ipaddress
import random
import select
import socket
import struct
import sys
import time

ORDER = struct.Struct("!4sHHHH")  # magic, packets, least and most payload bytes, packets per second
MAGIC = b"vqod"
IP_PKTINFO = 8  # linux/in.h; Python has no name for it
PEERS = ipaddress.ip_network("198.18.0.0/15")  # RFC 2544; the server's host answers for all of them


def order(packets, least, most, per_second, size):
    """A packet of `size` payload bytes that asks for these."""
    return ORDER.pack(MAGIC, packets, least, most, per_second).ljust(size, b"\x55")


class Plan:
    """Things to do at their time, and a look at the sockets in between."""

    def __init__(self):
        self._due = []
        self._count = 0

    def at(self, moment, act):
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, act))

    def run(self, sockets, receive, end=None):
        while end is None or time.monotonic() < end:
            while self._due and self._due[0][0] <= time.monotonic():
                heapq.heappop(self._due)[2]()
            wait = self._due[0][0] - time.monotonic() if self._due else 1.0
            if end is not None:
                wait = min(wait, end - time.monotonic())
            for sock in select.select(sockets, [], [], max(0.0, wait))[0]:
                receive(sock)


def serve(ports):
    """Fulfils orders, from the very address that was asked."""
    plan, rng = Plan(), random.Random(1)
    sockets = []
    for port in ports:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.bind(("0.0.0.0", port))
        sockets.append(sock)

    def receive(sock):
        data, extra, _, source = sock.recvmsg(2048, 64)
        if len(data) < ORDER.size or not data.startswith(MAGIC):
            return
        _, packets, least, most, per_second = ORDER.unpack_from(data)
        asked = next(value[8:12] for level, kind, value in extra if level == socket.IPPROTO_IP and kind == IP_PKTINFO)
        answer_from = [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4s", 0, asked, asked))]
        start, size = time.monotonic(), (least + most) / 2

        def send(number):
            nonlocal size
            size = min(most, max(least, size + rng.uniform(-1, 1) * (most - least) / 4))  # what is seen changes little by little
            sock.sendmsg([bytes(round(size))], answer_from, 0, source)
            if number + 1 < packets:
                plan.at(start + (number + 1) / per_second, lambda: send(number + 1))

        if packets:
            send(0)

    plan.run(sockets, receive)


def game(server, port, seconds):
    """60 inputs a second up, 60 states a second down, both of changing sizes."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((server, port))
    plan, rng, start = Plan(), random.Random(2), time.monotonic()

    def send(number):
        sock.send(order(60 * seconds if number == 0 else 0, 70, 230, 60, rng.randint(36, 76)))
        plan.at(start + (number + 1) / 60, lambda: send(number + 1))

    send(0)
    plan.run([sock], lambda ready: ready.recv(2048), start + seconds)


def torrent(_, port, seconds):
    """One port to hundreds of peers: most say hello and no more, some answer, a few give and take. Acknowledgements are of 20 bytes (BEP 29)."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", 6881))
    plan, rng, start = Plan(), random.Random(3), time.monotonic()
    givers = {}

    def send(peer, *words):
        sock.sendto(order(*words), peer)

    def upload(peer, until, per_second):
        if time.monotonic() < until:
            send(peer, rng.random() < 0.5, 20, 20, 1, 1402)
            plan.at(time.monotonic() + rng.expovariate(per_second), lambda: upload(peer, until, per_second))

    def meet(peer, kind):
        if kind < 0.45:
            send(peer, 0, 0, 0, 1, 104)  # a DHT query that nobody answers
        elif kind < 0.85:
            send(peer, rng.randint(1, 3), 20, 320, 5, rng.choice((20, 68, 104)))
        elif kind < 0.95:
            givers[peer] = 0
            for burst in range(rng.randint(1, 6)):
                plan.at(time.monotonic() + burst * rng.uniform(0.7, 2), lambda: send(peer, rng.randint(5, 90), 1402, 1402, rng.randint(15, 120), 20))
        else:
            upload(peer, time.monotonic() + rng.uniform(2, 10), rng.uniform(5, 40))

    def receive(ready):
        data, peer = ready.recvfrom(2048)
        if peer in givers and len(data) > 1000:
            givers[peer] += 1
            if givers[peer] % 2 == 0:
                send(peer, 0, 0, 0, 1, 20)

    for number in range(12 * seconds):
        peer = (str(PEERS[rng.randrange(1, PEERS.num_addresses - 1)]), port + rng.randrange(20))
        plan.at(start + rng.uniform(0, seconds - 3), lambda peer=peer: meet(peer, rng.random()))
    plan.run([sock], receive, start + seconds)


def download(server, port, seconds):
    """A video in pieces: each as fast as the line goes, then a rest; every fourth packet is acknowledged."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((server, port))
    plan, rng, start = Plan(), random.Random(4), time.monotonic()
    received = 0

    def ask(number):
        sock.send(order(1200 if number == 0 else rng.randint(300, 700), 1252, 1252, rng.randint(330, 430), rng.randint(150, 900)))
        plan.at(start + 4 + 4 * number + rng.uniform(0, 0.5), lambda: ask(number + 1))

    def receive(ready):
        nonlocal received
        ready.recv(2048)
        received += 1
        if received % 4 == 0:
            sock.send(order(0, 0, 0, 1, rng.randint(31, 44)))

    ask(0)
    plan.run([sock], receive, start + seconds)


if __name__ == "__main__":
    try:
        if sys.argv[1] == "serve":
            serve([int(port) for port in sys.argv[2:]])
        else:
            {"game": game, "torrent": torrent, "download": download}[sys.argv[1]](sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    except KeyboardInterrupt:
        pass
