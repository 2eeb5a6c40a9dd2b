#!/usr/bin/env python3
"""The page for phones in the languages of browsers, and with the large letters that some need."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
import stage  # noqa: E402,F401  (first: it knows where the rest is)

from fixture import main  # noqa: E402
from page_case import PageCase  # noqa: E402
from phone_browser import PhoneBrowser  # noqa: E402

# A word that is cut in the middle, since its button is too narrow: a part of it stands on the next line.
CUT = """[...document.querySelectorAll("#order-buttons b")].filter((e) => e.getClientRects().length && e.offsetHeight > 1.6 * parseFloat(getComputedStyle(e).fontSize)).map((e) => e.textContent)"""


class Languages(PageCase):
    def test_1_each_language(self):
        for language, off, nobody in (("de-AT", "Aus", "Niemand telefoniert"), ("fr-FR", "Désactivée", "Personne n’est en appel"),
                                      ("es-ES", "Desactivado", "Nadie está en una llamada"), ("it-IT", "Off", "Nobody is on a call")):
            with self.subTest(language):
                self.phone.speak(language)
                self.phone.open(self.stage.url)
                self.assert_well_made(f"{language}-login")
                self.stage.log_in()
                self.assert_says("#qos-title", off)
                self.assert_says("#call-title", nobody)
                self.assertEqual(self.phone.evaluate("document.documentElement.lang"), "en" if language == "it-IT" else language[:2])
                self.assert_well_made(language)
                self.phone.resize(360, 640)
                self.assertEqual(self.phone.evaluate(CUT), [])
                self.phone.resize(390, 844)
                self.phone.tap("#order-on")
                self.is_soon(True)
                time.sleep(0.5)
                self.assert_well_made(f"{language}-on")
                self.phone.tap("#order-auto")
                self.is_soon(False)
                time.sleep(0.5)
        self.phone.speak("en-GB")

    def test_2_letters_of_twice_the_size(self):
        with PhoneBrowser(self.stage.home, "laptop", 360, 640, letters_px=32, language="de-DE", port=9223) as large:
            large.open(self.stage.url)
            self.assertEqual(large.evaluate("getComputedStyle(document.body).fontSize"), "32px")
            self.assert_well_made("large-login", large)
            self.stage.log_in(large)
            self.assert_says("#qos-title", "Aus", phone=large)
            self.assert_well_made("large", large)


if __name__ == "__main__":
    main()
