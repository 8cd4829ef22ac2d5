"""Alt texts that could not be saved by themselves go along with the Save."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import ON_S3, PHOTO_INPUT, UPLOAD_URL, Gate, answering, open_synced, tile
from tests.e2e.shop import save, sent_by_saving, toast

pytestmark = ON_S3

IMAGE_URL = re.compile(r"/products/images/\d+/$")


@pytest.fixture
def product(page: Page, small_photos: list[Path], complaints: Complaints) -> Page:
    complaints.expect("status of 500")
    open_synced(page, small_photos[:2])
    return page


def test_a_text_that_failed_is_marked_and_saved_with_everything(product: Page) -> None:
    field = tile(product, "one.jpg").locator("[data-alt]")
    with answering(product, IMAGE_URL, "PATCH", 500):
        field.fill("A red field")
        field.press("Tab")
        toast(product, "The server is in trouble")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(product.locator("[data-unsaved]")).to_be_visible()
        sent = sent_by_saving(product)
    assert list(sent["alts"].values()) == [{"alt": "A red field", "seen": ""}]
    toast(product, "Product saved")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(product.locator("[data-unsaved]")).to_be_hidden()
    product.reload()
    expect(field).to_have_value("A red field")


def test_leaving_with_a_text_that_failed_asks(product: Page) -> None:
    field = tile(product, "one.jpg").locator("[data-alt]")
    asked: list[str] = []
    product.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    with answering(product, IMAGE_URL, "PATCH", 500):
        field.fill("A red field")
        field.press("Tab")
        expect(field).to_have_attribute("aria-invalid", "true")
        product.reload()
    assert asked == ["beforeunload"]


def test_a_text_that_both_wrote_is_asked_about(product: Page) -> None:
    other = product.context.new_page()
    other.goto(product.url)
    field = tile(product, "one.jpg").locator("[data-alt]")
    # From now on it shows what was seen, whatever a late look at the list brings.
    field.focus()
    theirs = tile(other, "one.jpg").locator("[data-alt]")
    theirs.fill("Theirs")
    theirs.press("Enter")
    toast(other, "Alt text saved")
    field.fill("Mine")
    field.press("Enter")
    question = tile(product, "one.jpg").get_by_role("group", name="Alt text")
    expect(question).to_contain_text("“Theirs” (you, elsewhere, ")
    question.get_by_role("button", name="Keep mine").click()
    field.press("Enter")
    toast(product, "Alt text saved")
    product.reload()
    expect(field).to_have_value("Mine")


def test_a_save_does_not_wait_for_photos_that_travel(
    product: Page, small_photos: list[Path]
) -> None:
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[2:])
    gate.wait_for(3)
    product.fill("[name=name]", "Saved meanwhile")
    save(product)
    toast(product, "Product saved")
    expect(product.locator("h1")).to_have_text("Saved meanwhile")
    expect(product.locator("[data-unsaved]")).to_be_hidden()
    gate.open()
    expect(product.locator("[data-tile][data-id]")).to_have_count(5)
