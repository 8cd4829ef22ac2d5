"""Several images are selected and deleted with one toast and one Undo."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import ON_S3, TILE, is_order, open_synced, tile, toast

pytestmark = ON_S3

START = ["one.jpg", "two.jpg", "three.jpg", "four.jpg"]


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    """Selecting has begun."""
    open_synced(page, small_photos[:4])
    page.get_by_role("button", name="Select", exact=True).click()
    return page


def test_by_mouse(product: Page) -> None:
    tile(product, "two.jpg").locator("[data-select]").click()
    # The picture is a large target for the same.
    tile(product, "three.jpg").locator("[data-picture]").click()
    expect(product.locator("[data-selected-count]")).to_have_text("2 selected")
    product.locator("[data-delete-selected]").click()
    undo = toast(product, "2 images deleted").get_by_role("button", name="Undo")
    is_order(product, ["one.jpg", "four.jpg"])
    expect(tile(product, "four.jpg").locator("[data-delete]")).to_be_focused()
    expect(product.locator("[data-selection]")).to_be_hidden()
    expect(product.locator("[data-toast]")).to_have_count(1)
    undo.click()
    toast(product, "2 images restored")
    expect(product.locator(TILE)).to_have_count(4)
    is_order(product, START)


def test_by_keyboard(product: Page) -> None:
    expect(tile(product, "one.jpg").locator("[data-select]")).to_be_focused()
    product.keyboard.press("Space")
    # Enter neither sends the form nor does anything else.
    product.keyboard.press("Enter")
    product.keyboard.press("Delete")
    toast(product, "Image deleted")
    is_order(product, START[1:])


def test_a_range_with_shift_and_all(product: Page) -> None:
    tile(product, "two.jpg").locator("[data-picture]").click()
    tile(product, "four.jpg").locator("[data-picture]").click(modifiers=["Shift"])
    expect(product.locator("[data-selected-count]")).to_have_text("3 selected")
    everything = product.get_by_role("checkbox", name="All")
    expect(everything).to_have_js_property("indeterminate", True)
    everything.click()
    expect(product.locator("[data-selected-count]")).to_have_text("4 selected")
    product.locator("[data-delete-selected]").click()
    toast(product, "4 images deleted")
    expect(product.locator(TILE)).to_have_count(0)
    expect(product.get_by_role("button", name="Select", exact=True)).to_be_hidden()
    expect(product.locator("[data-images] input[type=file]")).to_be_focused()


def test_escape_ends_it_and_nothing_stays_selected(product: Page) -> None:
    tile(product, "two.jpg").locator("[data-select]").click()
    product.keyboard.press("Escape")
    expect(product.locator("[data-selection]")).to_be_hidden()
    expect(product.get_by_role("button", name="Select", exact=True)).to_be_focused()
    expect(tile(product, "two.jpg").locator("[data-select]")).not_to_be_checked()
    # The product page has no unsaved changes because of it.
    expect(product.locator("[data-unsaved]")).to_be_hidden()


def test_those_that_cannot_be_deleted_come_back(product: Page, complaints: Complaints) -> None:
    complaints.expect("status of 500")
    spared = tile(product, "two.jpg").get_attribute("data-id")

    def refuse(route: Route) -> None:
        route.fulfill(status=500, body="")

    product.route(f"**/products/images/{spared}/delete/", refuse)
    product.get_by_role("checkbox", name="All").click()
    product.locator("[data-delete-selected]").click()
    toast(product, "3 images deleted")
    toast(product, "The server is in trouble")
    expect(product.locator(TILE)).to_have_count(1)
    is_order(product, ["two.jpg"])
