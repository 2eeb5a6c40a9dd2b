#!/usr/bin/env python3
"""The daemon hears the calls of real SIP programs, and other traffic is no call. Exits 77 with the reason where it cannot run."""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "lib"), str(ROOT / "tests" / "netns")]
import fixture  # noqa: E402
from call import OPUS_DTX, Call  # noqa: E402
from daemon import Daemon  # noqa: E402
from fixture import skipping  # noqa: E402
from home import Home  # noqa: E402
from news import StatusNews  # noqa: E402
from peers import BaresipCall, SippCall, Transfer  # noqa: E402

HEARD_WITHIN_S = 3.5  # the detector's p95 is 3 s; half a second for a busy machine and the polling
OVER_WITHIN_S = 8.0  # a call must end by itself; how soon is the detector's choice


class Box:
    """A home with a daemon that only observes, and what it says."""

    def __init__(self, settings: dict | None = None, **home):
        self.home = Home(**home)
        self._settings = {"policy": {"release_after": "1s", "min_on": "1s", "min_off": "1s"}} | (settings or {})

    def __enter__(self) -> "Box":
        self.home.__enter__()
        try:
            self.daemon = Daemon(self.home, self._settings).start()
        except BaseException:
            self.home.__exit__(*sys.exc_info())
            raise
        self.news = StatusNews(self.daemon)
        return self

    def __exit__(self, *_: object) -> None:
        self.news.close()
        self.daemon.stop()
        self.home.__exit__()

    def heard_after(self, since_ns: int, seconds: float = HEARD_WITHIN_S) -> float | None:
        at = self.news.wait(lambda s: bool(s["call_active"]), since_ns, seconds)
        return None if at is None else (at - since_ns) / 1e9

    def over_after(self, since_ns: int, seconds: float = OVER_WITHIN_S) -> float | None:
        at = self.news.wait(lambda s: not s["call_active"], since_ns, seconds)
        return None if at is None else (at - since_ns) / 1e9


class RealCalls(unittest.TestCase):
    def assert_heard(self, box: Box, first_ns: int | None, what: str) -> None:
        self.assertIsNotNone(first_ns, f"{what}: no media\n{box.home.run('router', ['conntrack', '-L', '-p', 'udp']).stdout}")
        heard = box.heard_after(first_ns)
        print(f"\n  {what}: heard after {heard} s", file=sys.stderr)
        self.assertIsNotNone(heard, f"{what} was not heard\n{box.daemon.command('status').stdout}\n{box.daemon.log_text()[-3000:]}")

    def assert_over(self, box: Box, ended_ns: int, what: str) -> None:
        over = box.over_after(ended_ns)
        print(f"  {what}: over after {over} s", file=sys.stderr)
        self.assertIsNotNone(over, f"{what} never ended\n{box.daemon.command('status').stdout}")

    @skipping
    def test_sipp_and_measured_calls_are_heard_and_end(self):
        with Box() as box:
            call = SippCall(box.home).start()
            self.assert_heard(box, call.media_started(), "sipp, G.711 in 30 ms frames")
            self.assert_over(box, call.finish().ended_ns, "sipp")
            speech = Call(box.home, family=6).start()
            self.assert_heard(box, speech.started_ns, "G.711 over IPv6")
            time.sleep(1)
            speech.finish()
            self.assert_over(box, speech.ended_ns, "IPv6")
            pauses = Call(box.home, port=9000, callee_port=9000, schedule=OPUS_DTX).start()
            self.assert_heard(box, pauses.started_ns, "Opus with pauses")
            begin = time.time_ns()
            time.sleep(7)
            self.assertIsNone(box.news.wait(lambda s: not s["call_active"], begin, 0), "a pause in the speech ended the call")
            pauses.finish()
            self.assert_over(box, pauses.ended_ns, "Opus with pauses")

    @skipping
    def test_baresip_calls_through_the_sip_helper_are_heard_and_end(self):
        with Box(alg=True) as box:
            for codec in ("g711", "opus"):
                call = BaresipCall(box.home, codec=codec).start()
                self.assert_heard(box, call.media_started(), f"baresip, {codec}")
                time.sleep(2)
                ended = call.hang_up()
                self.assert_over(box, ended, f"baresip, {codec}")
                call.finish()

    @skipping
    def test_the_rtcp_of_a_call_carries_the_mark_too_and_loses_it_with_the_call(self):
        tc = {"qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}}}
        with Box(tc, alg=True) as box:
            def marks() -> dict[int, bool]:
                """By the phone's port: media stands on an even one, its RTCP on the next (RFC 3550, section 11)."""
                phone = box.home.address("phone")
                found = {}
                for entry in box.home.conntrack("udp"):
                    own = [way.sport for way in (entry.original, entry.reply) if way.src == phone and 10000 <= way.sport < 10100]
                    if own:
                        found[own[0]] = bool(entry.mark & 0x01000000)
                return found

            call = BaresipCall(box.home, codec="g711").start()
            self.assert_heard(box, call.media_started(), "baresip with RTCP")
            both = fixture.wait_until(lambda: sum(marks().values()) == 2, 12)  # its first report comes within five seconds
            marked_ports = marks()
            self.assertTrue(both, f"{marked_ports}\n{box.home.run('router', ['conntrack', '-L', '-p', 'udp']).stdout}")
            media = min(marked_ports)
            self.assertEqual((media % 2, sorted(marked_ports)), (0, [media, media + 1]))
            self.assert_over(box, call.hang_up(), "baresip with RTCP")
            self.assertTrue(fixture.wait_until(lambda: not any(marks().values()), 5), marks())
            call.finish()

    @skipping
    def test_a_phone_that_is_not_answered_is_heard_all_the_same_where_it_is_configured(self):
        phone = {"device": [{"name": "Phone", "address": "192.168.77.10", "role": "phone"}]}
        with Box(phone) as box:
            call = BaresipCall(box.home).start()  # behind NAT without a helper: speech in one direction only
            self.assert_heard(box, call.media_started(), "baresip, one way")
            self.assert_over(box, call.hang_up(), "baresip, one way")
            call.finish()

    @skipping
    def test_uploads_and_downloads_are_no_calls(self):
        with Box() as box:
            begin = time.time_ns()
            transfers = [Transfer(box.home), Transfer(box.home, download=True, port=5202, family=6)]
            time.sleep(8)
            for transfer in transfers:
                transfer.stop()
            self.assertIsNone(box.heard_after(begin, 0), box.daemon.command("status").stdout)


if __name__ == "__main__":
    fixture.main()
