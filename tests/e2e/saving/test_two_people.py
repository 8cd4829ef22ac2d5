"""Two windows and the admin on one product: whoever changed a cell has changed it."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.e2e.complaints import Complaints
from tests.e2e.panel import ON_S3
from tests.e2e.shop import (
    cell,
    make_product,
    row,
    save,
    save_variants,
    send,
    sent_by_saving,
    toast,
    typed,
)

pytestmark = ON_S3

NAME, PRICE, STATUS = "[name=name]", "[name=price]", "[name=status]"


@pytest.fixture
def product(page: Page) -> str:
    product = make_product(page, "Mug")
    number = re.sub(r"\D", "", product)
    save_variants(page, product, row(f"TWO-{number}-A"), row(f"TWO-{number}-B"))
    page.goto(product)
    return product


@pytest.fixture
def other(page: Page, context: BrowserContext, product: str) -> Page:
    """Another window, opened when the first one was."""
    other = context.new_page()
    other.goto(product)
    return other


def save_and_stay(page: Page) -> None:
    save(page)
    toast(page, "Product saved")
    expect(page.locator("[data-unsaved]")).to_be_hidden()


def question(page: Page, label: str) -> Locator:
    return page.get_by_role("group", name=label)


# --- Three ways --------------------------------------------------------------------------------


def test_what_others_changed_is_adopted_without_a_reload(page: Page, other: Page) -> None:
    other.fill(NAME, "Jug")
    other.select_option(STATUS, "active")
    cell(other, 1, "stock").fill("8")
    save_and_stay(other)
    page.evaluate("window.sameDocument = true")
    page.fill(PRICE, "9")
    cell(page, 2, "price").fill("3")
    save_and_stay(page)
    expect(page.locator(NAME)).to_have_value("Jug")
    expect(page.locator(STATUS)).to_have_value("active")
    expect(page.locator("#page-head")).to_contain_text("Active")
    assert (typed(page, "stock"), typed(page, "price")) == (["8", "1"], ["9.90", "3.00"])
    assert page.evaluate("window.sameDocument")


def test_what_both_changed_is_asked_about_at_its_place(page: Page, other: Page) -> None:
    other.fill(NAME, "Theirs")
    other.fill(PRICE, "7")
    cell(other, 1, "stock").fill("8")
    save_and_stay(other)
    page.fill(NAME, "Mine")
    page.fill(PRICE, "7.00")
    page.select_option(STATUS, "active")
    cell(page, 1, "stock").fill("15")
    save(page)
    problems = page.locator("#form-problems")
    expect(problems).to_be_focused()
    expect(problems).to_contain_text("The same was changed elsewhere meanwhile")
    expect(problems.get_by_role("link")).to_have_count(2)
    expect(question(page, "Name")).to_contain_text("“Theirs” (you, elsewhere, ")
    expect(question(page, "Stock")).to_contain_text("“8”")
    expect(page.locator("h1")).to_have_text("Mug")
    save(page)
    expect(problems).to_be_focused()
    question(page, "Name").get_by_role("button", name="Take theirs").click()
    expect(page.locator(NAME)).to_have_value("Theirs")
    question(page, "Stock").get_by_role("button", name="Keep mine").click()
    expect(page.locator(".choice")).to_have_count(0)
    sent = sent_by_saving(page)
    assert sent["product"] == {"price": "7.00", "status": "active"}
    assert (sent["variants"][0]["stock"], sent["variants"][0]["seen"]) == (15, {"stock": 8})
    toast(page, "Product saved")
    expect(page.locator("h1")).to_have_text("Theirs")
    expect(problems).to_be_empty()
    page.reload()
    assert typed(page, "stock") == ["15", "1"]
    expect(page.locator(STATUS)).to_have_value("active")


def test_all_questions_are_answered_at_once_by_keyboard(page: Page, other: Page) -> None:
    for number in (1, 2):
        cell(other, number, "stock").fill("8")
        cell(page, number, "stock").fill("15")
    save_and_stay(other)
    page.keyboard.press("Control+s")
    expect(page.locator("#form-problems")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take all of theirs")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-save]")).to_be_focused()
    page.keyboard.press("Enter")
    toast(page, "Product saved")
    page.reload()
    assert typed(page, "stock") == ["15", "15"]


@pytest.mark.parametrize(
    ("language", "take", "undo"),
    [("en", "Take all of theirs", "Undo"), ("tr", "Hepsinde onlarınkini al", "Geri al")],
)
def test_mine_comes_back_after_theirs_were_taken(
    page: Page, other: Page, product: str, language: str, take: str, undo: str
) -> None:
    send(page, "/i18n/setlang/", form={"language": language, "next": "/"})
    page.goto(product)
    for number in (1, 2):
        cell(other, number, "stock").fill("8")
        cell(page, number, "stock").fill("15")
    save_and_stay(other)
    save(page)
    page.get_by_role("button", name=take).click()
    assert typed(page, "stock") == ["8", "8"]
    page.get_by_role("button", name=undo, exact=True).click()
    assert typed(page, "stock") == ["15", "15"]
    expect(page.locator("[data-unsaved]")).to_be_visible()
    sent = sent_by_saving(page)["variants"]
    assert [row["seen"] for row in sent] == [{"stock": 8}] * 2
    send(page, "/i18n/setlang/", form={"language": "en", "next": "/"})


def test_the_question_is_asked_in_turkish(page: Page, other: Page, product: str) -> None:
    send(page, "/i18n/setlang/", form={"language": "tr", "next": "/"})
    page.goto(product)
    cell(other, 1, "price").fill("8")
    save_and_stay(other)
    cell(page, 1, "price").fill("15,5")
    save(page)
    expect(question(page, "Fiyat")).to_contain_text("“8,00” olarak değiştirildi (siz, başka bir")
    page.get_by_role("button", name="Onunkini al").click()
    expect(cell(page, 1, "price")).to_have_value("8,00")
    expect(page.locator("[data-unsaved]")).to_be_hidden()


# --- The admin ---------------------------------------------------------------------------------


def test_the_admin_keeps_what_the_page_saved_meanwhile(
    page: Page, other: Page, product: str
) -> None:
    number = re.sub(r"\D", "", product)
    other.goto(f"/admin/products/product/{number}/change/")
    cell(page, 1, "stock").fill("8")
    save_and_stay(page)
    other.fill("#id_name", "Renamed in the admin")
    other.locator("[name=_continue]").click()
    expect(other.locator(".success")).to_be_visible()
    expect(other.locator("[name=variants-0-stock]")).to_have_value("8")
    other.fill("[name=variants-0-stock]", "3")
    other.locator("[name=_continue]").click()
    expect(other.locator(".success")).to_be_visible()
    cell(page, 1, "stock").fill("15")
    save(page)
    expect(question(page, "Stock")).to_contain_text("“3”")
    other.fill("[name=variants-0-stock]", "4")
    question(page, "Stock").get_by_role("button", name="Keep mine").click()
    save_and_stay(page)
    expect(page.locator(NAME)).to_have_value("Renamed in the admin")
    other.locator("[name=_continue]").click()
    expect(other.locator(".errorlist").last).to_contain_text("“15” (demo, ")
    expect(other.locator("[name=variants-0-stock]")).to_have_value("4")
    other.locator("[name=_continue]").click()
    expect(other.locator(".success")).to_be_visible()
    page.reload()
    assert typed(page, "stock") == ["4", "1"]


# --- A lost answer -----------------------------------------------------------------------------


def lose_answer(route: Route) -> None:
    route.fetch()
    route.abort("connectionreset")


def test_a_correction_after_a_lost_answer_is_saved(
    page: Page, product: str, complaints: Complaints
) -> None:
    complaints.expect("Failed to load resource")
    number = re.sub(r"\D", "", product)
    page.fill(NAME, "Jig")
    page.select_option(STATUS, "active")
    cell(page, 1, "stock").fill("7")
    page.locator("[data-add-row]").click()
    values = {"sku": f"TWO-{number}-C", "name": "New", "price": "1", "stock": "2"}
    for field, value in values.items():
        cell(page, 3, field).fill(value)
    page.route(f"**{product}", lose_answer, times=1)
    save(page)
    toast(page, "No answer from the server")
    page.fill(NAME, "Jug")
    page.select_option(STATUS, "draft")
    cell(page, 1, "stock").fill("1")
    cell(page, 3, "stock").fill("3")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    save_and_stay(page)
    page.reload()
    expect(page.locator(NAME)).to_have_value("Jug")
    expect(page.locator(STATUS)).to_have_value("draft")
    assert typed(page, "stock") == ["1", "1", "3"]


# --- All or nothing ----------------------------------------------------------------------------


def test_nothing_is_saved_beside_what_is_wrong(page: Page, product: str) -> None:
    cell(page, 1, "stock").fill("7")
    page.fill(PRICE, "cheap")
    save(page)
    problems = page.locator("#form-problems")
    expect(problems).to_contain_text("Nothing was saved yet")
    expect(problems.get_by_role("link")).to_have_text(re.compile("Price: Enter a price such as"))
    expect(page.locator("[data-toast]")).to_have_count(0)
    expect(page.locator(PRICE)).to_have_attribute("aria-invalid", "true")
    page.context.new_page().goto(product)
    stocks = typed(page.context.pages[-1], "stock")
    assert stocks == ["1", "1"]
    page.fill(PRICE, "2")
    save_and_stay(page)
    expect(page.locator(PRICE)).not_to_have_attribute("aria-invalid", "true")


# --- Undo and Discard --------------------------------------------------------------------------


@pytest.mark.usefixtures("product")
def test_undo_is_not_offered_after_the_save(page: Page) -> None:
    cell(page, 1, "name").focus()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/plain", "One\\t1\\nTwo\\t2");
          const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
          document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(toast(page, "Cells pasted").get_by_role("button", name="Undo")).to_be_visible()
    save_and_stay(page)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert typed(page, "name") == ["One", "Two"]


@pytest.mark.usefixtures("product")
def test_discard_asks_and_escape_keeps_everything(page: Page) -> None:
    page.fill(NAME, "Not yet")
    cell(page, 1, "stock").fill("7")
    page.locator("[data-discard]").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Discard your changes?")
    expect(dialog.get_by_role("button", name="Keep editing")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(cell(page, 1, "stock")).to_have_value("7")
    page.locator("[data-discard]").click()
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(NAME)).to_have_value("Mug")
    expect(cell(page, 1, "stock")).to_have_value("1")
