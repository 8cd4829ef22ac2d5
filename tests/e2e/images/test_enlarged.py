"""The enlarged view: opened and left by mouse, keyboard and touch, and in nobody's way."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from dev.processes import wait_for
from tests.e2e.axe import findings_in_all_colours
from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    UPLOAD_URL,
    Gate,
    answering,
    names,
    open_product,
    open_synced,
    tile,
    toast,
    wait_until_sortable,
)

pytestmark = ON_S3


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    open_synced(page, small_photos[:3])
    return page


def link(page: Page, name: str) -> Locator:
    return tile(page, name).locator("[data-open]")


def view(page: Page) -> Locator:
    return page.locator("dialog[data-enlarged]")


def shows(page: Page, name: str, place: str) -> None:
    """This picture is shown enlarged, loaded, and as the tile describes it."""
    expect(view(page)).to_be_visible()
    expect(view(page).locator("[data-name]")).to_have_text(name)
    expect(view(page).locator("[data-place]")).to_have_text(place)
    picture = view(page).locator("img")
    assert wait_for(lambda: picture.evaluate("img => img.complete && img.naturalWidth > 0"), 20)


def source(page: Page) -> str:
    return view(page).locator("img").get_attribute("src") or ""


def is_original(page: Page) -> None:
    """The browser shows the picture itself, and nothing else."""
    expect(page.locator("img")).to_have_js_property("naturalWidth", 320)
    assert re.search(r"/products/[0-9a-f-]+\.jpg", page.url)


def test_by_mouse(product: Page) -> None:
    tile(product, "two.jpg").locator("[data-alt]").fill("A green field")
    link(product, "two.jpg").click()
    shows(product, "two.jpg", "Image 2 of 3")
    expect(view(product).locator("img")).to_have_attribute("alt", "A green field")
    expect(view(product).locator("[data-words]")).to_have_text("A green field")
    view(product).get_by_role("button", name="Next image").click()
    shows(product, "three.jpg", "Image 3 of 3")
    view(product).get_by_role("button", name="Next image").click()
    shows(product, "one.jpg", "Image 1 of 3")
    view(product).get_by_role("button", name="Previous image").click()
    shows(product, "three.jpg", "Image 3 of 3")
    with product.context.expect_page() as opened:
        view(product).get_by_role("link", name="Open original").click()
    is_original(opened.value)
    opened.value.close()
    view(product).get_by_role("button", name="Close").click()
    expect(view(product)).to_be_hidden()
    expect(link(product, "three.jpg")).to_be_focused()
    link(product, "one.jpg").click()
    # Beside the picture.
    view(product).locator("[data-stage]").click(position={"x": 200, "y": 9})
    expect(view(product)).to_be_hidden()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_by_keyboard(product: Page, key: str) -> None:
    link(product, "one.jpg").focus()
    product.keyboard.press(key)
    shows(product, "one.jpg", "Image 1 of 3")
    expect(view(product).get_by_role("button", name="Close")).to_be_focused()
    product.keyboard.press("ArrowLeft")
    shows(product, "three.jpg", "Image 3 of 3")
    product.keyboard.press("ArrowLeft")
    shows(product, "two.jpg", "Image 2 of 3")
    product.keyboard.press("Escape")
    expect(view(product)).to_be_hidden()
    expect(link(product, "two.jpg")).to_be_focused()
    assert names(product) == ["one.jpg", "two.jpg", "three.jpg"], "no key has moved a tile"


def test_by_touch(product: Page, browser: Browser, site: str) -> None:
    context = browser.new_context(
        base_url=site,
        storage_state=product.context.storage_state(),
        has_touch=True,
        viewport={"width": 320, "height": 640},
    )
    page = context.new_page()
    page.goto(product.url)
    wait_until_sortable(page, "[data-tiles]")
    link(page, "one.jpg").tap()
    shows(page, "one.jpg", "Image 1 of 3")
    finger = context.new_cdp_session(page)

    def swipe(x: float, y: float = 0) -> None:
        steps = [(160 + x * step / 5, 300 + y * step / 5) for step in range(6)]
        for kind, point in zip(["touchStart", *["touchMove"] * 5], steps, strict=True):
            touched = [{"x": point[0], "y": point[1]}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(-90)
    shows(page, "two.jpg", "Image 2 of 3")
    swipe(90)
    shows(page, "one.jpg", "Image 1 of 3")
    swipe(-20)
    swipe(60, 90)
    shows(page, "one.jpg", "Image 1 of 3")
    overflow = "document.documentElement.scrollWidth > innerWidth"
    assert not page.evaluate(overflow)
    view(page).get_by_role("button", name="Close").tap()
    expect(view(page)).to_be_hidden()
    context.close()


def test_the_preview_is_loaded_and_the_original_only_on_request(
    page: Page, tmp_path: Path, photos: list[Path]
) -> None:
    large = tmp_path / "large.jpg"
    Image.open(photos[0]).resize((2400, 1800)).save(large)
    open_synced(page, [large])
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))

    def image() -> Any:
        return page.request.get(f"{page.url}images/").json()["images"][0]

    assert wait_for(lambda: image()["thumbnail_url"] != image()["url"], 60, 0.5)
    page.reload()
    link(page, "large.jpg").click()
    shows(page, "large.jpg", "Image 1 of 1")
    expect(view(page).locator("img")).to_have_js_property("naturalWidth", 1600)
    original = image()["url"].partition("?")[0]
    assert not [url for url in loaded if url.startswith(original)]
    assert view(page).locator("[data-step]:visible").count() == 0


def test_what_is_still_uploading_is_shown_from_here(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    gate = Gate(page, UPLOAD_URL)
    page.set_input_files("[data-images] input[type=file]", small_photos[1:2])
    gate.wait_for(1)
    link(page, "two.jpg").click()
    shows(page, "two.jpg", "Image 2 of 2")
    assert source(page).startswith("blob:")
    page.keyboard.press("ArrowLeft")
    shows(page, "one.jpg", "Image 1 of 2")
    page.keyboard.press("ArrowRight")
    shows(page, "two.jpg", "Image 2 of 2")
    gate.open()
    expect(tile(page, "two.jpg")).to_have_attribute("data-id", re.compile(r"\d+"))
    page.keyboard.press("Escape")
    expect(link(page, "two.jpg")).to_be_focused()


def test_a_picture_that_is_deleted_meanwhile_leaves_the_others(product: Page) -> None:
    link(product, "two.jpg").click()
    shows(product, "two.jpg", "Image 2 of 3")
    tile(product, "two.jpg").locator("[data-delete]").evaluate("button => button.click()")
    expect(tile(product, "two.jpg")).to_have_count(0)
    product.keyboard.press("ArrowRight")
    shows(product, "three.jpg", "Image 2 of 2")


def test_dragging_and_selecting_open_nothing(product: Page) -> None:
    wait_until_sortable(product, "[data-tiles]")
    picture = tile(product, "three.jpg").locator("[data-picture]")
    picture.hover()
    product.mouse.down()
    box = tile(product, "one.jpg").bounding_box()
    assert box
    product.mouse.move(box["x"] + 40, box["y"] + 40, steps=8)
    product.mouse.up()
    toast(product, "Order updated")
    expect(view(product)).to_be_hidden()
    # Put down where it was.
    picture.hover()
    product.mouse.down()
    for way in (30, -30):
        at = tile(product, "three.jpg").bounding_box()
        assert at
        product.mouse.move(at["x"] + 60 + way, at["y"] + 60, steps=4)
    product.mouse.up()
    expect(view(product)).to_be_hidden()
    product.locator("[data-select-images]").click()
    link(product, "two.jpg").click()
    expect(tile(product, "two.jpg").locator("[data-select]")).to_be_checked()
    link(product, "two.jpg").focus()
    product.keyboard.press("Enter")
    expect(tile(product, "two.jpg").locator("[data-select]")).not_to_be_checked()
    expect(view(product)).to_be_hidden()
    product.keyboard.press("Escape")
    link(product, "two.jpg").click()
    shows(product, "two.jpg", "Image 3 of 3")


def test_where_its_script_does_not_come_the_picture_opens_by_itself(
    page: Page, small_photos: list[Path], complaints: Complaints
) -> None:
    complaints.expect("ERR_CONNECTION_RESET")
    open_synced(page, small_photos[:1])
    with answering(page, re.compile(r"enlarged/dialog.*\.js"), "GET", 0):
        with page.context.expect_page() as opened:
            link(page, "one.jpg").click()
        is_original(opened.value)


def test_for_everyone(product: Page) -> None:
    link(product, "one.jpg").click()
    shows(product, "one.jpg", "Image 1 of 3")
    assert findings_in_all_colours(product) == []


@pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])
def test_without_a_script_the_picture_opens_by_itself(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    with page.context.expect_page() as opened:
        link(page, "one.jpg").click()
    is_original(opened.value)
