"""How long nothing has referred to a file, as far as sweeps have seen.

A file that no sweep ever saw referred to is an upload without an owner: its time counts from when
it was staged. Whatever else lost its last reference in a way that told nobody, `update()` or SQL,
and its time counts from the first sweep that finds it so: how old the file is says nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from django.db.models import Q

from media_staging import clock
from media_staging.models import StagedFile, StagedFileQuerySet
from media_staging.states import references

NOTED = Q(unreferenced_since__isnull=False)
REFERRED: dict[str, object] = {"was_referred": True, "unreferenced_since": None}


def note() -> None:
    """Once per sweep: what is referred to, and what is not any more. Raises CannotAskError.

    Only rows that have changed since the last one are written, a page at a time.
    """
    for pks in references.pages(alive().filter(Q(was_referred=False) | NOTED)):
        StagedFile.objects.filter(pk__in=references.ask(pks)).update(**REFERRED)
    now = clock.now()
    lost = alive().filter(was_referred=True, unreferenced_since=None)
    for pks in references.unreferenced(lost):
        StagedFile.objects.filter(pk__in=pks).update(unreferenced_since=now)


def ended(moment: datetime) -> Iterator[int]:
    """The numbers of files whose time began before that moment. Raises CannotAskError."""
    fresh = Q(was_referred=False, created_at__lt=moment)
    rows = alive().filter(fresh | Q(unreferenced_since__lt=moment))
    return chain.from_iterable(references.unreferenced(rows))


def alive() -> StagedFileQuerySet:
    return StagedFile.objects.exclude(status=StagedFile.Status.PURGING)
