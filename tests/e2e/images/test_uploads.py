"""New files: how they come in, what travels when, and in which order they stay."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dev.processes import wait_for
from tests.e2e.panel import (
    ANY_TILE,
    ON_S3,
    PHOTO_INPUT,
    TILE,
    UPLOAD_URL,
    Gate,
    all_safe,
    focused_in,
    is_order,
    open_synced,
    tile,
    toast,
)

pytestmark = ON_S3

NEW = ["two.jpg", "three.jpg", "four.jpg", "five.jpg"]


@pytest.fixture
def product(page: Page, small_photos: list[Path]) -> Page:
    """The page of a product with one image."""
    open_synced(page, small_photos[:1])
    return page


def drop(context: BrowserContext, page: Page, paths: list[Path]) -> None:
    """As from the file manager: the browser reads these files and folders itself."""
    box = page.locator("[data-images]").bounding_box()
    assert box
    mouse = context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        where = {"x": box["x"] + 40, "y": box["y"] + 60}
        mouse.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})
        if kind == "dragOver":
            expect(page.locator(".images__target")).to_be_visible()


def test_dropped_files_are_added_in_their_order(
    context: BrowserContext, product: Page, small_photos: list[Path]
) -> None:
    drop(context, product, small_photos[1:])
    expect(product.locator(".images__target")).to_be_hidden()
    expect(product.locator(TILE)).to_have_count(5)
    all_safe(product)
    is_order(product, ["one.jpg", *NEW])


def test_a_dropped_folder_gives_its_pictures_by_name(
    context: BrowserContext, product: Page, small_photos: list[Path], tmp_path: Path
) -> None:
    inner = tmp_path / "shoot" / "b-details"
    inner.mkdir(parents=True)
    for number, path in ((10, small_photos[1]), (2, small_photos[2])):
        (inner / f"{number}.jpg").write_bytes(path.read_bytes())
    (tmp_path / "shoot" / "a.jpg").write_bytes(small_photos[3].read_bytes())
    (tmp_path / "shoot" / "notes.txt").write_text("not a picture")
    drop(context, product, [tmp_path / "shoot"])
    expect(product.locator(TILE)).to_have_count(4)
    all_safe(product)
    is_order(product, ["one.jpg", "a.jpg", "2.jpg", "10.jpg"])


def test_a_folder_without_pictures_says_so(
    context: BrowserContext, product: Page, tmp_path: Path
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "notes.txt").write_text("not a picture")
    drop(context, product, [tmp_path / "papers"])
    toast(product, "There is no picture in what you dropped")
    expect(product.locator(ANY_TILE)).to_have_count(1)


COPY_PICTURE = """
async () => {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").fillRect(0, 0, 40, 40);
  const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
}
"""
COPY_CELLS = """
async () => {
  const canvas = document.createElement("canvas");
  const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const cells = new Blob(["A-1"], { type: "text/plain" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": png, "text/plain": cells })]);
}
"""


def test_a_picture_is_pasted(context: BrowserContext, product: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    product.evaluate(COPY_PICTURE)
    product.keyboard.press("Control+v")
    expect(product.locator(TILE)).to_have_count(2)
    all_safe(product)


def test_pasted_cells_are_text_even_if_they_bring_a_picture_of_themselves(
    context: BrowserContext, product: Page
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    product.evaluate(COPY_CELLS)
    product.locator("[name=description]").fill("")
    product.keyboard.press("Control+v")
    expect(product.locator("[name=description]")).to_have_value("A-1")
    expect(product.locator(ANY_TILE)).to_have_count(1)


def test_the_file_dialog_opens_by_keyboard(product: Page, small_photos: list[Path]) -> None:
    with product.expect_file_chooser() as dialog:
        # Asked after the listener, so that Chromium knows by the key who answers the dialog.
        product.locator(PHOTO_INPUT).focus()
        product.keyboard.press("Space")
    assert dialog.value.is_multiple()
    dialog.value.set_files(small_photos[1])
    expect(product.locator(TILE)).to_have_count(2)


def test_three_travel_at_once_and_arrive_in_the_order_chosen(
    product: Page, small_photos: list[Path]
) -> None:
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[1:])
    gate.wait_for(3)
    expect(product.locator("[data-summary]")).to_contain_text("Images uploading: 1/5")
    expect(product.locator("[data-can-close]")).to_be_hidden()
    # The last of the three first: the fourth then starts.
    gate.let("four.jpg")
    gate.wait_for(3)
    gate.let("five.jpg")
    gate.let("three.jpg")
    expect(product.locator(TILE)).to_have_count(4)
    gate.let("two.jpg")
    expect(product.locator(TILE)).to_have_count(5)
    assert gate.most == 3
    gate.open()
    all_safe(product)
    is_order(product, ["one.jpg", *NEW])


def test_the_ring_shows_the_bytes_really_sent(
    context: BrowserContext, product: Page, photos: list[Path]
) -> None:
    network = context.new_cdp_session(product)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000}
    network.send("Network.emulateNetworkConditions", slow)
    product.set_input_files(PHOTO_INPUT, photos[1])
    badge = tile(product, "two.jpg").locator("[data-badge]")
    expect(badge).to_contain_text("Uploading")
    seen: set[int] = set()

    def look() -> bool:
        words = badge.inner_text()
        seen.update(int(word.rstrip("%")) for word in words.split() if word.endswith("%"))
        return len({percent for percent in seen if 0 < percent < 100}) >= 3

    assert wait_for(look, 30), seen
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    all_safe(product)


def test_the_local_picture_is_shown_at_once_and_replaced_by_the_servers(
    product: Page, small_photos: list[Path]
) -> None:
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[1])
    picture = tile(product, "two.jpg").locator("[data-picture]")
    gate.wait_for(1)
    expect(picture).to_have_js_property("naturalWidth", 320)
    local = picture.get_attribute("src") or ""
    assert local.startswith("blob:")
    expect(picture).to_have_css("opacity", "0.6")
    gate.open()
    expect(picture).not_to_have_attribute("src", local)
    # Decoded before the swap: there is no moment without a picture.
    assert picture.evaluate("picture => picture.complete && picture.naturalWidth") == 320


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_an_upload_is_cancelled_under_way_or_while_it_waits(
    product: Page, small_photos: list[Path], hand: str
) -> None:
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[1:])
    gate.wait_for(3)
    for name in ("two.jpg", "five.jpg"):
        button = tile(product, name).get_by_role("button", name=f"Cancel {name}")
        if hand == "mouse":
            button.click()
        else:
            button.focus()
            product.keyboard.press("Enter")
        expect(tile(product, name)).to_have_count(0)
        if name == "two.jpg":
            expect(tile(product, "three.jpg").locator(".tile__cancel")).to_be_focused()
    assert focused_in(product, "[data-add]")
    gate.open()
    expect(product.locator(TILE)).to_have_count(3)
    all_safe(product)
    is_order(product, ["one.jpg", "three.jpg", "four.jpg"])


def test_an_image_moved_while_others_travel_stays_where_it_was_put(
    product: Page, small_photos: list[Path]
) -> None:
    product.set_input_files(PHOTO_INPUT, small_photos[1])
    expect(product.locator(TILE)).to_have_count(2)
    gate = Gate(product, UPLOAD_URL)
    product.set_input_files(PHOTO_INPUT, small_photos[2])
    gate.wait_for(1)
    tile(product, "two.jpg").locator("[data-handle]").focus()
    for key in ("Space", "ArrowLeft", "Space"):
        product.keyboard.press(key)
    gate.open()
    toast(product, "Order updated")
    all_safe(product)
    is_order(product, ["two.jpg", "one.jpg", "three.jpg"])
