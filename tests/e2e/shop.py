"""Short ways to fill the running shop, past its pages."""

import json
import re
from typing import Any

from playwright.sync_api import APIResponse, Locator, Page, expect

Row = dict[str, Any]


def send(page: Page, path: str, **options: Any) -> APIResponse:
    """POST as the page itself would, with its cookies."""
    (token,) = (one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    return page.request.post(path, headers={"X-CSRFToken": token}, max_redirects=0, **options)


def make_product(page: Page, name: str, *, price: str = "12.50") -> str:
    """The address of a new product."""
    fields = {"name": name, "description": "", "price": price, "status": "draft"}
    answer = send(page, "/products/new/", multipart=fields)
    assert answer.status == 302, answer.text()
    product = answer.headers["location"]
    # Its "Product saved" has been shown: a test that waits for one waits for its own.
    page.request.get(product)
    return product


def save_variants(page: Page, product: str, *rows: Row, delete: list[int] | None = None) -> Any:
    answer = send(page, f"{product}variants/", data={"variants": rows, "delete": delete or []})
    assert answer.status == 200, answer.text()
    return answer.json()["variants"]


def row(sku: str, **more: Any) -> Row:
    return {"sku": sku, "name": f"Size {sku}", "price": "9.90", "stock": 1, **more}


def rows(page: Page) -> Locator:
    return page.locator("[data-rows] [data-row]")


def cell(page: Page, number: int, field: str) -> Locator:
    """A cell by the number that the page shows for its row."""
    return rows(page).nth(number - 1).locator(f"[data-field={field}]")


def typed(page: Page, field: str = "sku") -> list[str]:
    """What stands in a column."""
    fields = rows(page).locator(f"[data-field={field}]")
    values: list[str] = fields.evaluate_all("fields => fields.map(field => field.value)")
    return values


def toast(page: Page, text: str) -> Locator:
    shown = page.locator("[data-toast]").filter(has_text=re.compile(text)).last
    expect(shown).to_be_visible()
    return shown


def save(page: Page) -> None:
    page.click("[data-save]")


def sent_by_saving(page: Page) -> Any:
    """The JSON that a click on Save sends, once it is answered."""
    with page.expect_response(page.url) as answer:
        save(page)
    return json.loads(answer.value.request.post_data or "")
