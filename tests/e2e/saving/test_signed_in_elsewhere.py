"""Somebody signs in, perhaps as somebody else, in another tab: the old ones lose nothing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import axe
from tests.e2e.complaints import Complaints
from tests.e2e.conftest import sign_in
from tests.e2e.panel import ON_S3, PHOTO_INPUT, TILE, all_safe, open_product, tile
from tests.e2e.shop import cell, make_product, row, save, save_variants, send, toast

pytestmark = ON_S3

NAME, PRICE = "[name=name]", "[name=price]"
PRODUCT = re.compile(r"/products/\d+/$")
PASSWORD = "a quiet river 7"
WITHOUT_SCRIPT = pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])


def make_colleague(page: Page, name: str) -> None:
    """Who may do everything, too."""
    user = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
    made = send(page, "/admin/auth/user/add/", form={**user, "usable_password": "true"})
    assert made.status == 302, made.text()
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    may = dict.fromkeys(("is_active", "is_staff", "is_superuser"), "on")
    changed = send(page, made.headers["location"], form={"username": name, **dates, **may})
    assert changed.status == 302, changed.text()


def sign_in_as(page: Page, name: str) -> None:
    page.context.clear_cookies(name="sessionid")
    page.context.request.get("/accounts/login/")
    user = {"username": name, "password": PASSWORD}
    assert send(page, "/accounts/login/", form=user).status == 302


def test_every_form_of_an_old_tab_is_taken(page: Page) -> None:
    product = make_product(page, "Old tab")
    page.goto(product)
    page.fill(NAME, "Old tab, new name")
    sign_in(page.context)
    save(page)
    toast(page, "Product saved")
    sign_in(page.context)
    page.get_by_role("button", name="Türkçe").click()
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    page.goto("/staging/")
    sign_in(page.context)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(product)
    sign_in(page.context)
    page.get_by_text("Delete product…").click()
    page.locator(".delete-question").get_by_role("button").click()
    page.wait_for_url("**/products/")
    toast(page, "Product deleted")


def test_a_colleague_who_signed_in_there_saves_the_old_tab(
    page: Page, small_photos: list[Path], complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")
    make_colleague(page, "colleague")
    product = make_product(page, "Whose")
    page.goto(product)
    page.fill(NAME, "By a colleague")
    sign_in_as(page, "colleague")
    save(page)
    toast(page, "Product saved")
    expect(page.locator("[data-fact=saved_by]")).to_have_text("colleague")
    # Photos that a person sent for a new product are that person's until it is saved.
    sign_in(page.context)
    page.goto("/products/new/")
    page.set_input_files(PHOTO_INPUT, small_photos[0])
    expect(page.locator(TILE)).to_have_count(1)
    all_safe(page)
    page.fill(NAME, "Begun by demo")
    page.fill(PRICE, "1")
    sign_in_as(page, "colleague")
    save(page)
    expect(page.locator("#form-problems")).to_contain_text("Somebody else began this product")
    expect(page.locator(NAME)).to_have_value("Begun by demo")
    sign_in(page.context)
    save(page)
    page.wait_for_url(PRODUCT)
    expect(page.locator(TILE)).to_have_count(1)


def test_who_is_signed_out_follows_the_link_signs_in_there_and_saves_here(
    page: Page, complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")
    product = make_product(page, "Signed out")
    page.goto(product)
    page.fill(NAME, "By the link")
    page.context.clear_cookies(name="sessionid")
    save(page)
    link = toast(page, "You are signed out").get_by_role("link", name="Sign in")
    # The pointer on it: it does not go while axe looks at it.
    link.hover()
    assert axe.findings_in_all_colours(page) == []
    with page.expect_popup() as opened:
        link.click()
    other = opened.value
    other.fill("[name=username]", "demo")
    other.fill("[name=password]", "demo")
    other.get_by_role("main").get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/products/")
    expect(page.locator(NAME)).to_have_value("By the link")
    save(page)
    saved = toast(page, "Product saved")
    expect(saved.get_by_role("link")).to_be_hidden()


@WITHOUT_SCRIPT
@pytest.mark.parametrize(
    ("language", "words"), [("en", "signed in or out in another tab"), ("tr", "yeniden kaydedin")]
)
def test_without_a_script_the_form_comes_back_as_typed(
    page: Page, small_photos: list[Path], complaints: Complaints, language: str, words: str
) -> None:
    complaints.expect("status of 403")
    open_product(page, small_photos[:2])
    number = re.sub(r"\D", "", page.url.split("/products/")[1])
    save_variants(page, page.url, row(f"TAB-{number}-A"))
    send(page, "/i18n/setlang/", form={"language": language, "next": "/"})
    page.reload()
    page.fill(NAME, "As typed")
    cell(page, 1, "stock").fill("77")
    page.locator("[data-spare-rows] [data-field=sku]").first.fill(f"TAB-{number}-B")
    tile(page, "one.jpg").locator("noscript [name$='-alt']").fill("A red field")
    tile(page, "two.jpg").locator("noscript [name$='-delete']").check()
    page.set_input_files(PHOTO_INPUT, small_photos[2])
    sign_in(page.context)
    save(page)
    expect(page.locator("#form-problems")).to_contain_text(words)
    expect(page.locator(NAME)).to_have_value("As typed")
    expect(cell(page, 1, "stock")).to_have_value("77")
    expect(cell(page, 2, "sku")).to_have_value(f"TAB-{number}-B")
    expect(tile(page, "one.jpg").locator("noscript [name$='-alt']")).to_have_value("A red field")
    expect(tile(page, "two.jpg").locator("noscript [name$='-delete']")).to_be_checked()
    cell(page, 2, "name").fill("B")
    cell(page, 2, "price").fill("1")
    cell(page, 2, "stock").fill("2")
    save(page)
    expect(page.locator("h1")).to_have_text("As typed")
    expect(page.locator(TILE)).to_have_count(1)
    expect(cell(page, 1, "stock")).to_have_value("77")
    send(page, "/i18n/setlang/", form={"language": "en", "next": "/"})


@WITHOUT_SCRIPT
def test_without_a_script_discard_asks_first(page: Page) -> None:
    page.goto(make_product(page, "Plain"))
    page.fill(NAME, "Not yet")
    bar = page.locator("[data-save-bar]")
    expect(bar.get_by_role("link", name="Discard changes")).to_be_hidden()
    bar.locator("summary").click()
    expect(page.locator(NAME)).to_have_value("Not yet")
    bar.get_by_role("link", name="Discard changes").click()
    expect(page.locator(NAME)).to_have_value("Plain")
