"""Which files this database has deleted, or begun to: the proof that a row was not lost.

A row may be missing because somebody put an older table in the place of this one. Only what is
noted here is known to be needed by nobody.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models.signals import post_delete

from media_staging import clock
from media_staging.models import StagedFile
from media_staging.models.key_hashes import EndedFile, key_hash

# Whatever comes late has come by then; what a sweep meets later waits for a person.
KEPT = timedelta(days=30)


def note(keys: Iterable[str]) -> None:
    """Call in the transaction that ends the files, before the first byte of any goes."""
    now = clock.now()
    EndedFile.objects.bulk_create(
        [EndedFile(key_hash=key_hash(key), ended_at=now) for key in keys],
        update_conflicts=True,
        unique_fields=["key_hash"],
        update_fields=["ended_at"],
    )


def take_back(keys: Iterable[str]) -> None:
    """They are referred to again."""
    EndedFile.objects.filter(key_hash__in=[key_hash(key) for key in keys]).delete()


def ended(keys: Collection[str]) -> set[str]:
    """Those of the keys that are noted; one query."""
    by_hash = {key_hash(key): key for key in keys}
    noted = EndedFile.objects.filter(key_hash__in=by_hash)
    return {by_hash[each] for each in noted.values_list("key_hash", flat=True)}


def forget_old() -> None:
    EndedFile.objects.filter(ended_at__lte=clock.now() - KEPT).delete()


def watch_deletes() -> None:
    """Who deletes a row by Django's ORM ends the file: its bytes are then the sweep's."""
    for model in apps.get_models():
        if issubclass(model, StagedFile):
            post_delete.connect(_note_deleted, sender=model)


def _note_deleted(instance: StagedFile, **kwargs: Any) -> None:
    note([instance.key])
