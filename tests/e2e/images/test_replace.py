"""Replacing an image, its alt text, its original, and the same picture twice."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from dev.processes import wait_for
from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    TILE,
    Gate,
    all_safe,
    answering,
    is_order,
    open_menu,
    open_synced,
    tile,
    toast,
)

pytestmark = ON_S3

REPLACE_URL = "**/products/images/*/replace/"
IMAGE_URL = "**/products/images/*/"


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    open_synced(page, small_photos[:2])
    return page


def source(page: Page, name: str) -> str:
    return tile(page, name).locator("[data-picture]").get_attribute("src") or ""


def shows_what_the_server_has(page: Page, name: str) -> bool:
    """The original, or its thumbnail once there is one: whose names tell, not how it is signed."""
    images = page.request.get(f"{page.url}images/").json()["images"]
    image = next(image for image in images if image["name"] == name)
    wanted = {Path(urlsplit(image[url]).path).name for url in ("url", "thumbnail_url")}
    return Path(urlsplit(source(page, name)).path).name in wanted


def replace(page: Page, name: str, photo: Path, hand: str = "mouse") -> None:
    with page.expect_file_chooser() as dialog:
        if hand == "mouse":
            open_menu(tile(page, name))
            tile(page, name).locator("[data-replace]").click()
        else:
            tile(page, name).locator("summary").focus()
            page.keyboard.press("Enter")
            tile(page, name).locator("[data-replace]").focus()
            page.keyboard.press("Enter")
    dialog.value.set_files(photo)


# --- Replace -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_another_picture_keeps_place_and_alt_text(
    product: Page, small_photos: list[Path], hand: str
) -> None:
    write_alt(product, "one.jpg", "A red field")
    toast(product, "Alt text saved")
    replace(product, "one.jpg", small_photos[2], hand)
    toast(product, "Image replaced")
    all_safe(product)
    expect(product.locator(TILE).first.locator("[data-alt]")).to_have_value("A red field")
    is_order(product, ["three.jpg", "two.jpg"])
    assert wait_for(lambda: shows_what_the_server_has(product, "three.jpg"), 20, 0.2)
    # The old one can be had back until its undo time ends.
    expect(product.locator("[data-deleted]")).to_contain_text("one.jpg")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, "The server is in trouble"), (0, "No answer from the server"), (413, "too large")],
)
def test_when_it_fails_the_tile_says_so_and_offers_retry(
    product: Page, small_photos: list[Path], complaints: Complaints, status: int, reason: str
) -> None:
    complaints.expect("Failed to load resource")
    with answering(product, REPLACE_URL, "POST", status):
        replace(product, "one.jpg", small_photos[2])
        problem = tile(product, "one.jpg").locator("[data-reason]")
        expect(problem).to_contain_text("Not replaced, the old picture stays")
        expect(problem).to_contain_text(reason)
    tile(product, "one.jpg").locator("[data-retry]").click()
    toast(product, "Image replaced")
    all_safe(product)
    is_order(product, ["three.jpg", "two.jpg"])


def test_dismissing_the_failure_brings_the_old_picture_back(
    product: Page, tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expect("status of 400")
    notes = tmp_path / "notes.jpg"
    notes.write_text("just some words")
    replace(product, "one.jpg", notes)
    expect(tile(product, "one.jpg").locator("[data-reason]")).to_contain_text("Not replaced")
    tile(product, "one.jpg").get_by_role("button", name="Dismiss").click()
    expect(tile(product, "one.jpg")).to_have_attribute("data-state", "synced")
    assert wait_for(lambda: shows_what_the_server_has(product, "one.jpg"), 20, 0.2)
    expect(product.locator("[data-failures]")).to_be_hidden()
    all_safe(product)


def test_a_replacement_under_way_is_cancelled(product: Page, small_photos: list[Path]) -> None:
    gate = Gate(product, REPLACE_URL)
    replace(product, "one.jpg", small_photos[2])
    gate.wait_for(1)
    expect(tile(product, "one.jpg").locator("[data-badge]")).to_contain_text("Uploading")
    tile(product, "one.jpg").get_by_role("button", name="Cancel one.jpg").click()
    assert wait_for(lambda: shows_what_the_server_has(product, "one.jpg"), 20, 0.2)
    gate.open()
    all_safe(product)
    is_order(product, ["one.jpg", "two.jpg"])


# --- Alt text ----------------------------------------------------------------------------------


def write_alt(page: Page, name: str, text: str, end: str = "Enter") -> None:
    tile(page, name).locator("[data-alt]").fill(text)
    page.keyboard.press(end)


def saved_alts(page: Page) -> list[str]:
    images = page.request.get(f"{page.url}images/").json()["images"]
    return [image["alt"] for image in images]


@pytest.mark.parametrize("end", ["Enter", "Tab"])
def test_alt_text_is_saved_in_place(product: Page, end: str) -> None:
    field = tile(product, "one.jpg").locator("[data-alt]")
    expect(field).to_have_attribute("placeholder", "Add alt text")
    expect(field).to_have_css("border-style", "dashed")
    write_alt(product, "one.jpg", "  A red   field ", end)
    toast(product, "Alt text saved")
    expect(field).to_have_value("A red field")
    expect(field).not_to_have_css("border-style", "dashed")
    expect(tile(product, "one.jpg").locator("[data-picture]")).to_have_attribute(
        "alt", "A red field"
    )
    assert wait_for(lambda: saved_alts(product) == ["A red field", ""], 20)


def test_escape_takes_the_old_text_back(product: Page) -> None:
    write_alt(product, "one.jpg", "Never mind", "Escape")
    product.keyboard.press("Tab")
    expect(tile(product, "one.jpg").locator("[data-alt]")).to_have_value("")
    assert wait_for(lambda: saved_alts(product) == ["", ""], 20)


def test_a_text_that_could_not_be_saved_stays_and_is_saved_later(
    product: Page, complaints: Complaints
) -> None:
    complaints.expect("status of 500")
    field = tile(product, "one.jpg").locator("[data-alt]")
    with answering(product, IMAGE_URL, "PATCH", 500):
        write_alt(product, "one.jpg", "A red field", "Tab")
        toast(product, "The server is in trouble")
        expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("A red field")
    field.focus()
    product.keyboard.press("Enter")
    toast(product, "Alt text saved")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert wait_for(lambda: saved_alts(product) == ["A red field", ""], 20)


# --- Original and duplicates -------------------------------------------------------------------


def test_the_menu_downloads_the_original(product: Page, small_photos: list[Path]) -> None:
    open_menu(tile(product, "one.jpg"))
    with product.expect_download() as download:
        tile(product, "one.jpg").locator("[data-original]").click()
    assert download.value.suggested_filename == "one.jpg"
    assert download.value.path().read_bytes() == small_photos[0].read_bytes()


def test_the_same_picture_twice_is_pointed_out(product: Page, small_photos: list[Path]) -> None:
    chips = product.locator("[data-duplicate]:visible")
    expect(chips).to_have_count(0)
    product.set_input_files(PHOTO_INPUT, small_photos[0])
    expect(product.locator(TILE)).to_have_count(3)
    expect(chips).to_have_text("Same picture as one.jpg")
    product.reload()
    expect(chips).to_have_text("Same picture as one.jpg")
    all_safe(product)
    is_order(product, ["one.jpg", "two.jpg", "one.jpg"])
    last = product.locator(TILE).last
    last.hover()
    last.locator("[data-delete]").click()
    toast(product, "Image deleted")
    expect(chips).to_have_count(0)
