"""What the Sync page, the metrics and `staging_status` tell: counts, ages, reasons."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypedDict

from django.core.cache import cache
from django.db.models import Count, Min, QuerySet, Sum

from media_staging import clock, remotes
from media_staging.area import staging
from media_staging.errors import StagingUnavailable
from media_staging.models import RemoteHealth, StagedFile
from media_staging.remotes import Remote
from media_staging.removal import leftovers
from media_staging.states import health, places
from media_staging.states.places import Elsewhere
from media_staging.transfer import progress

Status = StagedFile.Status
WAITING = [status for status in Status if status != Status.SYNCED]
MOST_LISTED = 50
ELSEWHERE_SECONDS = 30


class StateCount(TypedDict):
    count: int
    bytes: int


@dataclass(frozen=True)
class ListedFile:
    """`percent`: how far its transfer is, where that is known."""

    file: StagedFile
    percent: int | None


class Breaker:
    """The open breaker of a remote, for a person."""

    def __init__(self, label: str, row: RemoteHealth) -> None:
        self.label = label
        self.message = health.reason(row)
        self.retry_at = row.open_until


def area_trouble() -> str | None:
    """Why the staging area is not this database's, or not there, and what to do about it."""
    try:
        staging.check_area()
    except StagingUnavailable as error:
        return error.reason
    return None


def counts() -> dict[str, StateCount]:
    """Files and bytes of every status. Reads all rows: for a command, not for a page."""
    return by_status(StagedFile.objects.originals(), Status)


def waiting_counts() -> dict[str, StateCount]:
    """The same without what is synced: costs in proportion to what waits."""
    return by_status(StagedFile.objects.originals(), WAITING)


def thumbnail_counts() -> dict[str, StateCount]:
    """`waiting_counts` of thumbnails, which are left out everywhere else."""
    return by_status(StagedFile.objects.filter(is_thumbnail=True), WAITING)


def by_status(files: QuerySet[StagedFile], statuses: Iterable[Status]) -> dict[str, StateCount]:
    """One query each, since each status that waits has a partial index."""
    return {str(status): count_of(files.filter(status=status)) for status in statuses}


def count_of(files: QuerySet[StagedFile]) -> StateCount:
    found = files.aggregate(count=Count("pk"), bytes=Sum("size"))
    return StateCount(count=found["count"], bytes=found["bytes"] or 0)


def oldest_waiting() -> timedelta | None:
    """How long the file that waits longest has been waiting."""
    files = StagedFile.objects.originals()
    staged_at = [
        files.filter(status=status).aggregate(first=Min("created_at"))["first"]
        for status in StagedFile.PENDING
    ]
    found = [each for each in staged_at if each]
    # A clock that was set back makes nobody wait less than nothing.
    return max(clock.now() - min(found), timedelta(0)) if found else None


def free_bytes() -> int | None:
    """Free bytes on the staging disk; None when the disk does not answer."""
    try:
        return staging.free_bytes()
    except OSError:
        return None


def availability() -> dict[str, bool]:
    """Of every remote in use: whether it takes files at the moment."""
    names = [remote.name for remote in remotes.in_use()]
    opened = health.opened(names)
    return {name: name not in opened for name in names}


def breakers() -> list[Breaker]:
    """The open ones of the remotes in use."""
    served = remotes.in_use()
    opened = health.opened([remote.name for remote in served])
    return [Breaker(label(each), opened[each.name]) for each in served if each.name in opened]


def label(remote: Remote) -> str:
    """What people call it; with its name in the settings where two are called the same."""
    name = remotes.label(remote)
    alike = [each for each in remotes.in_use() if remotes.label(each) == name]
    return name if len(alike) == 1 else f"{name} ({remote.name})"


def elsewhere() -> list[Elsewhere]:
    """What is elsewhere, half a minute ago at the most: a probe of the balancer must not read the
    table each time."""
    gone = places.unanswered()
    if not gone:
        return []
    key = f"media-elsewhere-{hashlib.sha256(repr(sorted(gone)).encode()).hexdigest()}"
    try:
        found = cache.get(key)
        if found is None:
            found = places.counted(gone)
            cache.set(key, found, timeout=ELSEWHERE_SECONDS)
    except progress.CACHE_ERRORS:
        found = places.counted(gone)
    return list(found)


def listed(files: QuerySet[StagedFile]) -> list[ListedFile]:
    """The first of them, with their progress; one look into the cache for all."""
    shown = list(files[:MOST_LISTED])
    known = progress.percentages({file.pk: file.status for file in shown})
    return [ListedFile(file, known[file.pk]) for file in shown]


def page_context() -> dict[str, Any]:
    """The variables of templates/media_staging/dashboard.html."""
    hour_ago = clock.now() - timedelta(hours=1)
    files = StagedFile.objects.originals()
    gone = elsewhere()
    return {
        "remote_label": label(remotes.current()),
        "counts": waiting_counts(),
        "oldest_waiting": oldest_waiting(),
        "synced_last_hour": files.filter(status=Status.SYNCED, synced_at__gte=hour_ago).count(),
        "failed_last_hour": files.filter(status=Status.FAILED, failed_at__gte=hour_ago).count(),
        "failed_files": listed(files.filter(status=Status.FAILED).order_by("created_at")),
        "waiting_files": listed(files.filter(status=Status.STAGED).order_by("due_at")),
        "active_files": listed(files.filter(status=Status.TRANSFERRING).order_by("pk")),
        "most_listed": MOST_LISTED,
        "free_bytes": free_bytes(),
        "breakers": breakers(),
        "elsewhere": gone,
        "leftovers": leftovers.causes(),
        "stranded": places.stranded().originals().count() if gone else 0,
    }
