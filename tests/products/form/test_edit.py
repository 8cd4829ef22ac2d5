"""A product that there is, changed in the form with its images and variants."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product, ProductImage, ProductVariant
from tests.products.form.browser import GOOD, hidden
from tests.products.shop import (
    add_photos,
    add_variants,
    change_file,
    make_user,
    names_in_order,
    photo,
    signed_in,
    skus,
)


class ShownRow(dict[str, str]):
    """The values of a row of the variants table, and the names of its fields with an error."""

    errors: set[str]


def shown_variants(answer: Any) -> dict[int, ShownRow]:
    """By the number of the row in the form, spare ones included."""
    rows: dict[int, ShownRow] = defaultdict(ShownRow)
    found = re.findall(
        r'name="variant-(\d+)-(sku|name|price|stock|id)" value="([^"]*)"([^>]*)>',
        answer.content.decode(),
    )
    for number, name, value, more in found:
        row = rows[int(number)]
        row[name] = unescape(value)
        row.errors = getattr(row, "errors", set()) | ({name} if "aria-invalid" in more else set())
    return dict(rows)


def post(client: Client, product: Product, **fields: Any) -> Any:
    named = {name.replace("_", "-") if "image_" in name or "variant_" in name else name: value
             for name, value in fields.items()}  # fmt: skip
    return client.post(f"/products/{product.pk}/", {**GOOD, **named})


def test_a_product_is_changed_and_photos_appended(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a")
    form = hidden(staff.get(f"/products/{product.pk}/"))
    answer = post(staff, product, **form, images=[photo("b"), photo("c")])
    assert answer.status_code == 302
    assert answer.url == f"/products/{product.pk}/"
    product.refresh_from_db()
    assert (product.name, product.version) == ("Bowl", 2)
    assert names_in_order(staff, product) == ["a", "b", "c"]


def test_sending_an_edit_twice_appends_photos_once(staff: Client, product: Product) -> None:
    form = hidden(staff.get(f"/products/{product.pk}/"))
    for _ in range(2):
        assert post(staff, product, **form, images=photo("a")).status_code == 302
    assert names_in_order(staff, product) == ["a"]


def test_somebody_elses_save_is_pointed_out_before_it_is_overwritten(
    staff: Client, product: Product
) -> None:
    mine = hidden(staff.get(f"/products/{product.pk}/"))
    theirs = hidden(staff.get(f"/products/{product.pk}/"))
    post(staff, product, **theirs, name="Theirs")
    answer = post(staff, product, **mine, name="Mine", images=photo("a"))
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    named = {(difference.theirs.now, difference.mine) for difference in answer.context["conflict"]}
    assert named == {("Theirs", "Mine")}
    assert "Theirs" in answer.content.decode()
    product.refresh_from_db()
    assert product.name == "Theirs"
    assert post(staff, product, **hidden(answer), name="Mine").status_code == 302
    product.refresh_from_db()
    assert product.name == "Mine"
    assert names_in_order(staff, product) == ["a"]


def test_who_saved_meanwhile_is_named(staff: Client, product: Product) -> None:
    ayse = User.objects.create_superuser("ayse", first_name="Ayşe", last_name="Ünal")
    opened = hidden(staff.get(f"/products/{product.pk}/"))

    def after_a_save_by(saver: Client) -> str:
        post(saver, product, **hidden(saver.get(f"/products/{product.pk}/")), name="Theirs")
        return post(staff, product, **opened, name="Mine").content.decode()

    assert "Ayşe Ünal, " in after_a_save_by(signed_in(ayse))
    ayse.delete()
    assert "somebody else, " in post(staff, product, **opened, name="Mine").content.decode()
    Product.objects.update(name="By a script", changed={})
    assert "somebody else<" in post(staff, product, **opened, name="Mine").content.decode()
    Product.objects.update(name="Mug")
    assert "you, elsewhere, " in after_a_save_by(staff)


def test_images_are_ordered_described_and_deleted(staff: Client, product: Product) -> None:
    a, b, c, d = add_photos(staff, product, "a", "b", "c", "d")
    fields = {f"image_{pk}_position": str(place) for place, pk in enumerate((a, b, c, d), 1)}
    fields |= {f"image_{d}_position": "1", f"image_{b}_delete": "on", f"image_{c}_alt": "Sea"}
    assert post(staff, product, **fields).status_code == 302
    assert names_in_order(staff, product) == ["d", "a", "c"]
    assert ProductImage.objects.get(pk=c).alt == "Sea"


@pytest.mark.parametrize(
    ("typed", "order"),
    [("1 2 3 4", "abcd"), ("3 2 3 4", "bcad"), ("1 2 1 4", "cabd"), ("4 3 2 1", "dcba"),
     ("9 2 3 4", "bcda"), ("0 0 0 0", "abcd")],
)  # fmt: skip
def test_typed_places(staff: Client, product: Product, typed: str, order: str) -> None:
    ids = add_photos(staff, product, *"abcd")
    places = dict(zip(ids, typed.split(" "), strict=True))
    post(staff, product, **{f"image_{pk}_position": place for pk, place in places.items()})
    assert names_in_order(staff, product) == list(order)


@pytest.mark.parametrize("place", ["-1", "x", "1.5", "9" * 30])
def test_a_bad_place_is_a_form_error(staff: Client, product: Product, place: str) -> None:
    a, _b = add_photos(staff, product, "a", "b")
    answer = post(staff, product, **{f"image_{a}_position": place})
    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    product.refresh_from_db()
    assert product.name == "Mug"


def test_images_are_retried_and_restored(staff: Client, product: Product) -> None:
    a, b = add_photos(staff, product, "a", "b")
    change_file(a, status="failed", due_at=None)
    staff.delete(f"/products/images/{b}/delete/")
    assert post(staff, product, **{f"image_{a}_retry": "on", f"image_{b}_restore": "on"})
    assert names_in_order(staff, product) == ["a", "b"]
    assert ProductImage.objects.get(pk=a).file.status == "staged"


def test_images_of_another_product_are_not_touched(staff: Client, product: Product) -> None:
    other = Product.objects.create(name="Other", price=1)
    (foreign,) = add_photos(staff, other, "x")
    post(staff, product, **{f"image_{foreign}_delete": "on", f"image_{foreign}_alt": "y"})
    assert names_in_order(staff, other) == ["x"]
    assert ProductImage.objects.get().alt == ""


def test_variants_are_changed_added_and_deleted(staff: Client, product: Product) -> None:
    a, b = add_variants(product, "A", "B")
    answer = post(
        staff, product,
        variant_0_id=a.pk, variant_0_sku="A2", variant_0_name="New", variant_0_price="7.5",
        variant_0_stock="3",
        variant_1_id=b.pk, variant_1_sku="B", variant_1_delete="on",
        variant_2_id="", variant_2_sku="C", variant_2_name="Third", variant_2_price="8",
        variant_2_stock="0",
        variant_3_id="", variant_3_sku="", variant_3_name="", variant_3_price="",
    )  # fmt: skip
    assert answer.status_code == 302
    assert skus(product) == ["A2", "C"]
    a.refresh_from_db()
    assert (a.name, a.price, a.stock) == ("New", Decimal("7.50"), 3)


def test_variant_errors_stay_on_their_rows_and_nothing_is_saved(
    staff: Client, product: Product
) -> None:
    (a,) = add_variants(product, "A")
    answer = post(
        staff, product, images=photo("kept"),
        variant_0_id=a.pk, variant_0_stock="9", variant_0_price="cheap",
        variant_5_sku="A", variant_5_name="Twin", variant_5_price="1", variant_5_stock="1",
        variant_7_id="987654", variant_7_delete="on",
    )  # fmt: skip
    assert answer.status_code == 200
    rows = shown_variants(answer)
    assert rows[0]["price"] == "cheap"
    assert rows[0].errors == {"price"}
    assert rows[5].errors == {"sku"}
    assert rows[7].errors == {"sku"}
    assert answer.context["variant_errors"]
    assert len(rows) == 6
    product.refresh_from_db()
    assert (product.name, product.version) == ("Mug", 1)
    assert ProductVariant.objects.get().stock == 1
    assert [file.name for file in answer.context["kept_files"]] == ["kept"]


def test_variant_prices_are_typed_with_the_comma_in_turkish(
    staff: Client, product: Product
) -> None:
    (a,) = add_variants(product, "A")
    fields = {**GOOD, "price": "1,00", "variant-0-id": a.pk, "variant-0-price": "12,5"}
    headers = {"Accept-Language": "tr"}
    assert staff.post(f"/products/{product.pk}/", fields, headers=headers).status_code == 302
    a.refresh_from_db()
    assert a.price == Decimal("12.50")
    page = staff.get(f"/products/{product.pk}/", headers=headers)
    assert shown_variants(page)[0]["price"] == "12,50"


def test_the_page_counts_what_a_deletion_would_take(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a")
    add_variants(product, "A")
    page = staff.get(f"/products/{product.pk}/").content.decode()
    assert "Images: 1, variants: 1." in page


def test_a_reader_sees_the_page_without_being_asked_to_change_it(product: Product) -> None:
    answer = signed_in(make_user("products.view_product")).get(f"/products/{product.pk}/")
    assert answer.status_code == 200
    assert not answer.context["can_change"]
    assert not answer.context["can_delete"]
    assert all(field.field.disabled for field in answer.context["form"])


def test_the_page_costs_5_queries_whatever_it_shows(
    staff: Client, product: Product, django_assert_num_queries: Any
) -> None:
    add_photos(staff, product, "a")
    add_variants(product, "A")
    with django_assert_num_queries(5):
        staff.get(f"/products/{product.pk}/")
    add_photos(staff, product, *map(str, range(50)))
    add_variants(product, *map(str, range(500)))
    with django_assert_num_queries(5):
        staff.get(f"/products/{product.pk}/")


def test_times_are_in_the_time_zone_of_the_site_and_say_so(
    staff: Client, product: Product, settings: Any
) -> None:
    Product.objects.filter(pk=product.pk).update(created_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    page = staff.get(product.get_absolute_url()).content.decode()
    assert "March 1, 2026, 9:30 a.m. UTC" in page
    settings.TIME_ZONE = "Europe/Istanbul"
    page = staff.get(product.get_absolute_url()).content.decode()
    assert "March 1, 2026, 12:30 p.m. +03" in page
