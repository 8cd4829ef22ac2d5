"""What this database may delete, by the marks that it left: on the disk and in each prefix.

A database deletes only where it can tell that it is the newest of its kind. What a mark says, the
database has noted first: a mark that says something else was written by a later state of this
database, so this one was restored from a dump, or is a copy. On the disk, which a copy elsewhere
does not share, a counter does; in a prefix both would count on, so there it is a nonce for each
writing. The order is always: the mark is read first, the database after it. Then the database of
the same state is never behind.
"""

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID, uuid4

from django.db import transaction

from media_staging import clock
from media_staging.area import evidence, staging
from media_staging.models import Leftover, Place, StagedFile
from media_staging.remotes import Remote, places_of
from media_staging.remotes.base import PREFIX_MARK
from media_staging.removal.judging import Judge, Verdict, batched
from media_staging.states.installation import installation, note_newest, raise_counter

Reason = Leftover.Reason
STRANGE = {Verdict.FOREIGN, Verdict.NEWER}


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be deleted somewhere in this round; `reason` is why not everything."""

    may_purge: bool = True
    may_sweep: bool = True
    reason: Reason | None = None
    # What a person would say to `staging_accept`.
    detail: str = ""
    # Only what carries our own mark may be purged: the prefix belongs to another database.
    by_object: bool = False

    @property
    def is_alarming(self) -> bool:
        """Whether a person has to know even if there is nothing to delete just now."""
        return self.reason in {Reason.SET_BACK, Reason.MARK_GONE}


GOOD = Standing()
# A prefix that held objects when it was marked, until a person says that it is ours.
NOT_SWEPT = Standing(may_sweep=False, reason=Reason.NOT_ACCEPTED)
SOMEBODY_ELSES = Standing(may_sweep=False, reason=Reason.OTHER_DATABASE, by_object=True)
SET_BACK = Standing(may_purge=False, may_sweep=False, reason=Reason.SET_BACK)
MARK_GONE = Standing(may_purge=False, may_sweep=False, reason=Reason.MARK_GONE)
NO_MARKS = Standing(may_sweep=False, reason=Reason.NO_MARKS)


@dataclass(frozen=True, slots=True)
class PrefixMark:
    """The contents of a prefix's mark. `sweep`: it was empty when it was marked, or accepted."""

    database: UUID
    sweep: bool
    nonce: str = field(default_factory=lambda: uuid4().hex)

    def as_bytes(self) -> bytes:
        shown = {"database": str(self.database), "sweep": self.sweep, "nonce": self.nonce}
        return json.dumps(shown).encode()


UNREADABLE = PrefixMark(UUID(int=0), sweep=False)
# Workers that write the mark at the same moment all know what each of them wrote.
NONCES_KEPT = 20


def parsed(content: bytes) -> PrefixMark:
    """What nobody can read is somebody else's."""
    try:
        found = json.loads(content)
        return PrefixMark(UUID(found["database"]), bool(found["sweep"]), str(found["nonce"]))
    except (ValueError, TypeError, KeyError):
        return UNREADABLE


class Marks:
    """The marks as they are found in one round: each is looked at once."""

    def __init__(self, *, sweeping: bool = False, dry_run: bool = False) -> None:
        self._sweeping = sweeping
        self._writes = not dry_run
        self._places: dict[str, Standing] = {}

    @cached_property
    def area(self) -> Standing:
        """Of the staging area, and of the database as a whole: set back, it deletes nothing at all.

        Raises StagingUnavailable when this is not our area, OSError when the disk fails.
        """
        staging.check_area()
        counter, newest = evidence.read_counter(), evidence.newest_staged_at()
        me = installation()
        if counter > me.counter or (newest and evidence.is_newer(newest)):
            return replace(SET_BACK, detail="--area")
        if self._writes:
            note_newest()
            evidence.write_counter(raise_counter())
        return GOOD

    def place(self, remote: Remote) -> Standing:
        """Of the prefix that a remote puts our objects under. Raises Outage or Setup."""
        if remote.name not in self._places:
            found = self._look_at(remote) if self.area.may_purge else self.area
            detail = found.detail or f"--remote {remote.name}"
            self._places[remote.name] = replace(found, detail=detail)
        return self._places[remote.name]

    def _look_at(self, remote: Remote) -> Standing:
        content = remote.read_prefix_mark()
        if content is None:
            return self._first_look_at(remote)
        mark = parsed(content)
        if mark.database != installation().database:
            return SOMEBODY_ELSES
        if not is_known(mark, remote):
            return SET_BACK
        if self._sweeping and self._writes and not self._write(remote, sweep=mark.sweep):
            return SOMEBODY_ELSES
        return swept(remote) if mark.sweep else NOT_SWEPT

    def _first_look_at(self, remote: Remote) -> Standing:
        """Mark a prefix that has no mark.

        One with objects in it that are not ours, by their marks, is ours to purge from, not to
        sweep: a bucket that others use too must not need a person for each deleted picture.
        """
        if Place.objects.filter(pk=remote.place, marked_at__isnull=False).exists():
            return MARK_GONE
        nobody_else = holds_only_ours(remote)
        if self._writes and not self._write(remote, sweep=nobody_else):
            return SOMEBODY_ELSES
        return swept(remote) if nobody_else else NOT_SWEPT

    def _write(self, remote: Remote, *, sweep: bool) -> bool:
        return write_mark(remote, PrefixMark(installation().database, sweep))


def holds_only_ours(remote: Remote) -> bool:
    """Whether a prefix is empty but for what this database put there. Raises Outage or Setup."""
    judge = Judge(remote, first_version=False)
    objects = (each for each in remote.objects() if each.key != PREFIX_MARK)
    for batch in batched(objects):
        rows = StagedFile.objects.filter(key__in=[each.key for each in batch])
        known = set(rows.filter(place__in=places_of(remote)).values_list("key", flat=True))
        unknown = [each for each in batch if each.key not in known]
        if any(found in STRANGE for _object, found in judge.judge(unknown)):
            return False
    return True


def swept(remote: Remote) -> Standing:
    return GOOD if remote.keeps_marks else NO_MARKS


def write_mark(remote: Remote, mark: PrefixMark) -> bool:
    """Write the mark of a prefix and read it back: a copy, or another database, may do so at the
    same time; another worker of ours does no harm.

    The database says that it did before it does, so a kill in between is told, not forgotten.
    Raises Outage or Setup.
    """
    remember_marked(remote, mark)
    remote.write_prefix_mark(mark.as_bytes())
    found = parsed(remote.read_prefix_mark() or b"")
    return found.database == mark.database and is_known(found, remote)


def remember_marked(remote: Remote, mark: PrefixMark) -> None:
    values = {"remote": remote.name, "address": remote.address}
    with transaction.atomic():
        Place.objects.get_or_create(pk=remote.place, defaults=values)
        place = Place.objects.select_for_update().get(pk=remote.place)
        place.nonces = [*place.nonces, mark.nonce][-NONCES_KEPT:]
        place.marked_at = clock.now()
        place.save(update_fields=["nonces", "marked_at"])


def is_known(mark: PrefixMark, remote: Remote) -> bool:
    """Whether this database wrote it. Call it after the mark was read."""
    noted = Place.objects.filter(pk=remote.place).values_list("nonces", flat=True).first()
    return mark.nonce in (noted or ())
