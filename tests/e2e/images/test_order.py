"""Reordering images: by mouse, finger, keyboard and menu, and when the server will not have it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    TILE,
    answering,
    is_order,
    names,
    open_menu,
    open_synced,
    tile,
    toast,
    wait_until_sortable,
)

pytestmark = ON_S3

ORDER_URL = "**/reorder-images/"
SORTABLE = "**/sortablejs/Sortable.min.js"
START = ["one.jpg", "two.jpg", "three.jpg"]
LAST_FIRST = ["three.jpg", "one.jpg", "two.jpg"]


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    """The page of a product with three images."""
    open_synced(page, small_photos[:3])
    wait_until_sortable(page, "[data-tiles]")
    return page


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, what: Locator, onto: Locator) -> None:
    x, y = middle(onto)
    what.hover()
    page.mouse.down()
    page.mouse.move(x + 40, y + 40, steps=4)
    page.mouse.move(x, y, steps=8)


def is_order_for_good(page: Page, order: list[str]) -> None:
    is_order(page, order)
    page.reload()
    assert names(page) == order


@pytest.mark.parametrize("held_by", ["[data-picture]", "[data-handle]"])
def test_dragging_with_the_mouse(product: Page, held_by: str) -> None:
    tile(product, "three.jpg").hover()
    drag(product, tile(product, "three.jpg").locator(held_by), tile(product, "one.jpg"))
    expect(tile(product, "three.jpg")).to_have_class(re.compile("is-dragging"))
    product.mouse.up()
    toast(product, "Order updated")
    is_order_for_good(product, LAST_FIRST)


def test_dragging_with_a_finger(browser: Browser, product: Page, site: str) -> None:
    state = product.context.storage_state()
    context = browser.new_context(
        base_url=site, storage_state=state, has_touch=True, viewport={"width": 320, "height": 1200}
    )
    page = context.new_page()
    page.goto(product.url)
    wait_until_sortable(page, "[data-tiles]")
    x, y = middle(tile(page, "three.jpg").locator("[data-picture]"))
    to_x, to_y = middle(tile(page, "one.jpg"))
    finger = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    touch("touchStart", (x, y))
    # A finger that moves at once scrolls; one that rests picks up.
    expect(tile(page, "three.jpg")).to_have_class(re.compile("is-chosen"))
    for step in range(1, 11):
        touch("touchMove", (x + (to_x - x) * step / 10, y + (to_y - y) * step / 10))
    touch("touchEnd")
    toast(page, "Order updated")
    is_order_for_good(page, LAST_FIRST)
    context.close()


def test_the_handle_takes_space_and_arrows(product: Page) -> None:
    handle = tile(product, "one.jpg").locator("[data-handle]")
    handle.focus()
    region = product.locator("[data-toasts]")
    product.keyboard.press("Space")
    expect(region).to_contain_text("Picked up. Place 1 of 3")
    expect(handle).to_have_attribute("aria-pressed", "true")
    product.keyboard.press("ArrowRight")
    product.keyboard.press("ArrowRight")
    expect(region).to_contain_text("Place 3 of 3")
    expect(handle).to_be_focused()
    product.keyboard.press("Space")
    expect(region).to_contain_text("Dropped on place 3 of 3")
    toast(product, "Order updated")
    expect(handle).to_be_focused()
    is_order_for_good(product, ["two.jpg", "three.jpg", "one.jpg"])


def test_escape_puts_a_picked_image_back(product: Page) -> None:
    handle = tile(product, "three.jpg").locator("[data-handle]")
    handle.focus()
    for key in ("Space", "ArrowLeft", "ArrowLeft"):
        product.keyboard.press(key)
    assert names(product) == LAST_FIRST
    product.keyboard.press("Escape")
    expect(product.locator("[data-toasts]")).to_contain_text("Put back")
    expect(handle).to_be_focused()
    is_order_for_good(product, START)


@pytest.mark.parametrize(
    ("name", "choice", "order"),
    [
        ("three.jpg", "front", LAST_FIRST),
        ("three.jpg", "earlier", ["one.jpg", "three.jpg", "two.jpg"]),
        ("one.jpg", "later", ["two.jpg", "one.jpg", "three.jpg"]),
    ],
)
def test_the_menu_moves_by_mouse(product: Page, name: str, choice: str, order: list[str]) -> None:
    open_menu(tile(product, name))
    tile(product, name).locator(f"[data-move={choice}]").click()
    toast(product, "Order updated")
    is_order_for_good(product, order)


def test_the_menu_moves_by_keyboard_and_offers_what_is_possible(product: Page) -> None:
    summary = tile(product, "one.jpg").locator("summary")
    summary.focus()
    product.keyboard.press("Enter")
    # The first image can neither go to the front nor earlier.
    product.keyboard.press("ArrowDown")
    expect(tile(product, "one.jpg").locator("[data-move=later]")).to_be_focused()
    product.keyboard.press("Enter")
    toast(product, "Order updated")
    expect(summary).to_be_focused()
    is_order_for_good(product, ["two.jpg", "one.jpg", "three.jpg"])


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "The server is in trouble"), (0, "No answer from the server")]
)
def test_the_old_order_comes_back_when_it_cannot_be_saved(
    product: Page, complaints: Complaints, status: int, reason: str
) -> None:
    complaints.expect("status of 500", "ERR_CONNECTION_RESET")
    with answering(product, ORDER_URL, "POST", status):
        open_menu(tile(product, "three.jpg"))
        tile(product, "three.jpg").locator("[data-move=front]").click()
        expect(toast(product, "The old order is back")).to_contain_text(reason)
    is_order_for_good(product, START)


def test_without_sortablejs_keyboard_and_menu_still_reorder(
    page: Page, small_photos: list[Path], complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED")
    page.route(SORTABLE, lambda route: route.abort())
    open_synced(page, small_photos[:3])
    open_menu(tile(page, "three.jpg"))
    tile(page, "three.jpg").locator("[data-move=front]").click()
    toast(page, "Order updated")
    tile(page, "one.jpg").locator("[data-handle]").focus()
    with page.expect_response(ORDER_URL):
        for key in ("Space", "ArrowLeft", "Space"):
            page.keyboard.press(key)
    expect(page.locator(TILE).first).to_have_attribute("data-name", "one.jpg")
    is_order_for_good(page, ["one.jpg", "three.jpg", "two.jpg"])


def test_the_cover_is_twice_as_large(product: Page) -> None:
    def width(name: str) -> float:
        box = tile(product, name).bounding_box()
        assert box
        return box["width"]

    assert width("one.jpg") > 1.9 * width("two.jpg")
    expect(product.locator(".tile__cover:visible")).to_have_count(1)
