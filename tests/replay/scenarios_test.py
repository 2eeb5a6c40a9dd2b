#!/usr/bin/env python3
"""Made-up calls must be found in time and kept; made-up traffic that only looks like calls must not be taken for one."""
import unittest

import made_up_calls
import made_up_games
from timelines import Traffic, replay_traffic

PHONE = "192.168.1.30"
SERVER = "203.0.113.9"
MEDIA = (PHONE, 40000, SERVER, 42000)
# Of calls that lose packets (made_up_calls.py): the least share of their time that they are on, and how many of 84 may be taken back.
LOSSY_CALLS = {(0.0, 0.0): (0.97, 0), (0.05, 0.05): (0.965, 1), (0.0, 0.1): (0.965, 1), (0.1, 0.1): (0.94, 4), (0.0, 0.2): (0.945, 4), (0.2, 0.2): (0.92, 9)}


def times(events, kind):
    """When events of a kind happened."""
    return [event["time_s"] for event in events if event["event"] == kind]


def on_seconds(events, until_s=43):
    """How long there was a call while its media went on."""
    return sum(min(until_s, end_s) - start_s for start_s, end_s in zip(times(events, "call_start"), times(events, "call_end"), strict=True))


def opus(traffic):
    """Sizes of Opus frames that follow the speech."""
    return lambda: int(traffic.random.gauss(110, 12))


class Calls(unittest.TestCase):
    """Each is found within its limit, kept to its end, and ended in time."""

    def assert_call(self, traffic, start_s, end_s, found_within_s, ended_within_s=5.0, options=()):
        events = replay_traffic(traffic, *options)
        starts, ends = times(events, "call_start"), times(events, "call_end")
        self.assertTrue(starts, "not found")
        self.assertGreaterEqual(starts[0], start_s)
        self.assertLessEqual(starts[0], start_s + found_within_s)
        self.assertEqual(len(times(events, "qos_on")), 1, events)
        self.assertGreaterEqual(ends[0], end_s, "ended while it went on")
        self.assertLessEqual(ends[-1], end_s + ended_within_s)
        return events

    def test_g711_is_found_within_a_second(self):
        traffic = Traffic("g711")
        traffic.clock(MEDIA, True, 3, 63, 0.020, 200)
        traffic.clock(MEDIA, False, 3.1, 63, 0.020, 200)
        self.assert_call(traffic, 3, 63, 1.0)

    def test_g711_over_ipv6(self):
        traffic = Traffic("ipv6")
        flow = ("fd00::30", 40000, "2001:db8:1:2::9", 42000)
        traffic.clock(flow, True, 3, 33, 0.020, 220)
        traffic.clock(flow, False, 3.1, 33, 0.020, 220)
        self.assert_call(traffic, 3, 33, 1.0)

    def test_g729_has_sixty_bytes(self):
        traffic = Traffic("g729")
        traffic.clock(MEDIA, True, 3, 33, 0.020, 60)
        traffic.clock(MEDIA, False, 3.1, 33, 0.020, 60)
        self.assert_call(traffic, 3, 33, 1.0)

    def test_frames_of_30_40_and_60_ms(self):
        for period_s, size in ((0.030, 280), (0.040, 140), (0.040, 360), (0.060, 170), (0.060, 520)):
            with self.subTest(period_s=period_s):
                traffic = Traffic(f"frames{period_s}-{size}")
                traffic.clock(MEDIA, True, 3, 33, period_s, size)
                traffic.clock(MEDIA, False, 3.1, 33, period_s, size)
                self.assert_call(traffic, 3, 33, 2.25)

    def test_opus_over_a_lossy_wireless_link(self):
        traffic = Traffic("wireless")
        traffic.clock(MEDIA, True, 3, 63, 0.020, opus(traffic), jitter_s=0.004)
        traffic.clock(MEDIA, False, 3.1, 63, 0.020, opus(traffic), jitter_s=0.030, loss=0.02)
        self.assert_call(traffic, 3, 63, 2.0)

    def test_opus_with_pauses_is_one_call(self):
        traffic = Traffic("dtx")
        for turn in range(10):  # they take turns; who listens sends a frame each 400 ms
            talks = turn % 2 == 0
            start_s, end_s = 3 + 5 * turn, 8 + 5 * turn
            traffic.clock(MEDIA, talks, start_s, end_s, 0.020, opus(traffic))
            traffic.clock(MEDIA, not talks, start_s, end_s, 0.400, 47)
        self.assert_call(traffic, 3, 53, 2.5)

    def test_listening_with_a_hint(self):
        traffic = Traffic("listening")
        flow = (PHONE, 40000, SERVER, 3478)
        traffic.clock(flow, False, 3, 43, 0.020, opus(traffic))
        traffic.clock(flow, True, 3, 43, 0.8, 60)
        self.assert_call(traffic, 3, 43, 1.5)

    def test_six_packets_a_second_on_a_known_port(self):
        traffic = Traffic("slow")
        flow = (PHONE, 40000, SERVER, 3478)
        for up in (True, False):
            traffic.clock(flow, up, 3, 43, 0.160, lambda: traffic.random.choice((80, 130, 180, 260, 350)), jitter_s=0.02)
        self.assert_call(traffic, 3, 43, 3.5)

    def test_audio_and_video_on_one_flow(self):
        traffic = Traffic("video-call")
        for up in (True, False):
            traffic.clock(MEDIA, up, 3, 43, 0.020, opus(traffic))
            for frame in range(40 * 20):
                for part in range(traffic.random.choice((1, 2, 2, 3, 4))):
                    traffic.packet(MEDIA, 3 + frame / 20 + part * 0.001, traffic.random.randint(400, 1100), up)
        self.assert_call(traffic, 3, 43, 5.0)

    def test_a_call_whose_two_ends_tried_the_path_first(self):
        # ICE (RFC 8445): requests and replies, more of them at the beginning, on the flow that the media will have.
        for every_s, until_s in ((0.48, 6.0), (0.2, 4.5)):
            for name in ("feedback", "video", "pauses"):
                with self.subTest(every_s=every_s, then=name):
                    traffic = Traffic(f"ice-{every_s}-{name}")
                    for up in (True, False):
                        traffic.clock(MEDIA, up, 3, until_s, every_s, 116)
                        traffic.clock(MEDIA, not up, 3.03, until_s, every_s, 92)
                        if name == "pauses":
                            for turn in range(8):
                                talks = up == (turn % 2 == 0)
                                traffic.clock(MEDIA, up, until_s + 5 * turn, until_s + 5 * turn + 5, 0.02 if talks else 0.4, 110 if talks else 47)
                            continue
                        traffic.clock(MEDIA, up, until_s, 46, 0.02, 200)
                        if name == "feedback":
                            traffic.clock(MEDIA, up, until_s, 46, 1 / 16, 180)
                            continue
                        for frame in range(int(20 * (46 - until_s))):
                            for part in range(traffic.random.choice((1, 2, 2, 3, 4))):
                                traffic.packet(MEDIA, until_s + frame / 20 + part * 0.001, traffic.random.randint(400, 1100), up)
                    starts = times(replay_traffic(traffic), "call_start")
                    self.assertEqual(len(starts), 1)
                    self.assertLessEqual(starts[0], until_s + 5)

    def test_small_packets_of_which_some_are_lost_both_ways(self):
        for name, period_s, size in (("ilbc", 0.03, 90), ("g729", 0.02, 60), ("amr", 0.02, 72), ("opus", 0.06, 98)):
            for up_loss, down_loss in ((0.05, 0.05), (0.08, 0.08), (0.0, 0.08)):
                with self.subTest(codec=name, up=up_loss, down=down_loss):
                    traffic = Traffic(f"lossy-{name}-{up_loss}-{down_loss}")
                    traffic.clock(MEDIA, True, 3, 43, period_s, lambda size=size: int(traffic.random.gauss(size, 2)), loss=up_loss)
                    traffic.clock(MEDIA, False, 3.1, 43, period_s, lambda size=size: int(traffic.random.gauss(size, 2)), loss=down_loss)
                    events = replay_traffic(traffic)
                    self.assertGreaterEqual(on_seconds(events), 36)

    def test_every_codec_that_loses_packets_is_kept(self):
        for losses, one in made_up_calls.figures(range(4)).items():
            with self.subTest(losses=losses, what=made_up_calls.text(losses, one)):
                least_on, most_taken_back = LOSSY_CALLS[losses]
                self.assertEqual((one.calls, one.missed), (4 * len(made_up_calls.CODECS), 0))
                self.assertGreaterEqual(one.in_time, 72)
                self.assertGreaterEqual(one.on_share, least_on)
                self.assertLessEqual(one.taken_back, most_taken_back)

    def test_voice_and_feedback_at_a_port_of_calls(self):
        flow = (PHONE, 40000, SERVER, 3478)
        for feedback_s, size in ((1 / 10, 110), (1 / 12, 138), (1 / 14, 110), (1 / 14, 160)):
            with self.subTest(feedback_s=feedback_s, size=size):
                traffic = Traffic(f"feedback-{feedback_s}-{size}")
                for up, start_s in ((True, 3), (False, 3.1)):
                    traffic.clock(flow, up, start_s, 43, 0.020, lambda size=size: int(traffic.random.gauss(size, 10)))
                    traffic.clock(flow, up, start_s, 43, feedback_s, lambda: int(traffic.random.gauss(72, 6)))
                self.assert_call(traffic, 3, 43, 3.0)

    def test_comfort_noise_each_160_ms_is_no_evidence_against_a_call(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                traffic = Traffic(f"amr-{seed}")
                for up in (True, False):
                    at_s, talks = 3.0, traffic.random.random() < 0.5
                    while at_s < 43:
                        until_s = min(43, at_s + 0.3 + traffic.random.expovariate(1 / (2.2 if talks else 2.7)))
                        if talks:
                            traffic.clock(MEDIA, up, at_s, until_s, 0.020, 72)
                        else:
                            traffic.clock(MEDIA, up, at_s + 0.14, until_s, 0.160, 46)
                        at_s, talks = until_s, not talks
                self.assertGreaterEqual(on_seconds(replay_traffic(traffic)), 34)

    def test_hold_ends_and_resumes(self):
        traffic = Traffic("hold")
        for start_s, end_s in ((3, 18), (40, 60)):
            for up in (True, False):
                traffic.clock(MEDIA, up, start_s, end_s, 0.020, 200)
        events = replay_traffic(traffic)
        self.assertEqual(len(times(events, "call_start")), 2)
        self.assertLessEqual(times(events, "call_start")[1], 41)

    def test_a_conference_of_two_is_two_calls(self):
        traffic = Traffic("conference")
        flows = (MEDIA, (PHONE, 40010, "198.51.100.7", 42010))
        for flow in flows:
            for up in (True, False):
                traffic.clock(flow, up, 3, 33, 0.020, 200)
        events = self.assert_call(traffic, 3, 33, 1.0)
        self.assertEqual({tuple(e["flow"]) for e in events if e["event"] == "call_start"}, set(flows))

    def test_a_call_in_a_flood_is_found(self):
        traffic = Traffic("flood-and-call")
        flood(traffic, 0, 40)
        for up in (True, False):
            traffic.clock(MEDIA, up, 15, 35, 0.020, 200)
        self.assert_call(traffic, 15, 35, 1.5)

    def test_a_call_among_hundreds_of_steady_flows_is_found(self):
        traffic = Traffic("swarm-and-call")
        swarm(traffic, 0, 50)
        for up in (True, False):
            traffic.clock(MEDIA, up, 25, 45, 0.020, 200)
        self.assert_call(traffic, 25, 45, 1.5)

    def test_readings_once_a_second_are_enough(self):
        traffic = Traffic("slow-readings")
        for up in (True, False):
            traffic.clock(MEDIA, up, 3, 43, 0.020, 200)
        self.assert_call(traffic, 3, 43, 2.5, options=("--interval", "1s"))


def flood(traffic, start_s, end_s):
    """A torrent client: hundreds of peers, most of them a few packets, some with bulk."""
    for peer in range(300):
        flow = (PHONE, 6881, f"100.{64 + peer % 60}.{peer // 60}.{1 + peer % 250}", 20000 + peer)
        begin_s = start_s + traffic.random.random() * (end_s - start_s - 6)
        traffic.packet(flow, begin_s, 126, True)
        traffic.packet(flow, begin_s + 0.06, 330, False)
        if peer % 10 == 0:
            traffic.poisson(flow, False, begin_s + 0.2, begin_s + 6, 60, 1378)
            traffic.poisson(flow, True, begin_s + 0.2, begin_s + 6, 35, 48)


def swarm(traffic, start_s, end_s, flows=600):
    """Peers that ask and answer once a second for as long as it lasts: more than are watched, all in one network."""
    for peer in range(flows):
        flow = (PHONE, 6881, f"100.64.0.{1 + peer % 250}", 20000 + peer)
        phase_s = traffic.random.random()
        for second in range(start_s, end_s):
            traffic.packet(flow, second + phase_s, 128, True)
            traffic.packet(flow, second + phase_s + 0.02, 328, False)


class LookAlikes(unittest.TestCase):
    """None is a call."""

    def assert_no_call(self, traffic, *options):
        self.assertEqual(replay_traffic(traffic, *options), [])

    def test_games(self):
        for name, up_hz, up_size, down_hz, down_size in (("large-snapshots", 62.5, 190, 62.5, 500), ("sixty-hertz", 60, 85, 60, 140),
                                                         ("sixty-four-hertz", 64, 100, 64, 180),
                                                         ("two-peers-at-sixty", 60, 160, 60, 160),
                                                         ("two-peers-at-sixty-four", 64, 200, 64, 200),
                                                         ("server-at-twenty", 60, 70, 20, 240)):
            with self.subTest(name=name):
                traffic = Traffic(name)
                traffic.clock(MEDIA, True, 3, 63, 1 / up_hz, lambda size=up_size: size + traffic.random.randint(-8, 8))
                traffic.clock(MEDIA, False, 3, 63, 1 / down_hz, lambda size=down_size: size + traffic.random.randint(-30, 30))
                self.assert_no_call(traffic)

    def test_games_whose_rates_no_codec_has_are_calls_for_five_seconds_at_most(self):
        for up_hz, up_size in ((10, 90), (20, 52), (30, 72), (40, 64), (60, 58)):
            for down_hz, down_size in ((10, 200), (20, 70), (20, 240), (25, 150), (30, 103), (40, 102)):
                with self.subTest(up=up_hz, down=down_hz):
                    traffic = Traffic(f"game-{up_hz}-{down_hz}-{down_size}")
                    traffic.clock(MEDIA, True, 3, 63, 1 / up_hz, lambda size=up_size: size + traffic.random.randint(0, 12))
                    traffic.clock(MEDIA, False, 3, 63, 1 / down_hz, lambda size=down_size: int(size * traffic.random.uniform(0.8, 1.2)), 0.004)
                    events = replay_traffic(traffic)
                    calls = list(zip(times(events, "call_start"), times(events, "call_end"), strict=True))
                    self.assertLessEqual(len(calls), 3)
                    for start_s, end_s in calls:
                        self.assertLessEqual(end_s - start_s, 5.0)

    def test_hundreds_of_games_are_taken_for_calls_no_more_often_than_they_were(self):
        found = made_up_games.figures(made_up_games.FOR_JUDGING)
        self.assertGreaterEqual(found[0][0], 200, "games whose rates no codec has")
        self.assertLessEqual(found[0][2], 72, "of 257: 66 when it was measured")
        self.assertLessEqual(sum(counts[2] for counts in found.values()), 140, "of 400: 131 when it was measured")

    def test_a_torrent_flood(self):
        traffic = Traffic("torrent")
        flood(traffic, 0, 60)
        self.assert_no_call(traffic)

    def test_a_swarm_of_steady_flows(self):
        traffic = Traffic("swarm")
        swarm(traffic, 0, 60)
        self.assert_no_call(traffic)

    def test_a_crowd_of_flows_whose_sum_looks_like_a_codec(self):
        traffic = Traffic("crowd")
        for peer in range(25):
            flow = (PHONE, 6881, SERVER, 20000 + peer)
            for up in (True, False):
                traffic.clock(flow, up, 3 + 0.02 * peer, 33, 0.5, 200)
        self.assert_no_call(traffic)

    def test_a_video_download(self):
        for port in (443, 50443):
            with self.subTest(port=port):
                traffic = Traffic(f"download-{port}")
                flow = (PHONE, 40000, SERVER, port)
                for segment in range(10):
                    traffic.poisson(flow, False, 3 + 4 * segment, 4.2 + 4 * segment, 700, 1278)
                    traffic.poisson(flow, True, 3 + 4 * segment, 4.2 + 4 * segment, 180, 61)
                self.assert_no_call(traffic)

    def test_requests_and_replies_in_lockstep(self):
        for rate, up_size, down_size in ((10, 70, 90), (25, 64, 120), (50, 62, 78)):
            with self.subTest(rate=rate):
                traffic = Traffic(f"lockstep-{rate}")
                for number in range(30 * rate):
                    at_s = 3 + number / rate
                    traffic.packet(MEDIA, at_s, up_size, True)
                    traffic.packet(MEDIA, at_s + 0.002, down_size, False)
                self.assert_no_call(traffic)

    def test_typing_over_a_tunnel(self):
        traffic = Traffic("typing")
        at_s = 3.0
        while at_s < 60:
            for _ in range(traffic.random.randint(5, 40)):  # a word or a line, then a pause
                traffic.packet(MEDIA, at_s, 140, True)
                traffic.packet(MEDIA, at_s + 0.03, 156, False)
                traffic.packet(MEDIA, at_s + 0.035, 140, True)
                at_s += traffic.random.uniform(0.08, 0.22)
            at_s += traffic.random.uniform(0.5, 3)
        self.assert_no_call(traffic)

    def test_radio(self):
        traffic = Traffic("radio")
        traffic.clock(MEDIA, False, 3, 63, 0.020, 230)
        self.assert_no_call(traffic)

    def test_a_call_inside_a_tunnel_is_the_tunnels(self):
        traffic = Traffic("tunnel")
        flow = (PHONE, 40000, SERVER, 51820)
        for up in (True, False):
            traffic.clock(flow, up, 3, 33, 0.020, 260)
        self.assert_no_call(traffic)

    def test_keep_alives(self):
        traffic = Traffic("keep-alives")
        flow = (PHONE, 40000, SERVER, 3478)
        for up in (True, False):
            traffic.clock(flow, up, 3, 103, 0.5, 68)
        self.assert_no_call(traffic)


if __name__ == "__main__":
    unittest.main(verbosity=2)
