"""The images of one product as they are now, read with one query."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self, TypedDict

from django.conf import settings

from media_staging import clock
from media_staging.models import StagedFile
from products.models import ProductImage


class Summary(TypedDict):
    """Counts of the live images; `pending` is what is not on the remote yet and will be."""

    total: int
    synced: int
    pending: int
    failed: int


def undo_time() -> timedelta:
    return timedelta(seconds=settings.UNDO_SECONDS)


def undo_start(now: datetime) -> datetime:
    """What was deleted after this can still be restored."""
    return now - undo_time()


def restore_until(image: ProductImage) -> datetime:
    """When the undo time of a deleted image ends."""
    if image.deleted_at is None:
        raise ValueError("only a deleted image can be restored")
    return image.deleted_at + undo_time()


@dataclass(frozen=True)
class Gallery:
    """All images in order, hidden ones included, each with its file."""

    images: list[ProductImage]

    @classmethod
    def of(cls, product_id: int) -> Self:
        small = ("file__thumbnail", "file__preview")
        rows = ProductImage.objects.filter(product=product_id).select_related(*small)
        return cls(list(rows.order_by("position", "pk")))

    @cached_property
    def live(self) -> list[ProductImage]:
        return [image for image in self.images if image.deleted_at is None]

    @cached_property
    def restorable(self) -> list[ProductImage]:
        """Hidden images whose undo time has not ended, the last deleted first."""
        start = undo_start(clock.now())
        hidden = [i for i in self.images if i.deleted_at is not None and i.deleted_at > start]
        return sorted(hidden, key=restore_until, reverse=True)

    @cached_property
    def places(self) -> dict[int, int]:
        """By id: the 0-based place among the live images; for a hidden one, where it returns to."""
        places, place = {}, 0
        for image in self.images:
            places[image.pk] = place
            place += image.deleted_at is None
        return places

    @cached_property
    def originals(self) -> dict[int, ProductImage]:
        """By id of a live image that shows the very bytes of an earlier one: that earlier one."""
        firsts: dict[str, ProductImage] = {}
        found = {image.pk: firsts.setdefault(image.file.sha256, image) for image in self.live}
        return {pk: first for pk, first in found.items() if first.pk != pk}

    @cached_property
    def summary(self) -> Summary:
        states = [image.file.status for image in self.live]
        return {
            "total": len(states),
            "synced": states.count(StagedFile.Status.SYNCED),
            "pending": sum(state in StagedFile.PENDING for state in states),
            "failed": states.count(StagedFile.Status.FAILED),
        }

    def get(self, image_id: int) -> ProductImage:
        """Raises ProductImage.DoesNotExist."""
        for image in self.images:
            if image.pk == image_id:
                return image
        raise ProductImage.DoesNotExist
