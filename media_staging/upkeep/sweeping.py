"""The sweep: rows that nobody refers to, bytes and objects without a row.

It looks first, at everything, and then deletes: a mistake (a model that left the project, another
database) shows by taking too much, and then waits for a person. Only what is proved to be ours is
taken; see `removal/`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from media_staging import clock
from media_staging.area import evidence, staging
from media_staging.conf import conf
from media_staging.models import Leftover, Place, StagedFile, StagingArea
from media_staging.remotes import Remote, RemoteObject
from media_staging.remotes.base import PREFIX_MARK
from media_staging.removal import door
from media_staging.removal.door import Left
from media_staging.removal.judging import Judge, Verdict, batched, has_our_form
from media_staging.removal.leftovers import Leftovers
from media_staging.removal.marks import Marks
from media_staging.states import endings, grace, owners, relations
from media_staging.states.references import CannotAskError

Status = StagedFile.Status
Reason = Leftover.Reason
# A mistake in a sweep must not be able to take everything at once; the next one goes on.
MOST_PER_SWEEP = 1000
# More than both of these is no usual sweep.
USUAL_NUMBER = 20
USUAL_SHARE = 0.1


def grace_ended() -> datetime:
    """As rows hold it; `clock.as_utc` of it is for objects."""
    return clock.now() - timedelta(seconds=conf().ORPHAN_GRACE_SECONDS)


def is_unusual(taken: int, total: int) -> bool:
    return taken > USUAL_NUMBER and taken > USUAL_SHARE * total


@dataclass
class Findings:
    """What a sweep would take of one place, out of how many; `MOST_PER_SWEEP` names at most."""

    taken: list[str] = field(default_factory=list)
    number: int = 0
    total: int = 0
    foreign: int = 0
    # Ours, and in doubt: newer than this database, or of rows that it has lost.
    newer: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def take(self, name: str) -> None:
        self.number += 1
        if len(self.taken) < MOST_PER_SWEEP:
            self.taken.append(name)

    def doubt(self, name: str, verdict: Verdict) -> None:
        doubtful = self.lost if verdict is Verdict.LOST else self.newer
        if len(doubtful) < MOST_PER_SWEEP:
            doubtful.append(name)

    @property
    def is_unusual(self) -> bool:
        return is_unusual(self.number, self.total)


# --- Rows ----------------------------------------------------------------------------------------


def unowned() -> Findings:
    """Rows that nothing has referred to for the grace time; none where no model could.

    Raises CannotAskError.
    """
    found = Findings(total=StagedFile.objects.count())
    for pk in grace.ended(grace_ended()):
        found.take(str(pk))
    return found


def keys_of(pks: Iterable[str]) -> list[str]:
    rows = StagedFile.objects.filter(pk__in=[int(pk) for pk in pks])
    return list(rows.values_list("key", flat=True))


def sweep_rows(marks: Marks, *, dry_run: bool) -> tuple[list[str], Leftovers]:
    """Let go of rows without an owner, each looked at again under its lock. Returns their keys."""
    left = Leftovers("rows")
    try:
        if gone := relations.vanished():
            names = ", ".join(str(each) for each in gone)
            left.add("", Left(Reason.RELATION_GONE, names))
            return [], left
        if not dry_run:
            relations.remember()
            grace.note()
        found = unowned()
    except CannotAskError as error:
        left.add("", Left(Reason.CANNOT_ASK, str(error)))
        return [], left
    keys = keys_of(found.taken)
    standing = marks.area
    area = StagingArea.objects.first()
    if found.number and not standing.may_sweep:
        refuse(left, keys, door.refused(standing))
    elif found.is_unusual and not (area and area.excess_accepted):
        refuse(left, keys, Left(Reason.TOO_MANY, "--area"))
    elif dry_run:
        return keys, left
    else:
        return owners.let_go(int(pk) for pk in found.taken), left
    return [], left


# --- The disk ------------------------------------------------------------------------------------


def sweep_disk(marks: Marks, *, dry_run: bool) -> tuple[list[str], int, Leftovers]:
    """Delete local bytes past the grace time that nothing refers to.

    Returns their paths, and how many files are somebody else's.
    """
    left = Leftovers("disk")
    received = list(staging.incoming().glob("*"))
    swept = [*islice(abandoned(received), MOST_PER_SWEEP)]
    found = unreferenced(swept)
    found.foreign += sum(not is_text(path.name) for path in received)
    area = StagingArea.objects.first()
    without_row = found.lost + found.taken
    if without_row and not marks.area.may_sweep:
        refuse(left, without_row, door.refused(marks.area))
    elif found.lost:
        refuse(left, without_row, Left(Reason.SET_BACK, "--area"))
    elif found.is_unusual and not (area and area.excess_accepted):
        refuse(left, found.taken, Left(Reason.TOO_MANY, "--area"))
    else:
        swept += [staging.root() / name for name in found.taken]
    names = list(delete_paths(marks, swept, left, dry_run=dry_run))
    if not dry_run:
        evidence.forget_known()
    return names, found.foreign, left


def delete_paths(
    marks: Marks, paths: Iterable[Path], left: Leftovers, *, dry_run: bool
) -> Iterator[str]:
    for path in paths:
        name = str(path.relative_to(staging.root()))
        with left.noting(name):
            if dry_run:
                door.refuse_folder(path)
            else:
                door.sweep_path(marks, path)
            yield name


def abandoned(received: Iterable[Path]) -> Iterator[Path]:
    """Uploads that never got their name."""
    return older_than(grace_ended(), (path for path in received if is_text(path.name)))


def unreferenced(given_up: list[Path]) -> Findings:
    """Local copies without a row; those whose row has given them up are added to `given_up`.

    One that had a row is in doubt, unless the end of its file was noted. What has no name that we
    would give is somebody else's.
    """
    files, found, had_rows = staging.files(), Findings(), evidence.known()
    for batch in batched(path for path in files.rglob("*") if path.is_file()):
        found.total += len(batch)
        named = [(str(path.relative_to(files)), path) for path in batch]
        ours = {key: path for key, path in named if is_text(key) and has_our_form(key)}
        found.foreign += len(batch) - len(ours)
        old = {
            str(path.relative_to(files)): path for path in older_than(grace_ended(), ours.values())
        }
        known = StagedFile.objects.filter(key__in=old).values_list("key", "status", "due_at")
        rows = {key: status == Status.SYNCED and due_at is None for key, status, due_at in known}
        given_up += [old[key] for key, is_given_up in rows.items() if is_given_up]
        without = set(old) - set(rows)
        lost = (without & had_rows) - endings.ended(without)
        for key in sorted(without):
            name = str(old[key].relative_to(staging.root()))
            if key in lost:
                found.doubt(name, Verdict.LOST)
            else:
                found.take(name)
    return found


def is_text(name: str) -> bool:
    """Whether a name of the disk can be stored and printed; on Linux it may be any bytes."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def older_than(moment: datetime, paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            if path.lstat().st_mtime < moment.timestamp():
                yield path
        except FileNotFoundError:
            continue


# --- Remotes -------------------------------------------------------------------------------------


def look_through(remote: Remote) -> Findings:
    """All objects of a prefix, judged. Raises Outage or Setup."""
    found, judge, ended = Findings(), Judge(remote), clock.as_utc(grace_ended())
    for batch in batched(own_listing(remote)):
        found.total += len(batch)
        ours = [each for each in batch if has_our_form(each.key)]
        found.foreign += len(batch) - len(ours)
        for each, verdict in judge.judge(without_row(ours, ended)):
            if verdict is Verdict.FOREIGN:
                found.foreign += 1
            elif verdict in (Verdict.NEWER, Verdict.LOST):
                found.doubt(each.key, verdict)
            elif verdict is Verdict.OURS:
                found.take(each.key)
    return found


def own_listing(remote: Remote) -> Iterator[RemoteObject]:
    """Without our mark, and without what is under a prefix that has a mark of its own."""
    nested: list[str] = []
    for each in remote.objects():
        folder, _slash, name = each.key.rpartition("/")
        if name == PREFIX_MARK:
            nested += [f"{folder}/"] if folder else []
        elif not each.key.startswith(tuple(nested)):
            yield each


def without_row(objects: Sequence[RemoteObject], ended: datetime) -> list[RemoteObject]:
    old = [each for each in objects if each.modified < ended]
    known = StagedFile.objects.filter(key__in=[each.key for each in old])
    keys = set(known.values_list("key", flat=True))
    return [each for each in old if each.key not in keys]


def sweep_objects(
    marks: Marks, remote: Remote, *, dry_run: bool
) -> tuple[list[str], int, Leftovers]:
    """Delete what is ours and has no row. Returns keys, and how many objects are somebody else's.

    Raises Outage or Setup.
    """
    left = Leftovers(f"objects of {remote.name}")
    standing, found = marks.place(remote), look_through(remote)
    accept = f"--remote {remote.name}"
    place = Place.objects.filter(pk=remote.place).first()
    doubtful = found.newer + found.lost
    if doubtful or not standing.may_sweep:
        reason = Left(Reason.SET_BACK, accept) if doubtful else door.refused(standing)
        refuse(left, [*doubtful, *found.taken], reason)
    elif found.is_unusual and not (place and place.excess_accepted):
        refuse(left, found.taken, Left(Reason.TOO_MANY, accept))
    else:
        swept = []
        for key in found.taken:
            with left.noting(key):
                if not dry_run:
                    door.sweep_object(marks, remote, key)
                swept.append(key)
        return swept, found.foreign, left
    return [], found.foreign, left


def abort_uploads(remote: Remote) -> int:
    """Give up uploads in parts that a row of ours began and nobody goes on with; how many.

    Those of files that are gone went with them; whatever else there is belongs to others.
    """
    aborted = 0
    for batch in batched(remote.stale_uploads(clock.as_utc(grace_ended()))):
        rows = StagedFile.objects.filter(key__in=batch).exclude(status=Status.TRANSFERRING)
        for key in rows.values_list("key", flat=True):
            aborted += remote.abort_uploads(key)
    return aborted


# --- Any of them ---------------------------------------------------------------------------------


def refuse(left: Leftovers, names: Iterable[str], reason: Left) -> None:
    for name in names:
        left.add(name, reason)
