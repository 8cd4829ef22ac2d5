"""Requests that meet: each test starts several at one moment, on connections of their own."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from media_staging import clock as media_clock
from media_staging.models import StagedFile
from products.errors import TooLate
from products.images import changes, unsaved
from products.models import Product, ProductImage, ProductVariant
from tests.conftest import Clock
from tests.products.shop import add_photos, add_variants, photo, row, send_json, signed_in, skus

pytestmark = pytest.mark.django_db(transaction=True)

Status = StagedFile.Status


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls answer, in their order, when all start at once."""
    start = threading.Barrier(len(calls), timeout=20)

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def clients(count: int) -> list[Client]:
    boss = User.objects.get(username="boss")
    return [signed_in(boss, raise_request_exception=False) for _ in range(count)]


def statuses(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


# --- Images ------------------------------------------------------------------------------------


def test_photos_that_arrive_together_all_get_a_place_of_their_own(
    staff: Client, product: Product
) -> None:
    url = f"/products/{product.pk}/images/"

    def upload(client: Client, number: int) -> Any:
        files = [photo(f"{number}-{i}", number) for i in range(3)]
        return client.post(url, {"images": files, "position": "0" if number % 2 else ""})

    answers = together(*(lambda c=client, n=n: upload(c, n) for n, client in enumerate(clients(6))))
    assert statuses(answers) == [201] * 6
    positions = list(product.images.values_list("position", flat=True))
    assert sorted(positions) == list(range(18))
    shown = [image["name"] for image in staff.get(url).json()["images"]]
    for number in range(6):
        first = shown.index(f"{number}-0")
        assert shown[first : first + 3] == [f"{number}-{i}" for i in range(3)]


def test_order_survives_photos_that_come_and_go_meanwhile(staff: Client, product: Product) -> None:
    ids = add_photos(staff, product, *"abcdef")
    url = f"/products/{product.pk}/reorder-images/"
    one, two, three, four = clients(4)
    answers = together(
        lambda: send_json(one, url, {"order": ids[::-1]}),
        lambda: two.post(f"/products/{product.pk}/images/", {"images": photo("new")}),
        lambda: three.delete(f"/products/images/{ids[2]}/delete/"),
        lambda: send_json(four, url, {"order": ids}),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 400}
    positions = list(product.images.values_list("position", flat=True))
    assert sorted(positions) == list(range(7))


def test_of_two_deletes_one_wins(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    url = f"/products/images/{pk}/delete/"
    answers = together(*(lambda c=client: c.delete(url) for client in clients(2)))
    assert statuses(answers) == [200, 404]


def test_replacements_that_meet_lose_no_picture(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    url = f"/products/images/{pk}/replace/"
    answers = together(
        *(
            lambda c=client, n=n: c.post(url, {"image": photo(str(n), n)})
            for n, client in enumerate(clients(4))
        )
    )
    assert statuses(answers) == [200] * 4
    assert changes.live().get().pk == pk
    held = ProductImage.objects.values_list("file_id", flat=True)
    assert len(set(held)) == StagedFile.objects.count() == 5


def test_a_photo_replaced_and_deleted_at_once_is_hidden(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    one, two = clients(2)
    replaced, deleted = together(
        lambda: one.post(f"/products/images/{pk}/replace/", {"image": photo("b", 9)}),
        lambda: two.delete(f"/products/images/{pk}/delete/"),
    )
    assert deleted.status_code == 200
    assert replaced.status_code in {200, 404}
    assert not changes.live().exists()


def test_either_restore_or_expiry_wins(
    staff: Client, product: Product, clock: Clock, settings: Any
) -> None:
    """The clock of the cleanup is a second ahead: both find the undo time in their favour."""
    settings.UNDO_SECONDS = 60
    ids = add_photos(staff, product, *map(str, range(12)))
    for pk in ids:
        changes.delete(pk)
    clock.forward(seconds=59.5)
    ahead = media_clock.now() + timedelta(seconds=1)

    def restore_all() -> set[int]:
        restored = set()
        for pk in ids:
            try:
                changes.restore(pk)
                restored.add(pk)
            except (ProductImage.DoesNotExist, TooLate):
                continue
        return restored

    restored, expired = together(restore_all, lambda: changes.expire(ahead))
    assert set(changes.live().values_list("pk", flat=True)) == restored
    assert len(restored) + len(expired) == len(ids)
    assert not ProductImage.objects.filter(deleted_at__isnull=False).exists()
    purging = StagedFile.objects.filter(status=Status.PURGING).values_list("key", flat=True)
    assert set(purging) == set(expired)


# --- The form ----------------------------------------------------------------------------------


def test_a_double_click_creates_one_product(staff: Client) -> None:
    fields = {"name": "Bowl", "price": "1.00", "status": "draft", "submission_id": str(uuid4())}
    answers = together(
        *(
            lambda c=client: c.post("/products/new/", {**fields, "images": photo()})
            for client in clients(4)
        )
    )
    assert statuses(answers) == [302] * 4
    assert len({answer.url for answer in answers}) == 1
    assert Product.objects.count() == 1
    assert ProductImage.objects.count() == 1


def test_of_two_edits_that_meet_one_is_told(staff: Client, product: Product) -> None:
    fields = {"price": "1.00", "status": "draft", "version": "1"}
    answers = together(
        *(
            lambda c=client, n=n: c.post(f"/products/{product.pk}/", {**fields, "name": str(n)})
            for n, client in enumerate(clients(2))
        )
    )
    assert statuses(answers) == [200, 302]
    product.refresh_from_db()
    assert product.version == 2


def test_a_form_and_the_deletion_of_its_product(staff: Client, product: Product) -> None:
    one, two = clients(2)
    fields = {"name": "Bowl", "price": "1.00", "status": "draft", "images": photo()}
    saved, deleted = together(
        lambda: one.post(f"/products/{product.pk}/", fields),
        lambda: two.post(f"/products/{product.pk}/delete/"),
    )
    assert deleted.status_code == 302
    assert saved.status_code in {302, 404}
    assert not Product.objects.exists()
    assert not ProductImage.objects.exists()


# --- Variants ----------------------------------------------------------------------------------


def save(client: Client, product: Product, *rows: Any) -> Any:
    return send_json(client, f"/products/{product.pk}/variants/", {"variants": list(rows)})


def test_a_sku_that_two_products_want_goes_to_one(staff: Client, product: Product) -> None:
    other = Product.objects.create(name="Other", price=1)
    one, two = clients(2)
    answers = together(
        lambda: save(one, product, row("A"), row("X")),
        lambda: save(two, other, row("B"), row("X")),
    )
    assert statuses(answers) == [200, 422]
    (refused,) = (answer for answer in answers if answer.status_code == 422)
    assert list(refused.json()["errors"]) == ["1"]
    assert list(refused.json()["errors"]["1"]) == ["sku"]
    assert Counter(skus(product) + skus(other))["X"] == 1


def test_two_products_that_take_the_same_skus_in_opposite_order(
    staff: Client, product: Product
) -> None:
    other = Product.objects.create(name="Other", price=1)
    names = [f"S{i}" for i in range(300)]
    one, two = clients(2)
    answers = together(
        lambda: save(one, product, *map(row, names)),
        lambda: save(two, other, *map(row, names[::-1])),
    )
    assert statuses(answers) == [200, 422]
    assert ProductVariant.objects.count() == 300


def test_saves_of_one_product_follow_each_other(staff: Client, product: Product) -> None:
    a, b = add_variants(product, "A", "B")
    one, two, three = clients(3)
    answers = together(
        lambda: save(one, product, {"id": a.pk, "sku": "B"}, {"id": b.pk, "sku": "A"}),
        lambda: save(two, product, row("C")),
        lambda: save(three, product, row("D")),
    )
    assert statuses(answers) == [200] * 3
    assert skus(product)[:2] == ["B", "A"]
    positions = list(product.variants.values_list("position", flat=True))
    assert sorted(positions) == [0, 1, 2, 3]


def test_a_variant_deleted_meanwhile_is_not_created_again(staff: Client, product: Product) -> None:
    (a,) = add_variants(product, "A")
    one, two = clients(2)
    changed, deleted = together(
        lambda: save(one, product, {"id": a.pk, "stock": 5}),
        lambda: send_json(two, f"/products/{product.pk}/variants/", {"delete": [a.pk]}),
    )
    assert deleted.status_code == 200
    assert changed.status_code in {200, 422}
    assert skus(product) == []


def test_variants_of_a_product_deleted_meanwhile(staff: Client, product: Product) -> None:
    variants = add_variants(product, *map(str, range(20)))
    one, two = clients(2)
    saved, deleted = together(
        lambda: save(one, product, *({"id": v.pk, "stock": 5} for v in variants), row("new")),
        lambda: two.post(f"/products/{product.pk}/delete/"),
    )
    assert deleted.status_code == 302
    assert saved.status_code in {200, 404}
    assert not ProductVariant.objects.exists()


# --- Before the first save ---------------------------------------------------------------------


@pytest.mark.usefixtures("staff")
def test_photos_and_saves_of_one_new_form_make_one_product() -> None:
    submission = str(uuid4())
    form = {"name": "Bowl", "price": "1", "status": "draft", "submission_id": submission}

    def begin(client: Client) -> Any:
        return send_json(client, "/products/unsaved/", {"submission_id": submission})

    one, two, three, four = clients(4)
    answers = together(
        lambda: begin(one),
        lambda: three.post("/products/new/", form),
        lambda: begin(two),
        lambda: four.post("/products/new/", form),
    )
    assert statuses(answers) == [200, 200, 302, 302]
    product = Product.everything.get()
    assert (product.name, product.unsaved_at) == ("Bowl", None)
    assert {answers[0].json()["id"], answers[2].json()["id"]} == {product.pk}


def test_a_photo_that_meets_the_sweep_is_taken_or_refused(staff: Client, clock: Clock) -> None:
    made = send_json(staff, "/products/unsaved/", {"submission_id": str(uuid4())}).json()
    clock.forward(days=2)
    (uploader,) = clients(1)
    answer, _swept = together(
        lambda: uploader.post(made["images_url"], {"images": photo()}),
        lambda: unsaved.sweep(media_clock.now()),
    )
    assert answer.status_code in {201, 404}
    assert Product.everything.count() == ProductImage.objects.count() == (answer.status_code == 201)
