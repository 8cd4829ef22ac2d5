"""A new product that is saved while its photos travel."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from dev.ports import LOOPBACK
from dev.proxies.tcp import DelayProxy
from tests.e2e import axe
from tests.e2e.panel import (
    ANY_TILE,
    ON_S3,
    PHOTO_INPUT,
    UPLOAD_URL,
    Gate,
    answering,
    saved_names,
    tile,
)
from tests.e2e.saving.new_product import MAKE, PRODUCT, fill, hold_answers, on_server, save_and_open
from tests.e2e.saving.test_silence import SILENCE_MS
from tests.e2e.shop import save, toast

pytestmark = ON_S3


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
