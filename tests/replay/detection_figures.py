"""What the scorer does not sum up: delays from the first media packet, alarms that last, and figures of several corpora together.

The delay of a call counts from its first media packet where the label names it (`media_start`), else from the label's start; in the columns
that begin with "l." from the label's start always. Precision is that of the scorer: good periods of scored calls against false alarms, of all
alarms and of those that last. In "hard" and "games" stand the captures with an alarm, those with a lasting one, and all.
"""
import collections

import corpus

LASTING_S = 5.0
COLUMNS = ("calls", "clear", "in 1 s", "in 2 s", "in 3 s", "median", "p95", "l.median", "l.p95", "end p95", "on", "flaps", "precision",
           "lasting", "false s", "hard", "games")


class Figures:
    """What one way to detect did on one corpus, or on several that are added up."""

    def __init__(self):
        self.count = collections.Counter()
        self.media_delays, self.label_delays, self.end_lags = [], [], []
        self.missed, self.alarms, self.details = [], [], {}

    @staticmethod
    def of(module, name, events):
        """The figures of one corpus."""
        self = Figures()
        data = module.Corpus(corpus.SHARED / name)
        by_capture = corpus.by_capture(event for event in events if event["event"] in corpus.SCORED_EVENTS)
        result = module.Result()
        for capture, label in data.labels.items():
            good, alarms = module.split_periods(data, capture, by_capture[capture])
            for call in label["calls"]:
                result.add_call(capture, call, good)
                self.add_delays(call, good)
            self.count["good"] += sum(any(call["scored"] for call in period.calls) for period in good)
            self.add_alarms(label, alarms, data.hard_classes(capture))
        self.count.update(calls=sum(result.calls.values()), found=sum(result.found.values()), clear=result.clear_calls,
                          clear_found=result.clear_found, call_s=result.call_s, on_s=result.call_on_s, flaps=result.flaps)
        self.end_lags, self.missed = result.end_lags, result.missed
        self.details = result.details()
        return self

    def add_delays(self, call, good):
        """When a scored call was found, from its label's start and from its first media packet."""
        starts = [period.start for period in good if call in period.calls and period.start < call["end"]]
        if call["scored"] and starts:
            self.label_delays.append(max(0.0, min(starts) - call["start"]))
            self.media_delays.append(max(0.0, min(starts) - call.get("media_start", call["start"])))

    def add_alarms(self, label, alarms, hard_classes):
        """False alarms of one capture, and what they say of it."""
        lasts = [alarm for alarm in alarms if alarm.end - alarm.start > LASTING_S]
        self.alarms += alarms
        self.count.update(alarms=len(alarms), lasting=len(lasts), false_s=sum(alarm.end - alarm.start for alarm in alarms))
        for kind, is_one in (("hard", bool(hard_classes)), ("game", "game" in hard_classes)):
            if is_one:
                self.count.update({kind: 1, f"{kind}_flagged": bool(alarms), f"{kind}_lasting": bool(lasts)})

    def __add__(self, other):
        total = Figures()
        total.count = self.count + other.count
        for key in ("media_delays", "label_delays", "end_lags", "missed", "alarms"):
            setattr(total, key, getattr(self, key) + getattr(other, key))
        return total

    def row(self, module):
        """The columns as text."""
        count, calls = self.count, max(1, self.count["calls"])
        within = [sum(delay <= limit for delay in self.media_delays) / calls for limit in (1, 2, 3)]
        delays = [module.quantile(values, share) for values in (self.media_delays, self.label_delays) for share in (0.5, 0.95)]
        precisions = [count["good"] / max(1, count["good"] + count[key]) for key in ("alarms", "lasting")]
        return [f"{count['found']}/{count['calls']}", f"{count['clear_found']}/{count['clear']}", *(f"{share:.3f}" for share in within),
                *(f"{delay:.2f}" for delay in delays), f"{module.quantile(self.end_lags, 0.95):.1f}",
                f"{count['on_s'] / max(1, count['call_s']):.3f}", str(count["flaps"]), *(f"{share:.3f}" for share in precisions),
                f"{count['false_s']:.0f}", *(f"{count[f'{kind}_flagged']}({count[f'{kind}_lasting']})/{count[kind]}" for kind in ("hard", "game"))]
