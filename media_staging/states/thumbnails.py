"""The part of the state machine that is about thumbnails: due, claimed, attached or given up.

A preview, where there is one, is made and attached together with the thumbnail: one schedule.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from media_staging import clock
from media_staging.models import StagedFile
from media_staging.states import places

Status = StagedFile.Status
# Longer than any attempt: `rendering.WALL_SECONDS`, and the rest of the work.
LEASE = timedelta(minutes=2)


def wanted() -> Q:
    """A thumbnail is still to be made of it: it is synced, and the local copy is there."""
    missing = Q(status=Status.SYNCED, due_at__isnull=False, thumbnail_due_at__isnull=False)
    return missing & ~places.makes_thumbnails()


def without() -> QuerySet[StagedFile]:
    return StagedFile.objects.filter(wanted())


def due() -> QuerySet[StagedFile]:
    """Those whose time has come, or whose lease ran out; oldest first."""
    now = clock.now()
    jumped = Q(thumbnail_due_at__gt=now + LEASE + clock.SKEW)
    waiting = without().filter(Q(thumbnail_due_at__lte=now) | jumped)
    return waiting.order_by("thumbnail_due_at")


def claim() -> StagedFile | None:
    """One of them, for as long as a lease lasts; also that much later it is tried again.

    The attempt is counted before it is made: it may be the one that ends this process.
    """
    while file := due().first():
        attempts, lease_ends = file.thumbnail_attempts + 1, clock.now() + LEASE
        # Another worker may have been faster.
        as_seen = without().filter(pk=file.pk, thumbnail_due_at=file.thumbnail_due_at)
        if as_seen.update(thumbnail_attempts=attempts, thumbnail_due_at=lease_ends):
            file.thumbnail_attempts, file.thumbnail_due_at = attempts, lease_ends
            return file
    return None


def attach(original: StagedFile, thumbnail: StagedFile, preview: StagedFile | None = None) -> bool:
    """Insert the rows and refer to them; none of it, if the original is purging or not claimed as
    `original` says any more. Once that claim is over, a sweep may have taken the bytes: who slept
    for so long with the whole machine makes them again.
    """
    with transaction.atomic():
        for small in filter(None, (thumbnail, preview)):
            small.save(force_insert=True)
        mine = StagedFile.objects.filter(
            pk=original.pk,
            thumbnail_due_at=original.thumbnail_due_at,
            thumbnail_due_at__gt=clock.now(),
        )
        attached = mine.exclude(status=Status.PURGING).update(
            thumbnail=thumbnail, preview=preview, thumbnail_due_at=None, thumbnail_error=""
        )
        if not attached:
            transaction.set_rollback(True)
    return bool(attached)


def give_up(original: StagedFile, code: str) -> bool:
    """There will be none, for this reason: eviction waits no longer."""
    return bool(
        without().filter(pk=original.pk).update(thumbnail_error=code, thumbnail_due_at=None)
    )
