"""A new product, made in the form; photos of a form that was not valid are kept for the next."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.products.form.browser import GOOD, hidden
from tests.products.shop import make_user, names_in_order, not_a_photo, photo, signed_in


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_product_is_created_with_its_photos(staff: Client) -> None:
    form = hidden(staff.get("/products/new/"))
    answer = staff.post("/products/new/", {**GOOD, **form, "images": [photo("a"), photo("b")]})
    product = Product.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/products/{product.pk}/"
    assert (product.name, product.price, product.status) == ("Bowl", Decimal("19.90"), "active")
    assert names_in_order(staff, product) == ["a", "b"]


def test_a_product_is_created_without_hidden_fields_and_photos(staff: Client) -> None:
    assert staff.post("/products/new/", GOOD).status_code == 302
    assert staff.post("/products/new/", GOOD).status_code == 302
    assert Product.objects.count() == 2


def test_sending_twice_creates_one_product(staff: Client) -> None:
    form = hidden(staff.get("/products/new/"))
    first = staff.post("/products/new/", {**GOOD, **form, "images": photo()})
    second = staff.post("/products/new/", {**GOOD, **form, "images": photo()})
    assert first.url == second.url
    assert Product.objects.count() == 1
    assert StagedFile.objects.count() == 1


@pytest.mark.parametrize("submission_id", ["", "nonsense", "\0"])
def test_a_strange_submission_id_counts_as_none(staff: Client, submission_id: str) -> None:
    answer = staff.post("/products/new/", {**GOOD, "submission_id": submission_id})
    assert answer.status_code in {200, 302}


def test_a_bad_photo_does_not_stop_the_others(staff: Client) -> None:
    answer = staff.post("/products/new/", {**GOOD, "images": [photo("a"), not_a_photo("bad.jpg")]})
    assert answer.status_code == 302
    assert names_in_order(staff, Product.objects.get()) == ["a"]
    assert any(text.startswith("bad.jpg: ") for text in said(answer))


def test_photos_of_an_invalid_form_are_attached_on_the_next_try(staff: Client) -> None:
    form = hidden(staff.get("/products/new/"))
    bad = {**GOOD, "name": ""}
    first = staff.post("/products/new/", {**bad, **form, "images": [photo("a"), photo("b")]})
    assert first.status_code == 200
    assert [file.name for file in first.context["kept_files"]] == ["a", "b"]
    second = staff.post("/products/new/", {**bad, **hidden(first), "images": photo("c")})
    assert [file.name for file in second.context["kept_files"]] == ["a", "b", "c"]
    third = staff.post("/products/new/", {**GOOD, **hidden(second), "images": photo("d")})
    assert third.status_code == 302
    assert names_in_order(staff, Product.objects.get()) == ["a", "b", "c", "d"]
    assert StagedFile.objects.count() == 4


def test_kept_photos_are_attached_once(staff: Client) -> None:
    first = staff.post("/products/new/", {**GOOD, "name": "", "images": photo("a")})
    again = hidden(first)
    for _ in range(2):
        staff.post("/products/new/", {**GOOD, "kept_images": again["kept_images"]})
    assert Product.objects.count() == 2
    assert ProductImage.objects.count() == 1


def test_kept_photos_of_somebody_else_are_not_attached(staff: Client) -> None:
    first = staff.post("/products/new/", {**GOOD, "name": "", "images": photo("a")})
    thief = signed_in(make_user("products.add_product"))
    thief.post("/products/new/", {**GOOD, "kept_images": hidden(first)["kept_images"]})
    assert Product.objects.count() == 1
    assert not ProductImage.objects.exists()


@pytest.mark.parametrize("text", ["x", "x:y", "\0", "WzFd:1:x"])
def test_a_forged_field_keeps_nothing(staff: Client, text: str) -> None:
    assert staff.post("/products/new/", {**GOOD, "kept_images": text}).status_code in {200, 302}
    assert not ProductImage.objects.exists()


def test_kept_photos_that_were_swept_are_named(staff: Client) -> None:
    first = staff.post("/products/new/", {**GOOD, "name": "", "images": [photo("a"), photo("b")]})
    StagedFile.objects.filter(name="a").update(status=StagedFile.Status.PURGING)
    answer = staff.post("/products/new/", {**GOOD, **hidden(first)})
    assert answer.status_code == 302
    assert names_in_order(staff, Product.objects.get()) == ["b"]
    assert any("cleaned up" in text for text in said(answer))


def test_more_than_a_hundred_photos_are_refused(staff: Client) -> None:
    answer = staff.post("/products/new/", {**GOOD, "images": [photo() for _ in range(101)]})
    assert answer.status_code == 400
    assert "Upload at most 100 files at once." in answer.content.decode()
    assert not Product.objects.exists()


def test_no_room_for_photos_is_a_form_error(staff: Client, settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 10**15}
    answer = staff.post("/products/new/", {**GOOD, "images": photo()})
    assert answer.status_code == 507
    assert answer.context["form"].errors["images"]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 201), ("name", "a\0b"),
        ("price", ""), ("price", "NaN"), ("price", "-1"), ("price", "1.234"),
        ("price", "123456789"), ("price", "1e99"), ("price", "x"), ("price", "Infinity"),
        ("status", "sold"), ("status", ""),
    ],
)  # fmt: skip
def test_a_bad_field_is_a_form_error(staff: Client, field: str, value: str) -> None:
    answer = staff.post("/products/new/", {**GOOD, field: value})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not Product.objects.exists()


def test_prices_are_typed_and_shown_with_the_comma_in_turkish(staff: Client) -> None:
    turkish = {"headers": {"Accept-Language": "tr"}}
    staff.post("/products/new/", {**GOOD, "price": "1234,50"}, **turkish)  # type: ignore[arg-type]
    product = Product.objects.get()
    assert product.price == Decimal("1234.50")
    answer = staff.get(f"/products/{product.pk}/", **turkish)  # type: ignore[arg-type]
    assert 'value="1234,50"' in answer.content.decode()


def test_a_new_product_knows_who_made_it(staff: Client) -> None:
    answer = staff.post("/products/new/", GOOD, follow=True)
    assert str(Product.objects.get().saved_by) == "boss"
    assert """<dt>Saved by</dt><dd data-fact="saved_by">boss</dd>""" in answer.content.decode()
