"""Saving a product: nothing that was typed is lost, whatever goes wrong on the way."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import sign_in
from tests.e2e.panel import ON_S3
from tests.e2e.shop import cell, make_product, row, save, save_variants, send, toast

pytestmark = ON_S3

NAME, PRICE = "[name=name]", "[name=price]"


def fail(route: Route) -> None:
    if route.request.method == "POST":
        route.fulfill(status=500, content_type="text/html", body="<h1>Broken</h1>")
    else:
        route.continue_()


# --- The bar -----------------------------------------------------------------------------------


def test_the_bar_tells_what_is_unsaved_and_discards_it(page: Page) -> None:
    product = make_product(page, "Bar")
    save_variants(page, product, row("BAR-A"))
    page.goto(product)
    unsaved = page.locator("[data-unsaved]")
    expect(unsaved).to_be_hidden()
    page.fill(NAME, "Other")
    expect(unsaved).to_be_visible()
    page.fill(NAME, "Bar")
    expect(unsaved).to_be_hidden()
    cell(page, 1, "stock").fill("7")
    expect(unsaved).to_be_visible()
    page.click("[data-discard]")
    page.get_by_role("button", name="Discard changes").click()
    expect(cell(page, 1, "stock")).to_have_value("1")
    expect(unsaved).to_be_hidden()


def test_one_save_takes_form_and_variants_and_stays_on_the_page(page: Page) -> None:
    product = make_product(page, "Both")
    save_variants(page, product, row("BOTH-A"))
    page.goto(product)
    page.evaluate("window.sameDocument = true")
    page.fill(NAME, "Both at once")
    page.select_option("[name=status]", "active")
    cell(page, 1, "stock").fill("7")
    page.locator(PRICE).press("Control+s")
    toast(page, "Product saved")
    expect(page.locator("h1")).to_have_text("Both at once")
    expect(page.locator("#page-head")).to_contain_text("Active")
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    assert page.evaluate("window.sameDocument")
    page.fill(NAME, "And again")
    save(page)
    expect(page.locator("h1")).to_have_text("And again")
    page.reload()
    expect(page.locator(NAME)).to_have_value("And again")
    expect(cell(page, 1, "stock")).to_have_value("7")


def test_what_is_typed_while_a_save_is_under_way_stays(page: Page) -> None:
    product = make_product(page, "Fast")
    page.goto(product)
    page.fill(NAME, "Fast typist")

    def type_meanwhile(route: Route) -> None:
        page.fill("[name=description]", "Typed meanwhile")
        route.continue_()

    page.route(f"**{product}", type_meanwhile, times=1)
    save(page)
    expect(page.locator("h1")).to_have_text("Fast typist")
    expect(page.locator("[name=description]")).to_have_value("Typed meanwhile")
    expect(page.locator("[data-unsaved]")).to_be_visible()


def test_a_double_click_creates_one_product(page: Page, photos: list[Path]) -> None:
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos[:1])
    page.fill(NAME, "Clicked twice")
    page.fill(PRICE, "1")
    page.dblclick("[data-save]")
    page.wait_for_url(re.compile(r"/products/\d+/$"))
    expect(page.locator("[data-tile][data-id]")).to_have_count(1)
    page.goto("/products/?q=Clicked+twice")
    expect(page.locator(".products__name")).to_have_count(1)


# --- No answer, a wrong one, signed out --------------------------------------------------------


@pytest.mark.usefixtures("broken")
def test_without_a_connection_everything_stays_and_is_saved_later(page: Page) -> None:
    product = make_product(page, "Offline")
    save_variants(page, product, row("OFFLINE-A"))
    page.goto(product)
    page.fill(NAME, "Offline too")
    cell(page, 1, "stock").fill("3")
    page.context.set_offline(True)
    save(page)
    toast(page, "No answer from the server")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    page.context.set_offline(False)
    save(page)
    toast(page, "Product saved")
    page.reload()
    expect(page.locator(NAME)).to_have_value("Offline too")
    expect(cell(page, 1, "stock")).to_have_value("3")


@pytest.mark.usefixtures("broken")
def test_an_error_of_the_server_loses_nothing(page: Page) -> None:
    product = make_product(page, "Error 500")
    save_variants(page, product, row("E500"))
    page.goto(product)
    page.fill(NAME, "Still here")
    cell(page, 1, "stock").fill("3")
    page.route(f"**{product}", fail)
    save(page)
    toast(page, "[Tt]ry again")
    page.unroute(f"**{product}")
    expect(page.locator(NAME)).to_have_value("Still here")
    save(page)
    toast(page, "Product saved")
    expect(page.locator("h1")).to_have_text("Still here")
    expect(page.locator("[data-unsaved]")).to_be_hidden()


@pytest.mark.usefixtures("broken")
def test_a_new_product_survives_an_outage_with_its_photos(page: Page, photos: list[Path]) -> None:
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos[:2])
    page.fill(NAME, "Patient")
    page.fill(PRICE, "1")
    page.context.set_offline(True)
    save(page)
    toast(page, "No answer from the server")
    page.context.set_offline(False)
    save(page)
    page.wait_for_url(re.compile(r"/products/\d+/$"))
    toast(page, "Product saved")
    expect(page.locator("[data-tile][data-id]")).to_have_count(2)


@pytest.mark.usefixtures("broken")
def test_who_is_signed_out_signs_in_in_another_tab_and_saves(page: Page) -> None:
    product = make_product(page, "Signed out")
    save_variants(page, product, row("OUT-A"))
    page.goto(product)
    page.fill(NAME, "Signed in again")
    page.context.clear_cookies(name="sessionid")
    save(page)
    toast(page, "You are signed out")
    sign_in(page.context)
    cell(page, 1, "stock").fill("3")
    save(page)
    toast(page, "Product saved")
    expect(page.locator("h1")).to_have_text("Signed in again")


@pytest.mark.usefixtures("broken")
def test_a_product_deleted_meanwhile_is_named_as_such(page: Page) -> None:
    product = make_product(page, "Short life")
    page.goto(product)
    page.fill(NAME, "Too late")
    assert send(page, f"{product}delete/").status == 302
    save(page)
    toast(page, "Somebody deleted this product")


# --- Refused -----------------------------------------------------------------------------------


def test_a_refused_form_says_where_and_keeps_the_photos(page: Page, photos: list[Path]) -> None:
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos[:2])
    page.fill(PRICE, "cheap")
    save(page)
    problems = page.locator("#form-problems")
    expect(problems).to_be_focused()
    expect(problems.get_by_role("link")).to_have_count(2)
    expect(page.locator(NAME)).to_have_attribute("aria-invalid", "true")
    problems.get_by_role("link", name="Name").click()
    expect(page.locator(NAME)).to_be_focused()
    page.keyboard.type("Better")
    page.fill(PRICE, "2.50")
    save(page)
    page.wait_for_url(re.compile(r"/products/\d+/$"))
    expect(page.locator("[data-tile][data-id]")).to_have_count(2)


def test_deleting_a_product_asks_once_and_counts_what_goes(page: Page, photos: list[Path]) -> None:
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos[:2])
    page.fill(NAME, "Short")
    page.fill(PRICE, "1")
    save(page)
    page.wait_for_url(re.compile(r"/products/\d+/$"))
    save_variants(page, page.url, row("SHORT-A"))
    page.reload()
    page.get_by_text("Delete product…").click()
    question = page.locator(".delete-question")
    expect(question).to_contain_text("Images: 2, variants: 1")
    question.get_by_role("button").click()
    page.wait_for_url("**/products/")
    toast(page, "Product deleted")


# --- Turkish -----------------------------------------------------------------------------------


def test_prices_are_typed_and_shown_with_the_comma(page: Page) -> None:
    product = make_product(page, "Fiyat", price="1234.50")
    send(page, "/i18n/setlang/", form={"language": "tr", "next": "/"})
    page.goto(product)
    expect(page.locator(PRICE)).to_have_value("1234,50")
    page.fill(PRICE, "99,9")
    save(page)
    toast(page, "kaydedildi")
    expect(page.locator(PRICE)).to_have_value("99,90")
    page.goto("/products/?q=Fiyat")
    expect(page.locator(".products__price").first).to_have_text("99,90")
