"""Cells that come from a spreadsheet, pasted into the variants grid."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.panel import ON_S3
from tests.e2e.shop import cell, send, sent_by_saving, toast, typed
from tests.e2e.variants.grid import open_product

pytestmark = ON_S3


def paste(page: Page, text: str) -> None:
    """Into the focused cell, as another program would have copied it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+V")


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
