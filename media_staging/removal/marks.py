"""What this database may delete, by the marks that it left: on the disk and in each prefix.

A database deletes only where it can tell that it is the newest of its kind. What it is about to
leave is committed first: the counter of the area, the token of a prefix. A counter that is ahead, a
token that the database does not know, or a file that it lost, comes from a later state of it: so it
was restored from a dump, or is a copy. Tokens of prefixes are drawn, because a copy counts as well
as the original. The order is always: the mark is read first, the database after it. Then the
database of the same state is never behind.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from media_staging.area import evidence, staging
from media_staging.errors import Setup, StagingUnavailable, Unclear
from media_staging.models import Leftover, StagedFile
from media_staging.remotes import Remote, places_of
from media_staging.remotes.base import PREFIX_MARK
from media_staging.removal import remembered
from media_staging.removal.judging import Judge, Verdict, batched
from media_staging.states import endings
from media_staging.states.installation import installation, raise_counter

Reason = Leftover.Reason
# Of what a mark says. One of a later version may mean what nobody here knows.
VERSION = 1
# A remote keeps 500 bytes of a mark well: as many ids that were given up, by their beginnings.
MOST_FORMER = 24
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
        return not self.may_purge


GOOD = Standing()
# A prefix that held objects when it was marked, until a person says that it is ours.
NOT_SWEPT = Standing(may_sweep=False, reason=Reason.NOT_ACCEPTED)
# One without a mark that a database has files in from a time when it had another id.
NOT_TAKEN_OVER = replace(NOT_SWEPT, by_object=True)
SOMEBODY_ELSES = Standing(may_sweep=False, reason=Reason.OTHER_DATABASE, by_object=True)
HAS_FORMER_ID = replace(SOMEBODY_ELSES, reason=Reason.FORMER_ID)
SET_BACK = Standing(may_purge=False, may_sweep=False, reason=Reason.SET_BACK)
COPIED = Standing(may_purge=False, may_sweep=False, reason=Reason.COPIED)
MARK_GONE = Standing(may_purge=False, may_sweep=False, reason=Reason.MARK_GONE)
UNREADABLE = Standing(may_purge=False, may_sweep=False, reason=Reason.UNREADABLE)
NOT_WRITABLE = Standing(may_purge=False, may_sweep=False, reason=Reason.NOT_WRITABLE)
NO_MARKS = Standing(may_sweep=False, reason=Reason.NO_MARKS)


@dataclass(frozen=True, slots=True)
class PrefixMark:
    """The contents of a prefix's mark. `sweep`: it was empty when it was marked, or accepted.

    `former`: how the ids begin that its database has given up; a copy of it may still have one.
    """

    database: UUID
    token: str
    sweep: bool
    former: tuple[str, ...] = ()

    def as_bytes(self) -> bytes:
        shown = {
            "version": VERSION,
            "database": str(self.database),
            "token": self.token,
            "sweep": self.sweep,
            "former": self.former,
        }
        return json.dumps(shown).encode()


def parsed(content: bytes) -> PrefixMark | None:
    """None for what nobody can read: damaged, half, or of a later version."""
    try:
        found = json.loads(content)
        if int(found["version"]) > VERSION:
            return None
        return PrefixMark(
            UUID(str(found["database"])),
            str(found["token"]),
            bool(found["sweep"]),
            tuple(map(str, found["former"])),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def beginning(database: UUID | str) -> str:
    return str(database)[:8]


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
        if evidence.is_copied() or evidence.has_another_database():
            return replace(COPIED, detail="--area")
        notes = evidence.notes_put_aside() if self._writes else evidence.notes()
        try:
            is_behind = evidence.read_counter() > installation().counter or has_lost(notes)
        except ValueError:
            return replace(UNREADABLE, detail="--area")
        if is_behind:
            return replace(SET_BACK, detail="--area")
        if self._writes:
            evidence.note_database()
            evidence.write_counter(raise_counter())
            evidence.drop(notes)
        return GOOD

    def place(self, remote: Remote) -> Standing:
        """Of the prefix that a remote puts our objects under. Raises Outage or Setup."""
        if remote.name not in self._places:
            try:
                found = self._look_at(remote) if self.area.may_purge else self.area
            except Unclear as error:
                # Whatever is asked of the prefix begins with this.
                raise Setup(str(error)) from error
            detail = found.detail or f"--remote {remote.name}"
            self._places[remote.name] = replace(found, detail=detail)
        return self._places[remote.name]

    def _look_at(self, remote: Remote) -> Standing:
        content = remote.read_prefix_mark()
        if content is None:
            return self._first_look_at(remote)
        if self._writes:
            remembered.note_mark(remote)
        mark, me = parsed(content), installation()
        if mark is None:
            return UNREADABLE
        if beginning(me.database) in mark.former:
            return SET_BACK
        if str(mark.database) in me.former:
            return HAS_FORMER_ID
        if mark.database != me.database:
            return SOMEBODY_ELSES
        if mark.token not in remembered.tokens(remote):
            return SET_BACK
        remembered.note_highest(remote)
        if self._sweeping and (refusal := self._refused(remote, sweep=mark.sweep)):
            return refusal
        return swept(remote) if mark.sweep else NOT_SWEPT

    def _first_look_at(self, remote: Remote) -> Standing:
        """Mark a prefix that has no mark.

        One with objects in it that are not ours, by their marks, is ours to purge from, not to
        sweep: a bucket that others use too must not need a person for each deleted picture.
        """
        if remembered.was_marked(remote):
            return MARK_GONE
        if remembered.holds_former_files(remote):
            return NOT_TAKEN_OVER
        remembered.note_highest(remote)
        nobody_else = holds_only_ours(remote)
        if refusal := self._refused(remote, sweep=nobody_else):
            return refusal
        return swept(remote) if nobody_else else NOT_SWEPT

    def _refused(self, remote: Remote, *, sweep: bool) -> Standing | None:
        """Write a mark; what speaks against it. Raises Outage."""
        try:
            written = not self._writes or write_mark(remote, sweep=sweep)
        except (Setup, Unclear) as error:
            return replace(NOT_WRITABLE, detail=str(error))
        return None if written else SOMEBODY_ELSES


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


def write_mark(remote: Remote, *, sweep: bool) -> bool:
    """Write the mark of a prefix and read it back: another database may do so at the same time.

    The database knows the mark before it is there. Raises Outage or Setup.
    """
    me = installation()
    former = tuple(map(beginning, me.former[-MOST_FORMER:]))
    mark = PrefixMark(me.database, remembered.draw_token(remote), sweep, former)
    remote.write_prefix_mark(mark.as_bytes())
    remembered.note_mark(remote)
    return own_mark(remote) is not None


def own_mark(remote: Remote) -> PrefixMark | None:
    """The mark of a prefix, if this database wrote it. Raises Outage or Setup."""
    content = remote.read_prefix_mark()
    mark = parsed(content) if content else None
    if mark and mark.database == installation().database:
        return mark if mark.token in remembered.tokens(remote) else None
    return None


def keep_evidence() -> None:
    """Let the counter stand for the files that were noted: their rows may be gone before a cleanup.

    A disk that fails, or is another one, is told by whoever needs it next.
    """
    with suppress(StagingUnavailable, OSError):
        if evidence.notes():
            _ = Marks().area


def has_lost(notes: list[evidence.Notes]) -> bool:
    """Whether a file was committed that this database neither has nor has ended since."""
    noted = {key for each in notes for key in each.keys}
    return any(
        set(batch).difference(known_among(batch)) - endings.ended(batch) for batch in batched(noted)
    )


def known_among(keys: Iterable[str]) -> Iterable[str]:
    return StagedFile.objects.filter(key__in=keys).values_list("key", flat=True)
