"""Every page, as people with other screens, tastes, languages and hands meet it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dev.processes import wait_for
from tests.support.storages import OnS3

# Nothing here depends on where the photos are.
pytestmark = pytest.mark.parametrize("storage", [OnS3.name], indirect=True, scope="session")

PAGES = {
    "/products/": "Products",
    "/products/new/": "New product",
    "/products/1/": "Images",
    "/staging/": "Sync",
}
ADMIN = (
    "/admin/products/product/1/change/",
    "/admin/media_staging/stagedfile/",
    "/admin/media_staging/stagedfile/1/change/",
)
LEAST_TARGET = 24

# WCAG 2.5.8 leaves out links within text and controls that a label enlarges.
SMALL_TARGETS = """
least => [...document.querySelectorAll("button, summary, a.button, select")]
  .filter(target => target.checkVisibility({ visibilityProperty: true }))
  .filter(target => !target.closest(".skip"))
  .map(target => [target.outerHTML.slice(0, 120), target.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < least || box.height < least))
  .map(([html]) => html)
"""
ANY_PICTURE_PENDING = """
() => [...document.images]
  .some(image => image.getBoundingClientRect().top < innerHeight && !image.complete)
"""
BROKEN_PICTURES = """
() => [...document.images]
  .filter(image => image.checkVisibility() && image.complete && !image.naturalWidth)
  .map(image => image.currentSrc)
"""


def visible_pictures_are_painted(page: Page) -> None:
    # Asked again and again from here: Playwright's own waiting for a script needs unsafe-eval.
    assert wait_for(lambda: not page.evaluate(ANY_PICTURE_PENDING), 20)
    assert page.evaluate(BROKEN_PICTURES) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_the_screen_and_shows_its_pictures(
    page: Page, path: str, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    expect(page.get_by_role("heading", name=PAGES[path], exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALL_TARGETS, LEAST_TARGET) == []
    visible_pictures_are_painted(page)


@pytest.mark.parametrize("path", ADMIN)
def test_the_admin_works_under_the_same_policy(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy


def test_a_page_asks_for_the_sign_in_and_comes_back(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/staging/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/staging/$"))
    page.fill("[name=username]", "demo")
    page.fill("[name=password]", "wrong")
    page.click("main button")
    expect(page.get_by_role("alert")).to_be_visible()
    page.fill("[name=password]", "demo")
    page.click("main button")
    expect(page).to_have_url(re.compile(r"/staging/$"))


def test_the_language_can_be_switched_and_back(page: Page) -> None:
    page.goto("/products/")
    page.get_by_role("button", name="Türkçe").click()
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_images_are_reordered_with_the_keyboard_alone(page: Page, photos: list[Path]) -> None:
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos[:2])
    page.fill("[name=name]", "Keyboard")
    page.fill("[name=price]", "1.00")
    page.click("[data-save]")
    page.wait_for_url(re.compile(r"/products/\d+/$"))
    tiles = page.locator("[data-tile][data-id]")
    tiles.first.locator("[data-handle]").focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(page.locator("[data-toast]").filter(has_text="Order updated").first).to_be_visible()
    names = "tiles => tiles.map(tile => tile.dataset.name)"
    assert tiles.evaluate_all(names) == ["two.jpg", "one.jpg"]
    page.reload()
    assert tiles.evaluate_all(names) == ["two.jpg", "one.jpg"]
