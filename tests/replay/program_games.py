"""Games, on the phone or the laptop, with their servers outside. Whoever plays presses random keys."""

from __future__ import annotations

import time

from home import Home
from programs import program
from stage import NOBODY, SECONDS, SERVER, launch, need, play, screen, still_run


@program(
    "openarena",
    "openarena openarena-server xvfb xdotool",
    build="OpenArena, port 27970: one player and 4 bots, 20 states/s, 30 inputs/s",
    aside="OpenArena, port 27970: one player and 9 bots, 40 states/s, 60 inputs/s",
)
def openarena(home: Home, aside: bool) -> None:
    need("openarena openarena-server", "openarena", "openarena-server")
    rate, inputs, players = (40, 60, 10) if aside else (20, 30, 5)
    # Neither end has the customary port, on which the detector never looks.
    options = f"+set net_port 27970 +set dedicated 1 +set sv_pure 0 +set sv_fps {rate} +set bot_enable 1 +set bot_minplayers {players} +map oa_dm1"
    launch(home, "server", ["openarena-server", *options.split()])
    time.sleep(8)
    on = screen(home, "laptop")
    options = f"+set r_mode -1 +set r_customwidth 320 +set r_customheight 240 +set r_fullscreen 0 +set s_initsound 0 +set com_maxfps {inputs}"
    options += f" +set r_picmip 5 +set r_vertexlight 1 +set cl_maxpackets {inputs} +set snaps {rate} +set rate 25000 +set com_introplayed 1"
    options += f" +set net_port 28005 +connect {SERVER}:27970"
    client = launch(home, "laptop", ["openarena", *options.split()], on)
    time.sleep(8)
    play(home, "laptop", on)
    time.sleep(SECONDS)
    still_run(client)


@program(
    "supertuxkart",
    "supertuxkart",
    build="SuperTuxKart: one kart",
    aside="SuperTuxKart: two hosts of one home, with three karts each",
)
def supertuxkart(home: Home, aside: bool) -> None:
    need("supertuxkart", "supertuxkart")
    # Its own drivers need no screen, and may come from anywhere only where the server says so.
    folder = home.folder("race")
    settings = {"server-port": 2759, "wan-server": "false", "validating-player": "false", "firewalled-server": "false", "owner-less": "true",
                "track-voting": "false", "min-start-game-players": 1, "start-game-counter": 5, "voting-timeout": 8, "strict-players": "false", "ai-anywhere": "true"}
    lines = "".join(f'<{key} value="{value}" />\n' for key, value in settings.items())
    (folder / "server.xml").write_text(f'<?xml version="1.0"?>\n<server-config version="6">\n{lines}</server-config>\n')
    launch(home, "server", ["supertuxkart", "--no-graphics", f"--server-config={folder}/server.xml"], folder=folder)
    time.sleep(12)
    hosts = ("laptop", "phone") if aside else ("laptop",)
    drive = f"supertuxkart --no-graphics --connect-now={SERVER}:2759 --network-ai={3 if aside else 1}"
    clients = [launch(home, host, drive.split()) for host in hosts]
    time.sleep(SECONDS + 30)
    still_run(*clients)


@program(
    "minetest",
    "minetest minetest-server xvfb xdotool",
    build="Minetest: one player, states each 90 ms",
    aside="Minetest: two players of one home, states each 30 ms",
)
def minetest(home: Home, aside: bool) -> None:
    need("minetest minetest-server", "minetest", "minetestserver")
    folder = home.folder("minetest")
    (folder / "conf").write_text(f"dedicated_server_step = {0.03 if aside else 0.09}\ncreative_mode = true\nenable_damage = false\nmax_block_send_distance = 3\n")
    launch(home, "server", ["minetestserver", "--world", str(folder / "world"), "--gameid", "minetest", "--port", "30000", "--config", str(folder / "conf")])
    time.sleep(4)
    clients = []
    for host in ("laptop", "phone") if aside else ("laptop",):
        on = screen(home, host)
        folder = home.folder("player")
        (folder / "conf").write_text("screen_w = 320\nscreen_h = 240\nviewing_range = 20\nfps_max = 20\nenable_sound = false\nenable_shaders = false\n")
        argv = ["minetest", "--go", "--address", SERVER, "--port", "30000", "--name", f"player{len(clients)}", "--config", str(folder / "conf"), "--random-input"]
        clients.append(launch(home, host, argv, on))
    time.sleep(SECONDS + 8)
    still_run(*clients)


@program(
    "teeworlds",
    "teeworlds teeworlds-server xvfb xdotool",
    build="Teeworlds: two players of one home, states only each second tick",
    aside="Teeworlds: one player, a state with each of 50 ticks/s",
)
def teeworlds(home: Home, aside: bool) -> None:
    need("teeworlds teeworlds-server", "teeworlds", "teeworlds-server")
    launch(home, "server", ["teeworlds-server", f"sv_high_bandwidth {int(aside)}; sv_map dm1; sv_register 0"])
    time.sleep(2)
    clients = []
    for host in ("laptop",) if aside else ("laptop", "phone"):
        on = screen(home, host)
        options = f"gfx_screen_width 320; gfx_screen_height 240; gfx_fullscreen 0; gfx_refresh_rate 30; snd_enable 0; player_name {host}; connect {SERVER}:8303"
        clients.append(launch(home, host, ["teeworlds", options], on))
        play(home, host, on, "a d a d space")
    time.sleep(SECONDS + 4)
    still_run(*clients)


@program(
    "0ad",
    "0ad",
    build="0 A.D.: two players on a small map",
    aside="0 A.D.: two players and a machine, on a map for three",
)
def zero_ad(home: Home, aside: bool) -> None:
    need("0ad", "0ad", "setpriv")
    # Two of one name are not let in.
    options = ["0ad", "-autostart-nonvisual", "-mod=public"]
    world = ["-autostart=skirmishes/alpine_mountains_3p" if aside else "-autostart=skirmishes/acropolis_bay_2p"]
    machines = ["-autostart-ai=3:petra"] if aside else []
    launch(home, "server", [*NOBODY, *options, *world, "-autostart-host", "-autostart-playername=host", "-autostart-host-players=2", *machines])
    time.sleep(10)
    client = launch(home, "laptop", [*NOBODY, *options, f"-autostart-client={SERVER}", "-autostart-playername=guest"])
    time.sleep(SECONDS + 10)
    still_run(client)
