"""Photos sent to a product: what is taken, where it goes, what is refused."""

import uuid
from typing import Any

import pytest
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.products.shop import (
    IMAGE_KEYS,
    add_photos,
    error_code,
    images_url,
    names_in_order,
    not_a_photo,
    photo,
)


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
        "preview_url": f"/media/{file.key}",
        "download_url": f"/media/{file.key}?download",
        "thumbnail_error": None,
        "state": "staged",
        "progress": 0,
        "attempts": 0,
        "error": None,
        "retry_at": None,
        "size": file.size,
        "width": 12,
        "height": 8,
        "content_type": "image/jpeg",
        "duplicate_of": None,
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
