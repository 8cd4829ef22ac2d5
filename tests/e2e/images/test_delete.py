"""Deleting images, one or several, and everything that brings them back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    answering,
    is_order,
    open_synced,
    saved_names,
    stop_the_clock,
    tile,
    toast,
)

pytestmark = ON_S3

DELETE_URL = "**/products/images/*/delete/"
REORDER_URL = "**/reorder-images/"
FADE_FOR = """
(wanted) => {
  const later = window.setTimeout;
  window.setTimeout = (what, after) => later(what, after === 150 ? wanted : after);
}
"""
START = ["one.jpg", "two.jpg", "three.jpg", "four.jpg"]


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    open_synced(page, small_photos[:4])
    return page


def delete(page: Page, name: str, hand: str = "mouse") -> None:
    button = tile(page, name).locator("[data-delete]")
    if hand == "mouse":
        tile(page, name).hover()
        button.click()
    else:
        button.focus()
        page.keyboard.press("Enter")


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_the_image_goes_at_once_and_undo_brings_it_back_to_its_place(
    product: Page, hand: str
) -> None:
    gate = Gate(product, DELETE_URL)
    delete(product, "two.jpg", hand)
    # Before the server has answered.
    expect(tile(product, "two.jpg")).to_have_count(0)
    expect(tile(product, "three.jpg").locator("[data-delete]")).to_be_focused()
    gate.wait_for(1)
    gate.open()
    undo = toast(product, "Image deleted").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    is_order(product, ["one.jpg", "three.jpg", "four.jpg"])
    if hand == "mouse":
        undo.click()
    else:
        undo.focus()
        product.keyboard.press("Enter")
    toast(product, "Image restored")
    expect(product.locator(TILE)).to_have_count(4)
    is_order(product, START)


def test_the_focus_goes_to_the_next_tile_and_from_the_last_to_the_one_before(
    product: Page,
) -> None:
    delete(product, "three.jpg", "keyboard")
    expect(tile(product, "four.jpg").locator("[data-delete]")).to_be_focused()
    delete(product, "four.jpg", "keyboard")
    expect(tile(product, "two.jpg").locator("[data-delete]")).to_be_focused()


def test_the_undo_stays_while_the_pointer_or_the_focus_is_on_it(product: Page) -> None:
    stop_the_clock(product)
    delete(product, "one.jpg")
    product.clock.run_for(1_000)
    undo = toast(product, "Image deleted").get_by_role("button", name="Undo")
    undo.hover()
    product.clock.run_for(60_000)
    expect(undo).to_be_visible()
    undo.focus()
    product.mouse.move(0, 0)
    product.clock.run_for(60_000)
    expect(undo).to_be_visible()
    product.locator("h1").click()
    undo.evaluate("undo => undo.blur()")
    product.clock.run_for(9_000)
    expect(undo).to_be_visible()
    product.clock.run_for(2_000)
    expect(undo).to_have_count(0)


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_recently_deleted_restores_until_its_time_ends(product: Page, hand: str) -> None:
    delete(product, "one.jpg")
    delete(product, "two.jpg")
    box = product.locator("[data-deleted]")
    expect(box.locator("[data-deleted-count]")).to_have_text("2")
    summary = box.locator("summary")
    restore = box.get_by_role("button", name="Restore one.jpg")
    if hand == "mouse":
        summary.click()
        restore.click()
    else:
        summary.focus()
        product.keyboard.press("Enter")
        restore.focus()
        product.keyboard.press("Enter")
    toast(product, "Image restored")
    expect(box.locator("[data-deleted-count]")).to_have_text("1")
    is_order(product, ["one.jpg", "three.jpg", "four.jpg"])
    expect(box.get_by_role("button", name="Restore two.jpg")).to_be_focused()


def test_what_expired_leaves_the_list_by_itself(product: Page) -> None:
    product.clock.install()
    delete(product, "one.jpg")
    product.clock.run_for(1_000)
    box = product.locator("[data-deleted]")
    expect(box).to_be_visible()
    nothing = {"images": [], "summary": {}, "next_poll_ms": None}
    product.route("**/images/?deleted=1", lambda route: route.fulfill(json=nothing))
    # Less than the silence that ends a request beyond the undo time.
    product.clock.run_for(10 * 60 * 1000 + 5_000)
    expect(box).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "The server is in trouble"), (0, "No answer from the server")]
)
def test_an_image_that_cannot_be_deleted_comes_back(
    product: Page, complaints: Complaints, status: int, reason: str
) -> None:
    complaints.expect("status of 500", "ERR_CONNECTION_RESET")
    with answering(product, DELETE_URL, "POST", status):
        delete(product, "two.jpg")
        toast(product, reason)
    expect(product.locator(TILE)).to_have_count(4)
    is_order(product, START)


@pytest.mark.parametrize("fade", [0, 5000])
def test_moving_and_deleting_right_after_one_another_both_count(product: Page, fade: int) -> None:
    product.evaluate(FADE_FOR, fade)
    orders: list[str] = []
    product.on("request", lambda sent: orders.extend(["order"] * ("reorder" in sent.url)))
    gate = Gate(product, DELETE_URL)
    delete(product, "one.jpg", "keyboard")
    gate.wait_for(1)
    tile(product, "four.jpg").locator("[data-handle]").focus()
    for key in ("Space", "ArrowLeft", "ArrowLeft", "Space"):
        product.keyboard.press(key)
    expect(product.locator(TILE).last).to_have_attribute("data-name", "three.jpg")
    assert orders == [], "the server would miss an image that it is about to lose"
    gate.open()
    toast(product, "Order updated")
    expect(product.locator(TILE)).to_have_count(3)
    is_order(product, ["four.jpg", "two.jpg", "three.jpg"])


def test_uploads_that_end_during_a_deletion_are_put_in_order_after_it(
    page: Page, small_photos: list[Path]
) -> None:
    open_synced(page, small_photos[:2])
    uploads, deletions = Gate(page, UPLOAD_URL), Gate(page, DELETE_URL)
    reorders = Gate(page, REORDER_URL)
    page.set_input_files(PHOTO_INPUT, small_photos[2:])
    uploads.wait_for(3)
    delete(page, "one.jpg")
    deletions.wait_for(1)
    for name in ("five.jpg", "four.jpg", "three.jpg"):
        uploads.let(name)
        expect(tile(page, name)).to_have_attribute("data-id", re.compile(r"\d+"))
    expect(page.locator("[data-images].is-uploading")).to_have_count(0)
    assert saved_names(page) == ["one.jpg", "two.jpg", "three.jpg", "five.jpg", "four.jpg"]
    deletions.open()
    toast(page, "Image deleted")
    # An order that names what was deleted meanwhile would be refused now.
    reorders.open()
    is_order(page, ["two.jpg", "three.jpg", "four.jpg", "five.jpg"])
