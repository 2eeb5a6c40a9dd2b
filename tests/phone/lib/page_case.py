"""One stage with the page open for all tests of a class, and what they hold the page against."""

from __future__ import annotations

import os
import time
import unittest
from pathlib import Path

from stage import Stage  # (first: it knows where the rest is)

from axe import findings
from daemon import is_shaped
from fixture import wait_until
from home import Unavailable
from phone_browser import PhoneBrowser

PICTURES = os.environ.get("VOIP_PICTURES")
SIZES = {"390x844": (390, 844), "360x640": (360, 640)}
# What Chromium shows that is smaller than a finger.
TOO_SMALL = """[...document.querySelectorAll("button, input:not([type=checkbox]), summary, .tick")].filter((e) => e.checkVisibility())
  .filter((e) => { const b = e.getBoundingClientRect(); return b.width < 44 || b.height < 44; }).map((e) => e.id || e.outerHTML)"""
OVER_THE_EDGE = "document.documentElement.scrollWidth - innerWidth"


class PageCase(unittest.TestCase):
    """In the order of the names, on one stage."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.stage = Stage().__enter__()
        except Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from reason
        cls.phone = cls.stage.phone

    @classmethod
    def tearDownClass(cls):
        cls.stage.close()

    def assert_says(self, selector: str, wanted: str, seconds: float = 10, phone: PhoneBrowser | None = None) -> None:
        phone = phone or self.phone
        wait_until(lambda: wanted in phone.text(selector), seconds)
        self.assertIn(wanted, phone.text(selector), f"{selector}\n{self.stage.daemon.log_text()[-1500:]}")

    def assert_well_made(self, name: str, phone: PhoneBrowser | None = None) -> None:
        """In both sizes, light and dark: nothing for axe-core, nothing over the edge, nothing too small for a finger."""
        phone = phone or self.phone
        for size, (width, height) in SIZES.items():
            phone.resize(width, height)
            for is_dark in (False, True):
                phone.prefer_dark(is_dark)
                shade = "dark" if is_dark else "light"
                with self.subTest(f"{name} {size} {shade}"):
                    time.sleep(0.2)
                    self.assertEqual(findings(phone), [])
                    self.assertLessEqual(phone.evaluate(OVER_THE_EDGE), 0, "it can be pushed sideways")
                    self.assertEqual(phone.evaluate(TOO_SMALL), [])
                    self.picture(f"{name}-{size}-{shade}", phone)
        phone.prefer_dark(False)
        phone.resize(*SIZES["390x844"])
        self.assertEqual(phone.complaints(), [])

    def picture(self, name: str, phone: PhoneBrowser | None = None) -> None:
        if PICTURES:
            (phone or self.phone).picture(Path(PICTURES) / f"{name}.png")

    def assert_no_orders(self, reason: str) -> None:
        """Said why, and a tap does nothing."""
        self.assert_says("#order-said", reason)
        for order in ("on", "off", "auto"):
            self.assertEqual(self.phone.evaluate(f"document.querySelector('#order-{order}').getAttribute('aria-disabled')"), "true")
            self.phone.tap(f"#order-{order}")
        time.sleep(0.5)
        self.assertEqual(self.phone.text("#order-said"), reason)
        self.assertFalse(is_shaped(self.stage.home))

    def is_soon(self, shaped: bool) -> None:
        self.assertTrue(wait_until(lambda: is_shaped(self.stage.home) == shaped, 10), self.stage.daemon.log_text())

    def give(self, order: str, shaped: bool | None = None) -> None:
        """A tap, and the whole way of it."""
        self.phone.tap(f"#order-{order}")
        self.assertTrue(wait_until(lambda: self.stage.daemon.status()["mode"] == order, 10), self.phone.text("#order-said"))
        if shaped is not None:
            self.is_soon(shaped)
        self.assert_says("#order-said", "Done.")
