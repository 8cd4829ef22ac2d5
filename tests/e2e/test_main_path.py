"""The main job as a person sees it, on every remote: make a product with photos, and it happens."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dev.processes import wait_for
from tests.e2e.panel import (
    TILE,
    all_safe,
    create,
    is_order,
    names,
    open_menu,
    pictures_are_shown,
    toast,
)
from tests.support.storages import Storage

# Cloudinary makes small pictures by itself.
WITH_STORED_THUMBNAILS = pytest.mark.parametrize(
    "storage", ["s3", "filesystem"], indirect=True, scope="session"
)


@contextmanager
def storage_away(page: Page, storage: Storage) -> Iterator[None]:
    # The list's pictures come from the storage: a page that still loads them would complain.
    page.goto("/products/new/")
    storage.refuse()
    try:
        yield
    finally:
        storage.resume()


def test_five_photos_are_saved_at_once_and_then_move_to_the_storage(
    page: Page, site: str, photos: list[Path]
) -> None:
    create(page, "Five photos", photos)
    assert names(page) == [photo.name for photo in photos]
    all_safe(page)
    product = page.url.removeprefix(site)
    images = page.request.get(f"{product}images/").json()["images"]
    assert [image["state"] for image in images] == ["synced"] * 5
    assert not any(image["url"].startswith(("/media/", site)) for image in images)
    stored = page.request.get(images[0]["url"])
    assert stored.status == 200
    assert stored.body() == photos[0].read_bytes()
    original = page.locator(f"{TILE} [data-original]").first
    original_bytes = page.request.get(original.get_attribute("href") or "").body()
    assert original_bytes == photos[0].read_bytes()


@WITH_STORED_THUMBNAILS
def test_a_tile_comes_to_show_the_thumbnail_while_the_page_is_open(
    page: Page, site: str, photos: list[Path]
) -> None:
    create(page, "Small", photos[:1])
    shown = page.locator(f"{TILE} img").first
    expect(shown).to_have_attribute("src", re.compile(r"/thumbnails/[^/]+\.webp"))
    expect(shown).to_have_js_property("naturalWidth", 640)
    product = page.url.removeprefix(site)
    (image,) = page.request.get(f"{product}images/").json()["images"]
    assert page.request.get(image["thumbnail_url"]).headers["content-type"] == "image/webp"
    assert page.request.get(image["url"]).headers["content-type"] == "image/jpeg"
    page.goto("/products/")
    covers = page.locator("img[src*='/thumbnails/']")
    assert wait_for(lambda: covers.first.evaluate("image => image.naturalWidth") == 640, 20)


@WITH_STORED_THUMBNAILS
def test_damage_inside_a_picture_is_told_on_its_tile(
    page: Page, photos: list[Path], tmp_path: Path
) -> None:
    half = tmp_path / "half.jpg"
    half.write_bytes(photos[0].read_bytes()[:100_000] + b"\xff\xd9")
    create(page, "Damaged", [half])
    note = page.locator(f"{TILE} [data-note]")
    expect(note).to_be_visible()
    expect(note).to_contain_text("The picture is damaged inside. Upload it again.")
    all_safe(page)


def test_photos_are_added_to_a_product_without_leaving_its_page(
    page: Page, photos: list[Path]
) -> None:
    create(page, "Grows", photos[:1])
    page.set_input_files("input[type=file]", photos[1:4])
    expect(page.locator(TILE)).to_have_count(4)
    all_safe(page)
    is_order(page, [photo.name for photo in photos[:4]])


def test_images_are_reordered_without_a_reload(page: Page, photos: list[Path]) -> None:
    create(page, "Reordered", photos[:3])
    all_safe(page)
    page.evaluate("window.sameDocument = true")
    last = page.locator(TILE).nth(2)
    open_menu(last)
    last.locator("[data-move=front]").click()
    toast(page, "Order updated")
    is_order(page, ["three.jpg", "one.jpg", "two.jpg"])
    assert page.evaluate("window.sameDocument")
    page.reload()
    assert names(page) == ["three.jpg", "one.jpg", "two.jpg"]


def test_a_deleted_image_can_be_brought_back(page: Page, photos: list[Path]) -> None:
    create(page, "Deleted", photos[:3])
    all_safe(page)
    second = page.locator(TILE).nth(1)
    second.hover()
    second.locator("[data-delete]").click()
    toast(page, "Image deleted")
    expect(page.locator(TILE)).to_have_count(2)
    page.locator("[data-toast] [data-action]:visible").click()
    expect(page.locator(TILE)).to_have_count(3)
    is_order(page, ["one.jpg", "two.jpg", "three.jpg"])


def test_variants_are_saved_without_a_reload_and_errors_sit_on_their_cells(
    page: Page, photos: list[Path]
) -> None:
    create(page, "With variants", photos[:1])
    page.evaluate("window.sameDocument = true")
    rows = page.locator("[data-rows] tr")
    for sku in ("E2E-1", "E2E-2"):
        page.click("[data-add-row]")
        row = rows.last
        row.locator("[data-field=sku]").fill(sku)
        row.locator("[data-field=name]").fill("Large")
        row.locator("[data-field=price]").fill("5.50")
        row.locator("[data-field=stock]").fill("7")
    page.click("[data-save]")
    expect(rows.last).to_have_attribute("data-id", re.compile(r"\d+"))
    rows.first.locator("[data-field=sku]").fill("E2E-2")
    with page.expect_response(lambda answer: answer.status == 422):
        page.click("[data-save]")
    expect(page.locator("#form-problems li a").first).to_be_visible()
    rows.first.locator("[data-field=sku]").fill("E2E-3")
    page.click("[data-save]")
    expect(page.locator("[data-saving]")).to_be_hidden()
    expect(page.locator("#form-problems")).to_be_empty()
    assert page.evaluate("window.sameDocument")
    page.reload()
    assert rows.locator("[data-field=sku]").evaluate_all(
        "fields => fields.map(field => field.value)"
    ) == ["E2E-3", "E2E-2"]


def test_photos_wait_while_the_storage_is_away_and_go_when_it_is_back(
    page: Page, storage: Storage, photos: list[Path]
) -> None:
    with storage_away(page, storage):
        create(page, "Outage", photos[:2])
        first = page.locator(TILE).first
        expect(first).to_have_attribute("data-state", "retrying")
        expect(first).to_contain_text("Retrying in")
        expect(page.locator("[data-summary]")).to_contain_text("You can close this page")
        pictures_are_shown(page)
    all_safe(page, seconds=60)


def test_a_failure_says_why_and_retry_sends_the_photo(
    page: Page, storage: Storage, photos: list[Path]
) -> None:
    with storage_away(page, storage):
        create(page, "Fails", photos[:1])
        pictures_are_shown(page)
        # The server may close an idle connection just as it is used again (RFC 9112, 9.3.1).
        answer = page.request.get(f"{page.url}images/", max_retries=1)
        (image,) = answer.json()["images"]
        local = storage.var_dir / "staging" / "files" / image["url"].partition("/media/")[2]
        lost = local.rename(local.with_suffix(".lost"))
    tile = page.locator(TILE)
    expect(tile).to_have_attribute("data-state", "failed", timeout=60_000)
    expect(tile.locator("[data-reason]")).to_contain_text("The local copy is missing")
    expect(page.locator("[data-failures]")).to_contain_text("one.jpg")
    lost.rename(local)
    tile.locator("[data-retry]").click()
    all_safe(page)
    expect(page.locator("[data-failures]")).to_be_hidden()


@pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])
def test_without_javascript_a_product_is_made_and_its_badges_follow(
    page: Page, photos: list[Path]
) -> None:
    page.goto("/products/new/")
    page.set_input_files("input[type=file]", photos[:2])
    page.fill("[name=name]", "No script")
    page.fill("[name=price]", "3.00")
    page.locator("[data-save-bar] button").last.click()
    page.wait_for_url(re.compile(r"/products/\d+/$"))
    expect(page.locator(TILE)).to_have_count(2)

    def both_are_synced() -> bool:
        page.reload()
        return page.locator(f"{TILE}[data-state=synced]").count() == 2

    assert wait_for(both_are_synced, 30)


def test_the_sync_page_says_that_all_is_safe(
    page: Page, storage: Storage, photos: list[Path]
) -> None:
    create(page, "Before the sync page", photos[:1])
    all_safe(page)
    page.goto("/staging/")
    expect(page.locator("main")).to_contain_text(f"Everything is on {storage.label}")
