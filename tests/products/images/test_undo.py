"""Deleted at once, restorable for a while, then let go of."""

from typing import Any

import pytest
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.products.shop import (
    IMAGE_KEYS,
    add_photos,
    delete,
    error_code,
    expire,
    images_url,
    names_in_order,
    reorder,
    restore,
)

Status = StagedFile.Status


@pytest.mark.parametrize("method", ["delete", "post"])
def test_delete_takes_the_image_off_at_once(
    staff: Client, product: Product, clock: Clock, settings: Any, method: str
) -> None:
    settings.UNDO_SECONDS = 600
    a, _b = add_photos(staff, product, "a", "b")
    answer = getattr(staff, method)(f"/products/images/{a}/delete/")
    assert answer.status_code == 200
    clock.forward(seconds=600)
    assert answer.json() == {
        "success": True,
        "restore_url": f"/products/images/{a}/restore/",
        "restore_until": clock.now.isoformat(),
        "summary": {"total": 1, "synced": 0, "pending": 1, "failed": 0},
    }
    assert names_in_order(staff, product) == ["b"]


def test_deleting_twice_is_a_404(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    assert delete(staff, pk).status_code == 200
    assert error_code(delete(staff, pk)) == "not_found"


def test_restore_brings_an_image_back_to_its_old_place(staff: Client, product: Product) -> None:
    _a, b, c, _d = add_photos(staff, product, "a", "b", "c", "d")
    delete(staff, b)
    delete(staff, c)
    answer = restore(staff, c)
    assert answer.status_code == 200
    assert set(answer.json()["image"]) == IMAGE_KEYS
    assert answer.json()["image"]["position"] == 1
    assert restore(staff, b).json()["image"]["position"] == 1
    assert names_in_order(staff, product) == ["a", "b", "c", "d"]


def test_restore_after_the_others_were_reordered_and_joined(
    staff: Client, product: Product
) -> None:
    a, b, c = add_photos(staff, product, "a", "b", "c")
    delete(staff, b)
    reorder(staff, product, [c, a])
    add_photos(staff, product, "d")
    assert restore(staff, b).json()["image"]["position"] == 1
    assert names_in_order(staff, product) == ["c", "b", "a", "d"]


def test_restoring_twice_is_fine(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    delete(staff, pk)
    assert restore(staff, pk).status_code == 200
    assert restore(staff, pk).status_code == 200
    assert names_in_order(staff, product) == ["a"]


def test_restore_too_late_is_a_410(
    staff: Client, product: Product, clock: Clock, settings: Any
) -> None:
    settings.UNDO_SECONDS = 60
    (pk,) = add_photos(staff, product, "a")
    delete(staff, pk)
    clock.forward(seconds=59)
    assert len(staff.get(images_url(product) + "?deleted=1").json()["images"]) == 1
    clock.forward(seconds=1)
    answer = restore(staff, pk)
    assert answer.status_code == 410
    assert error_code(answer) == "too_late"
    assert staff.get(images_url(product) + "?deleted=1").json()["images"] == []


def test_deleted_images_are_listed_while_they_can_be_restored(
    staff: Client, product: Product
) -> None:
    a, b = add_photos(staff, product, "a", "b")
    deleted = delete(staff, b).json()
    body = staff.get(images_url(product) + "?deleted=1").json()
    (image,) = body["images"]
    assert set(image) == IMAGE_KEYS | {"restore_url", "restore_until"}
    assert image["id"] == b
    assert image["position"] == 1
    assert image["restore_url"] == deleted["restore_url"]
    assert image["restore_until"] == deleted["restore_until"]
    assert body["summary"]["total"] == 1
    assert [image["id"] for image in staff.get(images_url(product)).json()["images"]] == [a]


def test_expiry_lets_go_of_the_file_after_the_undo_time(
    staff: Client, product: Product, clock: Clock, settings: Any
) -> None:
    settings.UNDO_SECONDS = 60
    a, b = add_photos(staff, product, "a", "b")
    file = ProductImage.objects.get(pk=a).file
    delete(staff, a)
    assert expire() == []
    clock.forward(seconds=60)
    assert expire(dry_run=True) == [file.key]
    assert ProductImage.objects.filter(pk=a).exists()
    assert expire() == [file.key]
    assert expire() == []
    assert list(ProductImage.objects.values_list("pk", flat=True)) == [b]
    file.refresh_from_db()
    assert file.status == Status.PURGING
    assert restore(staff, a).status_code == 404


def test_a_restored_image_does_not_expire(
    staff: Client, product: Product, clock: Clock, settings: Any
) -> None:
    settings.UNDO_SECONDS = 60
    (pk,) = add_photos(staff, product, "a")
    delete(staff, pk)
    restore(staff, pk)
    clock.forward(seconds=3600)
    assert expire() == []
    assert names_in_order(staff, product) == ["a"]


def test_expiry_takes_any_number(
    staff: Client, product: Product, clock: Clock, monkeypatch: Any
) -> None:
    monkeypatch.setattr("products.images.changes.EXPIRE_BATCH", 2)
    ids = add_photos(staff, product, *"abcde")
    for pk in ids:
        delete(staff, pk)
    clock.forward(days=1)
    assert len(expire()) == 5
    assert not ProductImage.objects.exists()


def test_deleting_the_product_purges_all_its_files(staff: Client, product: Product) -> None:
    a, _b = add_photos(staff, product, "a", "b")
    delete(staff, a)
    answer = staff.post(f"/products/{product.pk}/delete/")
    assert answer.status_code == 302
    assert answer.url == "/products/"
    assert not Product.objects.exists()
    assert not ProductImage.objects.exists()
    assert set(StagedFile.objects.values_list("status", flat=True)) == {Status.PURGING}
