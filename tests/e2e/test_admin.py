"""The Django admin as its readers meet it: pictures with their state, and the way back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dev.processes import wait_for
from tests.e2e import axe
from tests.e2e.panel import ON_S3
from tests.e2e.shop import make_product, send

pytestmark = ON_S3

PAINTED = "images => images.every(image => image.complete && image.naturalWidth)"
WORDS = {
    "en": ("Preview of one.jpg", "Synced", "Recently deleted", "Restore"),
    "tr": ("one.jpg önizlemesi", "Eşitlendi", "Son silinenler", "Geri yükle"),
}


def change_page(page: Page, product: str) -> None:
    page.goto(f"/admin/products/product/{re.sub(r'[^0-9]', '', product)}/change/")


def names(page: Page, product: str) -> list[str]:
    return [image["name"] for image in page.request.get(f"{product}images/").json()["images"]]


@pytest.mark.parametrize("language", WORDS)
def test_pictures_are_seen_replaced_deleted_and_restored(
    page: Page, small_photos: list[Path], language: str
) -> None:
    preview, synced, recently_deleted, restore = WORDS[language]
    product = make_product(page, "Mug <b>")
    one, two, three, *_others = small_photos
    for photo in (one, two):
        assert send(page, f"{product}images/", multipart={"images": photo}).status == 201
    images = f"{product}images/"
    assert wait_for(lambda: page.request.get(images).json()["summary"]["synced"] == 2, 60)
    assert send(page, "/i18n/setlang/", form={"language": language}).status == 302
    change_page(page, product)
    pictures = page.locator(".staged-file__picture")
    expect(page.get_by_role("img", name=preview)).to_be_visible()
    expect(page.locator(".staged-file").first).to_contain_text(synced)
    assert wait_for(lambda: pictures.evaluate_all(PAINTED), 20)
    # In a window of its own: where tables scroll, axe sets styles that the policy refuses.
    window = page.context.new_page()
    change_page(window, product)
    for part in (".field-file", ".field-variants_here", ".field-alt", ".field-position"):
        assert axe.findings_in_all_colours(window, part) == []
    # One is replaced, moved and deleted by keyboard alone.
    page.locator("[name=images-1-file]").set_input_files(three)
    page.locator("[name=images-1-position]").fill("1")
    page.locator("[name=images-0-DELETE]").focus()
    page.keyboard.press("Space")
    page.locator("[name=_continue]").press("Enter")
    expect(page.locator(".messagelist .info")).to_contain_text(recently_deleted)
    assert names(page, product) == ["three.jpg"]
    page.get_by_role("link", name=recently_deleted).first.press("Enter")
    row = page.locator("#result_list tbody tr").filter(has_text="one.jpg").first
    row.locator(".action-select").check()
    page.select_option("[name=action]", label=restore)
    page.locator("[name=index]").press("Enter")
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert names(page, product) == ["one.jpg", "three.jpg"]
    page.goto(product)
    expect(page.locator("[data-deleted-count]")).to_have_text("1")
