"""The catalogue in the Django admin."""

from typing import Any

from django.test import Client

from media_staging.models import StagedFile
from products.models import Product
from tests.products.shop import add_photos, add_variants, not_a_photo, photo, skus

CHANGELIST = "/admin/products/product/"


def fields(answer: Any) -> dict[str, Any]:
    """What a browser sends back of an admin form and its inlines; file inputs stay empty."""
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    found = {
        field.html_name: field.value()
        for form in forms
        for field in form
        if not hasattr(field.field, "model_field")
    }
    return {name: value for name, value in found.items() if value is not None}


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
    url = f"{CHANGELIST}{product.pk}/change/"
    answer = staff.post(url, {**fields(staff.get(url)), "name": "Jug"})
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.version) == ("Jug", 2)
    assert str(product.saved_by) == "boss"
    assert [image.file.name for image in product.images.all()] == ["a", "b"]


def test_an_image_deleted_in_the_admin_is_purged(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a", "b")
    url = f"{CHANGELIST}{product.pk}/change/"
    staff.post(url, {**fields(staff.get(url)), "images-0-DELETE": "on"})
    assert [image.file.name for image in product.images.all()] == ["b"]
    assert StagedFile.objects.get(name="a").status == StagedFile.Status.PURGING


def test_hidden_images_are_not_shown(staff: Client, product: Product) -> None:
    a, _b = add_photos(staff, product, "a", "b")
    staff.delete(f"/products/images/{a}/delete/")
    answer = staff.get(f"{CHANGELIST}{product.pk}/change/")
    (images, _variants) = answer.context["inline_admin_formsets"]
    assert [form.instance.file.name for form in images.formset.initial_forms] == ["b"]


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
