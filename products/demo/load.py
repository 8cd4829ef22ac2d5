"""Puts the demo catalogue into the shop, through the same door as any upload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db import transaction

from media_staging.intake import receiving
from media_staging.models import StagedFile
from products.demo.catalogue import CATALOGUE, SKU_PREFIX, DemoPhoto, DemoProduct
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
    files = receive([photo for each in catalogue for photo in each.photos])
    with transaction.atomic():
        receiving.register(list(files.values()))
        # Lists show the newest first: the first of the catalogue is made last.
        for each in reversed(catalogue):
            store(each, files)
    return Loaded(len(catalogue), len(files), users)


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


def receive(photos: Sequence[DemoPhoto]) -> dict[DemoPhoto, StagedFile]:
    """Make the photos durable, all at once: together they are no larger than one upload may be."""
    uploads = [ContentFile(photo.path.read_bytes(), name=photo.name) for photo in photos]
    received, refused = receiving.receive_all(uploads, folder="products", images_only=True)
    if refused:
        raise refused[0]
    return dict(zip(photos, received, strict=True))


def store(demo: DemoProduct, files: Mapping[DemoPhoto, StagedFile]) -> None:
    """The rows of one product, in the caller's transaction, which has those of its files."""
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
    ProductImage.objects.bulk_create(
        ProductImage(product=product, file=files[photo], alt=photo.alt, position=position)
        for position, photo in enumerate(demo.photos)
    )
