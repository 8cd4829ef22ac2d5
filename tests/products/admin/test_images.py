"""The images of products in the Django admin: seen with their state, and never lost."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from media_staging.models import StagedFile
from products.images import changes
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.products.admin.forms import change_url, fields
from tests.products.shop import (
    add_photos,
    change_file,
    delete,
    expire,
    make_user,
    names_in_order,
    photo,
    reorder,
    restore,
    signed_in,
)

IMAGES = "/admin/products/productimage/"


def rows_of(answer: Any) -> Any:
    return answer.context["inline_admin_formsets"][0].formset


def save(client: Client, product: Product, **changed: Any) -> Any:
    """Open the form, change some of its fields, and save it."""
    return save_opened(client, product, fields(client.get(change_url(product))), **changed)


def save_opened(client: Client, product: Product, opened: dict[str, Any], **changed: Any) -> Any:
    rows = {name.replace("_", "-", 2): value for name, value in changed.items()}
    posted = {name.replace("-TOTAL-", "-TOTAL_"): value for name, value in rows.items()}
    return client.post(change_url(product), {**opened, **posted}, follow=True)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


# --- What is seen ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "language", "words"),
    [
        ({}, "en", ["Queued"]),
        ({"status": "transferring"}, "tr", ["Eşitleniyor"]),
        ({"status": "synced"}, "en", ["Synced"]),
        (
            {"error_code": "remote_unavailable"},
            "en",
            ["Retrying", "The storage cannot be reached. It is tried again by itself."],
        ),
        (
            {"status": "failed", "error_code": "remote_refused", "error_message": "<b>no</b>"},
            "tr",
            ["Başarısız", "Depo bu dosyayı kabul etmiyor. (&lt;b&gt;no&lt;/b&gt;)"],
        ),
        ({"thumbnail_error": "damaged_pixels"}, "en", ["The picture is damaged inside."]),
    ],
    ids=["queued", "syncing", "synced", "retrying", "refused", "damaged"],
)
def test_a_picture_is_shown_with_its_state_and_reason(
    staff: Client, product: Product, columns: dict[str, str], language: str, words: list[str]
) -> None:
    (pk,) = add_photos(staff, product, "<b>a.jpg")
    file = change_file(pk, **columns)
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    for path in (change_url(product), IMAGES, f"/admin/media_staging/stagedfile/{file.pk}/change/"):
        page = staff.get(path).content.decode()
        assert f'<img class="staged-file__picture" src="{file.thumbnail_url}"' in page
        assert "&lt;b&gt;a.jpg" in page
        assert "<b>" not in page
        assert all(word in page for word in words), path


def test_who_may_only_look_sees_the_pictures(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a")
    looking = make_user("products.view_product", "products.view_productimage")
    page = signed_in(looking).get(change_url(product)).content.decode()
    assert "staged-file__picture" in page
    assert 'type="file"' not in page


# --- Deleting ----------------------------------------------------------------------------------


def delete_inline(staff: Client, product: Product, pk: int) -> Any:
    return save(staff, product, images_0_DELETE="on")


def delete_page(staff: Client, product: Product, pk: int) -> Any:
    return staff.post(f"{IMAGES}{pk}/delete/", {"post": "yes"}, follow=True)


def delete_selected(staff: Client, product: Product, pk: int) -> Any:
    action = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    return staff.post(IMAGES, action, follow=True)


@pytest.mark.parametrize("deleted_by", [delete_inline, delete_page, delete_selected])
def test_what_is_deleted_can_be_restored_on_the_pages_and_here(
    staff: Client, product: Product, deleted_by: Any
) -> None:
    a, b = add_photos(staff, product, "a", "b")
    answer = deleted_by(staff, product, a)
    assert "1 image was deleted. It can be restored until" in said(answer)
    assert f'<a href="{IMAGES}?deleted=1">Recently deleted</a>' in said(answer)
    assert names_in_order(staff, product) == ["b"]
    assert len(rows_of(staff.get(change_url(product))).forms) == 1
    assert StagedFile.objects.get(name="a").status == "staged"
    assert restore(staff, a).status_code == 200
    deleted_by(staff, product, a)
    assert [each.pk for each in staff.get(IMAGES).context["cl"].result_list] == [b]
    listed = staff.get(f"{IMAGES}?deleted=1").context["cl"].result_list
    assert [each.pk for each in listed] == [a]
    action = {"action": "restore", "_selected_action": [a]}
    assert "1 image restored." in said(staff.post(f"{IMAGES}?deleted=1", action, follow=True))
    assert names_in_order(staff, product) == ["a", "b"]


def test_after_the_undo_time_it_is_gone(staff: Client, product: Product, clock: Clock) -> None:
    (a,) = add_photos(staff, product, "a")
    delete_inline(staff, product, a)
    clock.forward(hours=1)
    assert not staff.get(f"{IMAGES}?deleted=1").context["cl"].result_list
    assert expire()
    assert not ProductImage.objects.exists()


def test_images_of_products_that_nobody_saved_are_in_no_list(
    staff: Client, product: Product, clock: Clock
) -> None:
    add_photos(staff, product, "a")
    Product.objects.update(unsaved_at=clock.now)
    assert not staff.get(IMAGES).context["cl"].result_list


# --- Changing ----------------------------------------------------------------------------------


def test_a_replaced_picture_can_be_restored(staff: Client, product: Product) -> None:
    (a,) = add_photos(staff, product, "a")
    ProductImage.objects.update(alt="Blue mug")
    save(staff, product, images_0_file=photo("new", 9))
    image = changes.live().get(pk=a)
    assert (image.file.name, image.alt) == ("new", "Blue mug")
    (hidden,) = ProductImage.objects.filter(deleted_at__isnull=False)
    assert (hidden.file.name, hidden.file.status) == ("a", "staged")
    assert restore(staff, hidden.pk).status_code == 200
    assert names_in_order(staff, product) == ["new", "a"]


def test_images_are_put_at_places_and_hidden_ones_keep_theirs(
    staff: Client, product: Product
) -> None:
    _a, b, _c, _d = add_photos(staff, product, "a", "b", "c", "d")
    delete(staff, b)
    opened = fields(staff.get(change_url(product)))
    assert [opened[f"images-{row}-position"] for row in range(3)] == [1, 2, 3]
    save_opened(staff, product, opened, images_2_position="1", images_0_alt=" Blue\u200b mug ")
    assert names_in_order(staff, product) == ["d", "a", "c"]
    assert product.images.get(file__name="a").alt == "Blue mug"
    restore(staff, b)
    assert names_in_order(staff, product) == ["d", "b", "a", "c"]


def test_new_images_come_last_or_where_they_are_wanted(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a", "b")
    save(
        staff, product, images_TOTAL_FORMS="4", images_2_file=photo("last", 5),
        images_3_file=photo("first", 6), images_3_position="1", images_3_alt="Front",
    )  # fmt: skip
    assert names_in_order(staff, product) == ["first", "a", "b", "last"]
    assert product.images.get(file__name="first").alt == "Front"


def test_an_order_that_others_changed_meanwhile_stays(staff: Client, product: Product) -> None:
    a, b, c = add_photos(staff, product, "a", "b", "c")
    opened = fields(staff.get(change_url(product)))
    reorder(staff, product, [c, b, a])
    save_opened(staff, product, opened, name="Jug", images_1_alt="Mine")
    assert names_in_order(staff, product) == ["c", "b", "a"]
    assert product.images.get(pk=b).alt == "Mine"
    save_opened(staff, product, opened, images_1_position="1")
    assert names_in_order(staff, product) == ["b", "c", "a"]


def test_an_image_that_is_gone_meanwhile_holds_up_nothing(staff: Client, product: Product) -> None:
    a, b = add_photos(staff, product, "a", "b")
    opened = fields(staff.get(change_url(product)))
    delete(staff, a)
    assert save_opened(staff, product, opened, images_1_alt="Stays").redirect_chain
    assert product.images.get(pk=b).alt == "Stays"


def test_what_was_typed_for_an_image_that_is_gone_is_told_once(
    staff: Client, product: Product
) -> None:
    a, b = add_photos(staff, product, "a", "b")
    opened = fields(staff.get(change_url(product)))
    delete(staff, a)
    answer = save_opened(staff, product, opened, images_0_alt="Typed", images_1_alt="Stays")
    assert not answer.redirect_chain
    (told,) = rows_of(answer).errors[0]["__all__"]
    assert told == "This row was deleted elsewhere meanwhile. Save again to go on without it."
    page = answer.content.decode()
    assert 'value="Typed"' in page
    assert 'name="images-1-alt"' in page
    assert staff.post(change_url(product), fields(answer)).status_code == 302
    assert product.images.get(pk=b).alt == "Stays"


def test_a_row_of_another_product_is_nobodys(staff: Client, product: Product) -> None:
    other = Product.objects.create(name="Other", price=1)
    (theirs,) = add_photos(staff, other, "theirs")
    add_photos(staff, product, "a")
    save(staff, product, images_0_id=theirs, images_0_DELETE="on")
    assert names_in_order(staff, other) == ["theirs"]


def test_who_may_not_change_images_changes_none(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a", "b")
    user: User = make_user("products.view_product", "products.change_product")
    client = signed_in(user)
    opened = fields(staff.get(change_url(product)))
    save_opened(
        client, product, opened, name="Jug", images_0_alt="x", images_1_DELETE="on",
        images_1_position="1", images_0_file=photo("new", 9),
    )  # fmt: skip
    assert names_in_order(staff, product) == ["a", "b"]
    assert set(product.images.values_list("alt", flat=True)) == {""}
    product.refresh_from_db()
    assert product.name == "Jug"
