#!/usr/bin/env python3
"""The daemon as a process: whatever started it, whatever it starts, and whatever a reload brings."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from call import Call  # noqa: E402
from daemon import ROOT, Daemon, binary, merged, toml  # noqa: E402
from fixture import main, skipping, wait_until  # noqa: E402
from home import Home  # noqa: E402

SCRIPT = """#!/bin/sh
cd "$(dirname "$0")"
case $1 in
on | off)
  ls /proc/self/fd >"descriptors.$1"
  grep SigIgn /proc/self/status >"ignored.$1"
  echo "$1" >state ;;
observe) [ "$(cat state 2>/dev/null)" = on ] ;;
esac
"""


def shaper(home: Home) -> tuple[Path, dict]:
    """A user's script, with its folder and the settings that use it."""
    folder = home.folder("shaper")
    script = folder / "shaper"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    return folder, {"qos": {"actuator": "exec", "exec": {verb: [str(script), verb] for verb in ("on", "off", "observe")}}}


class Process(unittest.TestCase):
    def assert_switches(self, daemon: Daemon, folder: Path):
        self.assertEqual(daemon.command("qos", "on").returncode, 0, daemon.log_text())
        self.assertEqual((folder / "state").read_text().strip(), "on")

    @skipping
    def test_a_script_inherits_neither_the_socket_to_the_broker_nor_anything_else(self):
        with Home() as home:
            broker = home.broker()
            folder, settings = shaper(home)
            daemon = Daemon(home, settings, broker=broker).start()
            phone = broker.subscribe(f"{daemon.base_topic}/status")
            self.assertTrue(phone.wait_for(lambda m: m.payload == "online", 20), daemon.log_text())
            self.assert_switches(daemon, folder)
            self.assertEqual((folder / "descriptors.on").read_text().split(), ["0", "1", "2", "3"], "3 is the list's own")

    @skipping
    def test_it_switches_whatever_signals_its_parent_ignores_or_blocks(self):
        with Home() as home:
            folder, settings = shaper(home)
            daemon = Daemon(home, settings, started_by=["env", "--ignore-signal=CHLD", "--block-signal=CHLD,TERM,PIPE,USR1"]).start()
            self.assert_switches(daemon, folder)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual((folder / "state").read_text().strip(), "off")

    @skipping
    def test_signals_that_mean_nothing_to_it_do_not_end_it(self):
        with Home() as home:
            folder, settings = shaper(home)
            daemon = Daemon(home, settings).start()
            self.assert_switches(daemon, folder)
            for name in ("USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "PWR", "XFSZ"):
                os.kill(daemon.pid, getattr(signal, f"SIG{name}"))
                self.assertTrue(daemon.status(), name)
            self.assertEqual(int((folder / "ignored.on").read_text().split()[1], 16), 0, "a script has them all")
            self.assertEqual(daemon.stop(signal.SIGQUIT), 0)
            self.assertEqual((folder / "state").read_text().strip(), "off")

    @skipping
    def test_what_cannot_be_written_is_an_error(self):
        timeline = next(iter(sorted((ROOT / "tests" / "replay" / "golden").glob("*.jsonl*"))))
        with Home() as home:
            def run(redirection: str, *argv: str) -> int:
                return home.run("router", ["sh", "-c", f'ulimit -f 0; exec "$0" "$@" {redirection}', str(binary()), *argv], check=False, timeout=20).returncode

            file = home.folder("output") / "full"
            for redirection in (">&-", f">{file}"):
                for argv in (["record", "--for", "1s"], ["replay", str(timeline)], ["help"]):
                    with self.subTest(redirection, argv=argv):
                        self.assertEqual(run(redirection, *argv), 1)

    @skipping
    def test_standard_error_that_nobody_reads_stops_nothing(self):
        with Home() as home:
            folder, settings = shaper(home)
            reader, writer = os.pipe()
            daemon = Daemon(home, settings, started_by=["sh", "-c", f'exec "$0" "$@" 2>/proc/{os.getpid()}/fd/{writer}']).start()
            filler = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(filler, b"x")
            self.assert_switches(daemon, folder)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual((folder / "state").read_text().strip(), "off")
            for descriptor in (reader, writer, filler):
                os.close(descriptor)

    @skipping
    def test_closed_standard_descriptors_are_nobody_elses(self):
        with Home() as home:
            broker = home.broker()
            folder, settings = shaper(home)
            daemon = Daemon(home, settings, broker=broker, started_by=["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-']).start()
            phone = broker.subscribe(f"{daemon.base_topic}/status")
            self.assertTrue(phone.wait_for(lambda m: m.payload == "online", 20))
            self.assertEqual({os.readlink(f"/proc/{daemon.pid}/fd/{number}") for number in range(3)}, {"/dev/null"})
            self.assert_switches(daemon, folder)

    @skipping
    def test_a_daemon_that_only_watches_leaves_what_another_one_shapes(self):
        with Home() as home:
            first = Daemon(home, {"qos": {"actuator": "tc", "tc": {"upload_kbit": 950, "download_kbit": 4750}}}).start()
            self.assertEqual(first.command("qos", "on").returncode, 0, first.log_text())
            shaped = lambda: "htb" in home.run("router", ["tc", "qdisc", "show", "dev", "wan"]).stdout  # noqa: E731
            self.assertTrue(shaped())
            second = Daemon(home, {"node": {"id": "other"}, "qos": {"actuator": "none"}}).start()
            self.assertTrue(wait_until(lambda: "another voip-qosd runs in this network" in second.log_text(), 10), second.log_text())
            self.assertEqual(second.stop(), 0)
            self.assertNotIn("is taken away", second.log_text())
            self.assertNotIn("somebody else", first.log_text())
            self.assertTrue(shaped())

            # Alone it takes the remains for what they are.
            first.kill()
            self.assertTrue(shaped())
            second.start()
            self.assertTrue(wait_until(lambda: not shaped(), 10), second.log_text())

    @skipping
    def test_many_reloads_do_not_keep_a_call_from_being_heard(self):
        with Home() as home:
            folder, settings = shaper(home)
            daemon = Daemon(home, settings).start()
            with Call(home):
                ends = time.monotonic() + 20
                while time.monotonic() < ends and (daemon.status() or {}).get("calls") != 1:
                    for _ in range(5):
                        daemon.reload()
                        time.sleep(0.1)
                self.assertLess(time.monotonic(), ends, daemon.log_text())

    @skipping
    def test_a_reload_that_cannot_be_carried_out_leaves_the_old_settings_going(self):
        with Home() as home, socket.socket(socket.AF_UNIX) as somebody_else:
            broker = home.broker()
            folder, settings = shaper(home)
            password = folder / "password"
            password.write_text("secret")
            password.chmod(0o600)
            daemon = Daemon(home, merged(settings, {"mqtt": {"username": "me", "password_file": str(password)}}), broker=broker).start()
            self.assert_switches(daemon, folder)
            taken = str(folder / "taken.sock")
            pipe = folder / "pipe"
            os.mkfifo(pipe)
            somebody_else.bind(taken)
            somebody_else.listen()
            told = 0

            def reload(changes: dict, words: str) -> None:
                nonlocal told
                daemon.config.write_text(toml(merged(daemon.settings, changes)))
                daemon.reload()
                self.assertTrue(wait_until(lambda: words in daemon.log_text()[told:], 10), daemon.log_text()[told:])
                daemon.config.write_text(toml(daemon.settings))  # where the commands look for the socket
                # That it answers, and has looked at the shaper.
                self.assertTrue(wait_until(lambda: (daemon.status() or {}).get("qos"), 10), daemon.log_text()[told:])
                self.assertEqual(daemon.status()["qos"], "ON")
                told = len(daemon.log_text())

            own = daemon.settings["control"]
            for changes, words in [
                ({"control": own | {"group": "nobody-knows"}}, "there is no group"),
                ({"control": {"socket": f"{password}/control.sock"}}, "no directory"),
                ({"log": {"target": "file", "file": "/dev/null/log"}}, "log.file: "),
                ({"mqtt": {"password_file": str(folder / "vanished")}}, "No such file"),
                ({"log": {"target": "file", "file": str(pipe)}}, "no regular file"),
                # What is seen only when it is tried.
                ({"control": {"socket": taken}}, "another voip-qosd answers on it"),
                ({"log": {"target": "file", "file": f"{folder}/{300 * 'x'}"}}, "the configuration cannot be used; the old one goes on"),
            ]:
                with self.subTest(words):
                    reload(changes, words)
                    self.assertRegex(daemon.log_text(), "the old one goes on")
            phone = broker.subscribe(f"{daemon.base_topic}/qos")
            self.assertTrue(phone.wait_for(lambda m: m.payload == "ON", 20), daemon.log_text())

            # Even where the old one has lost something that it needs.
            password.unlink()
            reload({"control": {"socket": taken}, "mqtt": {"uri": "mqtt://192.0.2.1", "username": "", "password_file": ""}}, "goes on without this: read mqtt.password_file")
            self.assertEqual(daemon.command("qos", "off").returncode, 0, daemon.log_text())
            self.assertEqual((folder / "state").read_text().strip(), "off")
            self.assert_switches(daemon, folder)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual((folder / "state").read_text().strip(), "off")


if __name__ == "__main__":
    main()
