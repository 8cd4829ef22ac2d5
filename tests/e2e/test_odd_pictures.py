"""Chromium is the judge: a picture is taken, and its thumbnail looks, as Chromium shows it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from media_staging.containers import InvalidImage, for_decoder, inspect
from media_staging.thumbnails.rendering import Renderer
from tests.support.as_shown import shown
from tests.support.odd_pictures import SHOWN, UNSHOWN

# What is lost by small sides and by WebP; a picture of high range is shown by taste.
DIFFERENCE, BY_TASTE = 12, 32


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.mark.parametrize("kind", SHOWN)
def test_a_picture_and_its_thumbnail_are_as_chromium_shows_it(
    blank: Page, renderer: Renderer, kind: str
) -> None:
    picture = SHOWN[kind]()
    seen = shown(blank, picture)
    assert seen
    found = inspect(picture, max_pixels=64_000_000, strip_location=True)
    assert (found.width, found.height) == (seen.width, seen.height)
    (rendered,) = renderer.render(for_decoder(picture), [640])
    small = shown(blank, rendered.data)
    assert small
    assert max(small.width, small.height) == min(640, max(seen.width, seen.height))
    assert (small.width > small.height) == (seen.width > seen.height)
    assert small.looks_like(seen, BY_TASTE if "high range" in kind else DIFFERENCE), (small, seen)


@pytest.mark.parametrize("kind", UNSHOWN)
def test_what_chromium_does_not_show_is_refused_with_the_reason(blank: Page, kind: str) -> None:
    code, make = UNSHOWN[kind]
    assert shown(blank, make()) is None
    with pytest.raises(InvalidImage) as refused:
        inspect(make(), max_pixels=64_000_000, strip_location=True)
    assert refused.value.code == code
