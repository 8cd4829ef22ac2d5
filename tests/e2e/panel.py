"""What a person sees and does in the images panel."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from dev.processes import wait_for

# How the panel behaves has nothing to do with where the photos go: one storage is enough.
ON_S3 = pytest.mark.parametrize("storage", ["s3"], indirect=True, scope="session")

# On the page; what a pointer drags is a copy outside the list.
ANY_TILE = "[data-tiles] > [data-tile]:not([hidden])"
TILE = f"{ANY_TILE}[data-id]"
PHOTO_INPUT = "[data-images] input[type=file]"
UPLOAD_URL = re.compile(r"/products/\d+/images/$")


def create(page: Page, name: str, photos: list[Path]) -> None:
    """A new product with these photos, made in the form; its page is open."""
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos)
    page.fill("[name=name]", name)
    page.fill("[name=price]", "12.50")
    page.click("[data-save]")
    page.wait_for_url(re.compile(r"/products/\d+/$"))


def open_product(page: Page, photos: list[Path]) -> None:
    """The same by script, which is quicker."""
    (token,) = (one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    headers = {"X-CSRFToken": token}
    fields: dict[str, str | float | bool] = {"name": "Test", "price": "12.50", "status": "draft"}
    product = page.request.post("/products/new/", form=fields, headers=headers).url
    for photo in photos:
        file = FilePayload(name=photo.name, mimeType="image/jpeg", buffer=photo.read_bytes())
        page.request.post(f"{product}images/", multipart={"images": file}, headers=headers)
    page.goto(product)


def open_synced(page: Page, photos: list[Path]) -> None:
    open_product(page, photos)
    all_safe(page)


def tile(page: Page, name: str) -> Locator:
    return page.locator(f"{ANY_TILE}[data-name='{name}']")


def refused(page: Page) -> Locator:
    """The list of the files that were not taken."""
    return page.locator("[data-refused-files]")


def names(page: Page) -> list[str]:
    """The names on the tiles of the server's images, in the order shown."""
    shown = page.locator(TILE)
    found: list[str] = shown.evaluate_all("tiles => tiles.map(tile => tile.dataset.name)")
    return found


def saved_names(page: Page) -> list[str]:
    """The same as the server has them."""
    images = page.request.get(f"{page.url}images/").json()["images"]
    return [image["name"] for image in images]


def is_order(page: Page, order: list[str]) -> None:
    """The page shows this order and the server has it, once what is under way has ended."""
    reached = wait_for(lambda: names(page) == saved_names(page) == order, 20, 0.1)
    assert reached, (names(page), saved_names(page))


def wait_until_sortable(page: Page, items: str) -> None:
    """SortableJS is loaded after the page, and has then left its mark on the list."""
    mark = "list => Object.keys(list).some(key => key.startsWith('Sortable'))"
    assert wait_for(lambda: bool(page.locator(items).evaluate(mark)), 20)


def stop_the_clock(page: Page) -> None:
    """From now on time passes in the page only by `page.clock.run_for`."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 30_000)


def all_safe(page: Page, seconds: float = 20) -> None:
    safe = expect(page.locator("[data-summary]"))
    safe.to_contain_text("All images are safe in storage", timeout=1000 * seconds)


def pictures_are_shown(page: Page) -> None:
    loaded = "tiles => tiles.every(tile => tile.querySelector('img').naturalWidth > 0)"
    assert wait_for(lambda: page.locator(TILE).evaluate_all(loaded), 20)


def open_menu(tile: Locator) -> None:
    tile.hover()
    tile.locator("summary").click()


def toast(page: Page, text: str) -> Locator:
    """A toast with this text, once it is shown."""
    found = page.locator("[data-toast]:not(.is-leaving)").filter(has_text=text).first
    expect(found).to_be_visible()
    return found


def focused_in(page: Page, selector: str) -> bool:
    found: bool = page.evaluate("selector => !!document.activeElement.closest(selector)", selector)
    return found


@contextmanager
def answering(page: Page, url: str | re.Pattern[str], method: str, status: int) -> Iterator[None]:
    """The server answers such requests with a page of HTML and this status; 0: with nothing."""

    def refuse(route: Route) -> None:
        if route.request.method != method:
            route.continue_()
        elif status:
            route.fulfill(status=status, content_type="text/html", body="<h1>Trouble</h1>")
        else:
            route.abort("connectionreset")

    page.route(url, refuse)
    try:
        yield
    finally:
        page.unroute(url, refuse)


class Gate:
    """Holds requests back until they are let through: an upload that is under way."""

    def __init__(self, page: Page, url: str | re.Pattern[str], method: str = "POST") -> None:
        self.held: list[Route] = []
        self.most = 0
        self._page, self._method, self._is_open = page, method, False
        page.route(url, self._hold)

    def _hold(self, route: Route) -> None:
        if self._is_open or route.request.method != self._method:
            route.continue_()
            return
        self.held.append(route)
        self.most = max(self.most, len(self.held))

    def wait_for(self, count: int) -> None:
        assert wait_for(lambda: self._count() >= count, 20), len(self.held)

    def _count(self) -> int:
        # A question to the page lets Playwright hand us the routes that have come in meanwhile.
        self._page.evaluate("0")
        return len(self.held)

    def let(self, file_name: str) -> None:
        """Let the upload of this file through: requests sent at once come in in any order."""
        header = f'filename="{file_name}"'.encode()
        [route] = [held for held in self.held if header in (held.request.post_data_buffer or b"")]
        self.held.remove(route)
        route.continue_()

    def open(self) -> None:
        self._is_open = True
        while self.held:
            self.held.pop(0).continue_()
