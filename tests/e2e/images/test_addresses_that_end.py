"""A page that was open for long: pictures whose signed address has ended are asked for again."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from dev.processes import wait_for
from tests.e2e.panel import ON_S3, TILE, all_safe, open_product, tile
from tests.e2e.shop import make_product, send

pytestmark = ON_S3

SIGNED, OURS = re.compile(r"X-Amz-Signature="), re.compile(r"^/media/")
TILE_CSS = Path("products/static/products/styles/tile.css")
MISSING = "images => images.filter(image => !image.complete || !image.naturalWidth).length"
# As the storage refuses it: in a page that was open for long.
ENDED = "X-Amz-Signature=0"
GOOD = re.compile(r"X-Amz-Signature=(?!0\b)")
END = f"""links => links.filter(link => link.dataset.preview).forEach(link => {{
  link.href = link.href.replace(/X-Amz-Signature=\\w+/, "{ENDED}");
  link.dataset.preview = link.dataset.preview.replace(/X-Amz-Signature=\\w+/, "{ENDED}");
}})"""
PAINTED = "images => images.every(image => image.complete && image.naturalWidth > 0)"


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> str:
    """With two photos in storage, the last so far down that it is not loaded with the page."""
    product = make_product(page, "Long page")
    for photo in small_photos[:2]:
        file = FilePayload(name=photo.name, mimeType="image/jpeg", buffer=photo.read_bytes())
        assert send(page, f"{product}images/", multipart={"images": file}).status == 201
    await_thumbnails(page, product)
    style = TILE_CSS.read_text() + ".tile[data-id]:nth-child(2) { margin-block-start: 9000px }"
    page.route("**/tile.css", lambda route: route.fulfill(content_type="text/css", body=style))
    page.goto(product)
    return product


def await_thumbnails(page: Page, product: str) -> None:
    """A page that is open when one comes loads it, wherever its tile is."""

    def are_there() -> bool:
        listed = page.request.get(f"{product}images/").json()["images"]
        return all(image["thumbnail_url"] != image["url"] for image in listed)

    assert wait_for(are_there, 60, 0.5)


@pytest.fixture
def asked(page: Page) -> Iterator[Counter[str]]:
    """How often each picture was asked for, by its address."""
    counter: Counter[str] = Counter()
    page.on("request", lambda request: counter.update([request.url.partition("?")[0]]))
    yield counter


def pictures_are_shown_but(page: Page, count: int) -> None:
    pictures = page.locator(f"{TILE} img")
    assert wait_for(lambda: pictures.evaluate_all(MISSING) == count, 20)


def refuse(route: Route) -> None:
    route.fulfill(status=403, content_type="application/xml", body="<Code>AccessDenied</Code>")


@pytest.mark.usefixtures("product", "broken")
def test_it_is_asked_for_again_when_it_comes_into_view(page: Page) -> None:
    picture = tile(page, "two.jpg").locator("img")
    pictures_are_shown_but(page, 1)
    page.route(SIGNED, refuse)
    picture.scroll_into_view_if_needed()
    pictures_are_shown_but(page, 0)
    expect(picture).to_have_attribute("src", OURS)


@pytest.mark.usefixtures("product", "broken")
def test_it_is_asked_for_once_more_and_then_there_is_its_name(
    page: Page, site: str, asked: Counter[str]
) -> None:
    pictures_are_shown_but(page, 1)
    page.route(SIGNED, refuse)
    page.route(f"{site}/media/**", refuse)
    last = tile(page, "two.jpg")
    last.scroll_into_view_if_needed()
    expect(last.locator("[data-file-name]")).to_be_visible()
    expect(last.locator("[data-file-name]")).to_have_text("two.jpg")
    page.mouse.wheel(0, -20_000)
    last.scroll_into_view_if_needed()
    expect(last.locator("img")).not_to_have_attribute("src", re.compile("."))
    assert [n for address, n in asked.items() if address.startswith(f"{site}/media/")] == [1]


@pytest.mark.usefixtures("broken")
def test_the_list_of_products_does_the_same(page: Page, small_photos: list[Path]) -> None:
    open_product(page, small_photos[:1])
    all_safe(page)
    page.route(SIGNED, refuse)
    page.goto("/products/")
    covers = page.locator(".thumb img")
    assert wait_for(lambda: covers.evaluate_all(PAINTED), 20)
    expect(covers.first).to_have_attribute("src", OURS)


@pytest.mark.usefixtures("broken")
def test_the_enlarged_view_asks_for_fresh_addresses_once(
    page: Page, small_photos: list[Path], asked: Counter[str]
) -> None:
    open_product(page, small_photos[:2])
    all_safe(page)
    images = f"{page.url}images/"
    await_thumbnails(page, page.url)
    page.reload()
    page.wait_for_load_state("networkidle")
    page.locator("[data-open]").evaluate_all(END)
    asked.clear()
    tile(page, "one.jpg").locator("[data-open]").click()
    picture = page.locator("[data-enlarged] img")
    expect(picture).to_have_attribute("src", GOOD)
    expect(picture).to_have_js_property("naturalWidth", 320)
    expect(page.locator("[data-enlarged] [data-original]")).to_have_attribute("href", GOOD)
    page.keyboard.press("ArrowRight")
    of_two = tile(page, "two.jpg").locator("[data-open]").get_attribute("data-preview") or ""
    assert GOOD.search(of_two)
    expect(picture).to_have_attribute("src", of_two)
    assert asked[images] == 1, "for all tiles at once"
