"""The part of the state machine that is about owners: attaching a file, letting go, coming back.

Who counts as an owner is in `references`.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from media_staging import clock
from media_staging.area import staging
from media_staging.errors import Damaged, FileGone, TransferError
from media_staging.models import StagedFile
from media_staging.remotes import RemoteData
from media_staging.states import endings
from media_staging.states.grace import REFERRED
from media_staging.states.references import CannotAskError, ask, with_owner
from media_staging.states.transitions import NO_ERROR, purge_held, said

logger = logging.getLogger(__name__)

Status = StagedFile.Status
# How long a purge waits while the relations, or the remote, do not answer.
PATIENCE = timedelta(minutes=5)
NO_SMALL: dict[str, None] = {"thumbnail": None, "preview": None}
Find = Callable[[StagedFile], RemoteData | None]


def attach(pks: Iterable[int]) -> None:
    """Call in the owner's transaction, before it refers to files that others may know.

    The UPDATE holds the rows until the commit, so none can be let go of meanwhile. A file that was
    let go of comes back while no byte of it has gone: two owners whose files are exchanged, each
    saved on its own, do not lose the first one's. Raises FileGone for what has no row any more, or
    whose deletion has begun.
    """
    wanted = set(pks)
    rows = StagedFile.objects.filter(pk__in=wanted)
    # What is referred to from now on has all its time again when that ends.
    alive = rows.exclude(status=Status.PURGING).update(unreferenced_since=None)
    if alive == len(wanted):
        return
    with transaction.atomic():
        leaving = rows.filter(status=Status.PURGING).select_for_update().in_bulk()
        begun = endings.ended([file.key for file in leaving.values()])
        if alive + len(leaving) != len(wanted) or begun:
            raise FileGone
        if _bring_back(rows.filter(pk__in=leaving), leaving.values()):
            raise FileGone


# --- Letting go ------------------------------------------------------------------------------


def let_go(pks: Iterable[int]) -> list[str]:
    """any → purging for the files that no owner refers to and nobody keeps; returns their keys.

    Call it in the transaction that deleted the owner. The row is locked first and its owners are
    looked for in a second statement: one UPDATE with NOT EXISTS misses an owner being inserted.
    A transferring row keeps its lease and token, so its worker notices at the next heartbeat.
    Their thumbnails and previews go with them. The ways back are `attach` and `referred_again`.
    """
    with transaction.atomic():
        locked = list(
            StagedFile.objects.select_for_update()
            .filter(pk__in=set(pks), keep=False)
            .exclude(status=Status.PURGING)
            .order_by("pk")
        )
        owned = with_owner({file.pk for file in locked})
        orphans = [file for file in locked if file.pk not in owned]
        rows = StagedFile.objects.filter(pk__in=[file.pk for file in orphans])
        rows.filter(status=Status.TRANSFERRING).update(status=Status.PURGING, **NO_SMALL)
        rows.exclude(status=Status.PURGING).update(
            status=Status.PURGING, due_at=clock.now(), **NO_SMALL
        )
        small = [pk for file in orphans for pk in (file.thumbnail_id, file.preview_id) if pk]
        let_go_too = let_go(small) if small else []
    return [file.key for file in orphans] + let_go_too


def release(pk: int) -> bool:
    """End `keep`, and let go of the file at once if nobody refers to it; returns whether it goes.

    Nothing else ends it: an owner that comes and goes lets go of no file that is kept.
    """
    with transaction.atomic():
        StagedFile.objects.filter(pk=pk).update(keep=False)
        return bool(let_go([pk]))


# --- The way back ----------------------------------------------------------------------------


def referred_again(
    token: UUID, files: Collection[StagedFile], find: Find | None = None
) -> set[int]:
    """Which of the files claimed for a purge must not be deleted now, asked with the rows locked.

    Call it before the first byte of any of them goes, with the staging area there. A plain foreign
    key, an `update()` or SQL may refer to a purging file without `attach`. What is referred to
    comes back: with its local copy it is staged again, and the drain asks the remote before it
    sends; evicted it is synced, as it was.

    The others may be deleted from here on: they are noted as ended, and `synced_at` is null. So a
    file that is referred to after a purge began, and has no local copy, is not taken for whole:
    only when `find` has asked its remote is it synced again, or failed as damaged. Without an
    answer, and while a relation cannot be asked, files stay purging and are due again later.
    """
    with transaction.atomic():
        mine = StagedFile.objects.filter(
            pk__in=[file.pk for file in files], token=token, status=Status.PURGING
        )
        # An UPDATE locks the rows on every database, and on SQLite takes the write lock.
        mine.update(name=F("name"))
        locked = mine.in_bulk()
        try:
            referred = ask(locked)
        except CannotAskError:
            mine.update(due_at=clock.now() + PATIENCE)
            return {file.pk for file in files}
        mine.filter(pk__in=referred).update(**REFERRED)
        back = [locked[pk] for pk in referred]
        endings.take_back(file.key for file in back)
        begun = _bring_back(mine, back)
        endings.note(file.key for pk, file in locked.items() if pk not in referred)
        mine.exclude(pk__in=referred).update(synced_at=None)
    for file in back:
        if file not in begun:
            logger.warning("%s is referred to again and is not deleted.", file.key)
    for file in begun:
        _settle(token, file, find)
    return {file.pk for file in files} - (locked.keys() - referred)


def _bring_back(mine: QuerySet[StagedFile], files: Collection[StagedFile]) -> list[StagedFile]:
    """purging → staged or synced; returns those of which nobody here knows whether they are whole.

    Their thumbnails and previews are gone, and are made again while the local copy is there.
    """
    here = {file.pk for file in files if staging.path(file.key).is_file()}
    evicted = {file.pk for file in files if file.synced_at} - here
    now = clock.now()
    was_sent = mine.filter(pk__in=here).exclude(Q(remote="") & Q(settle_at=None))
    was_sent.update(settle_at=Coalesce("settle_at", Value(now)))
    pictures = mine.filter(pk__in=here, width__isnull=False, is_thumbnail=False)
    pictures.update(thumbnail_due_at=now, thumbnail_attempts=0)
    mine.filter(pk__in=here).update(**_staged(now))
    mine.filter(pk__in=evicted).update(status=Status.SYNCED, due_at=None, **NO_ERROR)
    return [file for file in files if file.pk not in here | evicted]


def _staged(now: datetime) -> dict[str, Any]:
    return {
        "status": Status.STAGED,
        "due_at": now,
        "attempts": 0,
        "remote": "",
        "remote_data": {},
        "synced_at": None,
        **NO_ERROR,
    }


def _settle(token: UUID, file: StagedFile, find: Find | None) -> None:
    """Ask the remote whether a file whose deletion had begun is whole."""
    try:
        found = find(file) if find else None
    except TransferError as error:
        logger.warning("%s is referred to again; its remote does not answer: %s", file.key, error)
        find = None
    if find is None:
        purge_held(token, file).update(due_at=clock.now() + PATIENCE)
    elif found is not None:
        purge_held(token, file).update(
            status=Status.SYNCED,
            due_at=None,
            synced_at=clock.now(),
            remote_data=found,
            **NO_ERROR,
        )
    else:
        logger.error(
            "%s was deleted before something referred to it again: its bytes are gone. Upload it "
            "again, or delete what refers to it.",
            file.key,
        )
        damage = Damaged("it was deleted before something referred to it again")
        purge_held(token, file).update(
            status=Status.FAILED, due_at=None, failed_at=clock.now(), **said(damage)
        )


@contextmanager
def purging(token: UUID, file: StagedFile) -> Iterator[bool]:
    """Whether this claim still holds the file, and nobody can bring it back until the block ends.

    For what must not happen to a file that came back while its purge slept, such as the unlinking
    of its local copy. Briefly: the row is locked meanwhile.
    """
    with transaction.atomic():
        yield bool(purge_held(token, file).update(name=F("name")))
