"""What the tests of the catalogue share: people, photos, and short ways to fill the shop."""

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from media_staging import clock as media_clock
from media_staging.models import StagedFile
from media_staging.signals import cleanup_round
from products.models import Product, ProductImage, ProductVariant

# --- People ------------------------------------------------------------------------------------


def make_user(*permissions: str, staff: bool = True) -> User:
    user = User.objects.create_user(f"user{User.objects.count()}", is_staff=staff)
    codenames = [permission.removeprefix("products.") for permission in permissions]
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="products", codename__in=codenames)
    )
    return user


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


# --- Photos ------------------------------------------------------------------------------------


def photo(name: str = "mug.jpg", shade: int = 0) -> SimpleUploadedFile:
    stream = BytesIO()
    Image.new("RGB", (12, 8), (shade % 256, 80, 120)).save(stream, "JPEG")
    return SimpleUploadedFile(name, stream.getvalue(), "image/jpeg")


def not_a_photo(name: str = "notes.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"just some words", "image/jpeg")


def add_photos(client: Client, product: Product, *names: str) -> list[int]:
    """Upload photos of these names; their image ids."""
    files = [photo(name, shade) for shade, name in enumerate(names)]
    answer = client.post(f"/products/{product.pk}/images/", {"images": files})
    assert answer.status_code == 201, answer.content
    return [image["id"] for image in answer.json()["images"]]


def names_in_order(client: Client, product: Product) -> list[str]:
    images = client.get(f"/products/{product.pk}/images/").json()["images"]
    assert [image["position"] for image in images] == list(range(len(images)))
    return [image["name"] for image in images]


IMAGE_KEYS = {
    "id", "name", "alt", "position", "url", "thumbnail_url", "preview_url", "thumbnail_error",
    "state", "progress", "attempts", "error", "retry_at", "size", "width", "height", "content_type",
    "download_url", "duplicate_of",
}  # fmt: skip


def images_url(product: Product) -> str:
    return f"/products/{product.pk}/images/"


def delete(client: Client, pk: int) -> Any:
    return client.delete(f"/products/images/{pk}/delete/")


def restore(client: Client, pk: int) -> Any:
    return client.post(f"/products/images/{pk}/restore/")


def change_file(image_id: int, **columns: Any) -> StagedFile:
    """Leave the file of an image as the consumer would."""
    image = ProductImage.objects.get(pk=image_id)
    StagedFile.objects.filter(pk=image.file_id).update(**columns)
    return StagedFile.objects.get(pk=image.file_id)


def reorder(client: Client, product: Product, order: Sequence[object]) -> Any:
    return send_json(client, f"/products/{product.pk}/reorder-images/", {"order": list(order)})


def expire(*, dry_run: bool = False) -> list[str]:
    """One cleanup round, as the consumer starts it; the keys that the catalogue lets go of."""
    answers = cleanup_round.send(None, now=media_clock.now(), dry_run=dry_run)
    return [key for _receiver, keys in answers for key in keys or []]


# --- Variants ----------------------------------------------------------------------------------


def add_variants(product: Product, *skus: str) -> list[ProductVariant]:
    return [
        ProductVariant.objects.create(
            product=product, sku=sku, name=f"Name {sku}", price="5.00", stock=1, position=position
        )
        for position, sku in enumerate(skus)
    ]


def row(sku: str, **fields: Any) -> dict[str, Any]:
    """A complete variant row."""
    return {"sku": sku, "name": "Large", "price": "5.00", "stock": 1, **fields}


def skus(product: Product) -> list[str]:
    return list(product.variants.order_by("position", "pk").values_list("sku", flat=True))


# --- Requests ----------------------------------------------------------------------------------


def send_json(client: Client, path: str, body: Any, method: str = "post") -> Any:
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return getattr(client, method)(path, data, content_type="application/json")


def error_code(answer: Any) -> str:
    """The machine word of an answer in the contract's error shape."""
    error = answer.json()["error"]
    assert isinstance(error["message"], str)
    assert error["message"]
    return str(error["code"])
