"""What a person does in the variants grid."""

from typing import Any

from playwright.sync_api import Page

from tests.e2e.shop import make_product, row, rows, save_variants


def open_product(page: Page, prefix: str, *letters: str, **fields: Any) -> tuple[str, list[Any]]:
    """A product with variants `<prefix>-<letter>`, opened; its address and the variants."""
    product = make_product(page, prefix)
    variants = save_variants(page, product, *(row(f"{prefix}-{x}", **fields) for x in letters))
    page.goto(product)
    return product, variants


def choose(page: Page, number: int, action: str) -> None:
    rows(page).nth(number - 1).locator("[data-row-menu]").click()
    page.locator(f"[data-row-action={action}]").click()
