#!/usr/bin/env python3
"""How well calls are detected, in one table: replay and score over the corpora of real traffic (standard library only).

usage: detection_bench.py [--apps] [--misses]

Rows: the shipped defaults, other settings, the ancestor's rule, readings once a second, ports that mean nothing, and the shipped
detector with its sensitivity chosen anew without the application, or the source, that it is then measured on; and a plain per-flow rule.
The last rows add up all corpora. detection_figures.py explains the columns. The lines "kind" say what kind of call the shipped defaults, and
they with readings once a second, tell of the scored calls (detection_kinds.py). Below the table stand the totals of our own recordings of other
people's programs (program_figures.py), how often games that are made up are taken for a call (made_up_games.py), and what becomes of calls that are
made up and lose packets (made_up_calls.py).
"""
import argparse
import collections
import sys
import tempfile

import corpus
import made_up_calls
import made_up_games
import per_flow_rule
import program_figures
from corpus_test import permuted_events
from detection_figures import COLUMNS, Figures
from detection_kinds import Kinds
from timelines import program

SENSITIVITIES = ("high", "normal", "low")
COST_OF_ERROR_S = 10.0  # a missed call or a false alarm weighs as much as that delay, when a sensitivity is chosen


def replay_with(name, config, *options):
    """The events of one corpus with a configuration text."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(config)
        file.flush()
        return corpus.replay(program(), corpus.timelines(name), "--config", file.name, *options)


def print_row(module, name, text, figures):
    """One line of the table."""
    print(f"{name:<11} {text:<24} " + " ".join(f"{value:>9}" for value in figures.row(module)))


def groups(module, name, by_source):
    """Captures by the source they come from, or by the application that is in their calls or hard flows."""
    data = module.Corpus(corpus.SHARED / name)
    result = collections.defaultdict(set)
    for capture, label in data.labels.items():
        if by_source:
            keys = {str(label.get("source"))}
        elif label["calls"]:
            keys = {call["app"] for call in label["calls"]}
        elif data.hard_classes(capture):
            busy = collections.Counter()
            apps = {flow["id"]: str(flow["app"]) for flow in label["flows"]}
            for flow in data.flows(capture):
                busy[apps[flow["id"]]] += module.busy_seconds(flow)
            keys = {busy.most_common(1)[0][0]}
        else:
            keys = {"the rest"}
        for key in keys:
            result[key].add(capture)
    return result


def cost(result):
    """What a run costs: seconds of delay, and errors as such."""
    delays = sum(sum(values) for values in result.delays.values())
    return delays + COST_OF_ERROR_S * (len(result.missed) + len(result.false_alarms))


def leave_out(module, name, by_source, events):
    """Score captures with the sensitivity that is best without their group; the events of all groups, pooled."""
    by_capture = {sensitivity: collections.defaultdict(list) for sensitivity in SENSITIVITIES}
    for sensitivity in SENSITIVITIES:
        for event in events[sensitivity]:
            by_capture[sensitivity][event["capture"]].append(event)
    costs = {sensitivity: {capture: cost(corpus.score(module, name, by_capture[sensitivity][capture], {capture}))
                           for capture in module.Corpus(corpus.SHARED / name).labels} for sensitivity in SENSITIVITIES}
    pooled, seen = [], set()
    for captures in groups(module, name, by_source).values():
        chosen = min(SENSITIVITIES, key=lambda s: sum(value for capture, value in costs[s].items() if capture not in captures))
        for capture in captures - seen:
            pooled += by_capture[chosen][capture]
        seen |= captures
    return pooled


def end_lags_where_flows_stop(module, name, events):
    """The end lags of the scored calls whose media flows carry nothing any more a second after the call's end; the rest have keep-alives
    or RTCP that go on, which nobody can tell from a pause."""
    data = module.Corpus(corpus.SHARED / name)
    by_capture = corpus.by_capture(event for event in events if event["event"] in corpus.SCORED_EVENTS)
    lags = []
    for capture, label in data.labels.items():
        good, _ = module.split_periods(data, capture, by_capture[capture])
        last_packet_s = {flow["id"]: (sum(flow["b"]) + 1) / module.BUCKETS_PER_SECOND for flow in data.flows(capture)}
        for call in label["calls"]:
            periods = [period for period in good if call in period.calls and period.start < call["end"]]
            if call["scored"] and periods and all(last_packet_s[flow] <= call["end"] + 1 for flow in call["flows"]):
                lags.append(max(period.end for period in periods) - call["end"])
    return lags


def main():
    parser = argparse.ArgumentParser(description="Replay and score the corpora of real traffic; one table.")
    parser.add_argument("--apps", action="store_true", help="add recall and delay of each application")
    parser.add_argument("--misses", action="store_true", help="add each missed call and false alarm of the shipped defaults")
    args = parser.parse_args()
    reason = corpus.missing()
    if reason:
        sys.exit(f"detection bench: {reason}")
    module = corpus.scorer()
    print(f"{'corpus':<11} {'':<24} " + " ".join(f"{column:>9}" for column in COLUMNS))
    totals, kinds = collections.defaultdict(Figures), collections.defaultdict(Kinds)

    def row(name, text, events):
        figures = Figures.of(module, name, events)
        totals[text] += figures
        print_row(module, name, text, figures)
        return figures

    for name in corpus.NAMES:
        events = {s: replay_with(name, f'[detector.calls]\nsensitivity = "{s}"\n') for s in SENSITIVITIES}
        details = row(name, "shipped", events["normal"]).details
        row(name, "sensitivity high", events["high"])
        row(name, "sensitivity low", events["low"])
        row(name, "readings once a second", corpus.replay(program(), corpus.timelines(name), "--interval", "1s"))
        with tempfile.TemporaryDirectory() as folder:
            row(name, "ports permuted", permuted_events(name, folder))
        row(name, "leave one app out", leave_out(module, name, False, events))
        row(name, "leave one source out", leave_out(module, name, True, events))
        for rate in (5, 10, 15, 30):
            rule = f'[detector]\nuse = "threshold"\n[detector.threshold]\npackets_per_s = {rate}\n'
            row(name, f"threshold {rate} packets/s", replay_with(name, rule))
        row(name, "plain per-flow rule", [event for file in corpus.timelines(name) for event in per_flow_rule.events(corpus.read(file))])
        lags = end_lags_where_flows_stop(module, name, events["normal"])
        print(f"{name:<11} end lag where flows stop, {len(lags)} calls: median {module.quantile(lags, 0.5):.2f} s, "
              f"p95 {module.quantile(lags, 0.95):.2f} s")
        for text, options in (("shipped", ()), ("readings once a second", ("--interval", "1s"))):
            told = Kinds.of(module, name, corpus.replay(program(), corpus.timelines(name), "--explain", *options))
            kinds[text] += told
            print(f"{name:<11} kind, {text}: {told.text()}")
            if args.misses and not options:
                print("".join(f"  kind   {line}\n" for line in told.not_right), end="")
        if args.apps:
            for row in details["by_app"]:
                print("  {app:<18} {kind:<6} {found}/{calls}  delay median {delay_median_s:.2f} p95 {delay_p95_s:.2f}"
                      .format_map(row))
        if args.misses:
            for alarm in details["false_alarm_list"]:
                print("  false  {capture} {start:.1f}..{end:.1f} s {cls} {app}".format_map(alarm))
            for missed in details["missed_list"]:
                print("  missed {capture} {start:.1f}..{end:.1f} s {app} {kind}".format_map(missed))
    for text, figures in totals.items():
        print_row(module, "all", text, figures)
    for text, told in kinds.items():
        print(f"{'all':<11} kind, {text}: {told.text()}")
    for setting in program_figures.SETTINGS:
        print(f"{'programs':<11} {setting}: {program_figures.Totals.of(program_figures.figures(setting)).text()}")
    print(f"{'games':<11} made up: {made_up_games.text(made_up_games.figures(made_up_games.FOR_JUDGING))}")
    for losses, one in made_up_calls.figures(range(16)).items():
        print(f"{'calls':<11} made up: {made_up_calls.text(losses, one)}")


if __name__ == "__main__":
    main()
