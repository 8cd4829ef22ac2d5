"""Files that will never be taken: a list says which and why, and nothing offers to try again."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import axe
from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ANY_TILE,
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    all_safe,
    focused_in,
    is_order,
    open_menu,
    open_synced,
    refused,
    tile,
)
from tests.e2e.shop import send

pytestmark = ON_S3

WORDS = {
    "en": ("is not a JPEG, PNG, WebP, GIF or AVIF image", "Retry", "Dismiss"),
    "tr": ("biçiminde bir resim değil", "Yeniden dene", "Kapat"),
}
NO_PICTURES = ("menu.pdf", "notes.txt", "דף.pdf")


@pytest.fixture
def product(page: Page, small_photos: list[Path], complaints: Complaints) -> Page:
    complaints.expect("status of 400")
    open_synced(page, small_photos[:1])
    return page


@pytest.fixture
def no_pictures(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in NO_PICTURES]
    for path in paths:
        path.write_text("just some words")
    return paths


@pytest.mark.parametrize(("language", "hand"), [("en", "mouse"), ("tr", "keyboard")])
def test_many_are_one_list_and_the_pictures_among_them_are_taken(
    product: Page, small_photos: list[Path], no_pictures: list[Path], language: str, hand: str
) -> None:
    reason, retry, dismiss = WORDS[language]
    send(product, "/i18n/setlang/", form={"language": language, "next": "/"})
    product.reload()
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, [small_photos[1], *no_pictures, small_photos[2]])
    gate.wait_for(3)
    # What the browser cannot show has its name for a picture, while it travels.
    expect(tile(product, "menu.pdf").locator("[data-file-name]")).to_be_visible()
    expect(tile(product, "menu.pdf").locator("img")).to_have_css("opacity", "0")
    expect(tile(product, "two.jpg").locator("[data-file-name]")).to_be_hidden()
    gate.open()
    expect(product.locator(TILE)).to_have_count(3)
    expect(refused(product).get_by_role("listitem")).to_have_count(3)
    for name in NO_PICTURES:
        line = refused(product).get_by_role("listitem").filter(has_text=name)
        expect(line).to_contain_text(reason)
    expect(product.locator(ANY_TILE)).to_have_count(3)
    expect(product.get_by_role("button", name=retry)).to_have_count(0)
    expect(product.locator("[data-toasts]")).to_contain_text("3")
    assert axe.findings_in_all_colours(product) == []
    button = refused(product).get_by_role("button", name=dismiss)
    if hand == "mouse":
        button.click()
    else:
        button.focus()
        product.keyboard.press("Enter")
    expect(refused(product)).to_be_hidden()
    assert focused_in(product, "[data-add]")
    is_order(product, ["one.jpg", "two.jpg", "three.jpg"])
    send(product, "/i18n/setlang/", form={"language": "en", "next": "/"})


def test_a_replacement_that_is_refused_leaves_the_old_picture_and_no_retry(
    product: Page, no_pictures: list[Path]
) -> None:
    one = tile(product, "one.jpg")
    open_menu(one)
    with product.expect_file_chooser() as chooser:
        one.locator("[data-replace]").click()
    chooser.value.set_files(no_pictures[0])
    expect(one).to_contain_text("Not replaced, the old picture stays. This is not a JPEG")
    expect(one.locator("[data-retry]")).to_be_hidden()
    one.get_by_role("button", name="Dismiss").click()
    all_safe(product)
