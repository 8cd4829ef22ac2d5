"""Products in the Django admin."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product
from tests.products.admin.forms import CHANGELIST, change_url, fields
from tests.products.shop import (
    add_photos,
    add_variants,
    make_user,
    not_a_photo,
    photo,
    send_json,
    signed_in,
    skus,
)


def test_a_product_is_added_with_a_photo_and_a_variant(staff: Client) -> None:
    answer = staff.post(
        f"{CHANGELIST}add/",
        {
            "name": "Bowl", "price": "5.00", "status": "draft", "description": "",
            "images-TOTAL_FORMS": 1, "images-INITIAL_FORMS": 0,
            "images-0-file": photo("a"), "images-0-position": 0,
            "variants-TOTAL_FORMS": 1, "variants-INITIAL_FORMS": 0,
            "variants-0-sku": "A", "variants-0-name": "x", "variants-0-price": "1",
            "variants-0-stock": 1, "variants-0-position": 0,
        },
    )  # fmt: skip
    assert answer.status_code == 302
    product = Product.objects.get()
    assert skus(product) == ["A"]
    assert product.images.get().file.name == "a"


def test_deleting_products_is_asked_about_with_counts(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a", "b")
    add_variants(product, *(f"S{number}" for number in range(30)))
    asked = staff.get(f"{CHANGELIST}{product.pk}/delete/").content.decode()
    assert "<li>Variants: 30</li>" in asked
    assert "<li>Images: 2</li>" in asked
    assert "S7" not in asked


def test_a_bad_photo_is_an_error_of_its_field(staff: Client) -> None:
    answer = staff.post(
        f"{CHANGELIST}add/",
        {
            "name": "Bowl", "price": "5.00", "status": "draft",
            "images-TOTAL_FORMS": 1, "images-INITIAL_FORMS": 0,
            "images-0-file": not_a_photo(), "images-0-position": 0,
            "variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0,
        },
    )  # fmt: skip
    assert answer.status_code == 200
    assert "file" in answer.context["inline_admin_formsets"][0].formset.errors[0]
    assert not Product.objects.exists()


def test_a_change_keeps_the_photos_and_is_noticed_by_open_forms(
    staff: Client, product: Product
) -> None:
    add_photos(staff, product, "a", "b")
    add_variants(product, "A")
    url = change_url(product)
    answer = staff.post(url, {**fields(staff.get(url)), "name": "Jug"})
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.version) == ("Jug", 2)
    assert str(product.saved_by) == "boss"
    assert [image.file.name for image in product.images.all()] == ["a", "b"]


def test_products_deleted_in_the_admin_let_go_of_their_files(
    staff: Client, product: Product
) -> None:
    add_photos(staff, product, "a")
    other = Product.objects.create(name="Other", price=1)
    add_photos(staff, other, "b")
    staff.post(f"{CHANGELIST}{other.pk}/delete/", {"post": "yes"})
    action = {"action": "delete_selected", "_selected_action": [product.pk], "post": "yes"}
    staff.post(CHANGELIST, action)
    assert not Product.objects.exists()
    assert set(StagedFile.objects.values_list("status", flat=True)) == {StagedFile.Status.PURGING}


def test_products_are_found_by_sku(staff: Client, product: Product) -> None:
    add_variants(product, "K-7")
    assert staff.get(f"{CHANGELIST}?q=K-7").context["cl"].result_count == 1


# --- What others change meanwhile --------------------------------------------------------------


def theirs(product: Product, /, **body: Any) -> None:
    colleague = signed_in(User.objects.create_superuser("ayse"))
    assert send_json(colleague, product.get_absolute_url(), body).status_code == 200


def test_a_save_that_changes_the_name_keeps_what_others_did(
    staff: Client, product: Product
) -> None:
    (pk,) = add_photos(staff, product, "a")
    a, b = add_variants(product, "A", "B")
    url = change_url(product)
    opened = fields(staff.get(url))
    theirs(
        product,
        product={"price": "9.00"},
        alts={str(pk): {"alt": "Theirs"}},
        variants=[{"id": a.pk, "stock": 8}, {"id": b.pk, "sku": "C"}],
    )
    assert staff.post(url, {**opened, "name": "Jug", "variants-1-stock": 5}).status_code == 302
    product.refresh_from_db()
    assert (product.name, product.price, product.version) == ("Jug", Decimal("9.00"), 3)
    assert [(each.sku, each.stock) for each in product.variants.all()] == [("A", 8), ("C", 5)]
    assert product.images.get().alt == "Theirs"


def test_a_cell_that_both_changed_is_asked_about_with_who_and_when(
    staff: Client, product: Product
) -> None:
    (a,) = add_variants(product, "A")
    url = change_url(product)
    opened = fields(staff.get(url))
    theirs(product, product={"name": "Theirs"}, variants=[{"id": a.pk, "stock": 8}])
    answer = staff.post(url, {**opened, "name": "Mine", "variants-0-stock": 15})
    assert answer.status_code == 200
    (name,) = answer.context["adminform"].form.errors["name"]
    assert "“Theirs” (ayse, " in name
    assert "Save again to keep yours." in name
    variants = answer.context["inline_admin_formsets"][1].formset
    assert list(variants.errors[0]) == ["stock"]
    a.refresh_from_db()
    assert a.stock == 8
    assert staff.post(url, fields(answer)).status_code == 302
    product.refresh_from_db()
    a.refresh_from_db()
    assert (product.name, a.stock) == ("Mine", 15)


def test_what_the_admin_changed_is_known_to_the_pages(staff: Client, product: Product) -> None:
    (a,) = add_variants(product, "A")
    url = change_url(product)
    staff.post(url, {**fields(staff.get(url)), "name": "Jug", "variants-0-stock": 8})
    body = {
        "version": 1,
        "product": {"name": "Mine"},
        "seen": {"name": "Mug"},
        "variants": [{"id": a.pk, "stock": 15, "seen": {"stock": 1}}],
    }
    answer = send_json(staff, product.get_absolute_url(), body)
    assert answer.status_code == 409
    conflicts = answer.json()["conflicts"]
    assert conflicts["product"]["name"]["by"] == "boss"
    assert conflicts["variants"]["0"]["stock"]["by"] == "boss"


def test_a_form_without_what_was_seen_is_saved_as_it_is(staff: Client, product: Product) -> None:
    url = change_url(product)
    for seen in ("", "[]", "{", "1"):
        opened = {**fields(staff.get(url)), "seen": seen}
        assert staff.post(url, {**opened, "name": f"Jug {seen}"}).status_code == 302
        product.refresh_from_db()
        assert product.name == f"Jug {seen}".strip()


def test_who_may_only_look_sees_the_form(product: Product) -> None:
    answer = signed_in(make_user("products.view_product")).get(change_url(product))
    assert answer.status_code == 200
    assert "seen" not in answer.content.decode()
