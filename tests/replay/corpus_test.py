#!/usr/bin/env python3
"""The detector's figures on the corpora of real traffic must not get worse. Skips (77) where the corpora are missing."""
import pathlib
import sys
import tempfile

import corpus
from detection_kinds import Kinds
from timelines import program

SKIPPED = 77
# What was reached, without a margin: (corpus, options) -> the least or the most of each figure.
REACHED = {
    ("corpus", ()): {
        "least": {"found_calls": 54, "clear_found": 33, "precision": 0.987, "call_on_share": 0.972},
        "most": {"delay_median_s": 1.0, "delay_p95_s": 2.25, "hard_flagged": 1, "game_flagged": 0, "negative_flagged": 1, "flaps": 1,
                 "end_lag_p95_s": 10.25},
    },
    ("corpus", ("--interval", "1s")): {
        "least": {"found_calls": 54, "clear_found": 33, "precision": 0.987, "call_on_share": 0.957},
        "most": {"delay_median_s": 1.75, "delay_p95_s": 4.0, "hard_flagged": 0, "game_flagged": 0, "flaps": 4},
    },
    ("corpus", "permuted"): {
        "least": {"found_calls": 52, "clear_found": 33},
        "most": {"hard_flagged": 4, "game_flagged": 0},
    },
    ("corpus-2", ()): {
        "least": {"found_calls": 70, "clear_found": 51, "precision": 0.988, "call_on_share": 0.953},
        "most": {"delay_median_s": 1.0, "delay_p95_s": 3.25, "hard_flagged": 1, "game_flagged": 1, "negative_flagged": 1, "flaps": 0,
                 "end_lag_p95_s": 4.5},
    },
    ("corpus-2", ("--interval", "1s")): {
        "least": {"found_calls": 68, "clear_found": 50, "precision": 0.966, "call_on_share": 0.939},
        "most": {"delay_median_s": 1.0, "delay_p95_s": 4.25, "hard_flagged": 2, "game_flagged": 1, "flaps": 1},
    },
    ("corpus-2", "permuted"): {
        "least": {"found_calls": 70, "clear_found": 51},
        "most": {"hard_flagged": 2, "game_flagged": 1},
    },
    ("corpus-lab", ()): {
        "least": {"found_calls": 23, "clear_found": 21, "call_on_share": 0.969},
        "most": {"delay_median_s": 1.0, "delay_p95_s": 1.75, "delay_max_s": 2.25, "hard_flagged": 2, "game_flagged": 0, "flaps": 0},
    },
    ("corpus-lab", ("--interval", "1s")): {
        "least": {"found_calls": 23, "clear_found": 21},
        "most": {"delay_median_s": 2.0, "delay_p95_s": 4.0, "hard_flagged": 2, "game_flagged": 0, "flaps": 0},
    },
    ("corpus-lab", "permuted"): {
        "least": {"found_calls": 23, "clear_found": 21},
        "most": {"hard_flagged": 2, "game_flagged": 0},
    },
}
# What kind of call it is told to be three seconds after it was told, and at its end: the least that are right and the most that are wrong.
KINDS_REACHED = {
    "corpus": {"3 s": (52, 2), "end": (52, 2)},
    "corpus-2": {"3 s": (59, 9), "end": (65, 5)},
    "corpus-lab": {"3 s": (23, 0), "end": (23, 0)},
}
COLUMNS = ("found_calls", "clear_found", "delay_median_s", "delay_p95_s", "delay_max_s", "end_lag_p95_s", "call_on_share", "flaps",
           "precision", "hard_flagged", "game_flagged", "negative_flagged")


def permuted_events(name, folder):
    """Replay with ports that mean nothing; events name the true ones."""
    back = {}
    files = []
    for path in corpus.timelines(name):
        lines, ways = corpus.permuted(corpus.read(path), 1)
        back[lines[0]["id"]] = ways
        files.append(pathlib.Path(folder) / path.name.removesuffix(".gz"))
        corpus.write(files[-1], lines)
    events = corpus.replay(program(), files)
    for event in events:
        if event["flow"]:
            event["flow"] = back[event["capture"]][tuple(event["flow"])]
    return events


def check_figures(scorer):
    """Print the table; returns what is worse than it was."""
    problems = []
    print(f"{'corpus':<11} {'options':<14} " + " ".join(f"{column[:10]:>10}" for column in COLUMNS))
    for (name, options), limits in REACHED.items():
        with tempfile.TemporaryDirectory() as folder:
            events = permuted_events(name, folder) if options == "permuted" else corpus.replay(program(), corpus.timelines(name), *options)
        total = corpus.score(scorer, name, events).summary()
        text = options if isinstance(options, str) else " ".join(options)
        print(f"{name:<11} {text:<14} " + " ".join(f"{total[column]:>10.3f}".rstrip("0").rstrip(".").rjust(10) for column in COLUMNS))
        problems += [f"{name} {text}: {key} is {total[key]:.3f}, was at least {value}" for key, value in limits["least"].items()
                     if total[key] < value]
        problems += [f"{name} {text}: {key} is {total[key]:.3f}, was at most {value}" for key, value in limits["most"].items()
                     if not total[key] <= value]
    return problems


def check_kinds(scorer):
    """Print what is told of kinds; returns what is worse than it was."""
    problems = []
    for name, limits in KINDS_REACHED.items():
        told = Kinds.of(scorer, name, corpus.replay(program(), corpus.timelines(name), "--explain"))
        print(f"{name:<11} kind: {told.text()}")
        for when, (least_right, most_wrong) in limits.items():
            right, wrong = told.count[when, "right"], told.count[when, "wrong"]
            if right < least_right or wrong > most_wrong:
                problems.append(f"{name} kinds, {when}: right {right}, was at least {least_right}; wrong {wrong}, was at most {most_wrong}")
    return problems


def check_prefixes(share):
    """What was decided when a share of a capture had passed must be decided alike in the whole of it: nothing looks ahead."""
    problems = []
    for name in corpus.NAMES:
        whole = {}
        for event in corpus.replay(program(), corpus.timelines(name)):
            whole.setdefault(event["capture"], []).append(event)
        with tempfile.TemporaryDirectory() as folder:
            files, lengths = [], {}
            for path in corpus.timelines(name):
                lines, length = corpus.cut(corpus.read(path), share)
                lengths[lines[0]["id"]] = length
                files.append(pathlib.Path(folder) / path.name.removesuffix(".gz"))
                corpus.write(files[-1], lines)
            part = {}
            for event in corpus.replay(program(), files):
                part.setdefault(event["capture"], []).append(event)
        for capture, length in lengths.items():
            expected = [event for event in whole.get(capture, []) if event["time_s"] <= length]
            if part.get(capture, []) != expected:
                problems.append(f"{capture} cut at {share:.0%}: other events than in the whole")
    return problems


def main():
    reason = corpus.missing()
    if reason:
        print(f"SKIPPED: {reason}")
        return SKIPPED
    problems = check_figures(corpus.scorer()) + check_kinds(corpus.scorer()) + check_prefixes(0.3) + check_prefixes(0.6)
    for problem in problems:
        print("WORSE:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
