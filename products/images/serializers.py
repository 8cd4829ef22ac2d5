"""The JSON shapes of the contract: IMAGE, and the answer about a product's images."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from media_staging import clock
from media_staging.models import StagedFile
from media_staging.transfer import progress
from products.images.gallery import Gallery, restore_until
from products.models import Product, ProductImage

# How long after its staging a waiting file is asked for how often: (age, milliseconds).
POLLING = [
    (timedelta(seconds=5), 500),
    (timedelta(seconds=30), 1000),
    (timedelta(minutes=2), 2000),
]
SLOWEST_POLL_MS = 5000


def image_json(
    image: ProductImage, *, place: int, percent: int | None, duplicate_of: ProductImage | None
) -> dict[str, Any]:
    file = image.file
    return {
        "id": image.pk,
        "name": file.name,
        "alt": image.alt,
        "position": place,
        "url": file.url,
        "thumbnail_url": file.thumbnail_url,
        "preview_url": file.preview_url,
        "thumbnail_error": file.thumbnail_problem,
        "download_url": file.download_url,
        "state": file.state,
        "progress": percent,
        "attempts": file.attempts,
        "error": file.error,
        "retry_at": file.retry_at and file.retry_at.isoformat(),
        "size": file.size,
        "width": file.width,
        "height": file.height,
        "content_type": file.content_type,
        "duplicate_of": duplicate_of and duplicate_of.pk,
    }


def images_json(gallery: Gallery, images: Sequence[ProductImage]) -> list[dict[str, Any]]:
    """Some images of the gallery; one look into the cache for the progress of all."""
    percentages = progress.percentages({image.file_id: image.file.status for image in images})
    return [
        image_json(
            image,
            place=gallery.places[image.pk],
            percent=percentages.get(image.file_id),
            duplicate_of=gallery.originals.get(image.pk),
        )
        for image in images
    ]


def addresses_json(product: Product) -> dict[str, Any]:
    """What the page of a new product has to know once there is a place for its photos."""
    return {
        "id": product.pk,
        "images_url": reverse("products:images", args=[product.pk]),
        "reorder_url": reverse("products:reorder_images", args=[product.pk]),
        "page_url": reverse("products:unsaved", args=[product.pk]),
    }


def undo_json(image: ProductImage) -> dict[str, str]:
    return {
        "restore_url": reverse("products:image_restore", args=[image.pk]),
        "restore_until": clock.as_utc(restore_until(image)).isoformat(),
    }


def gallery_json(gallery: Gallery, *, deleted: bool = False) -> dict[str, Any]:
    """The live images, or those that can be restored, and when to ask again."""
    chosen = gallery.restorable if deleted else gallery.live
    images = images_json(gallery, chosen)
    if deleted:
        images = [{**shown, **undo_json(i)} for shown, i in zip(images, chosen, strict=True)]
    return {
        "images": images,
        "summary": gallery.summary,
        "next_poll_ms": next_poll_ms([(i.file.status, i.file.created_at) for i in gallery.live]),
    }


def next_poll_ms(files: Iterable[tuple[str, datetime]]) -> int | None:
    """Milliseconds until asking again is worth it; None when nothing is pending.

    From the status of each file and when it was staged: short while bytes move or were just
    staged, then growing with the age of the oldest.
    """
    pending = [(staged_at, status) for status, staged_at in files if status in StagedFile.PENDING]
    if not pending:
        return None
    if any(status == StagedFile.Status.TRANSFERRING for _staged_at, status in pending):
        return POLLING[0][1]
    (newest, _), (oldest, _) = max(pending), min(pending)
    now = clock.now()
    if now - newest < POLLING[0][0]:
        return POLLING[0][1]
    return next((ms for age, ms in POLLING if now - oldest < age), SLOWEST_POLL_MS)
