#!/usr/bin/env python3
"""The page for phones says the same in each of its languages: the same keys with the same values in them, all that is used, nothing else."""

from __future__ import annotations

import json
import os
import re
import unittest
from pathlib import Path

PAGE = Path(os.environ.get("VOIP_SOURCE_DIR") or Path(__file__).resolve().parents[2]) / "integrations" / "phone" / "page"
LANGUAGES = ("de", "en", "es", "fr")
# Keys that are put together: say(`qos_${qos}`).
MADE = re.compile(r"`([a-z_]*)\$\{[^}]+\}([a-z_]*)`")


class Words(unittest.TestCase):
    def setUp(self):
        self.words = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (PAGE / "words").glob("*.json")}
        self.code = "".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")) + (PAGE / "index.html").read_text(encoding="utf-8")

    def test_each_language_has_every_word_with_the_same_values(self):
        self.assertEqual(sorted(self.words), sorted(LANGUAGES))
        english = self.words["en"]
        for language, words in self.words.items():
            self.assertEqual(list(words), list(english), f"{language}: other keys, or in another order")
            for key, text in words.items():
                with self.subTest(f"{language}: {key}"):
                    self.assertTrue(text.strip())
                    self.assertEqual(sorted(re.findall(r"\{\w+\}", text)), sorted(re.findall(r"\{\w+\}", english[key])))

    def test_each_word_that_is_asked_for_is_there(self):
        asked = set(re.findall(r'data-word="(\w+)"', self.code)) | set(re.findall(r'say\("(\w+)"', self.code))
        self.assertGreater(len(asked), 30)
        self.assertEqual(asked - set(self.words["en"]), set())

    def test_no_word_is_there_in_vain(self):
        made = [re.compile(f"{begin}\\w+{end}") for begin, end in MADE.findall(self.code) if begin or end]
        for key in self.words["en"]:
            self.assertTrue(f'"{key}"' in self.code or any(pattern.fullmatch(key) for pattern in made), f"nobody says {key}")

    def test_the_page_names_nothing_from_elsewhere_and_holds_no_script_or_style_of_its_own(self):
        html = (PAGE / "index.html").read_text(encoding="utf-8")
        self.assertIn("default-src 'none'; script-src 'self'; style-src 'self'", html)
        self.assertEqual(re.findall(r'(?:src|href)="([^"]*(?://|:)[^"]*)"', html), [])
        self.assertEqual(re.findall(r"<style|style=|<script(?! src=)|\son\w+=", html), [])
        self.assertNotRegex(self.code, r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(")


if __name__ == "__main__":
    unittest.main(verbosity=2)
