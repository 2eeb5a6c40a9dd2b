#!/usr/bin/env python3
"""`voip-qosd setup`: driven at a terminal of 40 columns and with --yes, in the home in a box."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "lib"), str(Path(__file__).resolve().parents[1] / "netns")]
from broker import Broker  # noqa: E402
from call import Call  # noqa: E402
from daemon import binary  # noqa: E402
from fixture import main, skipping  # noqa: E402
from home import Home, require  # noqa: E402
from pseudo_terminal import PseudoTerminal  # noqa: E402

COLUMNS = 40
PATIENCE_S = 60  # a name server that does not answer is waited for
PROMPTS = ["WAN [", "LAN [", "Phones [", "Broker [", "Actuator [", "Write it ["]
WRITTEN_BY_HAND = '[node]\nid = "attic"\n\n[qos]\nwan = "wan"\n'


def setup(home: Home, config: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Without a terminal."""
    return home.run("router", [str(binary()), "setup", *arguments, "--config", str(config)], check=False, timeout=PATIENCE_S + 60)


def check(config: Path) -> None:
    done = subprocess.run([str(binary()), "check-config", "--config", str(config)], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr + config.read_text())


def add_yealink(home: Home) -> None:
    home.run("router", ["ip", "neigh", "add", "192.168.77.30", "lladdr", "00:15:65:01:02:03", "dev", "br-lan"])


class AtATerminal(unittest.TestCase):
    def at_terminal(self, home: Home, config: Path) -> PseudoTerminal:
        # As high as all that is said is long: what scrolls away is not kept.
        argv = ["ip", "netns", "exec", f"{home.prefix}-router", str(binary()), "setup", "--config", str(config)]
        return PseudoTerminal(argv, rows=600, columns=COLUMNS, environment={"NO_COLOR": "1", "TERM": "dumb"})

    def answer(self, terminal: PseudoTerminal, *answers: tuple[str, str]) -> None:
        """Each question by a piece of its prompt, with what is typed then."""
        for prompt, text in answers:
            self.assertTrue(terminal.wait_for(prompt, PATIENCE_S), f"{prompt!r} is not asked:\n{terminal.screen()}")
            terminal.type(text)

    @skipping
    def test_five_times_enter_and_the_file_is_right(self):
        with Home() as home:
            broker = home.broker()
            add_yealink(home)
            config = home.folder("etc") / "voip-qosd" / "voip-qosd.toml"
            with self.at_terminal(home, config) as terminal:
                self.answer(terminal, *[(prompt, "\n") for prompt in PROMPTS[:5]], ("Upload [learnt]:", "\n"), ("Download [learnt]:", "\n"))
                self.answer(terminal, ("Write it [", ""))
                self.assertFalse(config.exists(), "nothing is written before it was shown")
                terminal.type("\n")
                self.assertEqual(terminal.wait(PATIENCE_S), 0, terminal.screen())
                said = terminal.screen()
                self.assertEqual(terminal.unknown, [])
                self.assertTrue(terminal.is_as_before)
            self.assertNotIn("\033", said)
            questions, _, doctor = said.partition("voip-qosd doctor says")
            for line in questions.splitlines():
                self.assertTrue(len(line) <= COLUMNS or " " not in line.strip(), f"{line!r} is too long")
            self.assertRegex(doctor, r"ok +configuration")
            self.assertRegex(doctor, r"ok +broker")
            check(config)
            settings = tomllib.loads(config.read_text())
            self.assertEqual(settings["qos"], {"wan": "auto", "actuator": "tc"}, "the rates are learnt")
            self.assertIn("learnt", config.read_text(), "and it says so")
            self.assertEqual(settings["device"], [{"name": "Yealink-0203", "mac": "00:15:65:01:02:03", "role": "phone"}])
            self.assertEqual(settings["mqtt"], {"uri": f"mqtt://localhost:{broker.port}"})
            self.assertEqual([path.name for path in config.parent.iterdir()], ["voip-qosd.toml"], "there was nothing before it")

    @skipping
    def test_rates_may_be_numbers(self):
        with Home() as home:
            config = home.folder("etc") / "voip-qosd.toml"
            with self.at_terminal(home, config) as terminal:
                self.answer(terminal, *[(prompt, "\n") for prompt in PROMPTS[:3]], ("Broker [", "none\n"), ("Actuator [", "tc\n"))
                self.answer(terminal, ("Upload [learnt]:", "10M\n"), ("Download [learnt]:", "0\n"), ("Write it [", "\n"))
                self.assertEqual(terminal.wait(PATIENCE_S), 0, terminal.screen())
            self.assertEqual(tomllib.loads(config.read_text())["qos"]["tc"], {"upload_kbit": 10_000, "download_kbit": 0})
            check(config)

    @skipping
    def test_the_end_of_the_input_leaves_nothing_at_any_question(self):
        with Home() as home:
            home.broker()
            config = home.folder("etc") / "voip-qosd.toml"
            for number, last in enumerate(PROMPTS):
                for key in ("\x04", "\x03"):
                    with self.subTest(last, key=key), self.at_terminal(home, config) as terminal:
                        for prompt in PROMPTS[:number]:
                            self.answer(terminal, (prompt, "none\n" if prompt == "Actuator [" else "\n"))
                        self.answer(terminal, (last, key))
                        self.assertEqual(terminal.wait(PATIENCE_S), 1, terminal.screen())
                        self.assertTrue(terminal.wait_for("nothing was written", 5), terminal.screen())
                        self.assertEqual(list(config.parent.iterdir()), [])

    @skipping
    def test_a_password_is_not_shown_and_goes_into_a_file_for_its_owner(self):
        require("mosquitto_passwd")
        with Home() as home:
            users = home.folder("passwords") / "users"
            home.run("router", ["mosquitto_passwd", "-c", "-b", str(users), "router", "right"])
            Broker(home, extra=f"allow_anonymous false\npassword_file {users}\n").start()
            config = home.folder("etc") / "voip-qosd.toml"
            with self.at_terminal(home, config) as terminal:
                self.answer(terminal, *[(prompt, "\n") for prompt in PROMPTS[:4]], ("User name:", "router\n"))
                self.assertTrue(terminal.wait_for("Password", 10))
                self.assertEqual(list(config.parent.iterdir()), [], "a try needs no file")
                terminal.type("right\n")
                self.answer(terminal, ("Actuator [", "none\n"), ("Write it [", "yes\n"))
                self.assertEqual(terminal.wait(PATIENCE_S), 0, terminal.screen())
                self.assertNotIn("right", terminal.screen().replace("right con", ""))
                self.assertRegex(terminal.screen(), r"(ok|note) +broker")
            password = config.parent / "mqtt-password"
            self.assertEqual(password.read_text(), "right\n")
            self.assertEqual(stat.S_IMODE(password.stat().st_mode), 0o600)
            self.assertEqual(tomllib.loads(config.read_text())["mqtt"]["password_file"], str(password))
            check(config)

    @skipping
    def test_the_end_of_the_input_while_it_listens_leaves_nothing(self):
        with Home() as home:
            config = home.folder("etc") / "voip-qosd.toml"
            for key in ("\x04", "\x03"):
                with self.subTest(key=key), self.at_terminal(home, config) as terminal:
                    self.answer(terminal, ("WAN [", "\n"), ("LAN [", "\n"), ("Phones [", "listen\n"), ("Call somebody now", key))
                    self.assertEqual(terminal.wait(PATIENCE_S), 1, terminal.screen())
                    self.assertEqual(list(config.parent.iterdir()), [])

    @skipping
    def test_who_talks_now_is_heard(self):
        with Home() as home, Call(home):
            config = home.folder("etc") / "voip-qosd.toml"
            with self.at_terminal(home, config) as terminal:
                self.answer(terminal, ("WAN [", "\n"), ("LAN [", "\n"), ("Phones [", "listen\n"), ("In a call: 192.168.77.10", "\n"))
                self.answer(terminal, ("Phones [all]", "all\n"), ("Broker [", "none\n"), ("Actuator [", "none\n"), ("Write it [", "\n"))
                self.assertEqual(terminal.wait(PATIENCE_S), 0, terminal.screen())
            mac = home.run("phone", ["cat", "/sys/class/net/eth0/address"]).stdout.strip()
            (device,) = tomllib.loads(config.read_text())["device"]
            self.assertEqual((device["mac"], device["role"]), (mac, "phone"))


class WithoutATerminal(unittest.TestCase):
    @skipping
    def test_questions_need_a_terminal(self):
        with Home() as home:
            config = home.folder("etc") / "voip-qosd.toml"
            done = setup(home, config)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--yes", done.stderr)
            self.assertEqual(list(config.parent.iterdir()), [])
            self.assertEqual(setup(home, config, "--undo").returncode, 1, "there is no .old")

    @skipping
    def test_yes_takes_what_is_found_keeps_what_was_there_and_undo_puts_it_back(self):
        with Home() as home:
            home.broker()
            add_yealink(home)
            config = home.folder("etc") / "voip-qosd.toml"
            config.write_text(WRITTEN_BY_HAND)
            config.chmod(0o640)
            done = setup(home, config, "--yes")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            check(config)
            text = config.read_text()
            settings = tomllib.loads(text)
            self.assertEqual(settings["node"]["id"], "attic")
            self.assertEqual(settings["qos"], {"wan": "wan", "actuator": "tc"}, "the rates are learnt")
            self.assertIn("learnt", text, "and it says so")
            self.assertEqual(len(settings["device"]), 1)
            old = Path(f"{config}.old")
            self.assertEqual(old.read_text(), WRITTEN_BY_HAND)
            self.assertEqual(stat.S_IMODE(config.stat().st_mode), 0o640)

            again = setup(home, config, "--yes")
            self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
            self.assertIn("nothing is to be changed", " ".join(again.stdout.split()))
            self.assertEqual((config.read_text(), old.read_text()), (text, WRITTEN_BY_HAND))

            undone = setup(home, config, "--undo")
            self.assertEqual(undone.returncode, 0, undone.stderr)
            self.assertEqual(config.read_text(), WRITTEN_BY_HAND)
            self.assertEqual([path.name for path in config.parent.iterdir()], ["voip-qosd.toml"])

    @skipping
    def test_where_nothing_can_be_learnt_yes_takes_no_tc_and_says_why(self):
        require("setpriv")
        with Home() as home:
            config = home.folder("etc") / "voip-qosd.toml"
            bare = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", "--"]
            done = home.run("router", [*bare, str(binary()), "setup", "--yes", "--config", str(config)], check=False, timeout=PATIENCE_S + 60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(tomllib.loads(config.read_text())["qos"]["actuator"], "none")
            written = " ".join(config.read_text().replace("#", " ").split())
            self.assertIn("cannot be learnt (needs CAP_NET_RAW", written)
            self.assertIn("upload_kbit", written, "it says what to do")

    @skipping
    def test_a_wrong_file_is_not_replaced_unasked(self):
        with Home() as home:
            config = home.folder("etc") / "voip-qosd.toml"
            config.write_text("[qos]\nactuatr = 1\n")
            done = setup(home, config, "--yes")
            self.assertEqual(done.returncode, 2)
            self.assertIn("voip-qosd.toml:2:", done.stderr)
            self.assertEqual(config.read_text(), "[qos]\nactuatr = 1\n")

    @skipping
    def test_whoever_may_not_write_is_told_before_the_questions(self):
        require("setpriv")
        with Home() as home:
            folder = home.folder("etc")
            folder.chmod(0o755)
            assert home.temp
            home.temp.chmod(0o755)
            argv = ["setpriv", "--reuid", "12345", "--clear-groups", str(binary()), "setup", "--yes", "--config", str(folder / "voip-qosd.toml")]
            if not os.access(binary(), os.X_OK) or home.run("router", [*argv[:4], str(binary()), "--version"], check=False).returncode != 0:
                self.skipTest("another user cannot run the program where it is")
            done = home.run("router", argv, check=False)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("run it as root", done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    main()
