#!/usr/bin/env python3
"""The init script for OpenWrt, run by busybox: what it makes of UCI is a configuration, what is wrong is told and changes nothing, and
procd is told what it needs. rc.common and procd are stand-ins (openwrt/rc.common); with VOIP_OPENWRT_ROOT, a folder laid out like a
router's root with /etc/rc.common, /lib/functions.sh, /lib/config/uci.sh, /lib/functions/procd.sh, jshn and uci, those are the real ones."""
from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

SOURCE = pathlib.Path(os.environ["VOIP_SOURCE_DIR"])
PROGRAM = pathlib.Path(os.environ["VOIP_QOSD"])
FILES = SOURCE / "integrations" / "openwrt" / "feed" / "voip-qosd" / "files"
REAL = os.environ.get("VOIP_OPENWRT_ROOT")
MADE = "var/run/voip-qosd-uci/voip-qosd.toml"
# The files of this machine, and over them what a router has; everything is gone with the last process.
INSIDE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs none "$1/box"
mkdir "$1/box/upper" "$1/box/work" "$1/box/root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/box/upper,workdir=$1/box/work" "$1/box/root"
cd "$1/box/root"
for folder in tmp var etc/config; do mkdir -p "$folder"; mount -t tmpfs none "$folder"; done
mkdir var/run var/lock
mount -t proc proc proc
mount --bind "$1/world" mnt
tar -C mnt -c . | tar -x --keep-directory-symlink
exec chroot . /bin/busybox ash -c "$2"
"""
# What the stand-ins for programs write down: messages to the log, and to procd through ubus.
LOGGER = 'logger() { for last; do :; done; echo "$last" >> /mnt/log; }\n'  # a function: the shell may have a program of that name in it
UBUS = """#!/bin/busybox ash
case "$*" in
  *' service list '*) [ ! -e /tmp/runs ] || echo '{"voip-qosd": {"instances": {"instance1": {"running": true}}}}' ;;
  *' service set '*) for last; do :; done; echo "$last" >> /mnt/ubus
    case "$last" in *instance1*) touch /tmp/runs ;; *) rm -f /tmp/runs ;; esac ;;
  *' service delete '*) rm -f /tmp/runs; echo '"stop"' >> /mnt/ubus ;;
esac
"""
FULL = r"""
config voip-qosd 'main'
	option enabled '1'
	option node 'home'
	option name 'Mum''s "house" \ garden'
	option actuator 'tc'
	option wan 'wan'
	list lan '192.168.1.0/24'
	list lan 'fd00:1::/64'
	option upload_kbit '900'
	option download_kbit '4500'
	option overhead '34'
	option link_layer 'ptm'
	option sensitivity 'high'
	option mode 'auto'
	option release_after '20s'
	option log_level 'debug'

config mqtt 'mqtt'
	option uri 'mqtt://192.168.1.2:1883'
	option username 'router'
	option password 'a "secret" $(reboot) \ `'
	option base_topic 'voip'
	option commands '0'
	option discovery 'off'

config device
	option name 'Kitchen phone'
	option mac '00:11:22:aa:bb:cc'
	option role 'phone'

config device
	option name 'Küche'
	option hostname 'tablet'
"""


class OpenWrt(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "box").mkdir()
        self.world = self.folder / "world"
        for name in ("etc/config", "etc/init.d", "usr/sbin", "usr/bin", "etc/voip-qosd"):
            (self.world / name).mkdir(parents=True)
        if REAL:
            shutil.copytree(REAL, self.world, dirs_exist_ok=True, symlinks=True)
        else:
            shutil.copy(SOURCE / "tests" / "install" / "openwrt" / "rc.common", self.world / "etc" / "rc.common")
        shutil.copy(PROGRAM, self.world / "usr" / "sbin" / "voip-qosd")
        shutil.copy(FILES / "voip-qosd.init", self.world / "etc" / "init.d" / "voip-qosd")
        (self.world / "etc" / "init.d" / "voip-qosd").chmod(0o755)
        shutil.copy(FILES / "voip-qosd.config", self.world / "etc" / "config" / "voip-qosd")
        (self.world / "logger").write_text(LOGGER)
        (self.world / "usr" / "bin" / "ubus").write_text(UBUS)
        (self.world / "usr" / "bin" / "ubus").chmod(0o755)

    def write(self, uci: str, file: str = "etc/config/voip-qosd"):
        (self.world / file).write_text(uci)

    def run_inside(self, *steps: str) -> None:
        """Steps of the shell; what is in the router's /mnt afterwards is in self.world."""
        init = "init() { /bin/busybox ash -c '. /mnt/logger; . /etc/rc.common' rc.common /etc/init.d/voip-qosd \"$1\"; echo \"$?\" >> /mnt/status; }\n"
        keep = f"\nmkdir -p /mnt/made; cp -p /{os.path.dirname(MADE)}/* /mnt/made/ 2>/dev/null; cp /tmp/told /mnt/told 2>/dev/null; true\n"
        command = ["unshare", "--mount", "sh", "-c", INSIDE, "inside", str(self.folder), init + "\n".join(steps) + keep]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.output = done.stdout + done.stderr

    def read(self, name: str) -> str:
        path = self.world / name
        return path.read_text() if path.exists() else ""

    def statuses(self) -> list[str]:
        return self.read("status").split()

    def made(self) -> dict:
        return tomllib.loads(self.read("made/voip-qosd.toml"))

    def told(self) -> list[str]:
        """What procd was told, as the stand-in writes it down."""
        if not REAL:
            return self.read("told").splitlines()
        lines = []
        for line in self.read("ubus").splitlines():
            message = json.loads(line)
            if message == "stop":
                lines.append("stop")
                continue
            for instance in message.get("instances", {}).values():
                lines.append("set_param command " + " ".join(instance["command"]))
                lines.append("set_param file " + " ".join(instance["file"]))
                lines.append(f"set_param reload_signal {instance['reload_signal']}")
            for trigger in message.get("triggers", []):
                text = json.dumps(trigger)
                if "config.change" in text:
                    lines.append("add_reload_trigger voip-qosd" if '"voip-qosd"' in text else text)
                elif "interface" in text:
                    lines.append("add_reload_interface_trigger " + re.search(r'"interface", "(\w+)"', text)[1])
        return lines

    def test_what_is_shipped_watches_only(self):
        self.run_inside("init start")
        self.assertEqual(self.statuses(), ["0"], self.output)
        self.assertEqual(self.made()["qos"], {"actuator": "none", "wan": "auto", "tc": {}})
        self.assertNotIn("mqtt", self.made())
        command = f"/usr/sbin/voip-qosd run --config /{MADE}"
        self.assertIn(f"set_param command {command}", self.told())
        self.assertTrue(any(line.startswith(f"set_param file /{MADE}") for line in self.told()), self.told())
        self.assertTrue(any(line in ("set_param reload_signal HUP", "set_param reload_signal 1") for line in self.told()), self.told())

    def test_every_option_that_the_shipped_file_shows_is_right(self):
        shown = re.sub(r"(?m)^#(\s*(?:option|list|config)\b)", r"\1", (FILES / "voip-qosd.config").read_text())
        self.assertGreaterEqual(shown.count("option"), 20)
        self.write("".join(line for line in shown.splitlines(True) if "option file" not in line))
        self.run_inside("init start")
        self.assertEqual(self.read("log"), "")
        self.assertEqual(self.made()["mqtt"]["uri"], "mqtt://192.168.1.2:1883")
        self.assertEqual(self.made()["device"], [{"name": "Kitchen phone", "mac": "00:11:22:aa:bb:cc", "role": "phone"}])

    def test_the_package_has_the_version_of_the_project(self):
        version = re.search(r"project\(voip-qosd VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]
        self.assertIn(f"PKG_VERSION:={version}\n", (FILES.parent / "Makefile").read_text())

    def test_every_option_arrives(self):
        self.write(FULL)
        self.run_inside("init start", "cat /var/run/voip-qosd-uci/mqtt-password > /mnt/password; stat -c %a /var/run/voip-qosd-uci/mqtt-password /var/run/voip-qosd-uci > /mnt/modes")
        self.assertEqual(self.statuses(), ["0"], self.output + self.read("log"))
        made = self.made()
        self.assertEqual(made.pop("node"), {"id": "home", "name": 'Mums "house" \\ garden', "state_dir": "/tmp/voip-qosd"})
        self.assertEqual(made.pop("monitor"), {"lan": ["192.168.1.0/24", "fd00:1::/64"]})
        self.assertEqual(made.pop("detector"), {"calls": {"sensitivity": "high"}})
        self.assertEqual(made.pop("policy"), {"mode": "auto", "release_after": "20s"})
        self.assertEqual(made.pop("qos"), {"actuator": "tc", "wan": "wan", "tc": {"upload_kbit": 900, "download_kbit": 4500, "overhead": 34, "link_layer": "ptm"}})
        self.assertEqual(made.pop("log"), {"level": "debug"})
        self.assertEqual(made.pop("mqtt"), {"uri": "mqtt://192.168.1.2:1883", "username": "router", "password_file": "/var/run/voip-qosd-uci/mqtt-password",
                                            "base_topic": "voip", "commands": False})
        self.assertEqual(made.pop("home_assistant"), {"discovery": False})
        self.assertEqual(made.pop("device"), [{"name": "Kitchen phone", "mac": "00:11:22:aa:bb:cc", "role": "phone"}, {"name": "Küche", "hostname": "tablet"}])
        self.assertEqual(made, {})
        self.assertEqual(self.read("password"), 'a "secret" $(reboot) \\ `\n')
        self.assertEqual(self.read("modes").split(), ["600", "700"])

    def test_rates_may_be_left_to_be_learnt(self):
        self.write("config voip-qosd 'main'\n\toption actuator 'tc'\n", "etc/config/none")
        self.write("config voip-qosd 'main'\n\toption actuator 'tc'\n\toption upload_kbit 'auto'\n\toption download_kbit '0'\n")
        self.run_inside("init start", f"cp /{MADE} /mnt/one.toml", "cp /etc/config/none /etc/config/voip-qosd; init reload")
        self.assertEqual(self.statuses(), ["0", "0"], self.output + self.read("log"))
        self.assertEqual(tomllib.loads(self.read("one.toml"))["qos"]["tc"], {"upload_kbit": "auto", "download_kbit": 0})
        self.assertEqual(self.made()["qos"], {"actuator": "tc", "tc": {}})

    def test_what_is_wrong_is_told_and_what_runs_goes_on(self):
        wrong = {
            "option acuator 'tc'": 'unknown: option "acuator" of "voip-qosd"',
            "option actuator 'tx'": "qos.actuator",
            "option upload_kbit 'fast'": "upload_kbit",
            "option wan 'a b'": "qos.wan",
        }
        for number, line in enumerate(wrong):
            self.write(f"config voip-qosd 'main'\n\t{line}\n", f"etc/config/wrong{number}")
        self.write("config voip-qos 'main'\n", "etc/config/wrong8")
        self.write("config mqtt\n\toption uri 'mqtt://192.168.1.2'\n", "etc/config/wrong9")
        self.run_inside("init start", *(f"cp /etc/config/wrong{number} /etc/config/voip-qosd; init reload" for number in [*range(len(wrong)), 8, 9]),
                        "test -e /tmp/runs && echo yes > /mnt/still")
        self.assertEqual(self.statuses(), ["0"] + ["1"] * (len(wrong) + 2), self.output)
        self.assertEqual(self.made()["qos"], {"actuator": "none", "wan": "auto", "tc": {}})
        self.assertEqual(self.read("still"), "yes\n")
        self.assertNotIn("stop", self.told())
        log = self.read("log")
        for words in [*wrong.values(), 'section "voip-qos"', 'section "mqtt"']:
            self.assertIn(words, log)

    def test_a_reload_starts_what_a_wrong_file_kept_down(self):
        right = self.read("etc/config/voip-qosd")
        self.write(right, "etc/config/right")
        self.write("config voip-qosd 'main'\n\toption actuator 'tx'\n")
        look = "test -e /tmp/runs && echo yes >> /mnt/runs || echo no >> /mnt/runs"
        self.run_inside("init start", look, "cp /etc/config/right /etc/config/voip-qosd", "init reload", look)
        self.assertEqual(self.read("runs"), "no\nyes\n", self.output + self.read("log"))

    def test_disabled_it_does_not_run(self):
        self.write("config voip-qosd 'main'\n\toption enabled '0'\n", "etc/config/disabled")
        self.run_inside("init start", "cp /etc/config/disabled /etc/config/voip-qosd", "init reload", "test -e /tmp/runs || echo no > /mnt/runs")
        self.assertEqual(self.read("runs"), "no\n")
        self.assertIn("stop", self.told())

    def test_a_file_of_ones_own_goes_before(self):
        self.write("config voip-qosd 'main'\n\toption file '/etc/voip-qosd/voip-qosd.toml'\n\toption actuator 'tc'\n", "etc/config/own")
        self.write('[node]\nid = "mine"\n', "etc/voip-qosd/voip-qosd.toml")
        self.run_inside("init start", "cp /etc/config/own /etc/config/voip-qosd", "init reload")
        self.assertEqual(self.statuses(), ["0", "0"], self.output + self.read("log"))
        commands = [line for line in self.told() if line == "stop" or "command" in line]
        self.assertEqual([line.split()[-1] for line in commands], [f"/{MADE}", "stop", "/etc/voip-qosd/voip-qosd.toml"])

    def test_a_change_of_uci_and_of_the_line_is_looked_at(self):
        if REAL:
            self.run_inside("init start")
        else:
            self.run_inside("init triggers")
        self.assertIn("add_reload_trigger voip-qosd", self.told())
        self.assertFalse(any("interface" in line for line in self.told()))
        self.write("config voip-qosd 'main'\n\toption wan 'wan'\n")
        self.run_inside("init start" if REAL else "init triggers")
        self.assertIn("add_reload_interface_trigger wan", self.told())


if __name__ == "__main__":
    if os.geteuid() != 0 or shutil.which("busybox") is None:
        print("SKIPPED: needs root and busybox")
        sys.exit(77)
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        print("SKIPPED: no mount namespaces here")
        sys.exit(77)
    unittest.main()
