"""A new product: photos travel one by one, and all can be done to them before the first save."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page, Route, expect

from dev.ports import LOOPBACK
from dev.proxies.tcp import DelayProxy
from tests.e2e import axe
from tests.e2e.complaints import Complaints
from tests.e2e.conftest import sign_in
from tests.e2e.panel import (
    ANY_TILE,
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    all_safe,
    answering,
    names,
    refused,
    saved_names,
    tile,
)
from tests.e2e.saving.test_silence import SILENCE_MS
from tests.e2e.shop import save, send, toast

pytestmark = ON_S3

NAME, PRICE = "[name=name]", "[name=price]"
PRODUCT = re.compile(r"/products/\d+/$")
UNSAVED = re.compile(r"/products/new/\d+/$")
MAKE = "**/products/unsaved/"


@pytest.fixture
def broken(complaints: Complaints) -> None:
    """The test breaks requests on purpose, and Chromium complains of each."""
    complaints.expect("Failed to load resource")


@pytest.fixture
def new(page: Page) -> Page:
    page.goto("/products/new/")
    return page


def fill(page: Page, name: str) -> None:
    page.fill(NAME, name)
    page.fill(PRICE, "12.50")


def save_and_open(page: Page) -> None:
    save(page)
    page.wait_for_url(PRODUCT)


def on_server(page: Page, count: int) -> None:
    expect(page.locator(TILE)).to_have_count(count)


def hold_answers(page: Page) -> None:
    """The server gets the photos that are sent from now on, and the page hears nothing of it."""
    network = page.context.new_cdp_session(page)

    def let_lists_through(paused: dict[str, Any]) -> None:
        if paused["request"]["method"] == "GET":
            network.send("Fetch.continueRequest", {"requestId": paused["requestId"]})

    network.on("Fetch.requestPaused", let_lists_through)
    pattern = {"urlPattern": "*/images/", "requestStage": "Response"}
    network.send("Fetch.enable", {"patterns": [pattern]})


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


# --- Saved while photos travel -----------------------------------------------------------------


def test_text_is_saved_at_once_and_the_photos_land_on_the_product(
    new: Page, small_photos: list[Path]
) -> None:
    gate = Gate(new, UPLOAD_URL)
    new.set_input_files(PHOTO_INPUT, small_photos)
    gate.wait_for(3)
    fill(new, "Saved meanwhile")
    save(new)
    toast(new, "Product saved")
    expect(new.locator("h1")).to_have_text("Saved meanwhile")
    expect(new.locator("[data-waiting]")).to_be_visible()
    expect(new.locator("[data-after-save]")).to_be_visible()
    expect(new.locator("[data-before-save]")).to_be_hidden()
    expect(new.locator("[data-unsaved]")).to_be_hidden()
    assert axe.findings_in_all_colours(new) == []
    # Saved again, as an edit of the same product.
    new.fill("[name=description]", "Deep")
    save(new)
    expect(new.locator("[data-unsaved]")).to_be_hidden()
    expect(tile(new, "one.jpg")).to_have_attribute("data-state", "uploading")
    # What is typed and not saved keeps the page.
    new.fill("[name=description]", "Deep and round")
    gate.open()
    on_server(new, 5)
    expect(new.locator("[data-waiting]")).to_be_hidden()
    expect(new.locator("[name=description]")).to_have_value("Deep and round")
    save_and_open(new)
    expect(new.locator("[name=description]")).to_have_value("Deep and round")
    assert saved_names(new) == [photo.name for photo in small_photos]


@pytest.mark.usefixtures("broken")
def test_the_place_for_photos_may_come_after_the_first_save(
    new: Page, small_photos: list[Path]
) -> None:
    with answering(new, MAKE, "POST", 500):
        new.set_input_files(PHOTO_INPUT, small_photos[:2])
        for name in ("one.jpg", "two.jpg"):
            expect(tile(new, name)).to_contain_text("The server is in trouble")
        fill(new, "Before its photos")
        save(new)
        toast(new, "Product saved")
    expect(new.locator(f"{ANY_TILE}[data-unsent]")).to_have_count(2)
    save_and_open(new)
    assert sorted(saved_names(new)) == ["one.jpg", "two.jpg"]


def test_a_stalled_upload_does_not_hold_up_the_save(page: Page, small_photos: list[Path]) -> None:
    page.clock.install()
    page.goto("/products/new/")
    gate = Gate(page, UPLOAD_URL)
    page.set_input_files(PHOTO_INPUT, small_photos[:1])
    gate.wait_for(1)
    fill(page, "Stalled")
    save(page)
    toast(page, "Product saved")
    page.clock.run_for(SILENCE_MS + 1)
    expect(tile(page, "one.jpg")).to_contain_text("No answer from the server")
    expect(page.locator("[data-waiting]")).to_be_visible()
    gate.held.clear()
    gate.open()
    tile(page, "one.jpg").get_by_role("button", name="Retry").click()
    page.wait_for_url(PRODUCT)
    assert saved_names(page) == ["one.jpg"]


@pytest.mark.usefixtures("broken")
def test_a_network_that_swallows_costs_a_retry(
    page: Page, site: str, photos: list[Path], small_photos: list[Path]
) -> None:
    with DelayProxy(LOOPBACK, urlsplit(site).port or 0) as network:
        page.clock.install()
        page.goto(f"http://{network.address}/products/new/")
        page.set_input_files(PHOTO_INPUT, small_photos[0])
        on_server(page, 1)
        network.black_hole()
        page.set_input_files(PHOTO_INPUT, photos[1:])
        for name in ("two.jpg", "three.jpg", "four.jpg"):
            expect(tile(page, name)).to_contain_text("Uploading 100%")
        # Its place is free at once, although its bytes are gone.
        with page.expect_request(UPLOAD_URL):
            tile(page, "two.jpg").get_by_role("button", name="Cancel two.jpg").click()
        expect(tile(page, "two.jpg")).to_have_count(0)
        page.clock.run_for(SILENCE_MS + 1)
        expect(tile(page, "three.jpg")).to_contain_text("No answer from the server")
        network.pass_through()
        page.get_by_role("button", name="Retry all").click()
        on_server(page, 4)
        fill(page, "Swallowed")
        save_and_open(page)
        assert saved_names(page) == ["one.jpg", "three.jpg", "four.jpg", "five.jpg"]


def test_the_save_does_not_wait_for_a_photo_that_was_cancelled(
    new: Page, small_photos: list[Path]
) -> None:
    new.set_input_files(PHOTO_INPUT, small_photos[:1])
    on_server(new, 1)
    hold_answers(new)
    new.set_input_files(PHOTO_INPUT, small_photos[1])
    expect(tile(new, "two.jpg")).to_contain_text("Uploading 100%")
    tile(new, "two.jpg").get_by_role("button", name="Cancel two.jpg").click()
    fill(new, "Cancelled late")
    save_and_open(new)


def test_a_dismissed_photo_is_not_waited_for(new: Page, small_photos: list[Path]) -> None:
    gate = Gate(new, UPLOAD_URL)
    new.set_input_files(PHOTO_INPUT, small_photos[:2])
    gate.wait_for(2)
    fill(new, "Dismissed")
    save(new)
    toast(new, "Product saved")
    tile(new, "two.jpg").get_by_role("button", name="Cancel two.jpg").click()
    gate.let("one.jpg")
    new.wait_for_url(PRODUCT)
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
