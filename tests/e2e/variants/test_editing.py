"""The variants grid, edited like a spreadsheet: by mouse, by keyboard alone, on small screens."""

from playwright.sync_api import Page, expect

from tests.e2e.panel import ON_S3, wait_until_sortable
from tests.e2e.shop import (
    cell,
    make_product,
    row,
    rows,
    save,
    save_variants,
    sent_by_saving,
    toast,
    typed,
)
from tests.e2e.variants.grid import choose, open_product

pytestmark = ON_S3


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
    toast(page, "Product saved")
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
    toast(page, "Product saved")
    page.goto(product)
    assert typed(page) == order


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
    toast(page, "Product saved")
    page.goto(product)
    assert typed(page) == ["HANDS-B", "HANDS-C", "HANDS-D"]
    assert typed(page, "price")[2] == "4.50"


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
    toast(page, "Product saved")


# --- Small screens -----------------------------------------------------------------------------


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
