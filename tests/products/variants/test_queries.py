"""Saving variants takes few queries, however many there are."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from products.models import Product, ProductVariant
from tests.products.shop import row, skus
from tests.products.variants.saving import save

MANY = 500
FEW = 8
COLUMNS = 7


def most(written: int) -> int:
    """The queries allowed: a few, and on SQLite what its limit of parameters adds."""
    if connection.vendor != "sqlite":
        return FEW
    parameters: int = connection.features.max_query_params or written * COLUMNS
    return FEW + -(-written * COLUMNS // parameters) - 1


def many_rows(product: Product, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"id": variant.pk, **{name: value(variant) for name, value in fields.items()}}
        for variant in product.variants.order_by("position")
    ]


@pytest.fixture
def large(product: Product) -> Product:
    ProductVariant.objects.bulk_create(
        ProductVariant(product=product, sku=f"S{i}", name="x", price=1, stock=1, position=i)
        for i in range(MANY)
    )
    return product


def test_creating_500_takes_few_queries(
    staff: Client, product: Product, django_assert_max_num_queries: Any
) -> None:
    rows = [row(f"S{i}") for i in range(MANY)]
    with django_assert_max_num_queries(most(MANY)):
        answer = save(staff, product, *rows)
    assert answer.json()["created"] == MANY
    assert skus(product) == [f"S{i}" for i in range(MANY)]


def test_changing_500_takes_few_queries(
    staff: Client, large: Product, django_assert_max_num_queries: Any
) -> None:
    rows = many_rows(large, price=lambda variant: "2.00", name=lambda variant: "y")
    with django_assert_max_num_queries(most(MANY)):
        answer = save(staff, large, *rows)
    assert answer.json()["updated"] == MANY
    assert large.variants.filter(price=2, name="y").count() == MANY


def test_changing_1_of_500_takes_few_queries_and_writes_one_row(
    staff: Client, large: Product, django_assert_max_num_queries: Any
) -> None:
    rows = many_rows(large, stock=lambda variant: 9 if variant.sku == "S7" else 1)
    with django_assert_max_num_queries(FEW):
        answer = save(staff, large, *rows)
    assert (answer.json()["updated"], answer.json()["unchanged"]) == (1, MANY - 1)


def test_giving_500_each_others_skus_takes_few_queries(
    staff: Client, large: Product, django_assert_max_num_queries: Any
) -> None:
    rows = many_rows(large, sku=lambda variant: f"S{MANY - 1 - variant.position}")
    with django_assert_max_num_queries(most(MANY)):
        assert save(staff, large, *rows).status_code == 200
    assert skus(large) == [f"S{i}" for i in reversed(range(MANY))]


def test_deleting_500_is_one_statement(
    staff: Client, large: Product, django_assert_max_num_queries: Any
) -> None:
    ids = list(large.variants.values_list("pk", flat=True))
    with django_assert_max_num_queries(FEW) as captured:
        assert save(staff, large, delete=ids).json()["deleted"] == MANY
    deletes = [query for query in captured if query["sql"].startswith("DELETE")]
    assert len(deletes) == 1
