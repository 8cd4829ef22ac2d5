"""Order, alt text, retry, replacement."""

from typing import Any

import pytest
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.products.shop import (
    add_photos,
    change_file,
    delete,
    error_code,
    expire,
    images_url,
    names_in_order,
    not_a_photo,
    photo,
    reorder,
    send_json,
)

Status = StagedFile.Status


def test_reorder(staff: Client, product: Product) -> None:
    a, b, c = add_photos(staff, product, "a", "b", "c")
    answer = reorder(staff, product, [c, a, b])
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "order": [c, a, b]}
    assert names_in_order(staff, product) == ["c", "a", "b"]


def test_reorder_repairs_positions_that_are_equal(staff: Client, product: Product) -> None:
    a, b, c = add_photos(staff, product, "a", "b", "c")
    ProductImage.objects.update(position=0)
    assert reorder(staff, product, [c, b, a]).status_code == 200
    assert names_in_order(staff, product) == ["c", "b", "a"]


def test_reorder_is_one_update(
    staff: Client, product: Product, django_assert_num_queries: Any
) -> None:
    ids = add_photos(staff, product, *map(str, range(40)))
    with django_assert_num_queries(8) as captured:
        reorder(staff, product, ids[::-1])
    updates = [query for query in captured if query["sql"].startswith("UPDATE")]
    assert len(updates) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda a, b, foreign: [a],
        lambda a, b, foreign: [a, a],
        lambda a, b, foreign: [a, b, b],
        lambda a, b, foreign: [a, b, foreign],
        lambda a, b, foreign: [a, foreign],
        lambda a, b, foreign: [],
        lambda a, b, foreign: [a, str(b)],
        lambda a, b, foreign: [a, float(b)],
        lambda a, b, foreign: [a, None],
        lambda a, b, foreign: [a, [b]],
        lambda a, b, foreign: [a, True],
        lambda a, b, foreign: [a, 10**40],
    ],
)
def test_a_bad_order_changes_nothing(staff: Client, product: Product, wrong: Any) -> None:
    a, b = add_photos(staff, product, "a", "b")
    other = Product.objects.create(name="Other", price=1)
    (foreign,) = add_photos(staff, other, "x")
    answer = reorder(staff, product, wrong(a, b, foreign))
    assert answer.status_code == 400
    assert error_code(answer) == "bad_order"
    assert names_in_order(staff, product) == ["a", "b"]


def test_a_deleted_image_in_the_order_is_refused(staff: Client, product: Product) -> None:
    a, b = add_photos(staff, product, "a", "b")
    staff.delete(f"/products/images/{b}/delete/")
    assert error_code(reorder(staff, product, [a, b])) == "bad_order"
    assert reorder(staff, product, [a]).status_code == 200


def test_alt_text_is_changed(staff: Client, product: Product) -> None:
    _a, b = add_photos(staff, product, "a", "b")
    answer = send_json(staff, f"/products/images/{b}/", {"alt": " Yeşil  kupa "}, "patch")
    assert answer.status_code == 200
    assert answer.json()["image"]["alt"] == "Yeşil kupa"
    assert answer.json()["image"]["position"] == 1
    assert ProductImage.objects.get(pk=b).alt == "Yeşil kupa"


@pytest.mark.parametrize("alt", ["x" * 256, "a\0b", "\ud800", None, 5, ["x"], True])
def test_bad_alt_text_is_a_400(staff: Client, product: Product, alt: Any) -> None:
    (pk,) = add_photos(staff, product, "a")
    answer = send_json(staff, f"/products/images/{pk}/", {"alt": alt}, "patch")
    assert answer.status_code == 400
    assert error_code(answer) in {"bad_alt", "bad_json"}
    assert ProductImage.objects.get().alt == ""


def test_retry_makes_a_failed_transfer_due(staff: Client, product: Product, clock: Clock) -> None:
    (pk,) = add_photos(staff, product, "a")
    change_file(pk, status=Status.FAILED, due_at=None, attempts=8, error_code="damaged")
    answer = staff.post(f"/products/images/{pk}/retry/")
    assert answer.status_code == 200
    assert answer.json()["image"]["state"] == "staged"
    assert ProductImage.objects.get().file.due_at == clock.now


def test_retry_of_an_image_that_needs_none_changes_nothing(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    change_file(pk, status=Status.SYNCED, remote="filesystem")
    answer = staff.post(f"/products/images/{pk}/retry/")
    assert answer.status_code == 200
    assert answer.json()["image"]["state"] == "synced"


def test_replace_keeps_id_place_and_alt_text(staff: Client, product: Product) -> None:
    _a, b, _c = add_photos(staff, product, "a", "b", "c")
    send_json(staff, f"/products/images/{b}/", {"alt": "A mug"}, "patch")
    answer = staff.post(f"/products/images/{b}/replace/", {"image": photo("new", 99)})
    assert answer.status_code == 200
    image = answer.json()["image"]
    assert (image["id"], image["name"], image["alt"], image["position"]) == (b, "new", "A mug", 1)
    assert names_in_order(staff, product) == ["a", "new", "c"]


def test_a_replaced_picture_can_be_restored_then_it_is_purged(
    staff: Client, product: Product, clock: Clock
) -> None:
    a, _b = add_photos(staff, product, "a", "b")
    old = ProductImage.objects.get(pk=a).file
    staff.post(f"/products/images/{a}/replace/", {"image": photo("new", 99)})
    (hidden,) = staff.get(images_url(product) + "?deleted=1").json()["images"]
    assert hidden["name"] == "a"
    staff.post(hidden["restore_url"])
    assert names_in_order(staff, product) == ["new", "a", "b"]
    delete(staff, hidden["id"])
    clock.forward(days=1)
    assert expire() == [old.key]
    assert names_in_order(staff, product) == ["new", "b"]


def test_a_bad_replacement_changes_nothing(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    url = f"/products/images/{pk}/replace/"
    assert staff.post(url, {"image": not_a_photo()}).status_code == 400
    assert error_code(staff.post(url, {})) == "no_files"
    assert error_code(staff.post(url, {"image": [photo(), photo()]})) == "too_many_files"
    assert names_in_order(staff, product) == ["a"]
    assert ProductImage.objects.count() == 1


@pytest.mark.parametrize("action", ["delete", "retry", "replace"])
def test_a_deleted_image_takes_no_changes(staff: Client, product: Product, action: str) -> None:
    (pk,) = add_photos(staff, product, "a")
    delete(staff, pk)
    answer = staff.post(f"/products/images/{pk}/{action}/", {"image": photo()})
    assert error_code(answer) == "not_found"
    assert send_json(staff, f"/products/images/{pk}/", {"alt": "x"}, "patch").status_code == 404
