"""Every page but the images panel, as other colours, small screens and keyboards meet it."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dev.processes import wait_for
from tests.e2e.complaints import Complaints
from tests.e2e.panel import ON_S3
from tests.e2e.shop import cell, make_product, row, rows, save_variants, send
from tests.e2e.states import STATES, State, grid_with_errors
from tests.support.storages import Storage

pytestmark = ON_S3

in_every_state = pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)


@pytest.fixture(autouse=True)
def refusals_are_meant(complaints: Complaints) -> None:
    complaints.expect("status of 403", "status of 429")


@in_every_state
def test_it_fits_320_pixels_and_outlines_what_has_the_focus(page: Page, state: State) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    state(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    outlines_the_focus(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(forced_colors="active")
    outlines_the_focus(page)


def outlines_the_focus(page: Page) -> None:
    """Whatever the next dozen of Tab keys come to."""
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        if focused.count():
            outline = (
                "e => [e, ...['::before', '::after'].map(p => [e, p])].some(part => "
                "getComputedStyle(...[part].flat()).outlineStyle === 'solid')"
            )
            assert focused.evaluate(outline), focused.evaluate("e => e.outerHTML.slice(0, 200)")


def test_changed_and_wrong_cells_survive_forced_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    grid_with_errors(page)
    expect(cell(page, 1, "price")).to_have_css("outline-style", "solid")
    expect(rows(page).first.locator(".grid__error")).to_be_visible()
    changed = rows(page).first.locator("[data-grip]")
    expect(changed).to_have_css("border-inline-start-style", "solid")


# --- Products ----------------------------------------------------------------------------------


def test_products_are_searched_and_filtered_by_keyboard_alone(page: Page) -> None:
    product = make_product(page, "Needle")
    save_variants(page, product, row("HAYSTACK-7"))
    page.goto("/products/")
    page.locator("[name=q]").focus()
    page.keyboard.type("haystack-7")
    page.keyboard.press("Enter")
    expect(page.locator(".products__name")).to_have_text("Needle")
    page.select_option("[name=status]", "active")
    page.get_by_role("button", name="Search").press("Enter")
    expect(page.get_by_role("heading", name="No product matches")).to_be_visible()
    page.get_by_role("link", name="Show all products").press("Enter")
    expect(page.locator("[name=q]")).to_have_value("")


# --- Sync --------------------------------------------------------------------------------------


def test_the_sync_page_follows_an_outage_without_a_reload(
    page: Page, storage: Storage, photos: list[Any], complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")
    page.goto("/staging/")
    page.evaluate("window.sameDocument = true")
    word = page.locator("#sync-word")
    expect(word).to_contain_text(f"Everything is on {storage.label}. Safe to stop the server.")
    storage.refuse()
    try:
        product = make_product(page, "Waits")
        for photo in photos:
            assert send(page, f"{product}images/", multipart={"images": photo}).status == 201
        expect(page.locator("#sync-waiting li")).to_have_count(len(photos), timeout=60_000)
        refusal = f"{storage.label} does not take files at the moment."
        expect(word).to_contain_text(refusal, timeout=60_000)
        expect(word).to_contain_text("Next try at")
    finally:
        storage.resume()
    expect(word).to_contain_text("Safe to stop the server.", timeout=90_000)
    expect(page.locator("#sync-waiting")).to_be_empty()
    assert page.evaluate("window.sameDocument")


def test_the_sync_page_says_when_the_server_does_not_answer(
    page: Page, context: BrowserContext, complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")
    page.clock.install()
    page.goto("/staging/")
    stale = page.locator("[data-stale]")

    def becomes_visible(wanted: bool) -> bool:
        page.clock.run_for(1_000)
        return stale.is_visible() == wanted

    expect(stale).to_be_hidden()
    context.set_offline(True)
    assert wait_for(lambda: becomes_visible(True), 30)
    context.set_offline(False)
    assert wait_for(lambda: becomes_visible(False), 30)
