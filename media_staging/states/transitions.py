"""Every change of `StagedFile.status`, in one place.

    (register) ──▶ staged ──claim──▶ transferring ──flip──▶ synced ──evict──▶ synced, remote only
                     ▲  ▲                │    │               │
                     │  └─postpone, release   └─fail─▶ failed │
                     └────────retry───────────────────┘       │
                     └────────────────resend──────────────────┘
    any ──let_go──▶ purging ──claim_purges──▶ purging ──bury──▶ (no row)
    staged, synced, failed ◀──referred_again──┘

Each is one conditional UPDATE that names the state, and where there is one the token, that it
comes from, and looks at how many rows it changed: nothing here relies on row locks, which SQLite
does not have. A change that finds another state changes nothing and says so in its answer.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Expression, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from media_staging import clock, remotes
from media_staging.conf import conf
from media_staging.errors import TransferError
from media_staging.models import StagedFile
from media_staging.remotes import Remote, RemoteData
from media_staging.states import places
from media_staging.states.references import with_owner
from media_staging.states.retry import LONGEST_DELAY

logger = logging.getLogger(__name__)

Status = StagedFile.Status
NO_ERROR = {"error_code": "", "error_message": ""}


# --- What is due -----------------------------------------------------------------------------


def longest_delay(status: Status) -> timedelta:
    """How far ahead `due_at` can lawfully be; further means that the clock was set back.

    Less than `clock.SKEW` beyond that only means that another worker's clock is a little ahead.
    """
    lease = timedelta(seconds=conf().LEASE_SECONDS)
    return {
        Status.STAGED: LONGEST_DELAY,
        Status.TRANSFERRING: lease,
        Status.SYNCED: timedelta(seconds=conf().LOCAL_RETENTION_SECONDS),
        Status.PURGING: max(
            LONGEST_DELAY, lease + timedelta(seconds=conf().UPLOAD_DEADLINE_SECONDS)
        ),
    }[status]


def is_due(status: Status, now: datetime) -> Q:
    jumped = Q(due_at__gt=now + longest_delay(status) + clock.SKEW)
    return Q(status=status) & (Q(due_at__lte=now) | jumped)


def due(status: Status) -> QuerySet[StagedFile]:
    """The rows of that status whose time has come, oldest first."""
    return StagedFile.objects.filter(is_due(status, clock.now())).order_by("due_at", "pk")


def transfers_due(remote: Remote) -> Iterator[QuerySet[StagedFile]]:
    """What waits for its transfer to this remote, in the order in which it is taken.

    Each line is oldest first, and asked for by itself: together SQLite would read the table.
    """
    bound = places.bound_for(remote)
    # Their lease ran out.
    yield due(Status.TRANSFERRING).filter(bound)
    bound_here = places.waiting_for(remote)
    for is_thumbnail in (False, True):
        staged = due(Status.STAGED).filter(bound, is_thumbnail=is_thumbnail)
        yield from (staged.filter(place=place) for place in bound_here)


def is_transfer_due(remote: Remote) -> bool:
    return any(line.exists() for line in transfers_due(remote))


# --- Transfer --------------------------------------------------------------------------------


def claim(limit: int, remote: Remote | None = None) -> tuple[UUID, list[StagedFile]]:
    """staged → transferring, for up to `limit` due rows bound for the remote, under a fresh token.

    The remote is the current one by default. From here on the rows name its place: what an upload
    leaves behind must be found where it was begun, whatever the settings say later. `settle_at` of
    the rows returned is what it was before: set means that an earlier upload of the file may have
    reached the remote.
    """
    remote = remote or remotes.current()
    token, now = uuid4(), clock.now()
    chosen: dict[int, datetime | None] = {}
    with transaction.atomic():
        for line in transfers_due(remote):
            chosen |= line.values_list("pk", "settle_at")[: limit - len(chosen)]
            if len(chosen) == limit:
                break
        # The condition again: on PostgreSQL another worker may have been faster.
        (
            StagedFile.objects.filter(pk__in=chosen)
            .filter(is_due(Status.STAGED, now) | is_due(Status.TRANSFERRING, now))
            .update(status=Status.TRANSFERRING, token=token, place=remote.place, **lease(now))
        )
    won = StagedFile.objects.filter(token=token).in_bulk(list(chosen))
    for pk, file in won.items():
        file.settle_at = chosen[pk]
    return token, [won[pk] for pk in chosen if pk in won]


def lease(now: datetime) -> dict[str, datetime]:
    end = now + timedelta(seconds=conf().LEASE_SECONDS)
    return {
        "due_at": end,
        "settle_at": end + timedelta(seconds=conf().UPLOAD_DEADLINE_SECONDS),
    }


def held(token: UUID, pks: Collection[int]) -> QuerySet[StagedFile]:
    """The rows that this claim still holds."""
    return StagedFile.objects.filter(pk__in=pks, status=Status.TRANSFERRING, token=token)


def heartbeat(token: UUID, pks: Collection[int]) -> set[int]:
    """Hold the lease for longer; return the rows that were lost: taken over, deleted, replaced."""
    if held(token, pks).update(**lease(clock.now())) == len(pks):
        return set()
    return set(pks) - set(held(token, pks).values_list("pk", flat=True))


def flip(token: UUID, answers: Mapping[int, RemoteData], remote: Remote) -> set[int]:
    """transferring → synced: the url is the remote's from now on. Returns which rows flipped.

    `answers` is what the remote said to each upload, by primary key.
    """
    pks = set(answers)
    now = clock.now()
    changed = held(token, pks).update(
        status=Status.SYNCED,
        place=remote.place,
        remote=remote.name,
        remote_data=each_its_own(answers),
        synced_at=now,
        due_at=now + timedelta(seconds=conf().LOCAL_RETENTION_SECONDS),
        settle_at=None,
        attempts=0,
        **NO_ERROR,
    )
    if changed == len(pks):
        return pks
    mine = StagedFile.objects.filter(pk__in=pks, status=Status.SYNCED, token=token)
    return set(mine.values_list("pk", flat=True))


def each_its_own(answers: Mapping[int, RemoteData]) -> RemoteData | Expression:
    """The value of `remote_data` in an UPDATE of these rows."""
    first = next(iter(answers.values()))
    if all(data == first for data in answers.values()):
        return first
    field = StagedFile._meta.get_field("remote_data")
    cases = [When(pk=pk, then=Value(data, output_field=field)) for pk, data in answers.items()]
    case = Case(*cases, output_field=field)
    # As in Django's own bulk_update.
    return Cast(case, field) if connection.features.requires_casted_case_in_updates else case


def postpone(
    token: UUID, file: StagedFile, error: TransferError, *, due_at: datetime, attempts: int
) -> bool:
    """transferring → staged, to be tried again at `due_at`."""
    return bool(
        held(token, [file.pk]).update(
            status=Status.STAGED,
            due_at=due_at,
            attempts=attempts,
            failed_at=clock.now(),
            **said(error),
        )
    )


def fail(token: UUID, file: StagedFile, error: TransferError, *, attempts: int) -> bool:
    """transferring → failed: only a person retries from here. The local copy stays, served."""
    return bool(
        held(token, [file.pk]).update(
            status=Status.FAILED,
            due_at=None,
            attempts=attempts,
            failed_at=clock.now(),
            **said(error),
        )
    )


def said(error: TransferError) -> dict[str, str]:
    return {"error_code": error.code, "error_message": str(error)[:500]}


def release(token: UUID, pks: Collection[int]) -> int:
    """transferring → staged, due now: the worker stops before it is done."""
    return held(token, pks).update(status=Status.STAGED, due_at=clock.now())


def retry(pks: Collection[int]) -> int:
    """failed or waiting → staged, due now, all attempts anew. Returns how many rows changed.

    What waited for a place that is gone goes to the current one: its bytes are here.
    """
    now = clock.now()
    put_off = Q(status=Status.STAGED) & (Q(due_at__gt=now) | ~Q(error_code=""))
    stranded = places.is_gone() & (
        Q(status=Status.STAGED) | Q(status=Status.TRANSFERRING, due_at__lte=now)
    )
    waiting = put_off | stranded | Q(status=Status.FAILED)
    return StagedFile.objects.filter(waiting, pk__in=pks).update(
        status=Status.STAGED,
        due_at=now,
        attempts=0,
        place=Case(When(places.is_gone(), then=Value(remotes.current().place)), default=F("place")),
    )


# --- Local copies ----------------------------------------------------------------------------


def evict(file: StagedFile, place: str) -> bool:
    """synced → synced with the local copy given up; only after this commits may it be unlinked.

    `place` is where the other copy was seen just now.
    """
    return bool(with_local_copy(file).update(due_at=None, place=place))


def resend(file: StagedFile) -> bool:
    """synced → staged: the remote lost the object while the local copy is still there."""
    return bool(
        with_local_copy(file).update(
            status=Status.STAGED, due_at=clock.now(), remote="", remote_data={}, synced_at=None
        )
    )


def keep(file: StagedFile, until: datetime) -> bool:
    """synced → synced, with the next look at the local copy later."""
    return bool(with_local_copy(file).update(due_at=until))


def with_local_copy(file: StagedFile) -> QuerySet[StagedFile]:
    return StagedFile.objects.filter(pk=file.pk, status=Status.SYNCED, due_at__isnull=False)


# --- Purge -----------------------------------------------------------------------------------


def claim_purges(limit: int) -> tuple[UUID, list[StagedFile]]:
    """purging → purging under a fresh token and lease, for up to `limit` due rows.

    No upload lands later than it would if it had begun now: a `settle_at` beyond that means that
    the clock was set back, and would have the row claimed again and again until then.
    """
    token, now = uuid4(), clock.now()
    chosen = [file.pk for file in due(Status.PURGING)[:limit]]
    latest = lease(now)
    (
        StagedFile.objects.filter(is_due(Status.PURGING, now), pk__in=chosen).update(
            token=token,
            due_at=latest["due_at"],
            settle_at=Case(
                When(settle_at__gt=latest["settle_at"], then=Value(latest["settle_at"])),
                default=F("settle_at"),
            ),
        )
    )
    won = StagedFile.objects.filter(pk__in=chosen, token=token, status=Status.PURGING)
    return token, list(won)


def purge_later(token: UUID, file: StagedFile, due_at: datetime) -> bool:
    """purging → purging, due again later: the remote is down, or an upload may still land."""
    return bool(purge_held(token, file).update(due_at=due_at))


def purge_now() -> int:
    """purging → purging, due now: a person says so. Not before the last upload can have landed."""
    now = clock.now()
    settled = Q(settle_at__isnull=True) | Q(settle_at__lte=now)
    waiting = StagedFile.objects.filter(settled, status=Status.PURGING, due_at__gt=now)
    return waiting.update(due_at=now)


def bury(token: UUID, file: StagedFile) -> bool:
    """purging → no row, once nothing is left anywhere; never raises for what refers to the file.

    Django's own delete would follow relations and take their rows along. A file that is referred
    to by now keeps its row; `referred_again` deals with it in the next round.
    """
    held = purge_held(token, file)
    try:
        with transaction.atomic():
            # Locked before anybody is asked, as in `owners.let_go`.
            if not held.update(name=F("name")):
                return False
            if not with_owner([file.pk]):
                return bool(held._raw_delete(held.db))
    except IntegrityError as error:
        logger.warning("%s: %s", file.key, str(error).strip())
    logger.error(
        "%s is deleted, but something refers to it by now: its row stays for the next round.",
        file.key,
    )
    return False


def purge_held(token: UUID, file: StagedFile) -> QuerySet[StagedFile]:
    return StagedFile.objects.filter(pk=file.pk, status=Status.PURGING, token=token)
