"""As many variants as a product may have can be typed and saved; that there may be no more is said
before more are typed."""

import pytest
from playwright.sync_api import Page, expect

from products.limits import MOST_VARIANTS
from tests.e2e.panel import ON_S3
from tests.e2e.shop import cell, make_product, row, rows, save, save_variants, toast
from tests.e2e.variants.grid import choose

pytestmark = ON_S3

CHANGE_ALL = """
fields => fields.forEach((field, at) => {
  field.value = `${field.value}${at % 10}`;
  field.dispatchEvent(new Event("input", { bubbles: true }));
})
"""
PASTE = """
text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
  document.activeElement.dispatchEvent(paste);
}
"""


def make_large(page: Page, prefix: str, count: int) -> str:
    product = make_product(page, prefix)
    every = [row(f"{prefix}-{number:04}") for number in range(count)]
    for start in range(0, count, 2500):
        save_variants(page, product, *every[start : start + 2500])
    return product


def test_as_many_as_there_may_be_are_changed_and_saved_at_once(page: Page) -> None:
    page.set_default_timeout(60_000)
    page.goto(make_large(page, "MANY", MOST_VARIANTS - 1))
    page.locator("[data-rows] [data-field=name]").evaluate_all(CHANGE_ALL)
    page.click("[data-add-row]")
    for field, value in row("MANY-LAST", name="Last").items():
        cell(page, MOST_VARIANTS, field).fill(str(value))
    full = "A product has at most 5,000 variants"
    # By button, menu, Enter and paste.
    page.click("[data-add-row]")
    toast(page, full)
    choose(page, MOST_VARIANTS, "duplicate")
    cell(page, MOST_VARIANTS, "sku").press("Enter")
    cell(page, MOST_VARIANTS, "name").focus()
    page.evaluate(PASTE, "One\nTwo\n")
    expect(cell(page, MOST_VARIANTS, "name")).to_have_value("Last")
    expect(page.locator("[data-row-count]")).to_have_text("5,000")
    with page.expect_response(page.url) as answer:
        save(page)
    assert answer.value.status == 200
    expect(page.locator("[data-unsaved]")).to_be_hidden()
    page.reload()
    expect(rows(page)).to_have_count(MOST_VARIANTS)
    expect(cell(page, 8, "name")).to_have_value("Size MANY-00077")
    expect(page.locator("[data-variants]")).to_contain_text(full)


@pytest.mark.parametrize("context", [False], indirect=True, ids=["no script"])
def test_2100_rows_are_saved_without_a_script(page: Page) -> None:
    page.set_default_timeout(60_000)
    page.goto(make_large(page, "PLAIN", 2100))
    cell(page, 2100, "stock").fill("77")
    page.fill("[name=price]", "cheap")
    save(page)
    expect(rows(page)).to_have_count(2100, timeout=60_000)
    expect(page.locator("#form-problems")).to_contain_text("Price: Enter a price such as")
    expect(cell(page, 2100, "stock")).to_have_value("77")
    page.fill("[name=price]", "3")
    save(page)
    expect(page.locator("[name=price]")).to_have_value("3.00", timeout=60_000)
    saved = page.request.get(page.url).text()
    assert saved.count("<tr data-row data-id=") == 2100
    assert 'name="variant-2099-stock" value="77"' in saved
