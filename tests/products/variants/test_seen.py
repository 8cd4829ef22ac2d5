"""Two people in one table: a row says what was seen; a cell that both changed is asked about."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product, ProductVariant
from tests.products.shop import add_variants, signed_in
from tests.products.variants.saving import save


@pytest.fixture
def variant(product: Product) -> ProductVariant:
    return add_variants(product, "A")[0]


@pytest.fixture
def theirs(product: Product, variant: ProductVariant) -> None:
    colleague = signed_in(User.objects.create_superuser("ayse"))
    fields = {"stock": 8, "price": "6.00"}
    assert save(colleague, product, {"id": variant.pk, **fields}).status_code == 200


def stock_of(variant: ProductVariant) -> int:
    variant.refresh_from_db()
    return variant.stock


@pytest.mark.usefixtures("theirs")
def test_a_cell_that_both_changed_is_refused_with_who_and_when(
    staff: Client, product: Product, variant: ProductVariant
) -> None:
    sent = {"id": variant.pk, "stock": 15, "name": "Mine", "seen": {"stock": 1, "name": "Name A"}}
    answer = save(staff, product, sent)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]["0"]) == ["stock"]
    (conflict,) = answer.json()["conflicts"]["0"].values()
    assert (conflict["seen"], conflict["now"], conflict["by"]) == (1, 8, "ayse")
    assert conflict["at"] == variant_change(variant, "stock")
    assert (stock_of(variant), variant.name) == (8, "Name A")


def variant_change(variant: ProductVariant, field: str) -> Any:
    variant.refresh_from_db()
    return variant.changed[field][1]


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize(
    ("sent", "stock"),
    [
        ({"stock": 15, "seen": {"stock": 8}}, 15),
        ({"stock": 15, "seen": {"stock": "8"}}, 15),
        ({"stock": 8, "seen": {"stock": 1}}, 8),
        ({"stock": 1, "seen": {"stock": 1}}, 8),
        ({"stock": 15, "seen": {"price": "6.0"}, "price": "7.00"}, 15),
        ({"stock": 15, "seen": {"stock": 1}, "force": True}, 15),
        ({"stock": 1, "seen": {"stock": 1}, "force": True}, 1),
        ({"stock": 15}, 15),
    ],
)
def test_no_question_is_asked(
    staff: Client, product: Product, variant: ProductVariant, sent: Any, stock: int
) -> None:
    """seen as it is now · the same change · not changed by me · another cell · force · no `seen`"""
    assert save(staff, product, {"id": variant.pk, **sent}).status_code == 200
    assert stock_of(variant) == stock


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize("seen", [{"stock": "x"}, {"stock": None}, {"stock": [8]}])
def test_what_was_seen_and_cannot_be_read_was_something_else(
    staff: Client, product: Product, variant: ProductVariant, seen: Any
) -> None:
    answer = save(staff, product, {"id": variant.pk, "stock": 15, "seen": seen})
    assert list(answer.json()["conflicts"]["0"]) == ["stock"]


@pytest.mark.usefixtures("theirs")
def test_a_price_is_compared_as_a_value(
    staff: Client, product: Product, variant: ProductVariant
) -> None:
    sent = {"id": variant.pk, "price": "7.00", "seen": {"price": "6.0"}}
    assert save(staff, product, sent).status_code == 200


def test_a_text_from_before_the_rules_is_the_one_that_was_seen(
    staff: Client, product: Product, variant: ProductVariant
) -> None:
    ProductVariant.objects.update(name="Old\u200b  name")
    sent = {"id": variant.pk, "name": "New", "seen": {"name": "Old\u200b  name"}}
    assert save(staff, product, sent).status_code == 200
    variant.refresh_from_db()
    assert variant.name == "New"


@pytest.mark.usefixtures("theirs")
def test_a_conflict_and_an_error_are_told_together(
    staff: Client, product: Product, variant: ProductVariant
) -> None:
    sent = {"id": variant.pk, "stock": 15, "price": "cheap", "seen": {"stock": 1}}
    body = save(staff, product, sent).json()
    assert set(body["errors"]["0"]) == {"price", "stock"}
    assert set(body["conflicts"]["0"]) == {"stock"}
