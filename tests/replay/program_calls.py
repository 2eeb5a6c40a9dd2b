"""Programs that people call each other with, but for browsers: the phone in the home, the other outside."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import ssl
import subprocess
import time
from pathlib import Path

from baresip import Baresip
from home import Home, HomeError
from programs import program
from stage import NOBODY, SECONDS, SERVER, launch, need, screen, speaker, still_run, stop, type_in
from stun_home import GUARD, OTHER, stun_home


def mumble_client(home: Home, host: str, certificate: Path, port: int, aside: bool) -> subprocess.Popen:
    """It takes the server's certificate, which nobody signed, for one that somebody has accepted before."""
    folder = home.folder("mumble")
    for name in (".config/Mumble", ".local/share/Mumble/Mumble"):
        (folder / name).mkdir(parents=True)
    quality, frames = (16000, 6) if aside else (40000, 2)
    (folder / ".config/Mumble/Mumble.conf").write_text(
        f"[General]\nlastupdate=2\n[audio]\ninput=PulseAudio\noutput=PulseAudio\ntransmit=0\nquality={quality}\n"
        f"[net]\nframesperpacket={frames}\n[ui]\naskonquit=false\nusage=false\nupdatecheck=false\nplugincheck=false\n"
    )
    digest = hashlib.sha1(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
    with sqlite3.connect(folder / ".local/share/Mumble/Mumble/mumble.sqlite") as known:
        known.execute("create table cert (id integer primary key autoincrement, hostname text, port integer, digest text)")
        known.execute("insert into cert (hostname, port, digest) values (?, ?, ?)", (SERVER, port, digest))
    on = screen(home, host, "800x600") | speaker(home, host, turns=aside)
    child = launch(home, host, ["mumble", f"mumble://{host}@{SERVER}:{port}/"], on, folder)
    # It wants to make a certificate first: "Next" and "Finish", as soon as they are there.
    launch(home, host, ["bash", "-c", "for round in {1..12}; do sleep 1; xdotool mousemove 500 580 click 1; done"], on)
    return child


@program(
    "mumble",
    "mumble mumble-server openssl xvfb pulseaudio pulseaudio-utils espeak-ng ffmpeg",
    build="Mumble: two send all the time, 40 kbit/s in packets of 20 ms",
    aside="Mumble: two send all the time, 16 kbit/s in packets of 60 ms",
    marks={"port": 64738, "crowd": 12},
)
def mumble(home: Home, aside: bool) -> None:
    need("mumble mumble-server openssl", "mumble", "murmurd", "openssl")
    folder, port = home.folder("murmur"), 64738
    # Its database has to be its own.
    assert home.temp is not None
    os.chmod(home.temp, 0o711)
    os.chown(folder, 65534, 65534)
    request = f"openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=lab -keyout {folder}/key.pem -out {folder}/cert.pem"
    subprocess.run(request.split(), check=True, capture_output=True)
    os.chmod(folder / "key.pem", 0o644)
    (folder / "murmur.ini").write_text(
        f"database={folder}/murmur.sqlite\nhost={SERVER}\nport={port}\nbandwidth=130000\nsslCert={folder}/cert.pem\nsslKey={folder}/key.pem\nbonjour=false\n"
        f"logfile={folder}/murmur.log\npidfile={folder}/pid\n"
    )
    launch(home, "server", [*NOBODY, "murmurd", "-fg", "-ini", str(folder / "murmur.ini")], folder=folder)
    time.sleep(2)
    clients = [mumble_client(home, host, folder / "cert.pem", port, aside) for host in ("server", "phone")]
    time.sleep(SECONDS)
    still_run(*clients)
    stop(*clients)


LINPHONE_CODECS = ("opus/48000/2", "speex/8000/1", "speex/16000/1", "speex/32000/1", "PCMU/8000/1", "PCMA/8000/1", "GSM/8000/1", "G722/8000/1")


def linphone(home: Home, host: str, codec: str, turns: bool, *options: str) -> subprocess.Popen:
    # It does not call unless the folder of its database is there.
    folder = home.folder("linphone")
    (folder / ".local/share/linphone").mkdir(parents=True)
    sections = [f"[sip]\nsip_port=5060\nsip_tcp_port=0\nsip_tls_port=0\nguess_hostname=0\ncontact=sip:{host}@{home.address(host)}"]
    sections += ["[rtp]\naudio_rtp_port=7078\n[misc]\nstore_friends=0"]
    sections.append(f"[net]\nnat_policy_ref=lab\n[nat_policy_0]\nref=lab\nstun_server={OTHER}\nprotocols=stun,ice")
    for number, name in enumerate(LINPHONE_CODECS):
        mime, rate, channels = name.split("/")
        sections.append(f"[audio_codec_{number}]\nmime={mime}\nrate={rate}\nchannels={channels}\nenabled={int(name == codec)}")
    (folder / "linphonerc").write_text("\n".join(sections) + "\n")
    on = speaker(home, host, turns)
    return launch(home, host, ["linphonec", "-c", str(folder / "linphonerc"), *options], on, folder, stdin=subprocess.PIPE, text=True)


@program(
    "linphone",
    "linphone-cli pulseaudio pulseaudio-utils espeak-ng ffmpeg",
    build="Linphone to Linphone: Speex at 16 kHz, 20 ms",
    aside="Linphone to Linphone: Opus with its own ideas of bitrate, the two take turns",
    marks={},
)
def linphone_call(home: Home, aside: bool) -> None:
    need("linphone-cli", "linphonec")
    stun_home(home)
    codec = "opus/48000/2" if aside else "speex/16000/1"
    far, phone = linphone(home, "server", codec, aside, "-a"), linphone(home, "phone", codec, aside)
    time.sleep(4)
    type_in(phone, f"call sip:server@{SERVER}", SECONDS)
    still_run(far, phone)
    type_in(phone, "terminate", 1)
    stop(far, phone)


def twinkle(home: Home, host: str, codec: str) -> subprocess.Popen:
    folder = home.folder("twinkle")
    (folder / ".twinkle").mkdir()
    stun = f"use_nat_public_ip=no\nuse_stun=yes\nstun_server={OTHER}\n" if host == "phone" else ""
    profile = f"user_name={host}\nuser_domain={home.address(host)}\nregister_at_startup=no\nspeex_nb_vad=yes\nspeex_nb_dtx=yes\ncodecs={codec}\n"
    (folder / ".twinkle" / "lab.cfg").write_text(profile + stun)
    # Twinkle speaks to ALSA, and ALSA to the sound server.
    (folder / ".twinkle" / "twinkle.sys").write_text("dev_ringtone=alsa:default\ndev_speaker=alsa:default\ndev_mic=alsa:default\nsip_port=5060\nrtp_port=8000\n")
    (folder / ".asoundrc").write_text("pcm.!default pulse\nctl.!default pulse\n")
    on = speaker(home, host)
    return launch(home, host, ["twinkle-console", "lab.cfg"], on, folder, stdin=subprocess.PIPE, text=True)


@program(
    "twinkle",
    "twinkle-console coturn libasound2-plugins pulseaudio pulseaudio-utils espeak-ng ffmpeg",
    build="Twinkle to Twinkle: GSM, 20 ms, STUN",
    aside="Twinkle to Twinkle: Speex at 8 kHz, smaller while nobody speaks, STUN",
    marks={},
)
def twinkle_call(home: Home, aside: bool) -> None:
    need("twinkle-console coturn", "twinkle-console", "turnserver")
    home.run("router", ["nft", GUARD])
    # It asks in the words of RFC 3489, which our own STUN server does not know.
    folder = home.folder("stun")
    launch(home, "isp", f"turnserver -n -S -L {OTHER} -p 3478 --no-tls --no-dtls --no-cli --log-file stdout --pidfile {folder}/pid".split(), folder=folder)
    far, phone = (twinkle(home, host, "speex-nb" if aside else "gsm") for host in ("server", "phone"))
    time.sleep(4)
    type_in(phone, f"call sip:server@{SERVER}", 3)
    type_in(far, "answer", SECONDS)
    still_run(far, phone)
    type_in(phone, "bye", 1)
    stop(far, phone)


@program(
    "baresip-narrow",
    "baresip-core",
    build="baresip to baresip: AMR at 12.2 kbit/s, 20 ms, the far end answers to the source",
    aside="baresip to baresip: Opus at 6 kbit/s in 60 ms frames, the far end answers to the source",
    marks={},
    alg=True,
)
def baresip_narrow(home: Home, aside: bool) -> None:
    ends = []
    for host in ("server", "phone"):
        end = Baresip(home, host, codec="opus" if aside else "g711", frame_ms=60 if aside else 20, sound=[(3, True), (2, False)], answers=host == "server")
        accounts, config = end.folder / "accounts", end.folder / "config"
        if aside:
            config.write_text(config.read_text().replace("opus_bitrate 24000", "opus_bitrate 6000"))
        else:
            accounts.write_text(accounts.read_text().replace("pcma/8000/1", "amr/8000/1"))
            config.write_text(config.read_text().replace("module g711.so", "module g711.so\nmodule amr.so"))
        ends.append(end.start())
    far, phone = ends
    phone.say("dial", f"sip:server@{far.address}")
    phone.wait_for("Call established")
    time.sleep(SECONDS)
    if "Call established" not in far.log():
        raise HomeError(far.log()[-500:])
    phone.end()
