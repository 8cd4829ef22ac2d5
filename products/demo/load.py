"""Puts the demo catalogue into the shop, through the same door as any upload."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import transaction

from media_staging.area import staging
from media_staging.intake import receiving
from media_staging.models import StagedFile
from products.demo.catalogue import CATALOGUE, SKU_PREFIX, DemoProduct
from products.demo.darkroom import photographed
from products.models import Product, ProductImage, ProductVariant

USERNAME = PASSWORD = "demo"  # noqa: S105 - printed by the command, and nobody's secret


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a call of load_demo added."""

    products: int = 0
    photos: int = 0
    users: int = 0


def load_demo(catalogue: Sequence[DemoProduct] = CATALOGUE) -> Loaded:
    """Add the demo catalogue and its superuser, unless they are there.

    A shop that holds any demo SKU is left as it is, so that what staff changed or deleted stays
    that way; so is a user of that name, password included. The products come all or not at all.
    Raises StagingFull or StagingUnavailable when there is no room for the photos.
    """
    users = int(ensure_user())
    if is_loaded():
        return Loaded(users=users)
    # Drawing takes a while; the intake asks again for each photo.
    staging.check_area()
    with staging.local_errors():
        staging.make_room(0)
    with closing(photographed([shot for each in catalogue for shot in each.shots])) as photos:
        received = [receive(each, photos) for each in catalogue]
    with transaction.atomic():
        # Lists show the newest first: the first of the catalogue is made last.
        for each, files in reversed(list(zip(catalogue, received, strict=True))):
            store(each, files)
    return Loaded(len(received), sum(len(files) for files in received), users)


def is_loaded() -> bool:
    return ProductVariant.objects.filter(sku__startswith=SKU_PREFIX).exists()


def ensure_user() -> bool:
    """Make the superuser demo / demo; False when a user of that name exists."""
    users = get_user_model()
    if users.objects.filter(username=USERNAME).exists():
        return False
    users.objects.create_superuser(USERNAME, password=PASSWORD)
    return True


# --- Rows ------------------------------------------------------------------------------------


def receive(demo: DemoProduct, photos: Iterator[bytes]) -> list[StagedFile]:
    """Make the product's photos, the next ones of `photos`, durable."""
    uploads = [ContentFile(next(photos), name=shot.name) for shot in demo.shots]
    received, refused = receiving.receive_all(uploads, folder="products", images_only=True)
    if refused:
        raise refused[0]
    return received


def store(demo: DemoProduct, files: list[StagedFile]) -> None:
    """The rows of one product, in the caller's transaction."""
    product = Product.objects.create(
        name=demo.name, description=demo.description, price=demo.price, status=demo.status
    )
    ProductVariant.objects.bulk_create(
        ProductVariant(
            product=product,
            sku=each.sku,
            name=each.name,
            price=each.price,
            stock=each.stock,
            position=position,
        )
        for position, each in enumerate(demo.variants)
    )
    receiving.register(files)
    ProductImage.objects.bulk_create(
        ProductImage(product=product, file=file, alt=shot.alt, position=position)
        for position, (file, shot) in enumerate(zip(files, demo.shots, strict=True))
    )
