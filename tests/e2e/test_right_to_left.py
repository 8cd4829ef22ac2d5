"""Names in Hebrew and Arabic read from right to left, and sentences around them stay in order."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import ON_S3, PHOTO_INPUT, TILE, all_safe, open_product, tile
from tests.e2e.shop import cell, row, save, save_variants, send, toast

pytestmark = ON_S3

HEBREW, ARABIC = "קומקום (כחול)", "إبريق"
NAME, DESCRIPTION = "[name=name]", "[name=description]"


def reads_leftwards(found: Locator) -> None:
    expect(found.first).to_have_css("direction", "rtl")


def test_what_people_write_has_its_own_direction(
    page: Page, small_photos: list[Path], tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expect("status of 400")
    photo, notes = tmp_path / "תמונה.jpg", tmp_path / "דף.jpg"
    photo.write_bytes(small_photos[0].read_bytes())
    notes.write_text("just some words")
    open_product(page, [photo, small_photos[1]])
    number = re.sub(r"\D", "", page.url.split("/products/")[1])
    save_variants(page, page.url, row(f"א-{number}", name=ARABIC))
    page.reload()
    page.fill(NAME, HEBREW)
    page.fill(DESCRIPTION, ARABIC)
    alt = tile(page, photo.name).locator("[data-alt]")
    alt.fill(ARABIC)
    save(page)
    toast(page, "Product saved")
    for each in (page.locator(NAME), page.locator(DESCRIPTION), page.locator("h1"), alt):
        reads_leftwards(each)
    for field in ("sku", "name"):
        reads_leftwards(cell(page, 1, field))
    expect(cell(page, 1, "price")).to_have_css("direction", "ltr")
    page.set_input_files(PHOTO_INPUT, notes)
    reads_leftwards(page.locator("[data-refused-files] bdi"))
    expect(page.locator("[data-toasts]")).to_contain_text(f"\u2068{notes.name}\u2069 failed")
    all_safe(page)
    tile(page, photo.name).hover()
    tile(page, photo.name).locator("[data-delete]").click()
    expect(page.locator(TILE)).to_have_count(1)
    page.locator("[data-deleted] summary").click()
    reads_leftwards(page.locator("[data-deleted] bdi"))
    page.goto("/products/")
    reads_leftwards(page.locator(".products__name a"))


def test_a_question_about_such_a_name_stays_in_order(page: Page) -> None:
    open_product(page, [])
    fields = {"name": HEBREW, "description": "", "price": "12.50", "status": "draft"}
    assert send(page, page.url, multipart=fields).status == 302
    page.fill(NAME, ARABIC)
    save(page)
    expect(page.get_by_role("group", name="Name")).to_contain_text(f"“\u2068{HEBREW}\u2069” (you")
