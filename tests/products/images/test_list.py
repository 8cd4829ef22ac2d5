"""The images of a product as JSON: their states, when to ask again, what it costs."""

from typing import Any

import pytest
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product
from tests.conftest import Clock
from tests.products.shop import add_photos, change_file, delete, images_url, photo

Status = StagedFile.Status


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


def test_an_unchanged_list_costs_no_second_look(
    staff: Client, product: Product, django_assert_num_queries: Any
) -> None:
    add_photos(staff, product, *"abc")
    etag = staff.get(images_url(product)).headers["ETag"]
    with django_assert_num_queries(3):
        again = staff.get(images_url(product), headers={"If-None-Match": etag})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "change",
    [
        {"status": Status.FAILED}, {"error_code": "damaged"}, {"attempts": 3}, {"name": "new.jpg"},
        {"status": Status.SYNCED, "remote": "filesystem"},
    ],
)  # fmt: skip
def test_the_etag_follows_every_column(
    staff: Client, product: Product, change: dict[str, Any]
) -> None:
    (pk,) = add_photos(staff, product, "a")
    before = staff.get(images_url(product)).headers["ETag"]
    change_file(pk, **change)
    assert staff.get(images_url(product)).headers["ETag"] != before


def test_the_etag_follows_the_language_and_the_time_to_ask_again(
    staff: Client, product: Product, clock: Clock
) -> None:
    add_photos(staff, product, "a")
    etags = {staff.get(images_url(product)).headers["ETag"]}
    etags.add(staff.get(images_url(product), headers={"Accept-Language": "tr"}).headers["ETag"])
    clock.forward(seconds=20)
    etags.add(staff.get(images_url(product)).headers["ETag"])
    assert len(etags) == 3


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


# Without an ETag the rows are read twice: once for it, once for the answer.
@pytest.mark.parametrize(("query", "queries"), [("", 4), ("?deleted=1", 4)])
def test_the_list_costs_the_same_queries_for_1_and_100_images(
    staff: Client, product: Product, django_assert_num_queries: Any, query: str, queries: int
) -> None:
    (pk,) = add_photos(staff, product, "a")
    change_file(pk, status=Status.TRANSFERRING)
    with django_assert_num_queries(queries):
        staff.get(images_url(product) + query)
    add_photos(staff, product, *map(str, range(99)))
    StagedFile.objects.update(status=Status.TRANSFERRING)
    with django_assert_num_queries(queries):
        staff.get(images_url(product) + query)


def test_an_upload_costs_the_same_queries_for_1_and_100_files(
    staff: Client, product: Product, django_assert_max_num_queries: Any
) -> None:
    add_photos(staff, product, "a")
    for count in (1, 40):
        with django_assert_max_num_queries(13):
            add_photos(staff, product, *map(str, range(count)))


def test_the_same_picture_twice_is_pointed_out_and_kept(staff: Client, product: Product) -> None:
    other = photo("other", shade=200)
    files = {"images": [photo("a"), other, photo("b"), photo("c")]}
    added = staff.post(images_url(product), files).json()["images"]
    first, second, third, fourth = (image["id"] for image in added)
    same = {first: None, second: None, third: first, fourth: first}
    assert {image["id"]: image["duplicate_of"] for image in added} == same
    assert duplicates(staff, product) == same
    assert "Same picture as a" in staff.get(f"/products/{product.pk}/").content.decode()
    delete(staff, first)
    assert duplicates(staff, product) == {second: None, third: None, fourth: third}


def duplicates(client: Client, product: Product) -> dict[int, int | None]:
    images = client.get(images_url(product)).json()["images"]
    return {image["id"]: image["duplicate_of"] for image in images}
