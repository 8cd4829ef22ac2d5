"""Saving variants: all or nothing, errors by row and field."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from products.models import Product, ProductVariant
from tests.products.shop import add_variants, error_code, row, send_json, skus
from tests.products.variants.saving import save


@pytest.fixture
def other(db: None) -> Product:
    return Product.objects.create(name="Plate", price="9.00")


def errors(answer: Any) -> Any:
    assert answer.status_code == 422, answer.content
    assert list(answer.json()) == ["errors"]
    return answer.json()["errors"]


def fields_with_errors(answer: Any) -> dict[str, list[str]]:
    return {index: sorted(fields) for index, fields in errors(answer).items()}


# --- What is saved -----------------------------------------------------------------------------


def test_rows_without_id_are_created_in_order(staff: Client, product: Product) -> None:
    answer = save(staff, product, row("B", price="0.00", stock=0), row(" A ", name=" Small "))
    assert answer.status_code == 200
    b, a = ProductVariant.objects.order_by("position")
    assert answer.json() == {
        "created": 2,
        "updated": 0,
        "deleted": 0,
        "unchanged": 0,
        "variants": [
            {"id": b.pk, "sku": "B", "name": "Large", "price": "0.00", "stock": 0, "position": 0},
            {"id": a.pk, "sku": "A", "name": "Small", "price": "5.00", "stock": 1, "position": 1},
        ],
    }
    assert b.price == Decimal(0)


def test_rows_are_created_changed_left_and_deleted_together(
    staff: Client, product: Product
) -> None:
    a, b, c, d = add_variants(product, "A", "B", "C", "D")
    answer = save(
        staff,
        product,
        {"id": a.pk, "sku": "A", "name": "Name A", "price": "6.00", "stock": 1},
        {"id": b.pk, "sku": "B", "name": "Name B", "price": "5.00", "stock": 1},
        row("E"),
        delete=[c.pk],
    )
    body = answer.json()
    assert {name: body[name] for name in ("created", "updated", "deleted", "unchanged")} == {
        "created": 1, "updated": 1, "deleted": 1, "unchanged": 1,
    }  # fmt: skip
    assert [variant["sku"] for variant in body["variants"]] == ["A", "B", "D", "E"]
    assert skus(product) == ["A", "B", "D", "E"]
    a.refresh_from_db()
    assert a.price == Decimal("6.00")
    assert ProductVariant.objects.filter(pk=d.pk).exists()


def test_a_row_with_id_keeps_what_it_does_not_name(staff: Client, product: Product) -> None:
    (a,) = add_variants(product, "A")
    assert save(staff, product, {"id": a.pk, "stock": 7}).status_code == 200
    a.refresh_from_db()
    assert (a.sku, a.name, a.price, a.stock) == ("A", "Name A", Decimal("5.00"), 7)


def test_positions_order_the_answer(staff: Client, product: Product) -> None:
    a, b = add_variants(product, "A", "B")
    answer = save(
        staff, product, {"id": a.pk, "position": 5}, {"id": b.pk, "position": 0}, row("C")
    )
    assert [(v["sku"], v["position"]) for v in answer.json()["variants"]] == [
        ("B", 0), ("A", 5), ("C", 6),
    ]  # fmt: skip
    assert skus(product) == ["B", "A", "C"]


def test_nothing_to_do_is_fine(staff: Client, product: Product) -> None:
    add_variants(product, "A")
    answer = send_json(staff, f"/products/{product.pk}/variants/", {"variants": []})
    assert answer.status_code == 200
    assert len(answer.json()["variants"]) == 1


def test_skus_differ_by_capitals_and_dots(staff: Client, product: Product) -> None:
    assert save(staff, product, *map(row, ["i", "I", "ı", "İ", "x", "X"])).status_code == 200
    assert skus(product) == ["i", "I", "ı", "İ", "x", "X"]


# --- SKUs --------------------------------------------------------------------------------------


def test_two_skus_are_swapped(staff: Client, product: Product) -> None:
    a, b = add_variants(product, "A", "B")
    answer = save(staff, product, {"id": a.pk, "sku": "B"}, {"id": b.pk, "sku": "A"})
    assert answer.status_code == 200
    assert answer.json()["updated"] == 2
    assert skus(product) == ["B", "A"]


def test_skus_move_round_in_a_ring_and_to_a_new_row(staff: Client, product: Product) -> None:
    a, b, c, d = add_variants(product, "A", "B", "C", "D")
    answer = save(
        staff, product,
        {"id": a.pk, "sku": "B"}, {"id": b.pk, "sku": "C"}, {"id": c.pk, "sku": "X"},
        row("A"), row("D"),
        delete=[d.pk],
    )  # fmt: skip
    assert answer.status_code == 200
    assert skus(product) == ["B", "C", "X", "A", "D"]


def test_a_sku_named_twice_is_an_error_of_both_rows(staff: Client, product: Product) -> None:
    answer = save(staff, product, row("A"), row("B"), row("A "))
    assert fields_with_errors(answer) == {"0": ["sku"], "2": ["sku"]}
    assert skus(product) == []


def test_a_sku_of_a_row_that_stays_is_taken(staff: Client, product: Product) -> None:
    _a, b = add_variants(product, "A", "B")
    answer = save(staff, product, row("A"), {"id": b.pk, "sku": "A"})
    assert fields_with_errors(answer) == {"0": ["sku"], "1": ["sku"]}
    assert skus(product) == ["A", "B"]


def test_a_sku_of_another_product_is_taken(staff: Client, product: Product, other: Product) -> None:
    add_variants(other, "A", "B")
    (mine,) = add_variants(product, "M")
    answer = save(staff, product, row("C"), row("A"), {"id": mine.pk, "sku": "B"})
    assert fields_with_errors(answer) == {"1": ["sku"], "2": ["sku"]}
    assert skus(product) == ["M"]


def test_taken_skus_and_other_errors_are_told_together(
    staff: Client, product: Product, other: Product
) -> None:
    add_variants(other, "A")
    answer = save(staff, product, row("A", price="x"), row("B", stock=-1))
    assert fields_with_errors(answer) == {"0": ["price", "sku"], "1": ["stock"]}


# --- Ids ---------------------------------------------------------------------------------------


def test_foreign_unknown_and_deleted_ids_are_row_errors_and_never_created_again(
    staff: Client, product: Product, other: Product
) -> None:
    (foreign,) = add_variants(other, "F")
    (gone,) = add_variants(product, "G")
    gone_id = gone.pk
    gone.delete()
    answer = save(
        staff, product,
        row("F1", id=foreign.pk), row("G", id=gone_id), row("U", id=10**30), row("N", id=-1),
        row("T", id=True), row("S", id="1"), row("L", id=[1]), row("OK"),
    )  # fmt: skip
    assert fields_with_errors(answer) == {str(index): ["id"] for index in range(7)}
    assert skus(product) == []
    assert skus(other) == ["F"]


def test_ids_that_cannot_be_deleted_are_errors(
    staff: Client, product: Product, other: Product
) -> None:
    (mine,) = add_variants(product, "A")
    (foreign,) = add_variants(other, "F")
    answer = save(staff, product, delete=[mine.pk, foreign.pk, 10**30, 987654])
    assert set(errors(answer)["delete"]) == {str(foreign.pk), str(10**30), "987654"}
    assert skus(product) == ["A"]
    assert skus(other) == ["F"]


@pytest.mark.parametrize("delete", [["1"], [True], [None], [[1]], [1.0]])
def test_ids_to_delete_must_be_whole_numbers(staff: Client, product: Product, delete: Any) -> None:
    assert list(errors(save(staff, product, delete=delete))) == ["delete"]


def test_an_id_named_twice_is_an_error(staff: Client, product: Product) -> None:
    a, b = add_variants(product, "A", "B")
    answer = save(staff, product, {"id": a.pk, "stock": 2}, {"id": a.pk, "stock": 3})
    assert fields_with_errors(answer) == {"0": ["id"], "1": ["id"]}
    assert list(errors(save(staff, product, delete=[b.pk, b.pk]))) == ["delete"]


def test_a_row_both_changed_and_deleted_is_an_error(staff: Client, product: Product) -> None:
    (a,) = add_variants(product, "A")
    answer = save(staff, product, {"id": a.pk, "stock": 2}, delete=[a.pk])
    assert fields_with_errors(answer) == {"0": ["id"]}
    assert skus(product) == ["A"]


# --- Values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "price",
    ["NaN", "sNaN", "Infinity", "-1.00", "-0.00", "1e3", "1E+2", "1.234", "1.2", "1", "", " ",
     "123456789.00", "1,50", "1_0.00", "٣.00", ".50", "5.", "0x1.00", 5, 5.0, None, True, [], {}],
)  # fmt: skip
def test_bad_prices(staff: Client, product: Product, price: Any) -> None:
    assert fields_with_errors(save(staff, product, row("A", price=price))) == {"0": ["price"]}


@pytest.mark.parametrize("stock", [-1, 2**31, 10**40, 1.0, 1.5, "1", True, False, None, "", [], {}])
def test_bad_stocks(staff: Client, product: Product, stock: Any) -> None:
    assert fields_with_errors(save(staff, product, row("A", stock=stock))) == {"0": ["stock"]}


@pytest.mark.parametrize(
    "sku", ["", "  ", "x" * 65, "a\0", "a\nb", "a\x1fb", "\ud800", "\x85b\x86", None, 5, True, []]
)
def test_bad_skus(staff: Client, product: Product, sku: Any) -> None:
    assert fields_with_errors(save(staff, product, row(sku))) == {"0": ["sku"]}


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\0b", "\udfff", None, 5, []])
def test_bad_names(staff: Client, product: Product, name: Any) -> None:
    assert fields_with_errors(save(staff, product, row("A", name=name))) == {"0": ["name"]}


@pytest.mark.parametrize("position", [-1, 2**31, 1.5, "1", True, None])
def test_bad_positions(staff: Client, product: Product, position: Any) -> None:
    answer = save(staff, product, row("A", position=position))
    assert fields_with_errors(answer) == {"0": ["position"]}


@pytest.mark.parametrize("bad", [None, 1, "x", [], True])
def test_a_row_that_is_no_object_is_an_error(staff: Client, product: Product, bad: Any) -> None:
    assert fields_with_errors(save(staff, product, bad, row("A"))) == {"0": ["row"]}


def test_a_new_row_needs_every_field(staff: Client, product: Product) -> None:
    answer = save(staff, product, {})
    assert fields_with_errors(answer) == {"0": ["name", "price", "sku", "stock"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "99999999.99"), ("stock", 2**31 - 1), ("position", 2**31 - 1), ("sku", "x" * 64)],
)
def test_the_largest_values_are_saved(
    staff: Client, product: Product, field: str, value: Any
) -> None:
    answer = save(staff, product, row("A", **{field: value}) if field != "sku" else row(value))
    assert answer.json()["variants"][0][field] == value
    if field == "position":
        assert save(staff, product, row("B")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [{"variants": {}}, {"variants": "x"}, {"delete": 1}, {"variants": None}, {}, {"other": []}],
)
def test_a_body_of_another_shape_is_a_400(staff: Client, product: Product, body: Any) -> None:
    answer = send_json(staff, f"/products/{product.pk}/variants/", body)
    assert answer.status_code == 400
    assert error_code(answer) == "bad_json"


def test_too_many_rows_are_a_400(staff: Client, product: Product, monkeypatch: Any) -> None:
    monkeypatch.setattr("products.variants.saving.MOST_VARIANTS", 2)
    answer = save(staff, product, *map(row, "ABC"))
    assert answer.status_code == 400
    assert error_code(answer) == "too_many_rows"
