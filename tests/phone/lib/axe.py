"""axe-core's findings on the page that is open, by the rules of WCAG 2.2 AA and its own best practices. It is not part of the page."""

from __future__ import annotations

from stage import ROOT

AXE = ROOT / "build" / "phone-page" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(
  (result) => result.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.target + " " + n.any.map((a) => a.message)).join("; ")}`))"""


def findings(phone) -> list[str]:
    if not phone.evaluate("typeof axe === 'object'"):
        phone.evaluate(AXE.read_text() + "; 0")
    return phone.evaluate(RUN)
