#!/usr/bin/env python3
"""The manual page: groff and mandoc, where they are installed, have nothing to say against it; it knows every command."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["VOIP_QOSD"]
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "FILES", "SIGNALS", "ENVIRONMENT", "SEE ALSO", "HISTORY"]


def output(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=True).stdout


class Manual(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.page = pathlib.Path(folder.name) / "voip-qosd.8"
        self.page.write_text(output("help", "--man"))

    def complaints(self, tool, *arguments):
        if shutil.which(tool) is None:
            print(f"SKIPPED: {tool} is not installed", file=sys.stderr)
            self.skipTest(f"{tool} is not installed")
        done = subprocess.run([tool, *arguments, self.page], capture_output=True, text=True, check=False)
        return done.stderr + (done.stdout if tool == "mandoc" else "")

    def test_groff_is_content(self):
        self.assertEqual(self.complaints("groff", "-man", "-ww", "-K", "utf-8", "-T", "utf8", "-Z"), "")

    def test_mandoc_is_content(self):
        self.assertEqual(self.complaints("mandoc", "-T", "lint"), "")

    def test_it_has_its_sections_and_every_command(self):
        lines = self.page.read_text().splitlines()
        self.assertEqual([line[4:] for line in lines if line.startswith(".SH ")], SECTIONS)
        rows = output("--help").split("Commands:")[1].split("Options:")[0].splitlines()
        commands = [row.split()[0] for row in rows if row.startswith("  ") and row[2] != " "]
        self.assertIn("replay", commands)
        explained = [line[4:].replace("\\-", "-") for line in lines if line.startswith(".SS ")]
        self.assertEqual(explained, commands)


if __name__ == "__main__":
    unittest.main(verbosity=2)
