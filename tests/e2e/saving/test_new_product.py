"""A new product: photos travel one by one, and all can be done to them before the first save."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page, Route, expect

from tests.e2e.complaints import Complaints
from tests.e2e.conftest import sign_in
from tests.e2e.panel import (
    ANY_TILE,
    ON_S3,
    PHOTO_INPUT,
    UPLOAD_URL,
    Gate,
    all_safe,
    names,
    refused,
    saved_names,
    tile,
)
from tests.e2e.saving.new_product import (
    MAKE,
    NAME,
    PRICE,
    PRODUCT,
    UNSAVED,
    fill,
    on_server,
    save_and_open,
)
from tests.e2e.shop import save, send, toast

pytestmark = ON_S3


# --- Before the first save ---------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "tr"])
def test_all_is_done_by_keyboard_before_the_first_save(
    page: Page, small_photos: list[Path], language: str
) -> None:
    send(page, "/i18n/setlang/", form={"language": language, "next": "/"})
    words = {
        "en": ("Alt text of", "All images are safe in storage"),
        "tr": ("Alternatif metin", "Tüm resimler güvenle depolandı"),
    }[language]
    page.goto("/products/new/")
    page.locator(PHOTO_INPUT).focus()
    page.set_input_files(PHOTO_INPUT, small_photos[:4])
    on_server(page, 4)
    expect(page.locator("[data-summary]")).to_contain_text(words[1])
    assert names(page) == ["one.jpg", "two.jpg", "three.jpg", "four.jpg"]
    alt = tile(page, "two.jpg").locator("[data-alt]")
    expect(alt).to_have_attribute("aria-label", re.compile(words[0]))
    alt.focus()
    page.keyboard.type("Sea")
    page.keyboard.press("Enter")
    expect(tile(page, "two.jpg").locator("img")).to_have_attribute("alt", "Sea")
    tile(page, "one.jpg").locator("[data-handle]").focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    tile(page, "three.jpg").locator("[data-delete]").focus()
    page.keyboard.press("Enter")
    on_server(page, 3)
    page.locator(NAME).focus()
    page.keyboard.type("By keyboard")
    page.fill(PRICE, "1")
    page.keyboard.press("Control+s")
    page.wait_for_url(PRODUCT)
    assert names(page) == saved_names(page) == ["two.jpg", "one.jpg", "four.jpg"]
    expect(tile(page, "two.jpg").locator("[data-alt]")).to_have_value("Sea")
    send(page, "/i18n/setlang/", form={"language": "en", "next": "/"})


def test_a_photo_has_its_ring_and_is_cancelled_while_it_travels(
    new: Page, small_photos: list[Path]
) -> None:
    gate = Gate(new, UPLOAD_URL)
    new.set_input_files(PHOTO_INPUT, small_photos)
    gate.wait_for(3)
    expect(tile(new, "one.jpg")).to_have_attribute("data-state", "uploading")
    expect(tile(new, "one.jpg").locator("[data-ring]")).to_have_count(1)
    expect(new.locator("[data-summary]")).to_contain_text("Images uploading: 0/5")
    tile(new, "two.jpg").get_by_role("button", name="Cancel two.jpg").click()
    gate.wait_for(4)
    gate.open()
    on_server(new, 4)
    fill(new, "Cancelled")
    save_and_open(new)
    assert saved_names(new) == ["one.jpg", "three.jpg", "four.jpg", "five.jpg"]


def test_a_photo_is_replaced_before_the_first_save(new: Page, small_photos: list[Path]) -> None:
    new.set_input_files(PHOTO_INPUT, small_photos[:2])
    on_server(new, 2)
    tile(new, "one.jpg").hover()
    tile(new, "one.jpg").locator("summary").click()
    with new.expect_file_chooser() as chooser:
        tile(new, "one.jpg").locator("[data-replace]").click()
    chooser.value.set_files(small_photos[2])
    toast(new, "Image replaced")
    fill(new, "Replaced")
    save_and_open(new)
    assert saved_names(new) == ["three.jpg", "two.jpg"]


def test_102_photos_come_one_by_one(new: Page, tmp_path: Path) -> None:
    photos = []
    for number in range(102):
        photos.append(tmp_path / f"{number:03}.jpg")
        Image.new("RGB", (16, 12), (number, 2 * number, 40)).save(photos[-1])
    new.set_input_files(PHOTO_INPUT, photos)
    expect(new.locator(ANY_TILE)).to_have_count(102)
    fill(new, "A hundred and two")
    save(new)
    new.wait_for_url(PRODUCT, timeout=120_000)
    assert saved_names(new) == [photo.name for photo in photos]


def test_a_reload_shows_the_photos_again_and_a_new_form_names_them(
    new: Page, small_photos: list[Path]
) -> None:
    new.set_input_files(PHOTO_INPUT, small_photos[:2])
    on_server(new, 2)
    all_safe(new)
    expect(new).to_have_url(UNSAVED)
    new.reload()
    on_server(new, 2)
    expect(new.locator("h1")).to_have_text("New product")
    new.goto("/products/")
    new.goto("/products/new/")
    expect(new.locator(ANY_TILE)).to_have_count(0)
    new.get_by_role("link", name="Go on with it").click()
    expect(new).to_have_url(UNSAVED)
    on_server(new, 2)
    new.set_input_files(PHOTO_INPUT, small_photos[2])
    fill(new, "Gone on with")
    save_and_open(new)
    assert saved_names(new) == ["one.jpg", "two.jpg", "three.jpg"]


def test_what_is_no_picture_is_named_and_does_not_stop_the_others(
    new: Page, small_photos: list[Path], complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expect("Failed to load resource")
    notes = tmp_path / "notes.jpg"
    notes.write_text("just some words")
    new.set_input_files(PHOTO_INPUT, [notes, small_photos[0]])
    expect(refused(new)).to_contain_text("notes.jpg: ")
    fill(new, "With notes")
    save_and_open(new)
    toast(new, "notes.jpg: ")
    assert saved_names(new) == ["one.jpg"]


# --- Trouble -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("broken")
def test_a_lost_answer_makes_no_second_product(new: Page, small_photos: list[Path]) -> None:
    made = []

    def lose(route: Route) -> None:
        made.append(route.fetch().json()["id"])
        route.abort("connectionreset")

    new.route(MAKE, lose)
    new.set_input_files(PHOTO_INPUT, small_photos[:2])
    for name in ("one.jpg", "two.jpg"):
        expect(tile(new, name)).to_contain_text("No answer from the server")
    new.unroute(MAKE)
    for name in ("one.jpg", "two.jpg"):
        tile(new, name).get_by_role("button", name="Retry").click()
    on_server(new, 2)
    assert re.findall(r"\d+", new.url.split("/new/")[1]) == [str(made[0])]
    assert len(made) == 1


@pytest.mark.usefixtures("broken")
def test_who_is_signed_out_meanwhile_signs_in_in_another_tab_and_goes_on(
    new: Page, small_photos: list[Path]
) -> None:
    new.set_input_files(PHOTO_INPUT, small_photos[0])
    on_server(new, 1)
    all_safe(new)
    new.context.clear_cookies(name="sessionid")
    new.set_input_files(PHOTO_INPUT, small_photos[1])
    expect(tile(new, "two.jpg")).to_contain_text("You are signed out")
    fill(new, "Signed in again")
    save(new)
    toast(new, "You are signed out")
    sign_in(new.context)
    save_and_open(new)
    assert saved_names(new) == ["one.jpg", "two.jpg"]


def test_leaving_asks_only_while_a_photo_is_in_the_browser(
    new: Page, small_photos: list[Path]
) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    new.on("dialog", stay)
    gate = Gate(new, UPLOAD_URL)
    new.set_input_files(PHOTO_INPUT, small_photos[:1])
    gate.wait_for(1)
    new.locator(".crumb").click()
    new.wait_for_function("() => true")
    assert asked == ["beforeunload"]
    gate.open()
    on_server(new, 1)
    new.locator(".crumb").click()
    new.wait_for_url("**/products/")
    assert asked == ["beforeunload"]
