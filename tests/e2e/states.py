"""The states of every page but the images panel, each brought about as a person would."""

import re
from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.panel import PHOTO_INPUT
from tests.e2e.shop import cell, make_product, row, rows, save, save_variants, send


def photo(name: str, hue: int) -> FilePayload:
    stream = BytesIO()
    Image.new("HSV", (320, 240), (50 * hue, 160, 200)).convert("RGB").save(stream, "JPEG")
    return FilePayload(name=name, mimeType="image/jpeg", buffer=stream.getvalue())


def products(page: Page) -> None:
    page.goto("/products/")


def nothing_found(page: Page) -> None:
    page.goto("/products/?q=no+such+thing")


def new_product(page: Page) -> None:
    page.goto("/products/new/")


def new_product_with_photos(page: Page) -> None:
    page.goto("/products/new/")
    page.set_input_files(PHOTO_INPUT, [photo("a.jpg", 1), photo("b.jpg", 2)])
    expect(page.locator("[data-summary]")).to_have_attribute("data-phase", "safe")


def product_begun_before(page: Page) -> None:
    new_product_with_photos(page)
    page.goto("/products/new/")
    expect(page.locator(".banner a[href*='/products/new/']")).to_be_visible()


def refused_product(page: Page) -> None:
    page.goto("/products/new/")
    save(page)
    expect(page.locator("#form-problems")).to_be_focused()


def conflict(page: Page) -> None:
    product = make_product(page, "Axe")
    page.goto(product)
    fields = {"name": "Theirs", "price": "1", "status": "draft"}
    assert send(page, product, multipart=fields).status == 302
    page.fill("[name=name]", "Mine")
    save(page)
    expect(page.locator(".choice")).to_be_visible()


def discard_question(page: Page) -> None:
    page.goto(make_product(page, "Axe"))
    page.fill("[name=name]", "Mine")
    page.click("[data-discard]")
    expect(page.get_by_role("dialog")).to_be_visible()


def product_with_photos(page: Page) -> None:
    page.goto("/products/?q=DEMO-MUG")
    page.locator(".products__name a").click()
    page.wait_for_url("**/products/*/")


def grid(page: Page) -> None:
    product = make_product(page, "Axe")
    number = re.sub(r"\D", "", product)
    save_variants(page, product, *(row(f"AXE-{number}-{letter}") for letter in "ABC"))
    page.goto(product)
    expect(page.locator("[data-row-count]")).to_have_text("3")


def grid_with_errors(page: Page) -> None:
    grid(page)
    cell(page, 1, "price").fill("cheap")
    rows(page).nth(1).locator("[data-row-menu]").click()
    page.locator("[data-row-action=delete]").click()
    save(page)
    expect(page.locator("#form-problems li a")).to_have_count(1)


def grid_with_an_open_menu(page: Page) -> None:
    grid(page)
    rows(page).first.locator("[data-row-menu]").click()
    expect(page.locator("#row-menu")).to_be_visible()


def sync(page: Page) -> None:
    page.goto("/staging/")


def send_without_token(page: Page, form: str) -> None:
    page.locator(f"{form} [name=csrfmiddlewaretoken]").evaluate("field => field.remove()")
    with page.expect_event("load"):
        page.locator(form).evaluate("form => form.submit()")


def stale_form(page: Page) -> None:
    page.goto("/products/")
    send_without_token(page, "form[action='/i18n/setlang/']")
    expect(page.locator(".empty h1")).to_be_visible()


def unproven_product(page: Page) -> None:
    grid(page)
    send_without_token(page, "#product-form")
    expect(page.locator("#form-problems .banner")).to_be_visible()


def try_to_sign_in(page: Page, name: str) -> None:
    page.fill("[name=username]", name)
    page.fill("[name=password]", "wrong")
    with page.expect_event("load"):
        page.click("main button")


def signed_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    try_to_sign_in(page, "demo")
    expect(page.get_by_role("alert")).to_be_visible()


def locked(page: Page) -> None:
    """Nobody's name: whoever has one still gets in."""
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    while page.locator("[name=password]").count():
        try_to_sign_in(page, "nobody")


State = Callable[[Page], None]
STATES: list[State] = [
    products,
    nothing_found,
    new_product,
    new_product_with_photos,
    product_begun_before,
    refused_product,
    conflict,
    discard_question,
    product_with_photos,
    grid,
    grid_with_errors,
    grid_with_an_open_menu,
    sync,
    stale_form,
    unproven_product,
    signed_out,
    locked,
]
