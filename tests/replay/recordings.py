"""What a recording of `voip-qosd record` says of itself, and what is decided of it now (standard library only)."""
import json

import corpus
from timelines import program


def marked_calls(path):
    """When media really flowed: [(from, until)]."""
    return [tuple(map(float, line.split()[2:4])) for line in path.read_text().splitlines() if line.startswith("# call ")]


def objects(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def decisions(path):
    """What the recorder decided then: [(what, seconds)]."""
    return [(line["decision"], line["at"] / 1000) for line in objects(path) if "decision" in line]


def length_s(path):
    return max(line.get("t", 0) for line in objects(path)) / 1000


def replay(path, *options):
    return corpus.replay(program(), [path], *options)


def replayed(path, *options, kind="call_"):
    """What is decided now of begin and end: [(what, seconds)]."""
    return [(event["event"], event["time_s"]) for event in replay(path, *options) if event["event"].startswith(kind) and event["event"] != "call_bad"]


def stretches(found):
    """When any call was on: [(from, until)], whatever is joined or overlaps taken together."""
    joined, on = [], 0
    for what, at in found:
        on += 1 if what == "call_start" else -1
        if what == "call_start" and on == 1:
            joined.append([at, None])
        elif on == 0:
            joined[-1][1] = at
    return [tuple(stretch) for stretch in joined]
