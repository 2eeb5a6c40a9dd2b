#!/usr/bin/env python3
"""TAB in bash, fish and zsh, those of them that are installed: commands, their options, words and files."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["VOIP_QOSD"]
MODES = ["auto", "off", "on"]

# As readline calls it; each answer on a line.
BASH = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"$(complete -p voip-qosd | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
[ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""
# A shell on a terminal of its own, which is asked for the list and then for a sign that it has shown it.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1='rea''dy>' zle_bracketed_paste=(); autoload -Uz compinit; compinit -u -D; source $1; bindkey '^I' list-choices"
zpty -r shell answer '*ready>*'
zpty -w -n shell "$2"$'\\t'
zpty -w shell $'\\x15'"print do''ne"
zpty -r shell answer '*done*'
print -r -- "$answer"
zpty -d shell
"""


class Completions(unittest.TestCase):
    """What every shell must know; `completed(WORD...)` answers for the last word, which is the one that is typed."""

    shell = None

    def setUp(self):
        if self.shell is None:
            self.skipTest("only for those that have a shell")
        if shutil.which(self.shell) is None:
            print(f"SKIPPED: {self.shell} is not installed", file=sys.stderr)
            self.skipTest(f"{self.shell} is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.script = self.folder / "completions"
        command = [PROGRAM, "help", "--completion", self.shell]
        self.script.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        (self.folder / "home").mkdir()
        for name in ("evening.jsonl", "event log"):
            (self.folder / "home" / name).touch()

    def run_shell(self, *command):
        environment = {**os.environ, "HOME": str(self.folder), "TERM": "dumb"}
        done = subprocess.run(command, cwd=self.folder / "home", env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def completed(self, *typed):
        raise NotImplementedError

    def test_the_shell_can_read_it(self):
        self.assertEqual(self.run_shell(self.shell, "-n", self.script), "")

    def test_commands(self):
        self.assertIn("replay", self.completed(""))
        self.assertIn("mqtt-purge", self.completed(""))
        self.assertEqual(self.completed("re"), ["record", "replay", "report"])
        self.assertEqual(self.completed("frob"), [])

    def test_options_of_a_command(self):
        self.assertEqual(self.completed("record", "--m"), ["--mask", "--mask-lan"])
        self.assertEqual(self.completed("status", "--m"), [])
        self.assertEqual(self.completed("doctor", "--j"), ["--json"])

    def test_words(self):
        self.assertEqual(self.completed("qos", ""), MODES)
        self.assertEqual(self.completed("qos", "--config", "x", "o"), ["off", "on"])
        self.assertEqual(self.completed("qos", "on", "o"), [])
        self.assertEqual(self.completed("help", "--completion", ""), ["bash", "fish", "zsh"])
        self.assertEqual(self.completed("help", "wat"), ["watch"])

    def test_files(self):
        both = ["evening.jsonl", "event log"]
        self.assertEqual(self.completed("run", "--config", "ev"), both)
        self.assertEqual(self.completed("record", "--output", "ev"), both)
        self.assertEqual(self.completed("replay", "--explain", "ev"), both)
        self.assertEqual(self.completed("tune", "a", "--call", "1-2", "ev"), both)
        self.assertEqual(self.completed("status", "ev"), [])
        self.assertEqual(self.completed("record", "--for", "ev"), [])


class Bash(Completions):
    shell = "bash"

    def completed(self, *typed):
        return sorted(self.run_shell("bash", "--norc", "-c", BASH, "bash", self.script, "voip-qosd", *typed).splitlines())

    def test_an_option_and_its_value_in_one_word(self):
        self.assertEqual(self.completed("run", "--config", "=", "eve"), ["evening.jsonl", "event log"])
        self.assertIn("evening.jsonl", self.completed("run", "--config", "="))
        self.assertEqual(self.completed("replay", "--config", "=", "x", "--int"), ["--interval"])


class Fish(Completions):
    shell = "fish"

    def completed(self, *typed):
        line = " ".join(["voip-qosd", *typed])
        answer = self.run_shell("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", self.script, line)
        return sorted(each.split("\t")[0].replace("\\ ", " ") for each in answer.splitlines())


class Zsh(Completions):
    shell = "zsh"

    def completed(self, *typed):
        line = " ".join(["voip-qosd", *typed])
        shown = self.run_shell("zsh", "-f", "-c", ZSH, "zsh", self.script, line).replace("\r", "")
        # Words in columns, or each with its meaning, between the typed line and the next prompt; without a list there is none.
        below, prompt, _ = shown.partition("ready>")
        rows = below.split("\n")[1:] if prompt else []
        words = [word for row in rows for word in re.split(r"\s{2,}", row.split(" -- ")[0].strip())]
        return sorted(word.replace("\\ ", " ") for word in words if word)


del Completions  # what is left are the shells


if __name__ == "__main__":
    unittest.main(verbosity=2)
