"""The variants of a product in the Django admin: a few here, many on the product's own page."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from products.admin.variants import MOST_VARIANTS
from products.models import Product, ProductVariant
from tests.products.admin.forms import CHANGELIST, change_url, fields
from tests.products.shop import add_photos, add_variants, skus


def many(product: Product, count: int, start: int = 0) -> None:
    ProductVariant.objects.bulk_create(
        ProductVariant(product=product, sku=f"S{start + n}", name="Size", price=1, position=n)
        for n in range(count)
    )


def variants_of(answer: Any) -> Any:
    return answer.context["inline_admin_formsets"][1].formset


@pytest.mark.parametrize("count", [1500, 5000])
def test_of_many_variants_the_admin_says_where_they_are_changed(
    staff: Client, product: Product, count: int
) -> None:
    many(product, count)
    answer = staff.get(change_url(product))
    page = answer.content.decode()
    assert f"{count:,} variants are more than the 100 that can be changed here." in page
    assert f'<a href="/products/{product.pk}/#variants-title">' in page
    assert "variants-0-sku" not in page
    saved = staff.post(change_url(product), {**fields(answer), "name": "Jug"})
    assert saved.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.variants.count()) == ("Jug", count)


def test_the_limit_is_said_before_anything_is_typed(staff: Client, product: Product) -> None:
    said = "Here a product can have up to 100, on its own page 5,000."
    for path in (change_url(product), f"{CHANGELIST}add/"):
        page = staff.get(path).content.decode()
        assert said.replace("'", "&#x27;") in page
        assert 'name="variants-MAX_NUM_FORMS" value="100"' in page


def test_what_was_typed_is_saved_although_they_have_become_many(
    staff: Client, product: Product
) -> None:
    many(product, MOST_VARIANTS)
    opened = fields(staff.get(change_url(product)))
    many(product, 10, start=MOST_VARIANTS)
    answer = staff.post(change_url(product), {**opened, "variants-7-stock": "12"})
    assert answer.status_code == 302
    assert product.variants.get(sku="S7").stock == 12
    assert product.variants.count() == MOST_VARIANTS + 10


def test_skus_can_be_swapped_and_taken_over(staff: Client, product: Product) -> None:
    a, b, c = add_variants(product, "A", "B", "C")
    opened = fields(staff.get(change_url(product)))
    swapped = {"variants-0-sku": "B", "variants-1-sku": "A", "variants-2-DELETE": "on"}
    added = {
        "variants-TOTAL_FORMS": 4, "variants-3-sku": "C", "variants-3-name": "New",
        "variants-3-price": "1,50", "variants-3-stock": "2", "variants-3-position": "",
    }  # fmt: skip
    assert staff.post(change_url(product), {**opened, **swapped, **added}).status_code == 302
    assert skus(product) == ["B", "A", "C"]
    assert [each.pk for each in product.variants.all()][:2] == [a.pk, b.pk]
    assert not ProductVariant.objects.filter(pk=c.pk).exists()


def test_a_sku_that_is_taken_is_an_error_of_its_cell(staff: Client, product: Product) -> None:
    add_variants(product, "A", "B")
    add_variants(Product.objects.create(name="Other", price=1), "TAKEN")
    opened = fields(staff.get(change_url(product)))
    answer = staff.post(change_url(product), {**opened, "variants-1-sku": " taken ".upper()})
    assert variants_of(answer).errors == [{}, {"sku": ["This SKU is already in use."]}]
    assert skus(product) == ["A", "B"]


def test_a_variant_that_is_gone_meanwhile_is_told_once(staff: Client, product: Product) -> None:
    a, _b = add_variants(product, "A", "B")
    opened = fields(staff.get(change_url(product)))
    a.delete()
    changed = {**opened, "variants-0-stock": "9", "variants-1-stock": "7"}
    answer = staff.post(change_url(product), changed)
    assert "deleted elsewhere meanwhile" in str(variants_of(answer).errors[0])
    assert staff.post(change_url(product), fields(answer)).status_code == 302
    assert list(product.variants.values_list("sku", "stock")) == [("B", 7)]


# --- Figures -----------------------------------------------------------------------------------


def queries(client: Client, product: Product, **changed: str) -> tuple[int, int]:
    """To open the form, and to save it with these fields of every variant and image changed."""
    with CaptureQueriesContext(connection) as opening:
        answer = client.get(change_url(product))
    data = fields(answer)
    for name in list(data):
        prefix, _, field = name.rpartition("-")
        if field in changed and "__prefix__" not in name:
            data[f"{prefix}-{field}"] = changed[field]
    with CaptureQueriesContext(connection) as saving:
        assert client.post(change_url(product), data).status_code == 302
    return len(opening), len(saving)


def test_no_row_costs_a_query(staff: Client, product: Product) -> None:
    few = queries_of_products(staff, [2, 2])
    assert queries_of_products(staff, [50, MOST_VARIANTS]) == few
    opening, saving = few
    assert opening <= 8
    assert saving <= 24
    (many_opening, _saving) = queries_of_products(staff, [50, 500])
    assert many_opening < opening


def queries_of_products(client: Client, counts: list[int]) -> tuple[int, int]:
    images, variants = counts
    product = Product.objects.create(name="Mug", price=1)
    add_photos(client, product, *(f"{number}.jpg" for number in range(images)))
    many(product, variants, start=product.pk * 1000)
    return queries(client, product, alt="Typed", stock="5")
