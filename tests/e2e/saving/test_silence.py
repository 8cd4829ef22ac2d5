"""A server that says nothing any more: nobody waits for it for ever, and nothing is lost."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    all_safe,
    open_synced,
    tile,
)
from tests.e2e.shop import make_product, save, toast

pytestmark = ON_S3

SILENCE_MS = 30_000
NAME = "[name=name]"


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    page.clock.install()
    open_synced(page, small_photos[:1])
    return page


def test_an_upload_that_stalls_fails_and_its_place_is_free(
    product: Page, small_photos: list[Path]
) -> None:
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[1:])
    gate.wait_for(3)
    product.clock.run_for(SILENCE_MS + 1)
    for name in ("two.jpg", "three.jpg", "four.jpg"):
        expect(tile(product, name)).to_contain_text("No answer from the server")
    gate.wait_for(4)
    gate.open()
    tile(product, "two.jpg").get_by_role("button", name="Retry").click()
    expect(product.locator(TILE)).to_have_count(3)


def test_a_cancelled_upload_frees_its_place_at_once(
    product: Page, small_photos: list[Path]
) -> None:
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[1:])
    gate.wait_for(3)
    tile(product, "two.jpg").get_by_role("button", name="Cancel two.jpg").click()
    gate.wait_for(4)
    gate.open()
    expect(product.locator(TILE)).to_have_count(4)
    all_safe(product)


def test_a_save_that_stalls_ends_and_keeps_what_was_typed(page: Page) -> None:
    page.clock.install()
    address = make_product(page, "Silent")
    page.goto(address)
    gate = Gate(page, address)
    page.fill(NAME, "Silent no more")
    save(page)
    gate.wait_for(1)
    page.clock.run_for(SILENCE_MS + 1)
    toast(page, "No answer from the server")
    expect(page.locator(NAME)).to_have_value("Silent no more")
    gate.held.clear()
    gate.open()
    save(page)
    toast(page, "Product saved")


def test_a_list_that_stalls_is_asked_for_again(product: Page, small_photos: list[Path]) -> None:
    product.set_input_files(PHOTO_INPUT, small_photos[1])
    expect(product.locator(TILE)).to_have_count(2)
    gate = Gate(product, "**/images/", "GET")
    product.clock.run_for(5_000)
    gate.wait_for(1)
    product.clock.run_for(SILENCE_MS + 5_001)
    gate.wait_for(2)
    gate.open()
    all_safe(product)
