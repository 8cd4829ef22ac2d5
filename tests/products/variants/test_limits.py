"""How many variants a product may have, and that a request may be as large as that needs."""

import json
from typing import Any

import pytest
from django.test import Client

from products.limits import MOST_VARIANTS
from products.models import Product, ProductVariant
from tests.products.form.browser import GOOD
from tests.products.shop import add_variants, send_json

# In UTF-8 three bytes each.
SKU, NAME = "码" * 60, "漢" * 200


def large(number: int, name: str = NAME) -> dict[str, Any]:
    return {"sku": f"{SKU}{number:04}", "name": name, "price": "99999999.99", "stock": 10**9}


@pytest.fixture
def full(product: Product) -> Product:
    rows = (ProductVariant(product=product, **large(n)) for n in range(MOST_VARIANTS))
    ProductVariant.objects.bulk_create(rows, batch_size=500)
    return product


def test_the_largest_product_is_saved_at_once_by_script_and_without(
    staff: Client, full: Product
) -> None:
    variants = list(full.variants.order_by("pk"))
    renamed = NAME[1:] + "字"
    seen = ("sku", "name", "price", "stock")
    rows = [
        {**large(n, renamed), "id": each.pk, "seen": large(n)} for n, each in enumerate(variants)
    ]
    # As browsers write JSON.
    body = json.dumps({"version": full.version, "variants": rows}, ensure_ascii=False).encode()
    answer = send_json(staff, f"/products/{full.pk}/", body)
    assert answer.status_code == 200, answer.content[:300]
    assert full.variants.filter(name=renamed).count() == MOST_VARIANTS
    fields = {}
    for n, each in enumerate(variants):
        was = large(n, renamed)
        typed = {**large(n), "id": each.pk, "seen": json.dumps([was[name] for name in seen])}
        fields |= {f"variant-{n}-{name}": str(value) for name, value in typed.items()}
        fields[f"variant-{n}-seen"] = json.dumps([was[name] for name in seen], ensure_ascii=False)
    answer = staff.post(f"/products/{full.pk}/", {**GOOD, **fields})
    assert answer.status_code == 302, answer.content[:300]
    assert full.variants.filter(name=NAME).count() == MOST_VARIANTS


def test_there_may_be_no_more_than_that(
    staff: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("products.variants.saving.MOST_VARIANTS", 2)
    pk = add_variants(product, "A")[0].pk
    good = {"name": "Size", "price": "1.00", "stock": 1}
    rows = [{"sku": "B", **good}, {"sku": "C", **good}]
    answer = send_json(staff, f"/products/{product.pk}/variants/", {"variants": rows})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"1": {"sku": ["A product has at most 2 variants."]}}
    body = {"variants": [rows[0], {"id": pk, "stock": 5}]}
    assert send_json(staff, f"/products/{product.pk}/variants/", body).status_code == 200


def test_the_page_says_so_before_more_are_typed(
    staff: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_variants(product, "A", "B")
    for module in ("products.views", "products.form.edits"):
        monkeypatch.setattr(f"{module}.MOST_VARIANTS", 2)
    shown = staff.get(f"/products/{product.pk}/").content.decode()
    assert '<p class="meta">A product has at most 2 variants.</p>' in shown
    assert 'name="variant-1-sku"' in shown
    assert 'name="variant-2-sku"' not in shown


def test_without_a_script_more_than_that_from_earlier_cannot_be_typed_into(
    staff: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_variants(product, "A", "B", "C")
    for module in ("products.views", "products.form.edits"):
        monkeypatch.setattr(f"{module}.MOST_VARIANTS", 2)
    shown = staff.get(f"/products/{product.pk}/").content.decode()
    assert "more variants than a page without JavaScript can save" in shown
    assert "<tbody data-rows inert>" in shown
    assert 'name="variant-' not in shown
