"""The variants grid, edited like a spreadsheet: by mouse, by keyboard alone, by paste."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.panel import ON_S3, wait_until_sortable
from tests.e2e.shop import (
    cell,
    make_product,
    row,
    rows,
    save,
    save_variants,
    send,
    sent_by_saving,
    toast,
    typed,
)

pytestmark = ON_S3


def open_product(page: Page, prefix: str, *letters: str, **fields: Any) -> tuple[str, list[Any]]:
    """A product with variants `<prefix>-<letter>`, opened; its address and the variants."""
    product = make_product(page, prefix)
    variants = save_variants(page, product, *(row(f"{prefix}-{x}", **fields) for x in letters))
    page.goto(product)
    return product, variants


def choose(page: Page, number: int, action: str) -> None:
    rows(page).nth(number - 1).locator("[data-row-menu]").click()
    page.locator(f"[data-row-action={action}]").click()


def paste(page: Page, text: str) -> None:
    """Into the focused cell, as another program would have copied it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


# --- By mouse ----------------------------------------------------------------------------------


def test_rows_are_added_duplicated_inserted_and_deleted_by_mouse(page: Page) -> None:
    _product, (a, b) = open_product(page, "MOUSE", "A", "B", price="3.00")
    choose(page, 1, "duplicate")
    expect(cell(page, 2, "sku")).to_be_focused()
    assert (typed(page)[1], typed(page, "price")[1]) == ("", "3.00")
    cell(page, 2, "sku").fill("MOUSE-C")
    page.click("[data-add-row]")
    for field, value in {"sku": "MOUSE-D", "name": "Last", "price": "1", "stock": "2"}.items():
        cell(page, 4, field).fill(value)
    choose(page, 3, "delete")
    sent = sent_by_saving(page)
    assert sent["delete"] == [b["id"]]
    assert [variant.get("sku") for variant in sent["variants"]] == ["MOUSE-C", "MOUSE-D"]
    toast(page, "Variants saved")
    assert typed(page) == ["MOUSE-A", "MOUSE-C", "MOUSE-D"]
    page.reload()
    assert typed(page) == ["MOUSE-A", "MOUSE-C", "MOUSE-D"]
    assert rows(page).first.get_attribute("data-id") == str(a["id"])


def test_a_deleted_row_comes_back_before_the_save(page: Page) -> None:
    open_product(page, "UNDO", "A", "B")
    choose(page, 1, "delete")
    toast(page, "Deleted when you save").locator("[data-action]").click()
    choose(page, 2, "delete")
    choose(page, 2, "keep")
    choose(page, 2, "insert")
    cell(page, 3, "name").fill("Never saved")
    choose(page, 3, "delete")
    toast(page, "Row removed").locator("[data-action]").click()
    assert typed(page, "name") == ["Size UNDO-A", "Size UNDO-B", "Never saved"]
    choose(page, 3, "delete")
    expect(page.locator("[data-unsaved]")).to_be_hidden()


def test_rows_are_moved_by_menu_and_by_dragging_their_number(page: Page) -> None:
    product, _ = open_product(page, "MOVE", "A", "B", "C", "D")
    choose(page, 1, "down")
    assert typed(page) == ["MOVE-B", "MOVE-A", "MOVE-C", "MOVE-D"]
    wait_until_sortable(page, "[data-rows]")
    grips = rows(page).locator("[data-grip]")
    grips.last.scroll_into_view_if_needed()
    grips.last.hover()
    page.mouse.down()
    target = grips.first.bounding_box()
    assert target is not None
    page.mouse.move(target["x"] + 8, target["y"] + 30, steps=6)
    page.mouse.move(target["x"] + 8, target["y"] + 4, steps=6)
    page.mouse.up()
    order = ["MOVE-D", "MOVE-B", "MOVE-A", "MOVE-C"]
    assert typed(page) == order
    save(page)
    toast(page, "Variants saved")
    page.goto(product)
    assert typed(page) == order


# --- Only what changed -------------------------------------------------------------------------


def test_only_the_changed_cells_are_sent(page: Page) -> None:
    product, (_a, b, c) = open_product(page, "LEAN", "A", "B", "C")
    cell(page, 2, "stock").fill("41")
    save_variants(page, product, {"id": b["id"], "name": "Theirs"}, {"id": c["id"], "stock": 9})
    sent = sent_by_saving(page)
    assert sent == {"variants": [{"id": b["id"], "stock": 41}], "delete": []}
    toast(page, "Variants saved")
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


# --- By keyboard -------------------------------------------------------------------------------


def test_keys_move_as_in_a_spreadsheet(page: Page) -> None:
    open_product(page, "KEYS", "A", "B")
    cell(page, 1, "sku").focus()
    for key, (number, field) in {
        "Tab": (1, "name"), "Shift+Tab": (1, "sku"), "Enter": (2, "sku"), "Shift+Enter": (1, "sku"),
        "ArrowDown": (2, "sku"), "ArrowRight": (2, "name"), "ArrowUp": (1, "name"),
        "ArrowLeft": (1, "sku"),
    }.items():  # fmt: skip
        page.keyboard.press(key)
        expect(cell(page, number, field)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(cell(page, 3, "sku")).to_be_focused()


def test_arrows_stay_in_a_text_that_is_edited(page: Page) -> None:
    open_product(page, "EDIT", "A")
    name = cell(page, 1, "name")
    cell(page, 1, "sku").focus()
    for key in ("Tab", "F2", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.type("x")
    expect(name).to_have_value("Size EDIT-xA")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(cell(page, 1, "price")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("New")
    expect(name).to_have_value("New")
    page.keyboard.press("Escape")
    expect(name).to_have_value("Size EDIT-xA")


def test_everything_is_done_by_keyboard_alone(page: Page) -> None:
    product, _ = open_product(page, "HANDS", "A", "B", "C")
    cell(page, 1, "sku").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(cell(page, 2, "sku")).to_be_focused()
    assert typed(page) == ["HANDS-B", "HANDS-A", "HANDS-C"]
    for key in ("Control+a", *("ArrowRight",) * 4):
        page.keyboard.press(key)
    expect(rows(page).nth(1).locator("[data-row-menu]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-row-action=duplicate]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows(page).nth(1).locator("[data-row-menu]")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(rows(page).nth(1)).to_have_class("is-deleted")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("HANDS-D")
    for text in ("Fourth", "4,5", "4"):
        page.keyboard.press("Tab")
        page.keyboard.type(text.replace(",", "."))
    page.keyboard.press("Control+s")
    toast(page, "Variants saved")
    page.goto(product)
    assert typed(page) == ["HANDS-B", "HANDS-C", "HANDS-D"]
    assert typed(page, "price")[2] == "4.50"


# --- Paste -------------------------------------------------------------------------------------


@pytest.fixture
def turkish(page: Page) -> Page:
    send(page, "/i18n/setlang/", form={"language": "tr", "next": "/"})
    return page


def test_a_spreadsheet_is_pasted_in_the_words_of_its_locale(turkish: Page) -> None:
    page = turkish
    product, _ = open_product(page, "YAPI", "A", "B")
    cell(page, 2, "sku").focus()
    copied = [
        "YAPI-C\tKırmızı\t₺1.234,5\t1.200\tone too many",
        '"YAPI-D"\t"İnce ""uzun""\nboy"\t12,50 TL\t7',
        "YAPI-E\tMavi\t3.5\t0",
    ]
    paste(page, "\r\n".join([*copied, ""]))
    assert typed(page) == ["YAPI-A", "YAPI-C", "YAPI-D", "YAPI-E"]
    assert typed(page, "name")[1:] == ["Kırmızı", 'İnce "uzun" boy', "Mavi"]
    assert typed(page, "price")[1:] == ["1234,50", "12,50", "3,50"]
    assert typed(page, "stock")[1:] == ["1200", "7", "0"]
    sent = sent_by_saving(page)["variants"]
    assert [variant["price"] for variant in sent] == ["1234.50", "12.50", "3.50"]
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    page.goto(product)
    assert typed(page, "price")[1:] == ["1234,50", "12,50", "3,50"]


def test_a_paste_is_undone_at_once(page: Page) -> None:
    open_product(page, "PASTE", "A", "B")
    cell(page, 2, "name").focus()
    paste(page, "One\t1\nTwo\t2\nThree\t3\n")
    assert typed(page, "name") == ["Size PASTE-A", "One", "Two", "Three"]
    toast(page, "Cells pasted: 6").locator("[data-action]").click()
    assert typed(page, "name") == ["Size PASTE-A", "Size PASTE-B"]
    expect(page.locator("[data-unsaved]")).to_be_hidden()


def test_a_single_text_is_pasted_into_the_cell_as_usual(page: Page) -> None:
    open_product(page, "PLAIN", "A")
    cell(page, 1, "name").focus()
    page.keyboard.press("F2")
    paste(page, " more")
    expect(cell(page, 1, "name")).to_have_value("Size PLAIN-A more")


# --- Errors ------------------------------------------------------------------------------------


def test_errors_sit_on_their_cells_and_the_summary_leads_there(page: Page) -> None:
    open_product(page, "WRONG", "A", "B")
    cell(page, 2, "sku").fill("WRONG-A")
    cell(page, 1, "price").fill("cheap")
    save(page)
    summary = page.locator("[data-errors]")
    expect(summary).to_be_focused()
    links = summary.locator("a")
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
    toast(page, "Variants saved")
    expect(summary).to_be_hidden()


def test_a_row_that_somebody_else_deleted_is_added_again_or_removed(page: Page) -> None:
    product, (a, b) = open_product(page, "GONE", "A", "B")
    for number in (1, 2):
        cell(page, number, "stock").fill("8")
    save_variants(page, product, delete=[a["id"], b["id"]])
    save(page)
    expect(page.locator("[data-errors] a")).to_have_count(2)
    expect(rows(page).first).to_contain_text("This variant does not exist any more.")
    rows(page).first.locator("[data-add-again]").click()
    rows(page).last.locator("[data-remove-row]").click()
    save(page)
    toast(page, "Variants saved")
    page.goto(product)
    assert (typed(page), typed(page, "stock")) == (["GONE-A"], ["8"])


# --- Many --------------------------------------------------------------------------------------

TOUCHED_ROWS = """
async body => {
  const touched = new Set();
  const note = records => records.forEach(r =>
    touched.add(r.target.closest?.("[data-row]")?.rowIndex));
  const observer = new MutationObserver(note);
  observer.observe(body, { subtree: true, childList: true, attributes: true });
  const input = body.children[250].querySelector("[data-field=name]");
  for (const text of ["a", "ab", "abc"]) {
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  await new Promise(requestAnimationFrame);
  return [...touched];
}
"""


def test_typing_in_one_of_500_rows_touches_only_that_row(page: Page) -> None:
    product = make_product(page, "Many")
    save_variants(page, product, *(row(f"MANY-{number}") for number in range(500)))
    page.goto(product)
    expect(page.locator("[data-row-count]")).to_have_text("500")
    assert page.locator("[data-rows]").evaluate(TOUCHED_ROWS) == [251]
    assert sent_by_saving(page)["variants"][0]["name"] == "abc"
    toast(page, "Variants saved")


# --- Small screens, and no script --------------------------------------------------------------


def test_the_page_reflows_at_320_px_and_only_the_table_scrolls(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    open_product(page, "NARROW", "A")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    menu = rows(page).first.locator("[data-row-menu]")
    menu.click()
    box = page.locator("#row-menu").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    page.locator("[data-row-action=insert]").click()
    expect(cell(page, 2, "sku")).to_be_focused()


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
