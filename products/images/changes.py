"""What can be done to the images of a product.

All images of a product, hidden ones included, form one sequence ordered by `position`, so that a
hidden one returns to its old place. Whatever changes the sequence locks the product first. Hiding,
restoring and expiry are conditional statements on `deleted_at`: only one of them can win.

Everything here raises ProductImage.DoesNotExist or Product.DoesNotExist for a row that is gone.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When

from media_staging import clock
from media_staging.intake import receiving
from media_staging.models import StagedFile
from media_staging.web import requeue
from products import cells
from products.cells import Conflict, Saver, Values
from products.errors import BadOrder, TooLate
from products.images.gallery import undo_start
from products.models import Product, ProductImage

EXPIRE_BATCH = 200


def live() -> QuerySet[ProductImage]:
    return ProductImage.objects.filter(deleted_at__isnull=True)


def product_of(image_id: int) -> int:
    """The product of a live image."""
    return live().values_list("product_id", flat=True).get(pk=image_id)


# --- The sequence ----------------------------------------------------------------------------


def sequence(product_id: int) -> list[ProductImage]:
    rows = ProductImage.objects.filter(product=product_id).only("position", "deleted_at")
    return list(rows.order_by("position", "pk"))


def arrange(places: Iterable[tuple[ProductImage, int]]) -> None:
    """Give images their positions: one UPDATE, of those that move."""
    moved = {image.pk: place for image, place in places if image.position != place}
    if moved:
        cases = [When(pk=pk, then=Value(place)) for pk, place in moved.items()]
        ProductImage.objects.filter(pk__in=moved).update(position=Case(*cases))


def make_room(product_id: int, place: int | None, count: int) -> int:
    """Free `count` positions before the live image at `place` (None: at the end).

    Call it under the product's lock. Returns the first free position.
    """
    images = sequence(product_id)
    alive = [index for index, image in enumerate(images) if image.deleted_at is None]
    first = len(images) if place is None or place >= len(alive) else alive[place]
    arrange((image, i if i < first else i + count) for i, image in enumerate(images))
    return first


# --- Adding ----------------------------------------------------------------------------------


def add(product_id: int, files: list[StagedFile], *, place: int | None) -> list[ProductImage]:
    """Register received files as images of the product, in order, in one short transaction.

    `place` is the 0-based place of the first one; None or too large: at the end.
    """
    with transaction.atomic():
        Product.everything.lock(product_id)
        receiving.register(files)
        return insert(product_id, files, place=place)


def insert(
    product_id: int, files: Sequence[StagedFile], *, place: int | None
) -> list[ProductImage]:
    """The same for files that have their rows. Call it under the product's lock."""
    return create(product_id, files, make_room(product_id, place, len(files))) if files else []


def create(product_id: int, files: Sequence[StagedFile], first: int = 0) -> list[ProductImage]:
    """The rows alone, at positions that are free: all of them are on a product that is new."""
    return ProductImage.objects.bulk_create(
        ProductImage(product_id=product_id, file=file, position=first + i)
        for i, file in enumerate(files)
    )


# --- Changing --------------------------------------------------------------------------------


def reorder(product_id: int, order: Sequence[int]) -> None:
    """Put the live images in this order. Raises BadOrder unless each is named exactly once."""
    with transaction.atomic():
        Product.everything.lock(product_id)
        images = sequence(product_id)
        alive = {image.pk: image for image in images if image.deleted_at is None}
        if len(order) != len(alive) or set(order) != set(alive):
            raise BadOrder
        wanted = iter(order)
        arranged = [alive[next(wanted)] if image.deleted_at is None else image for image in images]
        arrange((image, place) for place, image in enumerate(arranged))


def at_places(order: Sequence[int], places: Mapping[int, int]) -> list[int]:
    """These ids, some of them put at 1-based places; of two at one place, the moved one wins."""
    old = {pk: place for place, pk in enumerate(order, start=1)}
    new = {**old, **places}

    def from_where(pk: int) -> int:
        """-1 for one that moves to the front, 1 to the end: before or after who is there."""
        return (new[pk] > old[pk]) - (new[pk] < old[pk])

    return sorted(order, key=lambda pk: (new[pk], from_where(pk), old[pk]))


def move(product_id: int, places: Mapping[int, int]) -> None:
    """Put some live images at 1-based places among all. Call it under the product's lock."""
    order = [image.pk for image in sequence(product_id) if image.deleted_at is None]
    reorder(product_id, at_places(order, places))


def describe(
    product_id: int, image_id: int, alt: str, saver: Saver, seen: Values
) -> dict[str, Conflict]:
    """Set the alt text of a live image, unless somebody changed the one that was `seen`.

    Returns that conflict, and has then changed nothing.
    """
    with transaction.atomic():
        rows = live().select_for_update(of=("self",))
        image = rows.get(pk=image_id, product=product_id)
        columns, conflicts = cells.merge(image, {"alt": alt}, seen, saver)
        if columns:
            cells.write(image, columns, saver)
            live().filter(pk=image_id).update(alt=image.alt, changed=image.changed)
    return conflicts


def write_alts(images: Sequence[ProductImage]) -> None:
    """The alt texts of rows that are locked, with the notes of who changed them: one UPDATE."""
    ProductImage.objects.bulk_update(images, ["alt", "changed"])


def retry(image_id: int) -> None:
    """Try a failed or waiting transfer now; one that needs no retry stays as it is."""
    requeue.retry([live().values_list("file_id", flat=True).get(pk=image_id)])


def replace(image_id: int, file: StagedFile) -> None:
    """Put a received file in the place of a live image, with its id and alt text.

    The old file goes to a hidden image behind it: restorable, then purged like any deleted one.
    """
    with transaction.atomic():
        product_id = product_of(image_id)
        Product.everything.lock(product_id)
        receiving.register([file])
        put(image_id, file)


def put(image_id: int, file: StagedFile) -> None:
    """The same for a file that has its row. Call it under the product's lock."""
    image = live().select_for_update(of=("self",)).select_related("file").get(pk=image_id)
    hide_behind(image)
    live().filter(pk=image_id).update(file=file)


def hide_behind(image: ProductImage) -> None:
    """A hidden image right behind this one that holds the same file."""
    images = sequence(image.product_id)
    behind = images.index(image) + 1
    arrange((each, i if i < behind else i + 1) for i, each in enumerate(images))
    ProductImage.objects.create(
        product_id=image.product_id,
        file=image.file,
        alt=image.alt,
        position=behind,
        deleted_at=clock.now(),
    )


# --- Deleting, and undoing it -----------------------------------------------------------------


def delete(image_id: int) -> datetime:
    """Hide a live image; its file is untouched and keeps moving. Returns when that was."""
    now = clock.now()
    if not live().filter(pk=image_id).update(deleted_at=now):
        raise ProductImage.DoesNotExist
    return now


def delete_all(image_ids: Collection[int]) -> int:
    """The same for many; those that are not live any more are passed over. Returns how many."""
    return live().filter(pk__in=image_ids).update(deleted_at=clock.now()) if image_ids else 0


def restore(image_id: int) -> None:
    """Undo that, in the old place; repeatable. Raises TooLate when the undo time is over."""
    image = ProductImage.objects.filter(pk=image_id)
    if image.filter(deleted_at__gt=undo_start(clock.now())).update(deleted_at=None):
        return
    if image.get().deleted_at is not None:
        raise TooLate


def expired(now: datetime) -> QuerySet[ProductImage]:
    return ProductImage.objects.filter(deleted_at__lte=undo_start(now))


def expired_keys(now: datetime) -> list[str]:
    """The keys of the files that `expire` would let go of."""
    return list(expired(now).order_by("pk").values_list("file__key", flat=True))


def expire(now: datetime) -> list[str]:
    """Let go of all images whose undo time is over, and so of their files. Returns their keys.

    Each batch is one transaction. A row that is being restored is skipped.
    """
    keys: list[str] = []
    while batch := expire_batch(now):
        keys += batch
    return keys


@transaction.atomic
def expire_batch(now: datetime) -> list[str]:
    rows = expired(now).select_related("file").order_by("pk")
    locked = list(rows.select_for_update(of=("self",), skip_locked=True)[:EXPIRE_BATCH])
    # The condition again, for a database that ignores the lock.
    expired(now).filter(pk__in=[image.pk for image in locked]).delete()
    return [image.file.key for image in locked]


def delete_product(product_id: int) -> None:
    """Delete a product with its variants and images; the images' files are purged everywhere."""
    with transaction.atomic():
        Product.objects.lock(product_id).delete()
