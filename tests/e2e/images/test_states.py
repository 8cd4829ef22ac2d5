"""What becomes of a file, as its tile and the line above the grid tell it."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dev.processes import wait_for
from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    all_safe,
    open_product,
    open_synced,
    tile,
)
from tests.support.storages import Storage

pytestmark = ON_S3


def badge(page: Page, name: str) -> Locator:
    return tile(page, name).locator("[data-badge] .badge")


def summary(page: Page) -> Locator:
    return page.locator("[data-summary]")


def has_icon_word_and_tone(page: Page, name: str, tone: str) -> None:
    """State is never told by colour alone."""
    expect(badge(page, name).locator("svg")).to_be_visible()
    assert badge(page, name).inner_text().strip()
    wanted = page.evaluate(
        """tone => {
          const probe = document.createElement("i");
          probe.style.color = `var(--${tone})`;
          document.body.append(probe);
          const { color } = getComputedStyle(probe);
          probe.remove();
          return color;
        }""",
        tone,
    )
    expect(badge(page, name)).to_have_css("color", wanted)


@pytest.mark.usefixtures("paused_consumer")
def test_uploading_then_queued(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    gate = Gate(page, UPLOAD_URL)
    page.set_input_files(PHOTO_INPUT, small_photos[1])
    gate.wait_for(1)
    expect(badge(page, "two.jpg")).to_contain_text("Uploading 0%")
    has_icon_word_and_tone(page, "two.jpg", "accent")
    expect(summary(page)).to_contain_text("Images uploading: 0/2")
    expect(page.locator("[data-can-close]")).to_be_hidden()
    gate.open()
    expect(badge(page, "two.jpg")).to_have_text("Queued")
    has_icon_word_and_tone(page, "two.jpg", "muted")
    expect(tile(page, "two.jpg").locator("[data-picture]")).to_have_css("opacity", "1")
    # Only the server is busy now.
    expect(summary(page)).to_contain_text("You can close this page")


CLASSES = """
() => {
  window.classes = [];
  const tile = document.querySelector("[data-tile][data-id]");
  new MutationObserver(() => window.classes.push(tile.className)).observe(tile, {
    attributeFilter: ["class"],
  });
}
"""


def test_syncing_while_the_storage_is_slow_then_synced_for_two_seconds(
    page: Page, storage: Storage, photos: list[Path]
) -> None:
    page.goto("/products/new/")
    storage.hold()
    try:
        open_product(page, photos[:1])
        expect(badge(page, "one.jpg")).to_contain_text("Syncing")
        has_icon_word_and_tone(page, "one.jpg", "accent")
        # The picture is fully usable meanwhile.
        expect(tile(page, "one.jpg").locator("[data-picture]")).to_have_css("opacity", "1")
        expect(summary(page)).to_contain_text("You can close this page")
        page.evaluate(CLASSES)
    finally:
        storage.resume()
    assert wait_for(lambda: "is-fresh" in page.evaluate("window.classes.join(' ')"), 90, 0.1)
    has_icon_word_and_tone(page, "one.jpg", "success")
    expect(badge(page, "one.jpg")).to_have_css("opacity", "0")
    all_safe(page)


class Told:
    """The server's list as it is now, with something of its first image changed."""

    def __init__(self, page: Page) -> None:
        self._body: dict[str, Any] = page.request.get(f"{page.url}images/").json()
        self.changes: dict[str, Any] = {}
        page.route(UPLOAD_URL, self._answer)

    def _answer(self, route: Route) -> None:
        first, *others = self._body["images"]
        body = {**self._body, "images": [{**first, **self.changes}, *others], "next_poll_ms": 100}
        date = {"Date": format_datetime(datetime.now(UTC), usegmt=True)}
        route.fulfill(json=body, headers=date)


def test_the_ring_has_a_number_only_where_the_server_knows_one(
    page: Page, small_photos: list[Path]
) -> None:
    open_synced(page, small_photos[:1])
    told = Told(page)
    told.changes = {"state": "transferring", "progress": 42}
    page.reload()
    expect(badge(page, "one.jpg")).to_have_text("Syncing 42%")
    ring = badge(page, "one.jpg").locator("[data-ring]")
    expect(ring).to_have_css("width", "20px")
    expect(ring).to_have_css("--progress", "42")
    expect(ring).to_have_css("animation-name", "none")
    told.changes = {"state": "transferring", "progress": None}
    expect(badge(page, "one.jpg")).to_have_text("Syncing")
    expect(ring).to_have_css("animation-name", "ring-turn")


def test_retrying_counts_the_seconds_down_by_the_servers_clock(
    page: Page, small_photos: list[Path]
) -> None:
    open_synced(page, small_photos[:1])
    told = Told(page)
    at = datetime.now(UTC) + timedelta(seconds=30)
    told.changes = {"state": "staged", "progress": 0, "retry_at": at.isoformat()}
    # A clock that is an hour behind does not matter.
    page.clock.install(time=datetime.now(UTC) - timedelta(hours=1))
    page.reload()
    seen: set[int] = set()

    def counts_down() -> bool:
        page.clock.run_for(1_000)
        match = re.search(r"Retrying in (\d+) s", badge(page, "one.jpg").inner_text())
        seen.update([int(match[1])] if match else [])
        return len(seen) >= 3

    assert wait_for(counts_down, 20), seen
    assert max(seen) <= 31
    has_icon_word_and_tone(page, "one.jpg", "warning")
    told.changes["retry_at"] = (at - timedelta(hours=2)).isoformat()

    def is_time() -> bool:
        page.clock.run_for(1_000)
        return badge(page, "one.jpg").inner_text().strip() == "Retrying"

    assert wait_for(is_time, 20)


def test_failed_has_a_line_a_reason_and_retry(page: Page, small_photos: list[Path]) -> None:
    open_synced(page, small_photos[:2])
    told = Told(page)
    error = {"code": "remote_refused", "message": "The storage does not accept this file."}
    told.changes = {"state": "failed", "progress": 0, "error": error}
    page.reload()
    failed = tile(page, "one.jpg")
    expect(failed.locator("[data-reason]")).to_have_text(error["message"])
    expect(failed.locator("[data-retry]")).to_be_visible()
    has_icon_word_and_tone(page, "one.jpg", "critical")
    expect(failed.locator(".tile__frame")).to_have_css(
        "box-shadow", re.compile("2px inset|inset .*2px")
    )
    expect(page.locator("[data-failures]")).to_contain_text("one.jpg")
    expect(page.locator("[data-toasts]")).to_contain_text(f"one.jpg failed: {error['message']}")
    expect(summary(page)).to_contain_text("Images in storage: 1/2")


ANNOUNCED = """
() => {
  window.announced = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) window.announced.push(node.textContent.trim());
  }).observe(document.querySelector("[data-toasts]"), { childList: true });
}
"""


def test_only_milestones_are_announced(page: Page, small_photos: list[Path]) -> None:
    open_synced(page, small_photos[:1])
    expect(page.get_by_role("status").first).to_have_attribute("aria-atomic", "false")
    page.evaluate(ANNOUNCED)
    page.set_input_files(PHOTO_INPUT, small_photos[1:])
    expect(page.locator(TILE)).to_have_count(5)
    all_safe(page)
    announced: list[str] = page.evaluate("window.announced")
    assert announced[0] == "Images uploading: 1/5"
    assert announced[-1] == "All images are safe in storage"
    assert set(announced[1:-1]) <= {"Half of the images are in storage"}
