"""Takes away what is not needed any more: expired local copies, deleted files, orphans.

Every step is repeatable, commits before it deletes, and may be killed at any instruction. One bad
item never ends a round: each is dealt with on its own, and what stays is told with its reason.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from media_staging import clock, remotes, signals
from media_staging.area import staging
from media_staging.errors import Outage, Setup, StagingUnavailable, TransferError
from media_staging.models import Leftover, Place, StagedFile, StagingArea
from media_staging.remotes import Remote
from media_staging.removal import door, judging, leftovers
from media_staging.removal.door import Left
from media_staging.removal.leftovers import Leftovers
from media_staging.removal.marks import Standing
from media_staging.states import (
    health,
    owners,
    places,
    references,
    retry,
    thumbnails,
    transitions,
)
from media_staging.upkeep import sweeping
from media_staging.upkeep.rounds import CleanupReport, Round

logger = logging.getLogger(__name__)

Status = StagedFile.Status
BATCH = 100
MOST_EVICTED = 1000
THUMBNAIL_PATIENCE = timedelta(days=1)
# How long a local copy stays at least whose other one cannot be relied on just now.
KEPT = timedelta(minutes=5)


def run_round(*, dry_run: bool = False, sweeping: bool = False) -> CleanupReport:
    """One round of every cleanup; `sweeping` also looks for orphans, which reads whole listings."""
    work = Round(dry_run=dry_run, sweeping=sweeping)
    work.report.let_go += expire_owners(dry_run=dry_run)
    steps: list[Callable[[Round], None]] = [purge, evict]
    if sweeping:
        steps += [sweep_rows, sweep_disk, *map(sweep_remote, remotes.in_use()), end_sweep]
    places.remember()
    try:
        look_at_area(work)
        for step in steps:
            with work.going_on():
                step(work)
    except StagingUnavailable as error:
        left = Leftovers("area")
        left.add("", Left(Leftover.Reason.PUT_OFF, error.reason))
        work.told(left)
    work.tell_refusals()
    if not dry_run:
        leftovers.forget_remotes({remote.name for remote in remotes.in_use()})
    return work.report


def expire_owners(*, dry_run: bool) -> list[str]:
    """Let other apps give up owners whose time is over; return the keys they let go of."""
    answers = signals.cleanup_round.send(StagedFile, now=clock.now(), dry_run=dry_run)
    return [key for _receiver, keys in answers for key in keys or []]


def look_at_area(work: Round) -> None:
    """Raises StagingUnavailable."""
    with staging.local_errors():
        tell_alarm(work, "area", work.marks.area)


def tell_alarm(work: Round, step: str, standing: Standing) -> None:
    left = Leftovers(step)
    if standing.is_alarming:
        left.add("", door.refused(standing))
    work.told(left)


# --- Purge -----------------------------------------------------------------------------------


def purge(work: Round) -> None:
    """Delete purging files everywhere, the row last."""
    if work.dry_run:
        work.report.purged += transitions.due(Status.PURGING).values_list("key", flat=True)
        return
    left = Leftovers("purge")
    while True:
        token, files = transitions.claim_purges(BATCH)
        if not files:
            break
        referred = owners.referred_again(token, files, find_again)
        for file in files:
            if file.pk not in referred:
                purge_one(work, token, file, left)
            elif silent := references.silent():
                left.add(file.key, Left(Leftover.Reason.CANNOT_ASK, silent))
    left.carry_over(StagedFile.objects.filter(status=Status.PURGING).values("key"))
    work.told(left)


def purge_one(work: Round, token: UUID, file: StagedFile, left: Leftovers) -> None:
    # Read before the delete: what lands while that is under way is deleted the next time.
    now = clock.now()
    remote = remotes.at(file.place, file.remote)
    try:
        with work.asking(remote):
            door.purge_object(work.marks, file)
        with owners.purging(token, file) as is_held:
            if not is_held:
                # The remote took longer than the claim lasts; another cleanup may have found that
                # something refers to the file again.
                return
            door.purge_local(work.marks, file)
    except (Outage, Setup) as error:
        if isinstance(error, Outage) or work.is_away(remote):
            put_off(token, file, error)
        else:
            left.add(file.key, Left(Leftover.Reason.CANNOT_DELETE, str(error)))
            # Later than those that the remote was not asked about yet.
            transitions.purge_later(token, file, now + retry.LONGEST_DELAY)
    except TransferError as error:
        left.add(file.key, Left(Leftover.Reason.CANNOT_DELETE, str(error)))
        put_off(token, file, error)
    except Left as reason:
        left.add(file.key, reason)
        transitions.purge_later(token, file, now + retry.LONGEST_DELAY)
    else:
        finish(work, token, file, now)


def finish(work: Round, token: UUID, file: StagedFile, now: datetime) -> None:
    if file.settle_at and file.settle_at > now:
        # A tombstone: an upload may still land, and is then deleted with this row.
        transitions.purge_later(token, file, file.settle_at)
    elif transitions.bury(token, file):
        work.report.purged.append(file.key)
        if not file.is_thumbnail:
            signals.media_purged.send_robust(StagedFile, key=file.key)


def find_again(file: StagedFile) -> remotes.RemoteData | None:
    """What its remote has of a file whose deletion had begun. Raises Outage or Setup."""
    remote = remotes.at(file.place, file.remote)
    if remote is None:
        raise Setup(f"{file.place} is not in the settings any more")
    return find(remote, file)


def put_off(token: UUID, file: StagedFile, error: TransferError) -> None:
    transitions.purge_later(token, file, clock.now() + retry.delay(4, error))


# --- Evict -----------------------------------------------------------------------------------


def evict(work: Round) -> None:
    """Give up local copies past their retention; earlier when the disk is nearly full."""
    candidates = list(evictable()[:MOST_EVICTED])
    if not candidates and staging.is_tight():
        candidates = list(with_reachable_copy().order_by("synced_at")[:BATCH])
    if work.dry_run:
        work.report.evicted += [file.key for file in candidates]
        return
    left = Leftovers("evict")
    for file in candidates:
        with left.noting(file.key):
            evict_one(work, file)
    left.carry_over(with_reachable_copy().values("key"))
    work.told(left)


def with_reachable_copy() -> QuerySet[StagedFile]:
    """Synced files with a local copy, whose other one is in a place that the settings have."""
    reachable = Q(place="") | Q(place__in=remotes.known_places())
    return StagedFile.objects.filter(reachable, status=Status.SYNCED, due_at__isnull=False)


def evictable() -> QuerySet[StagedFile]:
    """Local copies past their retention, but for those that a thumbnail is still to be made of.

    After a day nobody waits for it any longer: no consumer makes any.
    """
    patience = clock.now() - THUMBNAIL_PATIENCE
    waiting = thumbnails.wanted() & Q(due_at__gt=patience)
    due = transitions.is_due(Status.SYNCED, clock.now())
    return with_reachable_copy().filter(due).exclude(waiting).order_by("due_at", "pk")


def evict_one(work: Round, file: StagedFile) -> None:
    """The row first, then the bytes; and only when the remote still has them. Raises Left.

    What is there does not count where the mark of the prefix does not: a folder that is not mounted
    may hold what was put under its mount point.
    """
    remote = remotes.at(file.place, file.remote)
    if remote is None:
        return
    try:
        with work.asking(remote):
            standing = work.marks.place(remote)
            found = find(remote, file) if standing.may_purge else None
    except TransferError as error:
        transitions.keep(file, clock.now() + KEPT)
        if not (isinstance(error, Outage) or work.is_away(remote)):
            message = (
                "%s stays on the local disk: %s does not say whether it has it (%s). Look there."
            )
            work.troubled(message, file.key, remote.name, error)
        return
    if not standing.may_purge:
        transitions.keep(file, clock.now() + KEPT)
        raise door.refused(standing)
    if found is not None:
        if transitions.evict(file, remote.place):
            door.remove_evicted(file)
            work.report.evicted.append(file.key)
    elif transitions.resend(file):
        work.report.troubled = True
        logger.error(
            "%s is missing or damaged on %s; the local copy is kept and sent again. Find out who "
            "deletes from the bucket: run `manage.py staging_verify`.",
            file.key,
            remote.name,
        )


def find(remote: Remote, file: StagedFile) -> remotes.RemoteData | None:
    """What the remote has of the file. Raises Setup when it is the bucket that is not there."""
    found = remote.find(file.identity)
    if found is None:
        # The answer to a HEAD has no body, which would tell a missing bucket from an object.
        remote.check()
    return found


# --- Sweep -----------------------------------------------------------------------------------


def sweep_rows(work: Round) -> None:
    let_go, left = sweeping.sweep_rows(work.marks, dry_run=work.dry_run)
    work.report.let_go += let_go
    work.told(left)


def sweep_disk(work: Round) -> None:
    with staging.local_errors():
        swept, foreign, left = sweeping.sweep_disk(work.marks, dry_run=work.dry_run)
    work.report.swept += swept
    work.report.foreign += foreign
    work.told(left)


def sweep_remote(remote: Remote) -> Callable[[Round], None]:
    def sweep(work: Round) -> None:
        if health.is_resting(remote.name):
            return
        with work.asking(remote):
            if work.marks.area.may_purge:
                tell_alarm(work, f"prefix of {remote.name}", work.marks.place(remote))
            swept, foreign, left = sweeping.sweep_objects(work.marks, remote, dry_run=work.dry_run)
            work.report.swept += swept
            work.report.foreign += foreign
            work.told(left)
            if not work.dry_run:
                work.report.aborted_uploads += sweeping.abort_uploads(remote)

    return sweep


def end_sweep(work: Round) -> None:
    """What a person allowed was for this sweep; what was foreign is asked about again some day."""
    if not work.dry_run:
        Place.objects.filter(excess_accepted=True).update(excess_accepted=False)
        StagingArea.objects.filter(excess_accepted=True).update(excess_accepted=False)
        judging.forget_old()
