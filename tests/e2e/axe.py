"""Axe, which looks for what keeps people out of a page."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from dev.processes import wait_for

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """
async (root) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(root, { runOnly: tags });
  return violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html.slice(0, 150))]);
}
"""
# Two frames on, so that what was just changed has begun to fade.
MOVING = """
() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const fades = (one) => one.effect.getTiming().iterations === 1;
  done(document.getAnimations().filter(fades).length);
})))
"""

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def findings_in_all_colours(page: Page, root: str = "html") -> list[list[str]]:
    """The same page in a light and a dark environment."""
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found += [[scheme, *each] for each in findings(page, root)]
    return found


def findings(page: Page, root: str = "html") -> list[list[str]]:
    """What axe finds, once nothing moves: it measures colours, which a fade would spoil."""
    assert wait_for(lambda: page.evaluate(MOVING) == 0, 20)
    page.evaluate(AXE.read_text())
    found: list[list[str]] = page.evaluate(AXE_RUN, root)
    return found
