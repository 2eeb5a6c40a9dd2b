"""The corpora of real traffic beside the project, and their scorer: where they are, replay, permuted ports, cut timelines."""
import collections
import gzip
import importlib.util
import json
import os
import pathlib
import random
import subprocess

SOURCE = pathlib.Path(os.environ.get("VOIP_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("VOIP_SHARED", SOURCE.parent / "shared"))
NAMES = ("corpus", "corpus-2", "corpus-lab")
SCORED_EVENTS = ("call_start", "call_end")


def missing():
    """Why the corpora can't be used, or an empty text."""
    for path in [SHARED / "corpus" / "score.py"] + [SHARED / name / "labels.jsonl" for name in NAMES]:
        if not path.exists():
            return f"{path} is not there (VOIP_SHARED names the folder of the corpora)"
    return ""


def scorer():
    """The module that scores events."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "corpus" / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timelines(name):
    """The files of one corpus."""
    return sorted((SHARED / name / "tl").glob("*.jsonl.gz"))


def replay(program, files, *options):
    """All events of the replay command, in order."""
    done = subprocess.run([program, "replay", *options, *map(str, files)], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_capture(events):
    """The events of each capture, in order; an empty list for others."""
    found = collections.defaultdict(list)
    for event in events:
        found[event["capture"]].append(event)
    return found


def score(module, name, events, captures=None):
    """Score the events of one corpus, or of some of its captures."""
    corpus = module.Corpus(SHARED / name)
    if captures is not None:
        corpus.labels = {capture: label for capture, label in corpus.labels.items() if capture in captures}
    return module.score(corpus, [event for event in events if event["event"] in SCORED_EVENTS])


def read(path):
    """The lines of one timeline as objects."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write(path, lines):
    """Write a timeline, not compressed."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def cut(lines, share):
    """The timeline as it was when that share of it had passed, and its length then."""
    meta = dict(lines[0])
    buckets = int(meta["dur"] * share / meta["dt"])
    meta["dur"] = buckets * meta["dt"]
    result = [meta]
    for flow in lines[1:]:
        index = kept = 0
        for distance in flow["b"]:
            index += distance
            if index >= buckets:
                break
            kept += 1
        if kept:
            result.append(flow | {key: flow[key][:kept] for key in ("b", "op", "ob", "rp", "rb")})
    return result, meta["dur"]


def permuted(lines, seed):
    """The timeline with every port replaced by one that means nothing, and the way back from its tuples to the true ones."""
    rng = random.Random(f"{seed} {lines[0]['id']}")
    ports, back, result = {0: 0}, {}, [lines[0]]
    free = list(range(20000, 26900))
    rng.shuffle(free)
    for flow in lines[1:]:
        source, source_port, destination, destination_port = flow["o"]
        for port in (source_port, destination_port):
            if port not in ports:
                ports[port] = free.pop() if free else port
        tuple_ = (source, ports[source_port], destination, ports[destination_port])
        back[tuple_] = flow["o"]
        result.append(flow | {"o": list(tuple_)})
    return result, back
