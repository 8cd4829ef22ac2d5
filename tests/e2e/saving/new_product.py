"""The form of a new product, filled in."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.panel import (
    TILE,
)
from tests.e2e.shop import save

NAME, PRICE = "[name=name]", "[name=price]"
PRODUCT = re.compile(r"/products/\d+/$")
UNSAVED = re.compile(r"/products/new/\d+/$")
MAKE = "**/products/unsaved/"


def fill(page: Page, name: str) -> None:
    page.fill(NAME, name)
    page.fill(PRICE, "12.50")


def save_and_open(page: Page) -> None:
    save(page)
    page.wait_for_url(PRODUCT)


def on_server(page: Page, count: int) -> None:
    expect(page.locator(TILE)).to_have_count(count)


def hold_answers(page: Page) -> None:
    """The server gets the photos that are sent from now on, and the page hears nothing of it."""
    network = page.context.new_cdp_session(page)

    def let_lists_through(paused: dict[str, Any]) -> None:
        if paused["request"]["method"] == "GET":
            network.send("Fetch.continueRequest", {"requestId": paused["requestId"]})

    network.on("Fetch.requestPaused", let_lists_through)
    pattern = {"urlPattern": "*/images/", "requestStage": "Response"}
    network.send("Fetch.enable", {"patterns": [pattern]})
