"""Programs that are neither calls nor games, on the laptop, with their servers outside: tunnels, sensors, cameras, files."""

from __future__ import annotations

import re
import subprocess
import time

from home import Home, HomeError
from programs import program
from stage import QUICK, SECONDS, SERVER, browse, launch, listen_in, need, still_run, web_server
from topology import WAN_ADDRESS


def surf(home: Home, aside: bool) -> None:
    """Through a tunnel to 10.9.0.1."""
    web_server(home, "10.9.0.1")
    time.sleep(1)
    if aside:
        listen_in(home, "laptop", "10.9.0.1", 16000)
        browse(home, "laptop", "10.9.0.1", 15)
    else:
        browse(home, "laptop", "10.9.0.1", 4)
    time.sleep(SECONDS)


@program(
    "openvpn",
    "openvpn curl",
    build="OpenVPN over UDP, port 1300: a web page each 4 s inside",
    aside="OpenVPN over UDP, port 443: a radio of 128 kbit/s inside, and now and then a web page",
    line=QUICK,
)
def openvpn(home: Home, aside: bool) -> None:
    need("openvpn", "openvpn")
    # Not the customary port, on which the detector never looks.
    key = home.folder("key") / "static.key"
    subprocess.run(["openvpn", "--genkey", "secret", str(key)], check=True, capture_output=True)
    common = f"openvpn --dev tun9 --dev-type tun --secret {key} --cipher AES-256-CBC --keepalive 10 60"
    port = "443" if aside else "1300"
    server = launch(home, "server", [*common.split(), "--ifconfig", "10.9.0.1", "10.9.0.2", "--lport", port])
    client = launch(home, "laptop", [*common.split(), "--ifconfig", "10.9.0.2", "10.9.0.1", "--nobind", "--remote", SERVER, port])
    time.sleep(4)
    surf(home, aside)
    still_run(server, client)


@program(
    "wireguard",
    "wireguard-go wireguard-tools curl",
    build="WireGuard, port 51900: a web page each 4 s inside",
    aside="WireGuard, port 51900: a radio of 128 kbit/s inside, and now and then a web page",
    line=QUICK,
)
def wireguard(home: Home, aside: bool) -> None:
    need("wireguard-go wireguard-tools", "wireguard-go", "wg")
    # Not the customary port, on which the detector never looks.
    folder, keys = home.folder("keys"), {}
    for host in ("server", "laptop"):
        secret = subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout
        (folder / host).write_text(secret)
        keys[host] = subprocess.run(["wg", "pubkey"], input=secret, check=True, capture_output=True, text=True).stdout.strip()
    for host, mine, other in (("server", "10.9.0.1", "laptop"), ("laptop", "10.9.0.2", "server")):
        # Its control socket is on the disk, which all share: no two may have one name.
        name = f"{home.prefix[-9:]}-{host[0]}"
        launch(home, host, ["wireguard-go", "-f", name])
        time.sleep(1)
        where = ["listen-port", "51900"] if host == "server" else []
        to = ["endpoint", f"{SERVER}:51900", "persistent-keepalive", "25"] if host == "laptop" else []
        home.run(host, ["wg", "set", name, "private-key", str(folder / host), *where, "peer", keys[other], "allowed-ips", "10.9.0.0/24", *to])
        home.run(host, ["ip", "addr", "add", f"{mine}/24", "dev", name])
        home.run(host, ["ip", "link", "set", name, "mtu", "1420", "up"])
    surf(home, aside)


@program(
    "coap",
    "libcoap3-bin",
    build="CoAP: one value observed, another asked for 4 times a second, on one port each",
    aside="CoAP: a sensor that puts 60 bytes 16 times a second from one port",
)
def coap(home: Home, aside: bool) -> None:
    need("libcoap3-bin", "coap-client-notls", "coap-server-notls")
    launch(home, "server", ["coap-server-notls", "-A", SERVER, "-d", "10"])
    time.sleep(1)
    client = "coap-client-notls -B 2 -p 5701"
    if aside:
        send = f"{client} -m put -e {'temperature=21.5,humidity=43,pressure=1013,battery=87,link=2'} coap://{SERVER}/sensor"
        launch(home, "laptop", ["bash", "-c", f"while :; do {send} & sleep 0.06; done"])
    else:
        launch(home, "laptop", ["bash", "-c", f"while :; do {client} coap://{SERVER}/ ; sleep 0.2; done"])
        launch(home, "laptop", f"coap-client-notls -p 5702 -s {SECONDS} -B {SECONDS} coap://{SERVER}/time".split())
    time.sleep(SECONDS)


@program(
    "ddsperf",
    "cyclonedds-tools",
    build="Cyclone DDS: 50 pings a second and their answers",
    aside="Cyclone DDS: states of 200 bytes each way, 30 a second, and 5 pings a second",
)
def ddsperf(home: Home, aside: bool) -> None:
    need("cyclonedds-tools", "ddsperf")
    # Its partners write to the address that it names, on ports of their own: a forwarded port, as consoles and robots have it.
    forward = "add rule ip nat pre iifname wan udp dport 7400-7500 dnat to 192.168.77.20"
    home.run("router", ["nft", f"add chain ip nat pre {{ type nat hook prerouting priority -100; }}; {forward}"])
    home.run("router", ["nft", "insert rule ip fw forw iifname wan udp dport 7400-7500 accept"])
    modes = {"server": "sub pub 30Hz size 200 pong", "laptop": "sub pub 30Hz size 200 ping 5Hz"} if aside else {"server": "pong", "laptop": "ping 50Hz"}
    children = []
    for host, outside, peer in (("server", SERVER, WAN_ADDRESS[4]), ("laptop", WAN_ADDRESS[4], SERVER)):
        settings = f"""<CycloneDDS><Domain><General><Interfaces><NetworkInterface name="eth0"/></Interfaces><AllowMulticast>false</AllowMulticast>
            <ExternalNetworkAddress>{outside}</ExternalNetworkAddress></General><Discovery><ParticipantIndex>0</ParticipantIndex>
            <Peers><Peer Address="{peer}"/></Peers></Discovery></Domain></CycloneDDS>"""
        children.append(launch(home, host, ["ddsperf", *modes[host].split()], {"CYCLONEDDS_URI": settings}))
    time.sleep(SECONDS)
    still_run(*children)


@program(
    "syncthing",
    "syncthing",
    build="Syncthing over QUIC: a file of 20 kB saved every 2 s, here and there",
    aside="Syncthing over QUIC: a file of 40 MB, sent with 30 kB/s",
)
def syncthing(home: Home, aside: bool) -> None:
    need("syncthing", "syncthing")
    folders, ids = {}, {}
    for host in ("server", "laptop"):
        folders[host] = home.folder("sync")
        (folders[host] / "shared" / ".stfolder").mkdir(parents=True)
        argv = ["syncthing", "generate", f"--home={folders[host]}/conf", "--no-default-folder", "--skip-port-probing"]
        said = subprocess.run(argv, check=True, capture_output=True, text=True, env={"HOME": str(folders[host]), "PATH": "/usr/bin"})
        found = re.search(r"(?:[A-Z0-9]{7}-){7}[A-Z0-9]{7}", said.stdout + said.stderr)
        if not found:
            raise HomeError("syncthing generate names no device")
        ids[host] = found[0]
    for host in folders:
        config = folders[host] / "conf" / "config.xml"
        text = re.sub(r"<(device|folder) id=.*?</\1>", "", config.read_text(), flags=re.DOTALL)
        where = {"server": f"quic://{SERVER}:22000" if host == "laptop" else "dynamic", "laptop": "dynamic"}
        devices = "".join(f'<device id="{ids[name]}" name="{name}"><address>{where[name]}</address></device>' for name in ids)
        members = "".join(f'<device id="{ids[name]}"></device>' for name in ids)
        kind = 'type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="1"'
        shared = f'<folder id="shared" label="shared" path="{folders[host]}/shared" {kind}>{members}</folder>'
        text = text.replace("</configuration>", f"{shared}{devices}</configuration>")
        for key, value in (("listenAddress", "quic://0.0.0.0:22000"), ("globalAnnounceEnabled", "false"), ("localAnnounceEnabled", "false"), ("relaysEnabled", "false"),
                           ("natEnabled", "false"), ("startBrowser", "false"), ("urAccepted", "-1"), ("maxSendKbps", "30" if aside else "0")):
            text = re.sub(f"<{key}>.*?</{key}>", f"<{key}>{value}</{key}>", text)
        config.write_text(text)
        if aside and host == "server":
            subprocess.run(["dd", "if=/dev/urandom", f"of={folders[host]}/shared/long", "bs=1M", "count=40"], check=True, capture_output=True)
        launch(home, host, ["syncthing", "serve", f"--home={folders[host]}/conf", "--no-browser", "--no-restart", "--no-upgrade"], folder=folders[host])
    time.sleep(8)
    if not aside:
        for host, folder in folders.items():
            launch(home, host, ["bash", "-c", f"while :; do head -c 20000 /dev/urandom > {folder}/shared/{host}; sleep 2; done"])
    time.sleep(SECONDS)


# The pipelines of a camera, as a server at /camera.
_CAMERA = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server, factory = GstRtspServer.RTSPServer(), GstRtspServer.RTSPMediaFactory()
factory.set_launch(sys.argv[1]); factory.set_shared(True)
server.get_mount_points().add_factory("/camera", factory); server.attach(None)
GLib.MainLoop().run()
"""


@program(
    "rtsp-camera",
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good",
    build="a camera watched over RTSP: VP8 at 15 frames/s, and sound in G.711, both in RTP",
    aside="a camera watched over RTSP: JPEG at 5 frames/s, and sound in Opus with 40 ms frames, both in RTP",
)
def rtsp_camera(home: Home, aside: bool) -> None:
    need("gstreamer1.0-tools", "gst-launch-1.0")
    picture = "videotestsrc is-live=1 pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate={} ! {} name=pay0 "
    sound = "audiotestsrc is-live=1 wave=ticks ! {} name=pay1"
    if aside:
        launched = picture.format("5/1", "jpegenc ! rtpjpegpay")
        launched += sound.format("audioconvert ! audioresample ! opusenc frame-size=40 bitrate=24000 ! rtpopuspay")
    else:
        launched = picture.format("15/1", "vp8enc deadline=1 target-bitrate=400000 ! rtpvp8pay")
        launched += sound.format("audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay")
    # Debian's own interpreter, which alone has the bindings.
    camera = launch(home, "server", ["/usr/bin/python3", "-c", _CAMERA, f"( {launched} )"])
    time.sleep(3)
    watch = f"gst-launch-1.0 rtspsrc location=rtsp://{SERVER}:8554/camera protocols=udp name=s" + 2 * " s. ! queue ! decodebin ! fakesink"
    client = launch(home, "laptop", watch.split())
    time.sleep(SECONDS)
    still_run(camera, client)
