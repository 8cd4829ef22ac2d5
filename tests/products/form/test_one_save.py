"""One Save of the page: fields, alt texts and variants in one request, all of it or nothing."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product, ProductImage, ProductVariant
from tests.products.form.saving import fields_of, save, saved
from tests.products.shop import (
    IMAGE_KEYS,
    add_photos,
    add_variants,
    error_code,
    make_user,
    row,
    send_json,
    signed_in,
    skus,
)


@pytest.fixture
def colleague(db: None) -> Client:
    user = User.objects.create_superuser("ayse", first_name="Ayşe", last_name="Ünal")
    return signed_in(user)


# --- What is saved -----------------------------------------------------------------------------


def test_everything_is_saved_by_one_request(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    a, b = add_variants(product, "A", "B")
    body = saved(
        staff,
        product,
        version=1,
        product={"name": "Jug", "price": "9.90"},
        seen={"name": "Mug", "price": "12.5"},
        alts={str(pk): {"alt": "Blue", "seen": ""}},
        variants=[{"id": a.pk, "stock": 7, "seen": {"stock": 1}}, row("C")],
        delete=[b.pk],
    )
    assert fields_of(product) == ("Jug", "", Decimal("9.90"), "draft")
    assert skus(product) == ["A", "C"]
    assert body["location"] == product.get_absolute_url()
    assert body["version"] == product.version == 2
    assert body["product"]["name"] == "Jug"
    assert body["product"]["price"] == "9.90"
    assert body["product"]["saved_by"] == "boss"
    assert [(image["id"], image["alt"]) for image in body["images"]] == [(pk, "Blue")]
    assert set(body["images"][0]) == IMAGE_KEYS
    assert [(each["sku"], each["stock"]) for each in body["variants"]] == [("A", 7), ("C", 1)]


def test_what_is_not_named_stays(staff: Client, product: Product) -> None:
    add_variants(product, "A")
    body = saved(staff, product, product={"status": "active"})
    assert fields_of(product) == ("Mug", "", Decimal("12.50"), "active")
    assert [each["sku"] for each in body["variants"]] == ["A"]


def test_texts_and_prices_are_read_as_in_the_form(staff: Client, product: Product) -> None:
    saved(staff, product, product={"name": " Jug\u200b ", "price": "12,5"})
    assert fields_of(product)[:3] == ("Jug", "", Decimal("12.50"))


# --- What is wrong -----------------------------------------------------------------------------


def test_all_that_is_wrong_is_told_by_part_and_nothing_is_saved(
    staff: Client, product: Product
) -> None:
    (pk,) = add_photos(staff, product, "a")
    (a,) = add_variants(product, "A")
    answer = save(
        staff,
        product,
        product={"name": "", "price": "cheap", "status": "active"},
        alts={str(pk): {"alt": "x" * 256}, "987654": {"alt": "x"}},
        variants=[{"id": a.pk, "stock": 9}, row("B", price="x")],
    )
    assert answer.status_code == 422
    assert error_code(answer) == "invalid"
    errors = answer.json()["errors"]
    assert set(errors["product"]) == {"name", "price"}
    assert errors["alts"].keys() == {str(pk), "987654"}
    assert errors["variants"].keys() == {"1"}
    assert errors["variants"]["1"].keys() == {"price"}
    assert fields_of(product) == ("Mug", "", Decimal("12.50"), "draft")
    assert product.version == 1
    a.refresh_from_db()
    assert a.stock == 1


@pytest.mark.parametrize(
    "part",
    [{"product": {"name": "Good"}}, {"variants": [{"sku": "N"}]}, {"product": {"price": ""}}],
)
def test_good_parts_are_not_saved_beside_bad_ones(
    staff: Client, product: Product, part: dict[str, Any]
) -> None:
    (pk,) = add_photos(staff, product, "a")
    bad = {"variants": [row("B"), row("B")]} if "product" in part else {}
    answer = save(staff, product, **{**bad, **part, "alts": {str(pk): {"alt": "Blue"}}})
    assert answer.status_code == 422
    assert fields_of(product)[0] == "Mug"
    assert not ProductVariant.objects.exists()
    assert ProductImage.objects.get().alt == ""


@pytest.mark.parametrize("value", [5, None, True, [], {}, "a\ud800"])
def test_a_field_must_be_text(staff: Client, product: Product, value: Any) -> None:
    answer = save(staff, product, product={"name": value})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]["product"]) == ["name"]


@pytest.mark.parametrize(
    "body",
    [{"product": []}, {"product": {"version": "3"}}, {"seen": 1}, {"alts": []}, {"alts": {"x": {}}},
     {"alts": {"1": {"alt": 5}}}, {"alts": {"1": "x"}}, {"variants": {}}, {"delete": 1},
     {"version": "1"}, {"version": True}],
)  # fmt: skip
def test_a_body_of_another_shape_is_a_400(staff: Client, product: Product, body: Any) -> None:
    answer = save(staff, product, **body)
    assert answer.status_code == 400
    assert error_code(answer) == "bad_json"


@pytest.mark.parametrize("part", ["product", "seen", "alts", "version", "variants", "delete"])
def test_a_body_without_end_is_refused(staff: Client, product: Product, part: str) -> None:
    deep = "[" * 700 + "]" * 700
    for value in (deep, f'{{"name": {deep}, "price": {deep}}}', f'[{{"id": 1, "seen": {deep}}}]'):
        answer = send_json(staff, product.get_absolute_url(), f'{{"{part}": {value}}}')
        assert answer.status_code in {200, 400, 422}


def test_it_is_refused_in_json(product: Product) -> None:
    assert save(Client(), product).status_code == 401
    assert save(signed_in(make_user("products.view_product")), product).status_code == 403
    reader = make_user("products.change_product")
    strict = signed_in(reader, enforce_csrf_checks=True)
    assert error_code(save(strict, product)) == "csrf_failed"
    product.delete()
    gone = send_json(signed_in(reader), "/products/987654/", {})
    assert (gone.status_code, error_code(gone)) == (404, "not_found")


# --- Two people --------------------------------------------------------------------------------


def test_two_people_who_change_different_fields_both_win(
    staff: Client, colleague: Client, product: Product
) -> None:
    seen = {"name": "Mug", "description": "", "price": "12.50", "status": "draft"}
    saved(colleague, product, version=1, product={"name": "Jug"}, seen=seen)
    untouched = {"name": "Mug", "status": "active"}
    body = saved(staff, product, version=1, product=untouched, seen=seen)
    assert fields_of(product) == ("Jug", "", Decimal("12.50"), "active")
    assert body["product"]["name"] == "Jug"


def test_the_same_change_twice_is_no_conflict(
    staff: Client, colleague: Client, product: Product
) -> None:
    for client in (colleague, staff):
        saved(client, product, version=1, product={"price": "9.00"}, seen={"price": "12.50"})
    assert fields_of(product)[2] == Decimal("9.00")


def test_a_conflict_says_what_who_and_when_and_saves_nothing(
    staff: Client, colleague: Client, product: Product
) -> None:
    (pk,) = add_photos(staff, product, "a")
    a, b = add_variants(product, "A", "B")
    theirs = {"price": "9.00"}
    saved(
        colleague, product, product=theirs, alts={str(pk): {"alt": "Theirs", "seen": ""}},
        variants=[{"id": b.pk, "stock": 8}],
    )  # fmt: skip
    answer = save(
        staff, product, version=1,
        product={"name": "Jug", "price": "11.00"}, seen={"name": "Mug", "price": "12.50"},
        alts={str(pk): {"alt": "Mine", "seen": ""}},
        variants=[{"id": a.pk, "stock": 3, "seen": {"stock": 1}},
                  {"id": b.pk, "stock": 15, "seen": {"stock": 1}}],
    )  # fmt: skip
    assert answer.status_code == 409
    assert error_code(answer) == "conflict"
    conflicts = answer.json()["conflicts"]
    price, alt = conflicts["product"]["price"], conflicts["alts"][str(pk)]["alt"]
    stock = conflicts["variants"]["1"]["stock"]
    assert [(each["seen"], each["now"], each["by"]) for each in (price, alt, stock)] == [
        ("12.50", "9.00", "Ayşe Ünal"), ("", "Theirs", "Ayşe Ünal"), (1, 8, "Ayşe Ünal"),
    ]  # fmt: skip
    assert all(datetime.fromisoformat(each["at"]).tzinfo for each in (price, alt, stock))
    assert set(conflicts["product"]) == {"price"}
    assert set(conflicts["variants"]) == {"1"}
    assert "Ayşe Ünal" in answer.json()["errors"]["variants"]["1"]["stock"][0]
    assert fields_of(product) == ("Mug", "", Decimal("9.00"), "draft")
    a.refresh_from_db()
    assert a.stock == 1


def test_keeping_mine_is_saving_with_theirs_as_seen(
    staff: Client, colleague: Client, product: Product
) -> None:
    saved(colleague, product, product={"name": "Theirs"})
    mine = {"version": 1, "product": {"name": "Mine"}}
    assert save(staff, product, **mine, seen={"name": "Mug"}).status_code == 409
    saved(staff, product, **mine, seen={"name": "Theirs"})
    assert fields_of(product)[0] == "Mine"


def test_without_what_was_seen_the_version_tells(
    staff: Client, colleague: Client, product: Product
) -> None:
    saved(colleague, product, product={"name": "Theirs"})
    assert save(staff, product, version=1, product={"name": "Mine"}).status_code == 409
    saved(staff, product, version=2, product={"name": "Mine"})
    saved(colleague, product, product={"name": "No questions asked"})
    assert fields_of(product)[0] == "No questions asked"


def test_each_cell_knows_its_own_last_change(
    staff: Client, colleague: Client, product: Product
) -> None:
    saved(colleague, product, product={"price": "9.00"})
    saved(staff, product, product={"name": "Jug"})
    third = signed_in(User.objects.create_superuser("third"))
    answer = save(
        third, product, version=1,
        product={"name": "A", "price": "1.00"}, seen={"name": "Mug", "price": "12.50"},
    )  # fmt: skip
    conflicts = answer.json()["conflicts"]["product"]
    assert {name: each["by"] for name, each in conflicts.items()} == {
        "name": "boss",
        "price": "Ayşe Ünal",
    }


def test_a_change_that_nobody_noted_is_nobodys(staff: Client, product: Product) -> None:
    Product.objects.update(name="By a script")
    answer = save(staff, product, product={"name": "Mine"}, seen={"name": "Mug"})
    assert answer.json()["conflicts"]["product"]["name"] == {
        "seen": "Mug", "now": "By a script", "by": None, "at": None,
    }  # fmt: skip


def test_a_conflict_beside_an_error_is_told_with_it(
    staff: Client, colleague: Client, product: Product
) -> None:
    saved(colleague, product, product={"name": "Theirs"})
    answer = save(staff, product, product={"name": "Mine", "price": "cheap"}, seen={"name": "Mug"})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]["product"]) == {"name", "price"}
    assert set(answer.json()["conflicts"]["product"]) == {"name"}


def test_an_alt_text_saved_by_itself_is_compared_too(
    staff: Client, colleague: Client, product: Product
) -> None:
    (pk,) = add_photos(staff, product, "a")
    url = f"/products/images/{pk}/"
    assert send_json(colleague, url, {"alt": "Theirs", "seen": ""}, "patch").status_code == 200
    answer = send_json(staff, url, {"alt": "Mine", "seen": ""}, "patch")
    assert (answer.status_code, error_code(answer)) == (409, "conflict")
    assert answer.json()["conflicts"]["alts"][str(pk)]["alt"]["by"] == "Ayşe Ünal"
    assert send_json(staff, url, {"alt": "Mine", "seen": "Theirs"}, "patch").status_code == 200
    assert send_json(colleague, url, {"alt": "Whatever"}, "patch").status_code == 200


# --- Sent again --------------------------------------------------------------------------------


def test_sent_again_it_is_saved_once(staff: Client, product: Product) -> None:
    body = {"submission_id": str(uuid4()), "product": {"name": "Jug"}, "variants": [row("A")]}
    first, second = (saved(staff, product, **body) for _ in range(2))
    assert second["version"] == first["version"] == 2
    assert second["variants"] == first["variants"]


def test_a_correction_after_a_lost_answer_is_saved_without_a_question(
    staff: Client, product: Product
) -> None:
    (pk,) = add_photos(staff, product, "a")
    a, b = add_variants(product, "A", "B")
    base = {"submission_id": str(uuid4()), "version": 1, "delete": [b.pk]}
    saved(
        staff, product, **base, product={"name": "Jig"}, seen={"name": "Mug"},
        alts={str(pk): {"alt": "Bleu", "seen": ""}},
        variants=[{"id": a.pk, "stock": 7, "seen": {"stock": 1}}, row("C", stock=2)],
    )  # fmt: skip
    body = saved(
        staff, product, **base, product={"name": "Jug", "price": "9.00"},
        seen={"name": "Mug", "price": "12.50"}, alts={str(pk): {"alt": "Blue", "seen": ""}},
        variants=[{"id": a.pk, "stock": 1, "seen": {"stock": 1}}, row("C", stock=3), row("D")],
    )  # fmt: skip
    assert fields_of(product)[:3] == ("Jug", "", Decimal("9.00"))
    stocks = {each["sku"]: each["stock"] for each in body["variants"]}
    assert stocks == {"A": 1, "C": 3, "D": 1}
    assert body["images"][0]["alt"] == "Blue"


def test_a_correction_does_not_overwrite_what_somebody_else_did_since(
    staff: Client, colleague: Client, product: Product
) -> None:
    base = {"submission_id": str(uuid4()), "version": 1, "seen": {"name": "Mug"}}
    saved(staff, product, **base, product={"name": "Jig"})
    saved(colleague, product, product={"name": "Theirs"})
    answer = save(staff, product, **base, product={"name": "Jug"})
    assert answer.status_code == 409
    assert answer.json()["conflicts"]["product"]["name"]["by"] == "Ayşe Ünal"


def test_the_submission_of_another_product_counts_as_none(staff: Client, product: Product) -> None:
    other = Product.objects.create(name="Other", price=1)
    body = {"submission_id": str(uuid4()), "product": {"name": "Same"}}
    saved(staff, other, **body)
    saved(staff, product, **body)
    assert fields_of(product)[0] == "Same"


def test_each_answer_names_the_next_submission(staff: Client, product: Product) -> None:
    ids = {saved(staff, product)["submission_id"] for _ in range(2)}
    assert len(ids) == 2


# --- Cost --------------------------------------------------------------------------------------


def test_a_save_costs_the_same_whatever_the_product_holds(
    staff: Client, product: Product, django_assert_max_num_queries: Any
) -> None:
    add_photos(staff, product, *map(str, range(50)))
    variants = add_variants(product, *map(str, range(500)))
    rows = [{"id": each.pk, "stock": 9, "seen": {"stock": 1}} for each in variants]
    with django_assert_max_num_queries(15):
        saved(staff, product, product={"name": "Jug"}, variants=[*rows, row("N")])
