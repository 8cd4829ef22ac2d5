"""Uploads that fail say why on their tile, stay there, and can be tried again."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    all_safe,
    answering,
    focused_in,
    is_order,
    open_synced,
    refused,
    tile,
)
from tests.e2e.shop import send

pytestmark = ON_S3

TROUBLE = {
    0: "No answer from the server",
    413: "too large",
    500: "The server is in trouble",
    507: "The server is in trouble",
}


@pytest.fixture
def product(page: Page, small_photos: list[Path], complaints: Complaints) -> Page:
    complaints.expect("Failed to load resource")
    open_synced(page, small_photos[:1])
    return page


def fails(page: Page, name: str, reason: str) -> None:
    expect(tile(page, name)).to_have_attribute("data-state", "failed")
    expect(tile(page, name).locator("[data-reason]")).to_contain_text(reason)
    # Visible without hovering, and named above the grid.
    page.mouse.move(0, 0)
    expect(tile(page, name).locator("[data-retry]")).to_be_visible()
    expect(page.locator("[data-failures]")).to_contain_text(name)
    expect(page.locator("[data-toasts]")).to_contain_text(f"{name} failed")


@pytest.mark.parametrize("status", TROUBLE)
def test_retry_on_the_tile_sends_the_file_again(
    product: Page, small_photos: list[Path], status: int
) -> None:
    with answering(product, UPLOAD_URL, "POST", status):
        product.set_input_files(PHOTO_INPUT, small_photos[1])
        fails(product, "two.jpg", TROUBLE[status])
    retry = tile(product, "two.jpg").locator("[data-retry]")
    retry.focus()
    product.keyboard.press("Enter")
    expect(product.locator(TILE)).to_have_count(2)
    all_safe(product)
    expect(product.locator("[data-failures]")).to_be_hidden()


def test_a_file_over_the_limit_is_not_even_sent(product: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as stream:
        stream.truncate(25 * 1024**2 + 1)
    sent: list[str] = []
    product.on("request", lambda request: sent.append(request.method))
    product.set_input_files(PHOTO_INPUT, large)
    expect(refused(product)).to_contain_text(
        "large.jpg: This file is too large. The limit is 25 MB"
    )
    expect(tile(product, "large.jpg")).to_have_count(0)
    assert "POST" not in sent


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_a_failed_file_is_dismissed(product: Page, small_photos: list[Path], hand: str) -> None:
    with answering(product, UPLOAD_URL, "POST", 500):
        product.set_input_files(PHOTO_INPUT, small_photos[1])
        fails(product, "two.jpg", TROUBLE[500])
    button = tile(product, "two.jpg").get_by_role("button", name="Dismiss")
    if hand == "mouse":
        button.click()
    else:
        button.focus()
        product.keyboard.press("Enter")
    expect(tile(product, "two.jpg")).to_have_count(0)
    expect(product.locator("[data-failures]")).to_be_hidden()
    expect(product.locator("[data-summary]")).to_contain_text("All images are safe in storage")
    assert focused_in(product, "[data-add]")


def test_offline_all_fail_and_retry_all_sends_them_when_the_network_is_back(
    context: BrowserContext, product: Page, small_photos: list[Path]
) -> None:
    context.set_offline(True)
    product.set_input_files(PHOTO_INPUT, small_photos[1:4])
    for path in small_photos[1:4]:
        fails(product, path.name, TROUBLE[0])
    context.set_offline(False)
    product.get_by_role("button", name="Retry all").click()
    expect(product.locator(TILE)).to_have_count(4)
    all_safe(product)
    is_order(product, [path.name for path in small_photos[:4]])


def test_after_a_new_sign_in_in_another_tab_retry_works(
    context: BrowserContext, product: Page, small_photos: list[Path]
) -> None:
    session = [one for one in context.cookies() if one["name"] == "sessionid"]
    assert session
    context.clear_cookies(name="sessionid")
    product.set_input_files(PHOTO_INPUT, small_photos[1])
    fails(product, "two.jpg", "You are signed out")
    other = context.new_page()
    other.goto("/accounts/login/?next=/products/")
    other.fill("[name=username]", "demo")
    other.fill("[name=password]", "demo")
    other.click("main button")
    other.wait_for_url(re.compile(r"/products/$"))
    other.close()
    tile(product, "two.jpg").locator("[data-retry]").click()
    expect(product.locator(TILE)).to_have_count(2)
    all_safe(product)


def test_after_a_dismissed_file_the_page_still_follows_the_server(
    product: Page, small_photos: list[Path]
) -> None:
    with answering(product, UPLOAD_URL, "POST", 500):
        product.set_input_files(PHOTO_INPUT, small_photos[1])
        fails(product, "two.jpg", TROUBLE[500])
    tile(product, "two.jpg").get_by_role("button", name="Dismiss").click()
    image = product.locator(TILE).get_attribute("data-id")
    assert send(product, f"/products/images/{image}/delete/").status == 200
    product.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(product.locator(TILE)).to_have_count(0)
