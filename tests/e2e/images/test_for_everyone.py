"""The images panel in every state, as axe, small screens, other colours and still eyes meet it."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect
from rjsmin import jsmin

from tests.e2e import axe
from tests.e2e.complaints import Complaints
from tests.e2e.panel import (
    ON_S3,
    PHOTO_INPUT,
    UPLOAD_URL,
    Gate,
    answering,
    open_menu,
    open_synced,
    tile,
    toast,
)

pytestmark = ON_S3

SCRIPT_LIMIT_BYTES = 70 * 1024


def as_it_is(page: Page, photos: list[Path]) -> None:
    """Two images, both synced."""


def selecting(page: Page, photos: list[Path]) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    tile(page, "one.jpg").locator("[data-select]").click()


def with_an_open_menu(page: Page, photos: list[Path]) -> None:
    open_menu(tile(page, "two.jpg"))


def after_a_delete(page: Page, photos: list[Path]) -> None:
    tile(page, "two.jpg").hover()
    tile(page, "two.jpg").locator("[data-delete]").click()
    toast(page, "Image deleted")
    page.locator("[data-deleted] summary").click()
    expect(page.locator("[data-restore]")).to_be_visible()


def uploading(page: Page, photos: list[Path]) -> None:
    gate = Gate(page, UPLOAD_URL)
    page.set_input_files(PHOTO_INPUT, photos[2:4])
    gate.wait_for(2)


def failed(page: Page, photos: list[Path]) -> None:
    with answering(page, UPLOAD_URL, "POST", 500):
        page.set_input_files(PHOTO_INPUT, photos[2])
        expect(tile(page, "three.jpg")).to_have_attribute("data-state", "failed")


def about_to_drop(page: Page, photos: list[Path]) -> None:
    page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([], "a.jpg"));
          window.dispatchEvent(new DragEvent("dragover", { dataTransfer, cancelable: true }));
        }"""
    )
    expect(page.locator(".images__target")).to_be_visible()


State = Callable[[Page, list[Path]], None]
STATES: list[State] = [
    as_it_is,
    selecting,
    with_an_open_menu,
    after_a_delete,
    uploading,
    failed,
    about_to_drop,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(
    page: Page, small_photos: list[Path], complaints: Complaints, state: State
) -> None:
    complaints.expect("status of 500")
    open_synced(page, small_photos[:2])
    state(page, small_photos)
    assert axe.findings_in_all_colours(page) == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_it_fits_320_pixels(
    page: Page, small_photos: list[Path], complaints: Complaints, state: State
) -> None:
    complaints.expect("status of 500")
    page.set_viewport_size({"width": 320, "height": 800})
    open_synced(page, small_photos[:2])
    state(page, small_photos)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    outside = """
      () => [...document.querySelectorAll("[data-images] :is(button, a, input, summary, .badge)")]
        .filter(one => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
        .filter(one => !one.matches("input[type=file]"))
        .map(one => [one.outerHTML.slice(0, 100), one.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.left < 0 || box.right > 320))
        .map(([html]) => html)
    """
    assert page.evaluate(outside) == []


def test_states_survive_forced_colours(
    page: Page, small_photos: list[Path], complaints: Complaints
) -> None:
    complaints.expect("status of 500")
    page.emulate_media(forced_colors="active")
    open_synced(page, small_photos[:2])
    failed(page, small_photos)
    expect(tile(page, "three.jpg").locator(".tile__frame")).to_have_css(
        "outline-style", re.compile("solid")
    )
    expect(tile(page, "three.jpg").locator("[data-badge]")).to_contain_text("Failed")
    expect(tile(page, "three.jpg").locator("[data-badge] svg")).to_be_visible()


def test_nothing_glides_or_turns_when_motion_is_reduced(
    page: Page, small_photos: list[Path]
) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_synced(page, small_photos[:3])
    open_menu(tile(page, "three.jpg"))
    tile(page, "three.jpg").locator("[data-move=front]").click()
    moving = "document.getAnimations().filter(one => one.effect.getTiming().duration > 10).length"
    assert page.evaluate(moving) == 0
    toast(page, "Order updated")
    expect(page.locator("[data-summary] .ring")).to_have_css("animation-name", "none")


def test_all_scripts_of_the_page_are_small(page: Page, small_photos: list[Path]) -> None:
    """As production serves them: minified, and compressed."""
    sizes: dict[str, int] = {}

    def note(response: Response) -> None:
        if response.request.resource_type == "script":
            sizes[response.url] = len(gzip.compress(jsmin(response.body())))

    page.on("response", note)
    with page.expect_response("**/sortablejs/Sortable.min.js"):
        open_synced(page, small_photos[:1])
    assert len(sizes) > 10
    assert sum(sizes.values()) < SCRIPT_LIMIT_BYTES, sizes
