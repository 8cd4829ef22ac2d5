"""When the page asks the server, and when it holds on to whoever wants to leave."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, Request, expect

from dev.processes import wait_for
from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    all_safe,
    answering,
    open_product,
    open_synced,
    stop_the_clock,
    tile,
    toast,
)

pytestmark = ON_S3

SET_HIDDEN = """
hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


class Polls:
    """The page's questions about its images."""

    def __init__(self, page: Page) -> None:
        self.asked: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "GET" and UPLOAD_URL.search(request.url):
            self.asked.append(request)


@pytest.mark.usefixtures("paused_consumer")
def test_it_asks_with_an_etag_while_something_waits(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    polls = Polls(page)
    assert wait_for(lambda: page.evaluate("0") == 0 and len(polls.asked) >= 3, 20)
    assert all(request.headers["if-none-match"] for request in polls.asked[1:])
    last = polls.asked[-2].response()
    assert last is not None
    assert last.status == 304


def has_thumbnails(page: Page) -> bool:
    images = page.request.get(f"{page.url}images/").json()["images"]
    return all(image["thumbnail_url"] != image["url"] for image in images)


def test_it_is_quiet_when_nothing_moves(page: Page, small_photos: list[Path]) -> None:
    open_synced(page, small_photos[:1])
    assert wait_for(lambda: has_thumbnails(page), 60, 0.2)
    page.clock.install()
    page.reload()
    expect(page.locator("[data-summary]")).to_contain_text("All images are safe")
    polls = Polls(page)
    page.clock.run_for(60_000)
    page.evaluate("0")
    # One question after loading may still be on its way.
    assert len(polls.asked) <= 1


@pytest.mark.usefixtures("paused_consumer")
def test_a_hidden_page_stops_asking_and_asks_once_when_shown(
    page: Page, small_photos: list[Path]
) -> None:
    open_product(page, small_photos[:1])
    expect(page.locator("[data-summary]")).to_contain_text("Images uploading: 0/1")
    page.evaluate(SET_HIDDEN, True)
    polls = Polls(page)
    stop_the_clock(page)
    page.clock.run_for(60_000)
    page.evaluate("0")
    assert polls.asked == []
    with page.expect_response(UPLOAD_URL):
        page.evaluate(SET_HIDDEN, False)
    page.evaluate("0")
    assert len(polls.asked) == 1


def test_signed_out_it_says_so_once_and_stops(
    context: BrowserContext, page: Page, small_photos: list[Path], complaints: Complaints
) -> None:
    complaints.expect("status of 401")
    open_synced(page, small_photos[:1])
    context.clear_cookies(name="sessionid")
    page.evaluate(SET_HIDDEN, False)
    toast(page, "You are signed out")


# --- Leaving -----------------------------------------------------------------------------------


def asks_before_leaving(page: Page) -> bool:
    """Tell whether the browser asks before it closes the page; then the page stays."""
    asked: list[bool] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type == "beforeunload")
        dialog.dismiss()

    page.once("dialog", stay)
    page.once("close", lambda _: asked.append(False))
    page.close(run_before_unload=True)
    # Any question lets Playwright tell us what has happened meanwhile.
    assert wait_for(lambda: page.context.cookies() is not None and asked, 20)
    return asked[0]


@pytest.fixture
def second_page(context: BrowserContext, page: Page, small_photos: list[Path]) -> Page:
    """A product's page that may be closed while `page` stays; somebody has clicked in it.

    (Browsers ask only where somebody has.)
    """
    other = context.new_page()
    open_synced(other, small_photos[:1])
    other.locator("h1").click()
    return other


def test_leaving_is_held_up_while_bytes_are_in_the_browser(
    second_page: Page, small_photos: list[Path]
) -> None:
    gate = Gate(second_page, UPLOAD_URL)
    second_page.set_input_files(PHOTO_INPUT, small_photos[1])
    gate.wait_for(1)
    assert asks_before_leaving(second_page)
    gate.open()
    expect(second_page.locator(TILE)).to_have_count(2)
    assert not asks_before_leaving(second_page)


def test_leaving_is_held_up_while_a_file_could_not_be_sent(
    second_page: Page, small_photos: list[Path]
) -> None:
    with answering(second_page, UPLOAD_URL, "POST", 500):
        second_page.set_input_files(PHOTO_INPUT, small_photos[1])
        expect(tile(second_page, "two.jpg")).to_have_attribute("data-state", "failed")
    assert asks_before_leaving(second_page)
    tile(second_page, "two.jpg").get_by_role("button", name="Dismiss").click()
    all_safe(second_page)
    assert not asks_before_leaving(second_page)


def test_leaving_is_free_while_only_the_server_is_busy(
    second_page: Page, small_photos: list[Path], paused_consumer: None
) -> None:
    second_page.set_input_files(PHOTO_INPUT, small_photos[1])
    expect(second_page.locator(TILE)).to_have_count(2)
    expect(second_page.locator("[data-summary]")).to_contain_text("You can close this page")
    assert not asks_before_leaving(second_page)
