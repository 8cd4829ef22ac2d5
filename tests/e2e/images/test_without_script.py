"""With JavaScript off the product form does the panel's work."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.panel import ON_S3, PHOTO_INPUT, TILE, is_order, open_product, tile

pytestmark = [
    ON_S3,
    pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"]),
]


def save(page: Page) -> None:
    page.locator("[data-save]").click()
    expect(page.locator("[data-toast]")).to_be_visible()


def field(tile: Locator, name: str) -> Locator:
    return tile.locator(f"noscript [name$='-{name}']")


def test_images_are_ordered_described_deleted_and_restored(
    page: Page, small_photos: list[Path]
) -> None:
    open_product(page, small_photos[:3])
    field(tile(page, "three.jpg"), "position").fill("1")
    field(tile(page, "one.jpg"), "alt").fill("A red field")
    field(tile(page, "two.jpg"), "delete").check()
    save(page)
    is_order(page, ["three.jpg", "one.jpg"])
    expect(page.locator(TILE).last.locator("img")).to_have_attribute("alt", "A red field")
    page.locator("[data-deleted] summary").click()
    page.locator("[data-deleted] noscript [type=checkbox]").check()
    save(page)
    is_order(page, ["three.jpg", "one.jpg", "two.jpg"])


def test_all_that_was_typed_and_ticked_stays_when_something_else_is_wrong(
    page: Page, small_photos: list[Path]
) -> None:
    open_product(page, small_photos[:3])
    field(tile(page, "three.jpg"), "position").fill("1")
    field(tile(page, "one.jpg"), "alt").fill("A red field")
    field(tile(page, "two.jpg"), "delete").check()
    page.set_input_files(PHOTO_INPUT, small_photos[3])
    page.fill("[name=price]", "cheap")
    page.locator("[data-save]").click()
    expect(page.locator("#form-problems")).to_contain_text("Price: Enter a price such as")
    expect(field(tile(page, "three.jpg"), "position")).to_have_value("1")
    expect(field(tile(page, "one.jpg"), "alt")).to_have_value("A red field")
    expect(field(tile(page, "two.jpg"), "delete")).to_be_checked()
    expect(page.locator("[data-images]")).to_contain_text("added when you save: four.jpg")
    page.fill("[name=price]", "3")
    field(tile(page, "one.jpg"), "position").fill("1.5")
    page.locator("[data-save]").click()
    place = field(tile(page, "one.jpg"), "position")
    expect(place).to_have_attribute("aria-invalid", "true")
    expect(place).to_have_accessible_description(re.compile("must be a whole number from 1"))
    expect(field(tile(page, "two.jpg"), "delete")).to_be_checked()
    field(tile(page, "one.jpg"), "position").fill("2")
    save(page)
    is_order(page, ["three.jpg", "one.jpg", "four.jpg"])
    expect(page.locator(TILE).nth(1).locator("img")).to_have_attribute("alt", "A red field")


def test_more_photos_are_added_with_the_form(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    page.set_input_files(PHOTO_INPUT, small_photos[1:3])
    save(page)
    is_order(page, ["one.jpg", "two.jpg", "three.jpg"])


def test_nothing_is_offered_that_does_not_work(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    expect(page.locator("[data-images] button:visible")).to_have_count(0)
    expect(page.locator("[data-images] [data-select]:visible")).to_have_count(0)
