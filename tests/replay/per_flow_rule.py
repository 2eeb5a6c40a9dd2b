"""The plain per-flow rule: what a good engineer writes first, with windows, bands and counters. The bench measures it beside our detector,
so that what the score machine adds can be seen. Each UDP flow is judged alone, every 250 ms, over the last 1.5 s.
"""
import ipaddress
import math

BUCKET_S = 0.25
WINDOW = 6  # buckets
UDP = 17
EXCLUDED = {53, 67, 68, 123, 137, 138, 161, 162, 500, 514, 546, 547, 784, 853, 1900, 3702, 5353, 5355}
BARRED = {500, 655, 1194, 1701, 2408, 4500, 41641, 51820, 2123, 2152, 3074, 3075, 3659, 5246, 5247, 6672, 17500, 27960}
HINTS = ({*range(3478, 3482), *range(19302, 19310), *range(8801, 8811), *range(50000, 50060), *range(16384, 16483)} |
         {4244, 5004, 7078, 7080, 7985, 9000, 9078, 9080, 10000})
WEAK = {443, *range(27000, 27201)}
SILENCE_ENDS_AFTER = 40  # buckets


class Side:
    """One direction of a flow over the window."""

    def __init__(self, packets, sizes):
        self.present = sum(count > 0 for count in packets)
        self.rate = sum(packets) / (WINDOW * BUCKET_S)
        self.size = sum(sizes) / sum(packets) if sum(packets) else 0.0
        halves = [packets[0] + packets[1], packets[2] + packets[3], packets[4] + packets[5]]
        mean = sum(halves) / 3
        self.variation = math.sqrt(sum((half - mean) ** 2 for half in halves) / 3) / mean if mean else math.inf


def shapes(one, other, seen_within_6_s, hint, weak):
    """Which of (audio, one way, video) the window looks like."""
    quieter, busier = sorted((one.rate, other.rate))
    ratio = busier / quieter if quieter else math.inf
    both = one.present >= 5 and other.present >= 5
    steady, loose = sorted((one.variation, other.variation))
    audio = (both and quieter >= 4.5 and busier <= 130 and ratio <= 3.6 and all(40 <= side.size <= 300 for side in (one, other)) and
             steady <= 0.45 and loose <= 0.9)
    one_way = any(side.present == WINDOW and 12 <= side.rate <= 70 and 45 <= side.size <= 260 and side.variation <= 0.25 and seen
                  for side, seen in ((one, seen_within_6_s[1]), (other, seen_within_6_s[0])))
    video = (both and quieter >= 8 and busier <= 700 and all(75 <= side.size <= 1200 for side in (one, other)) and
             (hint or (quieter >= 20 and ratio <= 6 and not weak)))
    return audio, one_way, video


def judge(flow, duration, uses_hints=True):
    """Yields (time_s, is_call) for one flow of a timeline."""
    source, source_port, target, target_port = flow["o"]
    ports = {source_port, target_port}
    address = ipaddress.ip_address(target)
    if (flow["p"] != UDP or ports & EXCLUDED or address.is_multicast or address.is_loopback or target == "255.255.255.255" or
            target.endswith(".255") or (uses_hints and ports & BARRED)):
        return
    hint = uses_hints and bool(ports & HINTS)
    weak = bool(ports & WEAK) or (not uses_hints and bool(ports & BARRED))
    buckets = {}
    index = 0
    for distance, *counts in zip(flow["b"], flow["op"], flow["ob"], flow["rp"], flow["rb"]):
        index += distance
        buckets[index] = counts
    nothing = [0, 0, 0, 0]
    counters = [0, 0, 0]
    more = [0 if hint else 8 if weak else 2, 4 if hint else 8, 4 if hint else 12]
    is_on, silent, last_seen = False, 0, [-math.inf, -math.inf]
    first = flow["b"][0]
    for k in range(first, int(duration / BUCKET_S) + 1):
        window = [buckets.get(j, nothing) for j in range(k - WINDOW + 1, k + 1)]
        for side, column in ((0, 0), (1, 2)):
            if window[-1][column]:
                last_seen[side] = k
        if is_on:
            second = sum(counts[0] + counts[2] for counts in window[-4:])
            silent = 0 if second >= 2 else silent + 1
            if silent >= SILENCE_ENDS_AFTER:
                is_on, counters = False, [0, 0, 0]
                yield (k + 1) * BUCKET_S, False
            continue
        one = Side([counts[0] for counts in window], [counts[1] for counts in window])
        other = Side([counts[2] for counts in window], [counts[3] for counts in window])
        recent = [k - seen <= 6 / BUCKET_S for seen in last_seen]
        for shape, fits in enumerate(shapes(one, other, recent, hint, weak)):
            counters[shape] = counters[shape] + 1 if fits else max(0, counters[shape] - (2 if shape == 1 else 1))
            if counters[shape] > more[shape]:
                is_on, silent = True, 0
        if is_on:
            yield (k + 1) * BUCKET_S, True


def events(lines, uses_hints=True):
    """The events of one timeline, as the scorer reads them."""
    meta = lines[0]
    return [{"capture": meta["id"], "time_s": time_s, "event": "call_start" if is_call else "call_end", "flow": flow["o"]}
            for flow in lines[1:] for time_s, is_call in judge(flow, meta["dur"], uses_hints)]
