#!/usr/bin/env python3
"""The documents are true as far as a program can tell: links, commands, configurations, the map of the code.

Of a code block that is TOML with a table in it the whole is a configuration, and must be accepted; that a file which it names is not on
this machine does not count. One without a table is a part of something and is let alone.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("VOIP_SOURCE_DIR") or Path(__file__).resolve().parents[2])
PROGRAM = os.environ.get("VOIP_QOSD") or str(ROOT / "build" / "dev" / "voip-qosd")
SKIPPED = 77
README_LINES = 200

FENCE = re.compile(r"^\s*```(\w*)\s*$")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)|!\[[^\]]*\]\(([^()\s]+)\)")
COMMAND = re.compile(r"(?:^|[\s'(\"|])voip-qosd ([a-z][a-z-]*)([^;&#|>]*(?:\\\|[^;&#|>]*)*)")
SPAN = re.compile(r"`([^`\n]+)`")
ROOM = re.compile(r"^voip_room\(([\w/]+)([^)]*)\)", re.MULTILINE)


def documents() -> list[Path]:
    try:
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], capture_output=True, text=True, check=True).stdout.split()
        paths = [ROOT / name for name in listed]
    except (OSError, subprocess.CalledProcessError):  # sources without a repository
        paths = [path for path in ROOT.rglob("*.md") if "build" not in path.relative_to(ROOT).parts]
    return sorted(path for path in paths if path.exists())


class Document:
    """Text and code blocks apart, with the numbers of their lines."""

    def __init__(self, path: Path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.text: list[tuple[int, str]] = []
        self.blocks: list[tuple[int, str, list[str]]] = []  # first line, language, lines
        block = None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            fence = FENCE.match(line)
            if block is None and fence:
                block = (number + 1, fence[1], [])
                self.blocks.append(block)
            elif block is not None and fence and not fence[1]:
                block = None
            elif block is not None:
                block[2].append(line)
            else:
                self.text.append((number, line))
        assert block is None, f"{self.name}: a code block has no end"

    @functools.cached_property
    def anchors(self) -> set[str]:
        """As GitHub, GitLab and Gitea make them of headings."""
        found: set[str] = set()
        for _, line in self.text:
            heading = re.match(r"#{1,6} (.*)", line)
            if heading:
                plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
                anchor = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
                number = 1
                unique = anchor
                while unique in found:
                    unique, number = f"{anchor}-{number}", number + 1
                found.add(unique)
        return found


@functools.lru_cache(maxsize=None)
def document(path: Path) -> Document:
    return Document(path)


@functools.lru_cache(maxsize=None)
def help_of(command: str) -> str | None:
    done = subprocess.run([PROGRAM, "help", *([command] if command else [])], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout if done.returncode == 0 else None


class Documents(unittest.TestCase):
    def test_the_readme_is_short(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()), README_LINES)

    def test_each_relative_link_leads_somewhere(self):
        links = 0
        for path in documents():
            for number, line in document(path).text:
                for target in filter(None, (part for match in LINK.findall(re.sub(r"`[^`]*`", "``", line)) for part in match)):
                    if re.match(r"[a-z]+:", target):
                        continue
                    links += 1
                    with self.subTest(f"{document(path).name}:{number}: {target}"):
                        file, _, anchor = target.partition("#")
                        there = (path.parent / file).resolve() if file else path
                        self.assertTrue(there.exists(), "there is no such file")
                        self.assertIn(ROOT.resolve(), [there, *there.parents], "it leads out of the project")
                        if anchor:
                            self.assertIn(anchor, document(there).anchors, "there is no such heading")
        self.assertGreater(links, 50)

    def test_each_command_is_one_that_the_program_knows_with_its_options(self):
        commands = 0
        for path in documents():
            code = [(number + i, line) for number, _, lines in document(path).blocks for i, line in enumerate(lines)]
            code += [(number, span) for number, line in document(path).text for span in SPAN.findall(line)]
            for number, line in code:
                for command, rest in COMMAND.findall(line):
                    commands += 1
                    with self.subTest(f"{document(path).name}:{number}: {line.strip()}"):
                        text = help_of(command)
                        self.assertIsNotNone(text, f"voip-qosd help {command} knows nothing of it")
                        for option in re.findall(r"--[a-z][a-z-]*", rest):
                            self.assertTrue(re.search(rf"(?m)^\s+(-\w,)?{option}\b", text or ""), f"{command} has no option {option}")
        self.assertGreater(commands, 30)

    def test_each_command_of_the_program_is_explained(self):
        known = re.findall(r"^  ([a-z][a-z-]*)  ", (help_of("") or "").partition("Commands:")[2], re.MULTILINE)
        self.assertGreater(len(known), 8)
        text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
        for command in known:
            with self.subTest(command):
                self.assertTrue(re.search(rf"(?m)^\|.*`(voip-qosd )?{command}\b.*\|$", text), "docs/commands.md has no row for it")

    def test_each_configuration_is_accepted(self):
        configurations = 0
        for path in documents():
            for number, language, lines in document(path).blocks:
                if language != "toml" or not any(re.match(r"\s*\[", line) for line in lines):
                    continue
                configurations += 1
                with self.subTest(f"{document(path).name}:{number}"), tempfile.TemporaryDirectory() as folder:
                    file = Path(folder, "voip-qosd.toml")
                    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
                    done = subprocess.run([PROGRAM, "check-config", "--config", str(file)], capture_output=True, text=True, timeout=20, check=False)
                    told = (done.stdout + done.stderr).splitlines()
                    self.assertTrue(told, "it says nothing")
                    if done.returncode != 0:
                        self.assertEqual([line for line in told if "No such file or directory" not in line], [])
        self.assertGreater(configurations, 3)

    def test_each_actuator_and_detector_is_explained(self):
        for key, page in (("qos.actuator", "shapers.md"), ("detector.use", "detection.md")):
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "voip-qosd.toml")
                file.write_text(f'{key} = "is-none-of-them"\n', encoding="utf-8")
                done = subprocess.run([PROGRAM, "check-config", "--config", str(file)], capture_output=True, text=True, timeout=20, check=False)
            names = set(re.findall(r'"([a-z][a-z-]*)"', done.stdout + done.stderr)) - {"is-none-of-them"}
            self.assertGreater(len(names), 1, done.stdout + done.stderr)
            text = (ROOT / "docs" / page).read_text(encoding="utf-8")
            for name in names:
                with self.subTest(f"{key} = {name}"):
                    self.assertTrue(f"`{name}`" in text, f"docs/{page} does not tell of it")


class MapOfTheCode(unittest.TestCase):
    def test_each_path_exists(self):
        paths = 0
        for name in ("src/README.md", "docs/contributing.md", "docs/detection.md"):
            for number, line in document(ROOT / name).text:
                for span in SPAN.findall(line):
                    if not re.fullmatch(r"[\w./*{},-]+", span) or "NAME" in span or not ("/" in span or re.search(r"\.(cpp|h|py|def|json)$", span)) or span.startswith(("/", "ports/*")):
                        continue
                    paths += 1
                    with self.subTest(f"{name}:{number}: {span}"):
                        for one in _spelt_out(span.removeprefix("./")):
                            self.assertTrue(self._is_there(one), f"{one}: there is nothing of that name")
        self.assertGreater(paths, 100)

    @staticmethod
    def _is_there(path: str) -> bool:
        """From the top, in src/ or in tests/; a bare name of a file anywhere there."""
        if "/" not in path:
            return any(True for top in ("src", "tests") for _ in (ROOT / top).rglob(path))
        return any(True for top in (ROOT, ROOT / "src", ROOT / "tests") for _ in top.glob(path.rstrip("/")))

    def test_the_table_of_rooms_is_that_of_cmake(self):
        text = re.sub(r"\$\{\w+\}", "", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
        rooms = {room: set(rest.split("LIBRARIES")[0].replace("LINKS", "").split()) for room, rest in ROOM.findall(text)}
        rows = dict(re.findall(r"(?m)^\| `([\w/]+)` \|[^|]*\|([^|]*)\|$", (ROOT / "src" / "README.md").read_text(encoding="utf-8")))
        self.assertEqual(set(rows), set(rooms))
        for room, links in rooms.items():
            if room != "app":  # which links them all
                with self.subTest(room):
                    self.assertEqual(set(SPAN.findall(rows[room])), links)

    def test_each_room_that_is_not_open_has_its_contract_header(self):
        text = (ROOT / "src" / "README.md").read_text(encoding="utf-8")
        sentence = re.search(r"private\. (.*?) are open:", text, re.DOTALL)
        assert sentence, "which rooms are open?"
        open_rooms = set(SPAN.findall(sentence[1]))
        for folder in sorted({path.parent for path in (ROOT / "src").rglob("*.h")}):
            room = str(folder.relative_to(ROOT / "src"))
            if room not in open_rooms | {"app"}:
                with self.subTest(room):
                    self.assertTrue((folder / f"{folder.name}.h").exists())


def _spelt_out(path: str) -> list[str]:
    braces = re.match(r"(.*)\{(.*)\}(.*)", path)
    return [braces[1] + part + braces[3] for part in braces[2].split(",")] if braces else [path]


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print(f"SKIPPED: {PROGRAM} is not built")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
