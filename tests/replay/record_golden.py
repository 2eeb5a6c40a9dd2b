#!/usr/bin/env python3
"""Records the golden recordings anew, in the home in a box. Needs what that needs (root), and sipp and baresip for the calls.

    record_golden.py --list
    record_golden.py NAME... [--folder FOLDER]        or all; a minute each

What is in a recording, recipes.py says. It is no test: a new recording is looked at, and committed if it shows something.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from recipes import NETNS, PYTHON, Recipe, chosen, record, show

# From the folders of which recipes.py tells the interpreter.
from baresip import Baresip
from call import OPUS_DTX, Call
from fixture import wait_until
from home import Home
from line_lab import SECOND
from music_on_hold import MusicOnHold
from path_delay import add_address
from peers import BaresipCall, SippCall, Transfer
from recorder import Recorder
from stun_home import OTHER, stun_home
from topology import WAN_ADDRESS, Line

GOLDEN = Path(__file__).resolve().parent / "golden"
LONGEST_END_S = 16.0  # until a detector that works has let go of a call

OTHER_6 = "fd02::1"

recipes: dict[str, Recipe] = {}


def recipe(name: str, **home):
    """Decorator: how that recording is made, in a home with these options."""

    def enter(make: Callable[[Home], None]):
        recipes[name] = Recipe(make, make.__doc__ or "", home)
        return make

    return enter


def phone_calls(home: Home, **options) -> tuple[Baresip, Baresip]:
    """The phone and the server, both baresip, talking."""
    stun_home(home)
    far = Baresip(home, "server", answers=True, **options).start()
    phone = Baresip(home, "phone", stun=OTHER, **options).start()
    phone.say("dial", f"sip:server@{far.address}")
    phone.wait_for("Call established")
    return phone, far


@recipe("sipp-g711")
def sipp_g711(home: Home) -> None:
    """sipp's G.711 in 30 ms frames, echoed by sipp"""
    SippCall(home).start().finish()


@recipe("baresip-opus", alg=True)
def baresip_opus(home: Home) -> None:
    """baresip to baresip, Opus with DTX (a second of tone, a second of silence), through the router's SIP ALG"""
    call = BaresipCall(home, codec="opus").start()
    call.media_started()
    time.sleep(12)
    call.finish()


@recipe("ipv6-opus-pauses")
def ipv6_opus_pauses(home: Home) -> None:
    """RTP of our own over IPv6: talk spurts of 50 packets/s, comfort noise each 400 ms between them"""
    with Call(home, family=6, port=9000, callee_port=9000, schedule=OPUS_DTX):
        time.sleep(12)


@recipe("udp-upload")
def udp_upload(home: Home) -> None:
    """an upload in UDP: 90 packets/s of 1228 bytes up, 20 of 88 down; no RTP to mark"""
    with Call(home, caller="laptop", port=21000, callee_port=21000, schedule=[[60, 90, 1200]], callee_schedule=[[60, 20, 60]]):
        time.sleep(12)


@recipe("hold-silent")
def hold_silent(home: Home) -> None:
    """baresip to baresip, Opus, STUN; the phone holds after 8 s (silent both ways, but for RTCP), takes up again 16 s later"""
    phone, _ = phone_calls(home)
    time.sleep(8)
    phone.say("hold")
    time.sleep(16)
    phone.say("resume")
    time.sleep(8)
    phone.end()


@recipe("hold-music")
def hold_music(home: Home) -> None:
    """baresip to sipp over IPv6, G.711; sipp holds after 8 s by re-INVITE and plays on (music), the phone is silent for 16 s"""
    far = MusicOnHold(home, talk_s=8, hold_s=16, address=home.address("server", 6)).start()
    phone = Baresip(home, "phone", address=home.address("phone", 6), codec="g711").start()
    phone.say("dial", f"sip:server@[{far.address}]")
    far.wait_over()
    phone.end()


def conference(home: Home, third: str, interface: str) -> None:
    phone, _ = phone_calls(home)
    other = Baresip(home, "isp", address=third, interface=interface, answers=True, number=1).start()
    time.sleep(4)
    phone.say("dial", f"sip:isp@{third}")
    other.wait_for("Call established")
    time.sleep(8)
    phone.say("hangup")
    time.sleep(6)
    phone.end()


@recipe("conference")
def conference_of_networks(home: Home) -> None:
    """baresip with two baresips at once, Opus, STUN: the second, in another network, joins after 4 s and leaves 8 s later"""
    conference(home, OTHER, "wan")


@recipe("conference-one-network")
def conference_in_one_network(home: Home) -> None:
    """baresip with two baresips at once, Opus, STUN: the second, in the same network, joins after 4 s and leaves 8 s later"""
    # Else it would answer from its other address, as its route to the router says.
    home.run("isp", ["ip", "route", "add", WAN_ADDRESS[4], "dev", "wan", "src", home.address("isp")])
    conference(home, home.address("isp"), "srv")


@recipe("one-way")
def one_way(home: Home) -> None:
    """baresip to baresip, G.711, neither ALG nor STUN: the far end's media goes to the phone's private address and is lost"""
    far = Baresip(home, "server", codec="g711", answers=True).start()
    phone = Baresip(home, "phone", codec="g711").start()
    phone.say("dial", f"sip:server@{far.address}")
    phone.wait_for("Call established")
    time.sleep(12)
    phone.end()


@recipe("transfer")
def transfer(home: Home) -> None:
    """baresip over IPv6, Opus: after 8 s the far end transfers the phone (REFER) to a third baresip in another network"""
    far, phone = (Baresip(home, host, address=home.address(host, 6), answers=host == "server").start() for host in ("server", "phone"))
    third = Baresip(home, "isp", address=OTHER_6, interface="wan", answers=True, number=1).start()
    phone.say("dial", f"sip:server@[{far.address}]")
    phone.wait_for("Call established")
    time.sleep(8)
    far.say("transfer", f"sip:isp@[{OTHER_6}]")
    third.wait_for("Call established")
    time.sleep(10)
    phone.end()


@recipe("g711-40ms")
def g711_in_40_ms(home: Home) -> None:
    """baresip to baresip, G.711 in 40 ms frames, STUN: 25 packets/s of 360 bytes"""
    phone, _ = phone_calls(home, codec="g711", frame_ms=40)
    time.sleep(8)
    phone.end()


@recipe("g711-60ms")
def g711_in_60_ms(home: Home) -> None:
    """baresip to baresip, G.711 in 60 ms frames, STUN: 16 or 17 packets/s of 520 bytes"""
    phone, _ = phone_calls(home, codec="g711", frame_ms=60)
    time.sleep(8)
    phone.end()


@recipe("opus-silence")
def opus_silence(home: Home) -> None:
    """baresip to baresip, Opus with DTX, STUN: 3 s of tone, then 9 s of silence, both at once, twice; it sends 50 packets/s on"""
    phone, _ = phone_calls(home, sound=[(3, True), (9, False)])
    time.sleep(22)
    phone.end()


def look_alike(home: Home, shape: str, target: str, ports: list[int], seconds: int) -> None:
    home.run("server", ["ip", "route", "add", "local", "198.18.0.0/15", "dev", "lo"])
    home.run("isp", ["ip", "route", "add", "198.18.0.0/15", "via", home.address("server")])
    home.popen("server", [*PYTHON, str(NETNS / "look_alikes.py"), "serve", *map(str, ports)])
    time.sleep(0.5)
    home.run("laptop", [*PYTHON, str(NETNS / "look_alikes.py"), shape, target, str(ports[0]), str(seconds)], timeout=seconds + 20)


@recipe("full-upload", line=Line(1500, 8000, 400, 200))
def full_upload(home: Home) -> None:
    """RTP of our own, G.711 in 20 ms frames for 24 s, while uploads to two networks fill the line: a queue of 400 ms from the tenth second on"""
    add_address(home, SECOND[4])
    with Call(home):
        time.sleep(10)
        uploads = [Transfer(home, streams=2, to=to, port=port) for to, port in ((home.address("server"), 5201), (SECOND[4], 5202))]
        time.sleep(14)
    for upload in uploads:
        upload.stop()


@recipe("game")
def game(home: Home) -> None:
    """a game: 60 inputs a second up (36 to 76 bytes), 60 states down (70 to 230, changing little by little); no RTP to mark"""
    look_alike(home, "game", home.address("server"), [28015], 30)


@recipe("torrent")
def torrent(home: Home) -> None:
    """a torrent client: 360 peers in half a minute, 48-byte acknowledgements, data in bursts both ways; no RTP to mark"""
    look_alike(home, "torrent", home.address("server"), list(range(30000, 30020)), 30)


@recipe("video-download")
def video_download(home: Home) -> None:
    """a video over HTTP/3: pieces from port 443 as fast as the line, with rests, and acknowledgements; no RTP to mark"""
    look_alike(home, "download", home.address("server"), [443], 30)


def let_go(recorder: Recorder) -> None:
    """Until the detector, which has to work for that, has let go of a call."""
    wait_until(lambda: len(recorder.decisions()) % 2 == 0, LONGEST_END_S, every=0.5)
    time.sleep(1)


def main() -> None:
    names, folder = chosen(recipes, __doc__, GOLDEN)
    for name in names:
        file = folder / f"{name}.jsonl"
        record(recipes[name], file, let_go)
        show(file, "#", '{"decision"')


if __name__ == "__main__":
    main()
