"""Saving the variants grid: only what changed is sent, and what is wrong shows on its cell."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.panel import ON_S3
from tests.e2e.shop import cell, row, rows, save, save_variants, sent_by_saving, toast, typed
from tests.e2e.variants.grid import choose, open_product

pytestmark = ON_S3


# --- Only what changed -------------------------------------------------------------------------


def test_only_the_changed_cells_are_sent(page: Page) -> None:
    product, (_a, b, c) = open_product(page, "LEAN", "A", "B", "C")
    cell(page, 2, "stock").fill("41")
    save_variants(page, product, {"id": b["id"], "name": "Theirs"}, {"id": c["id"], "stock": 9})
    sent = sent_by_saving(page)
    assert sent["variants"] == [{"id": b["id"], "stock": 41, "seen": {"stock": 1}}]
    assert (sent["product"], sent["alts"], sent["delete"]) == ({}, {}, [])
    toast(page, "Product saved")
    assert typed(page, "name")[1] == "Theirs"
    assert typed(page, "stock") == ["1", "41", "9"]


def test_a_move_sends_the_places_that_changed(page: Page) -> None:
    _product, (_a, b, c) = open_product(page, "PLACES", "A", "B", "C")
    choose(page, 3, "up")
    moved = [{"id": c["id"], "position": 1}, {"id": b["id"], "position": 2}]
    assert sent_by_saving(page)["variants"] == moved


def test_a_move_and_back_leaves_nothing_to_save(page: Page) -> None:
    open_product(page, "BACK", "A", "B")
    choose(page, 1, "down")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    choose(page, 2, "up")
    expect(page.locator("[data-unsaved]")).to_be_hidden()


def test_what_others_added_and_deleted_shows_after_a_save(page: Page) -> None:
    product, (_a, b, _c) = open_product(page, "OTHERS", "A", "B", "C")
    save_variants(page, product, row("OTHERS-D"), delete=[b["id"]])
    cell(page, 1, "stock").fill("5")
    save(page)
    toast(page, "somebody else deleted: 1")
    assert typed(page) == ["OTHERS-A", "OTHERS-C", "OTHERS-D"]
    expect(page.locator("[data-unsaved]")).to_be_hidden()


# --- Errors ------------------------------------------------------------------------------------


def test_errors_sit_on_their_cells_and_the_summary_leads_there(page: Page) -> None:
    open_product(page, "WRONG", "A", "B")
    cell(page, 2, "sku").fill("WRONG-A")
    cell(page, 1, "price").fill("cheap")
    save(page)
    summary = page.locator("#form-problems")
    expect(summary).to_be_focused()
    links = summary.locator("li a")
    expect(links).to_have_count(2)
    expect(links.first).to_contain_text("Row 1, Price")
    bad = cell(page, 2, "sku")
    expect(bad).to_have_attribute("aria-invalid", "true")
    reason = page.locator(f"#{bad.get_attribute('aria-describedby')}")
    expect(reason).to_contain_text("This SKU is already in use.")
    links.last.click()
    expect(bad).to_be_focused()
    bad.fill("WRONG-C")
    expect(bad).not_to_have_attribute("aria-invalid", "true")
    cell(page, 1, "price").fill("1")
    save(page)
    toast(page, "Product saved")
    expect(summary).to_be_empty()


def test_a_row_that_somebody_else_deleted_is_added_again_or_removed(page: Page) -> None:
    product, (a, b) = open_product(page, "GONE", "A", "B")
    for number in (1, 2):
        cell(page, number, "stock").fill("8")
    save_variants(page, product, delete=[a["id"], b["id"]])
    save(page)
    expect(page.locator("#form-problems li a")).to_have_count(2)
    expect(rows(page).first).to_contain_text("This variant does not exist any more.")
    rows(page).first.locator("[data-add-again]").click()
    rows(page).last.locator("[data-remove-row]").click()
    save(page)
    toast(page, "Product saved")
    page.goto(product)
    assert (typed(page), typed(page, "stock")) == (["GONE-A"], ["8"])


# --- Without a script --------------------------------------------------------------------------


@pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])
def test_without_javascript_variants_are_a_form(page: Page) -> None:
    product, _ = open_product(page, "FORM", "A", "B")
    cell(page, 1, "price").fill("7.25")
    rows(page).nth(1).locator("[type=checkbox]").check()
    spare = page.locator("[data-spare-rows] tr").first
    for field, value in {"sku": "FORM-C", "name": "Third", "price": "3", "stock": "5"}.items():
        spare.locator(f"[data-field={field}]").fill(value)
    save(page)
    page.wait_for_url(f"**{product}")
    assert typed(page) == ["FORM-A", "FORM-C"]
    assert typed(page, "price") == ["7.25", "3.00"]
