"""Images: upload, order, delete and undo, replace, retry, alt text, expiry."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from media_staging import clock as media_clock
from media_staging.models import StagedFile
from media_staging.signals import cleanup_round
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.products.shop import (
    add_photos,
    change_file,
    error_code,
    names_in_order,
    not_a_photo,
    photo,
    send_json,
)

Status = StagedFile.Status
IMAGE_KEYS = {
    "id", "name", "alt", "position", "url", "thumbnail_url", "state", "progress", "attempts",
    "error", "retry_at", "size", "width", "height", "content_type",
}  # fmt: skip


def images_url(product: Product) -> str:
    return f"/products/{product.pk}/images/"


def expire(*, dry_run: bool = False) -> list[str]:
    """One cleanup round, as the consumer starts it; the keys that the catalogue lets go of."""
    answers = cleanup_round.send(None, now=media_clock.now(), dry_run=dry_run)
    return [key for _receiver, keys in answers for key in keys or []]


# --- Upload ------------------------------------------------------------------------------------


def test_upload_answers_the_image_in_the_shape_of_the_contract(
    staff: Client, product: Product
) -> None:
    answer = staff.post(images_url(product), {"images": photo("Kırmızı kupa.jpg")})
    assert answer.status_code == 201
    body = answer.json()
    (image,) = body["images"]
    assert set(image) == IMAGE_KEYS
    file = StagedFile.objects.get()
    assert image == {
        "id": ProductImage.objects.get().pk,
        "name": "Kırmızı kupa.jpg",
        "alt": "",
        "position": 0,
        "url": f"/media/{file.key}",
        "thumbnail_url": f"/media/{file.key}",
        "state": "staged",
        "progress": 0,
        "attempts": 0,
        "error": None,
        "retry_at": None,
        "size": file.size,
        "width": 12,
        "height": 8,
        "content_type": "image/jpeg",
    }
    assert body["errors"] == []
    assert body["summary"] == {"total": 1, "synced": 0, "pending": 1, "failed": 0}


def test_uploads_are_appended_in_order(staff: Client, product: Product) -> None:
    add_photos(staff, product, "a", "b")
    add_photos(staff, product, "c", "d")
    assert names_in_order(staff, product) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("position", "order"),
    [("0", "xyabc"), ("1", "axybc"), ("3", "abcxy"), ("999999999999", "abcxy"), ("", "abcxy")],
)
def test_upload_at_a_position(staff: Client, product: Product, position: str, order: str) -> None:
    add_photos(staff, product, "a", "b", "c")
    answer = staff.post(
        images_url(product), {"images": [photo("x"), photo("y")], "position": position}
    )
    assert answer.status_code == 201
    assert [image["position"] for image in answer.json()["images"]] == [
        order.index("x"), order.index("y"),
    ]  # fmt: skip
    assert names_in_order(staff, product) == list(order)


@pytest.mark.parametrize("position", ["-1", "1.5", "first", "٣", "9" * 5000, "0x1"])
def test_a_bad_position_is_refused(staff: Client, product: Product, position: str) -> None:
    answer = staff.post(images_url(product), {"images": photo(), "position": position})
    assert answer.status_code == 400
    assert error_code(answer) == "bad_position"
    assert not StagedFile.objects.exists()


def test_good_photos_are_taken_beside_bad_ones(staff: Client, product: Product) -> None:
    answer = staff.post(
        images_url(product), {"images": [photo("a"), not_a_photo("bad"), photo("b")]}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert [image["name"] for image in body["images"]] == ["a", "b"]
    assert [error["name"] for error in body["errors"]] == ["bad"]
    assert set(body["errors"][0]) == {"name", "code", "message"}
    assert names_in_order(staff, product) == ["a", "b"]


@pytest.mark.parametrize("names", [["bad"], ["bad", "worse"]])
def test_upload_of_bad_files_only_is_a_400(
    staff: Client, product: Product, names: list[str]
) -> None:
    answer = staff.post(images_url(product), {"images": [not_a_photo(name) for name in names]})
    assert answer.status_code == 400
    assert error_code(answer)
    body = answer.json()
    assert body["images"] == []
    assert [error["name"] for error in body["errors"]] == names
    assert body["summary"]["total"] == 0


def test_upload_refused_for_size_only_is_a_413(
    staff: Client, product: Product, settings: Any
) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_UPLOAD_BYTES": 100}
    answer = staff.post(images_url(product), {"images": [photo("a"), photo("b")]})
    assert answer.status_code == 413
    assert error_code(answer) == "too_large"
    assert [error["code"] for error in answer.json()["errors"]] == ["too_large", "too_large"]


def test_upload_without_a_file_is_a_400(staff: Client, product: Product) -> None:
    answer = staff.post(images_url(product), {"images": "no file"})
    assert answer.status_code == 400
    assert error_code(answer) == "no_files"


@pytest.mark.parametrize("count", [101, 102])
def test_more_than_a_hundred_files_are_refused(staff: Client, product: Product, count: int) -> None:
    answer = staff.post(images_url(product), {"images": [photo(str(i)) for i in range(count)]})
    assert answer.status_code == 400
    assert error_code(answer) == "too_many_files"
    assert not StagedFile.objects.exists()


@pytest.mark.parametrize("body", [b"", b"--x\r\nnonsense", b"\0" * 100])
def test_a_broken_multipart_body_is_a_400(staff: Client, product: Product, body: bytes) -> None:
    answer = staff.post(images_url(product), body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400
    assert error_code(answer)


def test_a_multipart_body_without_boundary_is_a_400(staff: Client, product: Product) -> None:
    answer = staff.post(images_url(product), b"x", content_type="multipart/form-data")
    assert answer.status_code == 400
    assert error_code(answer)


def test_upload_without_room_is_a_507(staff: Client, product: Product, settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 10**15}
    answer = staff.post(images_url(product), {"images": photo()})
    assert answer.status_code == 507
    assert error_code(answer) == "staging_full"


def test_upload_to_the_wrong_disk_is_a_503(
    staff: Client, product: Product, staging_area: Any
) -> None:
    add_photos(staff, product, "a")
    (staging_area / ".mark").write_text(str(uuid.uuid4()))
    answer = staff.post(images_url(product), {"images": photo()})
    assert answer.status_code == 503
    assert error_code(answer) == "staging_unavailable"
    assert names_in_order(staff, product) == ["a"]


# --- List --------------------------------------------------------------------------------------


def test_state_and_summary_follow_the_files(staff: Client, product: Product) -> None:
    ids = add_photos(staff, product, "a", "b", "c", "d")
    change_file(ids[0], status=Status.TRANSFERRING)
    change_file(ids[1], status=Status.FAILED, due_at=None, error_code="damaged", attempts=8)
    change_file(ids[2], status=Status.SYNCED, remote="filesystem")
    body = staff.get(images_url(product)).json()
    assert [image["state"] for image in body["images"]] == [
        "transferring", "failed", "synced", "staged",
    ]  # fmt: skip
    assert [image["progress"] for image in body["images"]] == [None, 0, 100, 0]
    assert body["images"][1]["error"]["code"] == "damaged"
    assert body["images"][1]["attempts"] == 8
    assert body["summary"] == {"total": 4, "synced": 1, "pending": 2, "failed": 1}


def test_retry_at_has_an_offset(staff: Client, product: Product, clock: Clock) -> None:
    (pk,) = add_photos(staff, product, "a")
    change_file(pk, error_code="remote_unavailable")
    image = staff.get(images_url(product)).json()["images"][0]
    assert image["retry_at"] == clock.now.isoformat()
    assert image["retry_at"].endswith("+00:00")


def test_an_unchanged_list_is_a_304_without_body(
    staff: Client, product: Product, clock: Clock
) -> None:
    (pk,) = add_photos(staff, product, "a")
    first = staff.get(images_url(product))
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = staff.get(images_url(product), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    change_file(pk, status=Status.TRANSFERRING)
    changed = staff.get(images_url(product), headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def polls(client: Client, product: Product) -> int | None:
    answer: int | None = client.get(images_url(product)).json()["next_poll_ms"]
    return answer


def test_polling_slows_down_with_the_age_of_what_waits(
    staff: Client, product: Product, clock: Clock
) -> None:
    (pk,) = add_photos(staff, product, "a")
    seen: list[int | None] = [polls(staff, product)]
    for seconds in (10, 30, 90, 3600):
        clock.forward(seconds=seconds)
        seen.append(polls(staff, product))
    assert seen == [500, 1000, 2000, 5000, 5000]
    change_file(pk, status=Status.TRANSFERRING)
    assert polls(staff, product) == 500


@pytest.mark.parametrize("status", [Status.FAILED, Status.SYNCED])
def test_polling_ends_when_nothing_is_pending(staff: Client, product: Product, status: str) -> None:
    (pk,) = add_photos(staff, product, "a")
    change_file(pk, status=status, remote="filesystem")
    assert polls(staff, product) is None


def test_a_product_without_images_has_an_empty_list(staff: Client, product: Product) -> None:
    assert staff.get(images_url(product)).json() == {
        "images": [],
        "summary": {"total": 0, "synced": 0, "pending": 0, "failed": 0},
        "next_poll_ms": None,
    }


@pytest.mark.parametrize("query", ["", "?deleted=1"])
def test_the_list_costs_the_same_queries_for_1_and_100_images(
    staff: Client, product: Product, django_assert_num_queries: Any, query: str
) -> None:
    (pk,) = add_photos(staff, product, "a")
    change_file(pk, status=Status.TRANSFERRING)
    with django_assert_num_queries(4):
        staff.get(images_url(product) + query)
    add_photos(staff, product, *map(str, range(99)))
    StagedFile.objects.update(status=Status.TRANSFERRING)
    with django_assert_num_queries(4):
        staff.get(images_url(product) + query)


def test_an_upload_costs_the_same_queries_for_1_and_100_files(
    staff: Client, product: Product, django_assert_max_num_queries: Any
) -> None:
    add_photos(staff, product, "a")
    for count in (1, 40):
        with django_assert_max_num_queries(13):
            add_photos(staff, product, *map(str, range(count)))


# --- Order -------------------------------------------------------------------------------------


def reorder(client: Client, product: Product, order: Sequence[object]) -> Any:
    return send_json(client, f"/products/{product.pk}/reorder-images/", {"order": list(order)})


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


# --- Delete and undo ---------------------------------------------------------------------------


def delete(client: Client, pk: int) -> Any:
    return client.delete(f"/products/images/{pk}/delete/")


def restore(client: Client, pk: int) -> Any:
    return client.post(f"/products/images/{pk}/restore/")


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


# --- Expiry ------------------------------------------------------------------------------------


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
    monkeypatch.setattr("products.images.EXPIRE_BATCH", 2)
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


# --- One image ---------------------------------------------------------------------------------


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
