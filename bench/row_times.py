"""Inside the project: how long variants take to save, and how many queries pages take."""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.photos import photo
from media_staging.intake.receiving import receive_all
from media_staging.models import StagedFile
from products.images.changes import add
from products.models import Product, ProductVariant
from products.variants import saving as ours

COUNT = 500
ROUNDS = 7
FEW, MANY = 1, 100

Grid = list[dict[str, Any]]


# --- Variants --------------------------------------------------------------------------------


def variants() -> dict[str, Any]:
    """Per edit: seconds of ours and of a save() per row, and the statements."""
    return {
        "create": compare(create),
        "change_all": compare(change_all),
        "change_one": compare(change_one),
    }


def grid(round_name: str, **more: Any) -> Grid:
    """The rows as the endpoint gets them."""
    return [
        {"sku": f"{round_name}-{n}", "name": f"Size {n}", "price": "19.90", "stock": n, **more}
        for n in range(COUNT)
    ]


def create(product_id: int, rows: Grid) -> Grid:
    return rows


def change_all(product_id: int, rows: Grid) -> Grid:
    return [{**row, "name": f"{row['name']} new", "price": "21.50"} for row in rows]


def change_one(product_id: int, rows: Grid) -> Grid:
    return [*rows[:-1], {**rows[-1], "stock": rows[-1]["stock"] + 1}]


def compare(edit: Callable[[int, Grid], Grid]) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"ours": [], "others": [], "together": []}
    for number in range(ROUNDS + 1):
        cases = [prepare(edit, f"{edit.__name__}-{number}-{who}") for who in taken]
        works = (
            partial(ours.save, *cases[0], []),
            partial(save_each, *cases[1]),
            partial(save_together, *cases[2]),
        )
        seconds = [timed(work) for work in works]
        if number:
            for values, value in zip(taken.values(), seconds, strict=True):
                values.append(value)
    case = prepare(edit, f"{edit.__name__}-counted")
    with CaptureQueriesContext(connection) as captured:
        ours.save(*case, [])
    return {**taken, "queries": len(captured)}


def prepare(edit: Callable[[int, Grid], Grid], name: str) -> tuple[int, Grid]:
    """A new product, with its variants unless the edit is to create them, and the request."""
    product = Product.objects.create(name=name, price="19.90")
    rows = grid(name)
    if edit is not create:
        saved = ours.save(product.pk, rows, []).variants
        rows = [{**row, "id": variant.pk} for row, variant in zip(rows, saved, strict=True)]
    return product.pk, edit(product.pk, rows)


def save_each(product_id: int, rows: Grid) -> None:
    """The same request, one `save()` per row, as Django does it without being told more."""
    product = Product.objects.get(pk=product_id)
    existing = product.variants.in_bulk()
    for place, row in enumerate(rows):
        variant = existing.get(row.get("id")) or ProductVariant(product=product, position=place)
        variant.sku, variant.name = row["sku"], row["name"]
        variant.price, variant.stock = row["price"], row["stock"]
        variant.save()


def save_together(product_id: int, rows: Grid) -> None:
    """The same in one transaction: what is left of the difference when commits are out of it."""
    with transaction.atomic():
        save_each(product_id, rows)


def timed(work: Callable[[], object]) -> float:
    os.sync()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# --- Pages -----------------------------------------------------------------------------------


def pages() -> dict[str, Any]:
    """How many queries each takes with 1 and with 100 products or images."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("bench"))
    products = [make_product(images=1)]
    few = [count(client, path) for path in paths(products[0])]
    products += [make_product(images=1) for _ in range(MANY - len(products))]
    crowded = make_product(images=MANY)
    many = [count(client, path) for path in paths(crowded)]
    return dict(
        zip(
            ("products list", "product page", "images JSON"),
            zip(few, many, strict=True),
            strict=True,
        )
    )


def paths(product_id: int) -> tuple[str, ...]:
    return ("/products/", f"/products/{product_id}/", f"/products/{product_id}/images/")


def make_product(*, images: int) -> int:
    """A product with two variants; every second image is on the remote already."""
    product = Product.objects.create(name="Bowl", price="34.90")
    ProductVariant.objects.bulk_create(
        ProductVariant(product=product, sku=f"{product.pk}-{n}", name="Size", price="34.90")
        for n in range(2)
    )
    uploads = [ContentFile(photo(), name="photo.jpg") for _ in range(images)]
    received, _refused = receive_all(uploads, folder="products", images_only=True)
    added = add(product.pk, received, place=None)
    synced = [image.file_id for place, image in enumerate(added) if (product.pk + place) % 2]
    StagedFile.objects.filter(pk__in=synced).update(
        status=StagedFile.Status.SYNCED, remote="filesystem"
    )
    return product.pk


def count(client: Client, path: str) -> int:
    """The queries of one GET, after one that filled the caches."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} was answered with {answer.status_code}")
    return len(captured)
