"""What kind of call each labelled call is told to be: voice, video, or unknown.

The labels say audio or av (audio and video). Where the daemon takes what is labelled as one call for several, of several remote networks, the
most that one of them has is the word, as in `call_kind` over MQTT. A word counts as it stands three seconds after the call was told, and as it stands at the end.
Where the label names the flows of the pictures by themselves, and these have not carried BEGUN packets by then, voice is right still: the
camera comes on later. Where sound and pictures share a flow nobody knows when they came, so voice is wrong there. Calls that are not found
have no kind. Share-only meetings are not scored; what is told of them is listed.
"""
import collections

import corpus

WITHIN_S = 3.0
BEGUN = 20
WORDS = {"audio": "voice", "av": "video"}
RESULTS = ("right", "wrong", "unknown")


class Kinds:
    """The words of one corpus, or of several that are added up."""

    def __init__(self):
        self.count = collections.Counter()
        self.not_right = []

    @staticmethod
    def of(module, name, events):
        """The words that the events "kind" of `replay --explain` tell of the scored calls."""
        self = Kinds()
        data = module.Corpus(corpus.SHARED / name)
        by_capture = corpus.by_capture(events)
        for capture, label in data.labels.items():
            told = by_capture[capture]
            good, _ = module.split_periods(data, capture, [event for event in told if event["event"] in corpus.SCORED_EVENTS])
            flows = {flow["id"]: flow for flow in data.flows(capture)} if good else {}
            for call in label["calls"]:
                periods = [period for period in good if call in period.calls and period.start < call["end"]]
                if periods and (call["scored"] or call["kind"] == "share"):
                    self.add(label, call, flows, periods, told)
        return self

    def add(self, label, call, flows, periods, told):
        """One call."""
        # Of two calls at once a period may have both, so that the start is that of a flow between the ends of this one.
        ends = {address for flow in call["flows"] for address in flows[flow]["o"][::2]}
        told = [event for event in told if event["flow"] and ends & set(event["flow"][::2])]
        begun, end = min(period.start for period in periods), max(period.end for period in periods)
        starts = [event["time_s"] for event in told if event["event"] == "call_start" and max(begun, call["start"]) <= event["time_s"] <= end]
        start = min(starts, default=begun)
        ours = [event for event in told if event["event"] == "kind" and start <= event["time_s"] <= end]
        for when, until in (("3 s", start + WITHIN_S), ("end", end)):
            words = {event["reason"] for event in ours if event["time_s"] <= until}
            word = "video" if "video" in words else "voice" if words else "unknown"
            if call["kind"] == "share":
                self.count["share", when, word] += 1
                continue
            is_later = call["kind"] == "av" and word == "voice" and is_before_the_camera(label, call, flows, until)
            result = "unknown" if word == "unknown" else "right" if is_later or word == WORDS[call["kind"]] else "wrong"
            self.count[when, result] += 1
            self.count[when, "later"] += is_later
            if result != "right":
                self.not_right.append(f"{label['id']} {call['start']:.1f} s {call['app']} {call['kind']}: {word} ({when})")

    def __add__(self, other):
        total = Kinds()
        total.count = self.count + other.count
        total.not_right = self.not_right + other.not_right
        return total

    def text(self):
        """One line."""
        parts = []
        for when in ("3 s", "end"):
            right, wrong, unknown = (self.count[when, result] for result in RESULTS)
            later = self.count[when, "later"]
            parts.append(f"{'after' if when == '3 s' else 'at the'} {when}: right {right}{f' ({later} before the camera)' if later else ''}, "
                         f"wrong {wrong}, unknown {unknown}; of all {right / max(1, right + wrong + unknown):.3f}, "
                         f"of what is told {right / max(1, right + wrong):.3f}")
        share = ", ".join(f"{word} {self.count['share', 'end', word]}" for word in ("voice", "video", "unknown"))
        return "   ".join(parts) + f"   share-only at the end: {share}"


def is_before_the_camera(label, call, flows, until):
    """Whether the flows of the pictures, named by themselves, have hardly begun."""
    classes = {flow["id"]: flow["cls"] for flow in label["flows"] if flow["id"] in call["flows"]}
    pictures = [flow for flow, cls in classes.items() if cls == "voip_video"]
    if not pictures or "voip_audio" not in classes.values():
        return False
    return all(packets_until(flows[flow], until) < BEGUN for flow in pictures)


def packets_until(flow, until):
    """Of both directions."""
    index = packets = 0
    for distance, sent, received in zip(flow["b"], flow["op"], flow["rp"]):
        index += distance
        packets += sent + received if index * 0.25 < until else 0
    return packets
