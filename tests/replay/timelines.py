"""Made-up traffic as ctflow1 timelines, and what is replayed of it (standard library only)."""
import collections
import json
import os
import random
import tempfile

import corpus

BUCKET_S = 0.25
UDP = 17


def program():
    """The voip-qosd to test."""
    return os.environ.get("VOIP_QOSD", "voip-qosd")


class Traffic:
    """Packets of flows, gathered to buckets. Random, but the same at each run."""

    def __init__(self, name):
        self.name = name
        self.random = random.Random(name)
        self.flows = collections.OrderedDict()
        self.length_s = 0.0

    def packet(self, flow, time_s, size, up):
        """One packet of `size` bytes, IP header included; `up` is sent by the flow's first end."""
        bucket = self.flows.setdefault(flow, {}).setdefault(int(max(0.0, time_s) / BUCKET_S), [0, 0, 0, 0])
        bucket[0 if up else 2] += 1
        bucket[1 if up else 3] += size
        self.length_s = max(self.length_s, time_s)

    def clock(self, flow, up, start_s, end_s, period_s, size, jitter_s=0.002, loss=0.0):
        """A sender with a clock; `size` is a number or a function of nothing."""
        time_s = start_s + self.random.random() * period_s
        while time_s < end_s:
            if self.random.random() >= loss:
                late_s = abs(self.random.gauss(0, jitter_s))
                self.packet(flow, time_s + late_s, size() if callable(size) else size, up)
            time_s += period_s

    def poisson(self, flow, up, start_s, end_s, rate, size):
        """Packets that know nothing of each other."""
        time_s = start_s + self.random.expovariate(rate)
        while time_s < end_s:
            self.packet(flow, time_s, size() if callable(size) else size, up)
            time_s += self.random.expovariate(rate)

    def write(self, folder, silence_s=20.0):
        """Write the timeline with some silence at its end; returns its path."""
        path = os.path.join(folder, self.name + ".jsonl")
        first_ends = collections.Counter(flow[0] for flow in self.flows)
        meta = {"fmt": "ctflow1", "id": self.name, "dt": BUCKET_S, "dur": self.length_s + silence_s,
                "device": first_ends.most_common(1)[0][0], "flows": len(self.flows), "pkts": 0}
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(meta) + "\n")
            for number, (flow, buckets) in enumerate(sorted(self.flows.items(), key=lambda item: min(item[1]))):
                indices = sorted(buckets)
                record = {"id": number, "p": UDP, "o": list(flow),
                          "b": [indices[0]] + [b - a for a, b in zip(indices, indices[1:])]}
                for place, key in enumerate(("op", "ob", "rp", "rb")):
                    record[key] = [buckets[index][place] for index in indices]
                file.write(json.dumps(record) + "\n")
        return path


def replay_traffic(traffic, *options):
    """The events of one made-up capture."""
    with tempfile.TemporaryDirectory() as folder:
        return corpus.replay(program(), [traffic.write(folder)], *options)
