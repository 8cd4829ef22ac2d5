"""Takes away what is not needed any more: expired local copies, deleted files, orphans.

Every step is repeatable, commits before it deletes, and may be killed at any instruction.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from media_staging import clock, remotes, signals
from media_staging.area import staging
from media_staging.conf import conf
from media_staging.errors import Outage, Setup, StagingUnavailable, TransferError
from media_staging.models import StagedFile
from media_staging.states import health, owners, retry, thumbnails, transitions

logger = logging.getLogger(__name__)

Status = StagedFile.Status
T = TypeVar("T")
BATCH = 100
# A mistake in a sweep must not be able to take everything at once.
MOST_PER_SWEEP = 1000
THUMBNAIL_PATIENCE = timedelta(days=1)
# The keys that this app makes; anything else on the remote belongs to somebody else.
OUR_KEY = re.compile(r"(?:[^/]+/)+[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\.[a-z0-9]{1,8}")


@dataclass
class CleanupReport:
    """The keys (or, for uploads in parts, the number) that a round dealt with."""

    let_go: list[str] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    evicted: list[str] = field(default_factory=list)
    swept: list[str] = field(default_factory=list)
    aborted_uploads: int = 0
    # Something needs a person; the log says what.
    troubled: bool = False


def run_round(*, dry_run: bool = False, sweeping: bool = False) -> CleanupReport:
    """One round of every cleanup; `sweeping` also looks for orphans, which reads whole listings."""
    report = CleanupReport()
    report.let_go += expire_owners(dry_run=dry_run)
    steps: list[Callable[[CleanupReport, bool], None]] = [purge, evict]
    if sweeping:
        steps += [sweep_rows, sweep_disk, sweep_remotes]
    try:
        staging.check_area()
        for step in steps:
            step(report, dry_run)
    except StagingUnavailable as error:
        logger.error("Nothing is cleaned up: %s", error.reason)
        report.troubled = True
    except TransferError as error:
        logger.warning("The cleanup is put off: %s. It goes on with the next round.", error)
        report.troubled = True
    return report


def expire_owners(*, dry_run: bool) -> list[str]:
    """Let other apps give up owners whose time is over; return the keys they let go of."""
    answers = signals.cleanup_round.send(StagedFile, now=clock.now(), dry_run=dry_run)
    return [key for _receiver, keys in answers for key in keys or []]


# --- Purge -----------------------------------------------------------------------------------


def purge(report: CleanupReport, dry_run: bool = False) -> None:
    """Delete purging files everywhere, the row last. Raises Outage or Setup."""
    if dry_run:
        report.purged += transitions.due(Status.PURGING).values_list("key", flat=True)
        return
    while True:
        token, files = transitions.claim_purges(BATCH)
        if not files:
            return
        for position, file in enumerate(files):
            try:
                purge_one(token, file, report)
            except (Outage, Setup) as error:
                put_off(token, files[position:], error)
                raise
            except TransferError as error:
                put_off(token, [file], error)
                report.troubled = True
                logger.error("%s is not deleted from the remote: %s", file.key, error)


def purge_one(token: UUID, file: StagedFile, report: CleanupReport) -> None:
    # Read before the delete: what lands while that is under way is deleted the next time.
    now = clock.now()
    purge_remote(file)
    staging.remove(file.key)
    if file.settle_at and file.settle_at > now:
        # A tombstone: an upload may still land, and is then deleted with this row.
        transitions.purge_later(token, file, file.settle_at)
    elif transitions.bury(token, file):
        report.purged.append(file.key)
        if not file.is_thumbnail:
            signals.media_purged.send_robust(StagedFile, key=file.key)


def put_off(token: UUID, files: list[StagedFile], error: TransferError) -> None:
    for file in files:
        transitions.purge_later(token, file, clock.now() + retry.delay(4, error))


def purge_remote(file: StagedFile) -> None:
    """A file that was never claimed is on no remote, and needs none to be deleted."""
    if file.remote or file.settle_at:
        remotes.get(file.remote or conf().REMOTE).delete(file.key, file.remote_data)


# --- Evict -----------------------------------------------------------------------------------


def evict(report: CleanupReport, dry_run: bool = False) -> None:
    """Give up local copies past their retention; earlier when the disk is nearly full."""
    candidates = list(evictable()[:MOST_PER_SWEEP])
    if not candidates and staging.is_tight():
        with_copy = StagedFile.objects.filter(status=Status.SYNCED, due_at__isnull=False)
        candidates = list(with_copy.order_by("synced_at")[:BATCH])
    if dry_run:
        report.evicted += [file.key for file in candidates]
        return
    for file in candidates:
        evict_one(file, report)


def evictable() -> QuerySet[StagedFile]:
    """Local copies past their retention, but for those that a thumbnail is still to be made of.

    After a day nobody waits for it any longer: no consumer makes any.
    """
    patience = clock.now() - THUMBNAIL_PATIENCE
    waiting = thumbnails.wanted() & Q(due_at__gt=patience)
    # The first condition says nothing new, but lets SQLite use the index.
    return transitions.due(Status.SYNCED).filter(due_at__isnull=False).exclude(waiting)


def evict_one(file: StagedFile, report: CleanupReport) -> None:
    """The row first, then the bytes; and only when the remote still has them."""
    try:
        found = find(file)
    except TransferError:
        transitions.keep(file, clock.now() + timedelta(minutes=5))
        raise
    if found is not None:
        if transitions.evict(file):
            staging.remove(file.key)
            report.evicted.append(file.key)
    elif transitions.resend(file):
        report.troubled = True
        logger.error(
            "%s is missing or damaged on %s; the local copy is kept and sent again. Find out who "
            "deletes from the bucket: run `manage.py staging_verify`.",
            file.key,
            file.remote,
        )


def find(file: StagedFile) -> remotes.RemoteData | None:
    """What its remote has of the file. Raises Setup when it is the bucket that is not there."""
    remote = remotes.get(file.remote)
    found = remote.find(file.identity)
    if found is None:
        # The answer to a HEAD has no body, which would tell a missing bucket from an object.
        remote.check()
    return found


# --- Sweep -----------------------------------------------------------------------------------


def grace_ended() -> datetime:
    return clock.now() - timedelta(seconds=conf().ORPHAN_GRACE_SECONDS)


def unowned() -> Iterator[int]:
    """Rows past the grace time that no owner refers to; none where no model has such a field."""
    fields = owners.owner_fields()
    if not fields:
        return
    rows = StagedFile.objects.filter(created_at__lt=grace_ended()).exclude(status=Status.PURGING)
    for owner in (*fields, owners.THUMBNAIL):
        held = owner.model._base_manager.filter(**{owner.attname: OuterRef("pk")})
        rows = rows.filter(~Exists(held))
    yield from rows.values_list("pk", flat=True)[:MOST_PER_SWEEP]


def sweep_rows(report: CleanupReport, dry_run: bool = False) -> None:
    """Let go of rows without an owner, each looked at again under its lock."""
    pks = list(unowned())
    if dry_run:
        report.let_go += StagedFile.objects.filter(pk__in=pks).values_list("key", flat=True)
    else:
        report.let_go += owners.let_go(pks)


def sweep_disk(report: CleanupReport, dry_run: bool = False) -> None:
    """Delete local bytes past the grace time that nothing refers to."""
    stale = [*abandoned(), *unreferenced()]
    for path in islice(stale, MOST_PER_SWEEP):
        report.swept.append(str(path.relative_to(staging.root())))
        if not dry_run:
            path.unlink(missing_ok=True)


def abandoned() -> Iterator[Path]:
    """Uploads that never got their name."""
    yield from older_than(grace_ended(), staging.incoming().glob("*"))


def unreferenced() -> Iterator[Path]:
    """Local copies without a row, and those whose row has given them up."""
    files = staging.root() / "files"
    old = older_than(grace_ended(), (path for path in files.rglob("*") if path.is_file()))
    for batch in batched(old):
        keys = {str(path.relative_to(files)): path for path in batch}
        needed = StagedFile.objects.filter(key__in=keys).exclude(
            status=Status.SYNCED, due_at__isnull=True
        )
        unneeded = set(keys) - set(needed.values_list("key", flat=True))
        yield from (keys[key] for key in sorted(unneeded))


def older_than(moment: datetime, paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            if path.lstat().st_mtime < moment.timestamp():
                yield path
        except FileNotFoundError:
            continue


def sweep_remotes(report: CleanupReport, dry_run: bool = False) -> None:
    """Delete remote objects past the grace time without a row. Raises Outage or Setup."""
    for name in {*conf().REMOTES, conf().REMOTE}:
        if not health.is_available(name):
            continue
        remote = remotes.get(name)
        for key in islice(orphans(remote), MOST_PER_SWEEP):
            report.swept.append(key)
            if not dry_run:
                remote.delete(key, {})


def orphans(remote: remotes.Remote) -> Iterator[str]:
    """Objects under keys of ours, past the grace time, that no row knows."""
    ended = grace_ended()
    old = (
        each.key
        for each in remote.objects()
        if each.modified < ended and OUR_KEY.fullmatch(each.key)
    )
    for batch in batched(old):
        known = StagedFile.objects.filter(key__in=batch).values_list("key", flat=True)
        yield from sorted(set(batch) - set(known))


def batched(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
