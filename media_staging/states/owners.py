"""The part of the state machine that is about owners: attaching a file to one, letting go of it."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, ForeignKey

from media_staging import clock
from media_staging.errors import FileGone
from media_staging.models import StagedFile

Status = StagedFile.Status
THUMBNAIL = StagedFile._meta.get_field("thumbnail")


def attach(pks: Iterable[int]) -> None:
    """Call in the owner's transaction, before it refers to files that others may know.

    The UPDATE holds the rows until the commit, so none can be let go of meanwhile. Raises
    FileGone when one is purging or has no row any more.
    """
    wanted = set(pks)
    alive = StagedFile.objects.filter(pk__in=wanted).exclude(status=Status.PURGING)
    if alive.update(name=F("name")) != len(wanted):
        raise FileGone


def let_go(pks: Iterable[int]) -> list[str]:
    """any → purging, which is final, for the files that no owner refers to; returns their keys.

    Call it in the transaction that deleted the owner. The row is locked first and its owners are
    looked for in a second statement: one UPDATE with NOT EXISTS misses an owner being inserted.
    A transferring row keeps its lease and token, so its worker notices at the next heartbeat.
    Their thumbnails go with them.
    """
    with transaction.atomic():
        locked = list(
            StagedFile.objects.select_for_update()
            .filter(pk__in=set(pks))
            .exclude(status=Status.PURGING)
            .order_by("pk")
        )
        owned = with_owner({file.pk for file in locked})
        orphans = [file for file in locked if file.pk not in owned]
        rows = StagedFile.objects.filter(pk__in=[file.pk for file in orphans])
        rows.filter(status=Status.TRANSFERRING).update(status=Status.PURGING, thumbnail=None)
        rows.exclude(status=Status.PURGING).update(
            status=Status.PURGING, due_at=clock.now(), thumbnail=None
        )
        thumbnails = [file.thumbnail_id for file in orphans if file.thumbnail_id]
        let_go_too = let_go(thumbnails) if thumbnails else []
    return [file.key for file in orphans] + let_go_too


def with_owner(pks: Collection[int]) -> set[int]:
    """Those that a row refers to through a StagedFileField, or as its thumbnail."""
    return {
        pk
        for field in (*owner_fields(), THUMBNAIL)
        for pk in field.model._base_manager.filter(**{f"{field.attname}__in": pks}).values_list(
            field.attname, flat=True
        )
    }


def owner_fields() -> list[ForeignKey]:
    """Every StagedFileField of the project, also those without a name for the way back."""
    relations = StagedFile._meta.get_fields(include_hidden=True)
    fields: list[Any] = [getattr(relation, "field", None) for relation in relations]
    return [field for field in fields if getattr(field, "owns_media", False)]
