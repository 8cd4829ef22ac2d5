"""Whose an object without a row is: ours and unneeded, somebody else's, or in doubt.

"I have no row for it" proves nothing: buckets are shared, databases restored and copied.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from enum import Enum
from itertools import islice
from typing import TypeVar
from uuid import UUID

from media_staging import clock
from media_staging.errors import Hidden, Unclear
from media_staging.models import Place, StagedFile
from media_staging.models.key_hashes import ForeignObject, key_hash
from media_staging.remotes import Mark, Remote, RemoteObject
from media_staging.removal import remembered
from media_staging.states import endings
from media_staging.states.installation import installation, read_object_mark

# The form of the keys that this app makes; any other one is somebody else's.
OUR_KEY = re.compile(r"(?:[^/]+/)+[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\.[a-z0-9]{1,8}")
# What proved to be somebody else's is not asked about again for so long, unless it changes.
REMEMBERED = timedelta(days=7)
ASKING_AT_ONCE = 16
BATCH = 500
T = TypeVar("T")


def has_our_form(key: str) -> bool:
    return bool(OUR_KEY.fullmatch(key))


class Verdict(Enum):
    # This database put it there, and has ended the file; or a person has accepted it since.
    OURS = "ours"
    FOREIGN = "foreign"
    # Ours by its mark, but the row is gone and was not ended: it was lost.
    LOST = "lost"
    # Ours by its mark, and by its number newer than this database: the database was set back.
    NEWER = "newer"
    # Meanwhile there is none.
    GONE = "gone"


class Judge:
    """Judges objects of one remote that no row names; each is asked about once at the most."""

    def __init__(self, remote: Remote, *, first_version: bool = True) -> None:
        """`first_version`: whether what that one stored may be ours, although it has no mark."""
        self._remote = remote
        self._me = installation()
        self._highest = remembered.highest(remote)
        self._may_be_first_version = first_version and self._me.had_first_version
        here = Place.objects.filter(pk=remote.place, excess_accepted=True)
        self._is_accepted = self._may_be_first_version and here.exists()

    def judge(self, objects: Sequence[RemoteObject]) -> list[tuple[RemoteObject, Verdict]]:
        """Raises Outage or Setup."""
        known = self._known_foreign(objects)
        unknown = [each for each in objects if each not in known]
        marks = self._marks(unknown)
        read = [
            read_object_mark(mark.text, each.key) if mark else None
            for each, mark in zip(unknown, marks, strict=True)
        ]
        keys = keys_of(found[1] for found in read if found)
        ended = endings.ended([each.key for each in unknown])
        verdicts = [
            (each, self._verdict(each, mark, found, keys, ended=each.key in ended))
            for each, mark, found in zip(unknown, marks, read, strict=True)
        ]
        self._remember([each for each, verdict in verdicts if verdict is Verdict.FOREIGN])
        return [(each, Verdict.FOREIGN) for each in known] + verdicts

    def _verdict(
        self,
        found: RemoteObject,
        mark: Mark | None,
        read: tuple[UUID, int] | None,
        keys: dict[int, str],
        *,
        ended: bool,
    ) -> Verdict:
        if mark is None:
            return Verdict.GONE
        if read is None:
            if not self._is_of_the_first_version(found, mark):
                return Verdict.FOREIGN
            return Verdict.OURS if ended or self._is_accepted else Verdict.LOST
        database, number = read
        highest = self._highest.get(database)
        if highest is None:
            return Verdict.FOREIGN
        if ended:
            return Verdict.OURS
        is_lost = number <= highest and number not in keys
        if database == self._me.database:
            return Verdict.LOST if is_lost else Verdict.NEWER
        # A person has accepted since. An id that was given up leaves what may have come after it to
        # whoever has it now.
        return Verdict.OURS if is_lost else Verdict.FOREIGN

    def _is_of_the_first_version(self, found: RemoteObject, mark: Mark) -> bool:
        marked_then = bool(mark.sha256) and not mark.text and mark.size == found.size
        return marked_then and self._may_be_first_version

    def _marks(self, objects: Sequence[RemoteObject]) -> list[Mark | None]:
        """From the listing where it has them; otherwise one question each."""
        if all(each.mark for each in objects):
            return [each.mark for each in objects]
        with ThreadPoolExecutor(ASKING_AT_ONCE, thread_name_prefix="judge") as pool:
            asked = pool.map(lambda each: each.mark or self._mark_of(each.key), objects)
            return list(asked)

    def _mark_of(self, key: str) -> Mark | None:
        """What may not be seen is not ours; it hides nothing else."""
        try:
            return self._remote.mark_of(key)
        except (Hidden, Unclear):
            return Mark()

    # --- What is known to be foreign -------------------------------------------------------------

    def _known_foreign(self, objects: Sequence[RemoteObject]) -> list[RemoteObject]:
        hashes = {key_hash(each.key): each for each in objects}
        rows = ForeignObject.objects.filter(
            place=self._remote.place,
            key_hash__in=hashes,
            seen_at__gt=clock.now() - REMEMBERED,
        )
        known = rows.values_list("key_hash", "etag")
        return [hashes[found] for found, etag in known if hashes[found].etag == etag]

    def _remember(self, foreign: Iterable[RemoteObject]) -> None:
        now = clock.now()
        ForeignObject.objects.bulk_create(
            [
                ForeignObject(
                    place=self._remote.place,
                    key_hash=key_hash(each.key),
                    etag=each.etag,
                    seen_at=now,
                )
                for each in foreign
            ],
            update_conflicts=True,
            unique_fields=["place", "key_hash"],
            update_fields=["etag", "seen_at"],
        )


def batched(items: Iterable[T]) -> Iterator[list[T]]:
    """As many as one question to the database or a remote may be about."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def forget_old() -> None:
    ForeignObject.objects.filter(seen_at__lte=clock.now() - REMEMBERED).delete()
    endings.forget_old()


def keys_of(numbers: Iterable[int]) -> dict[int, str]:
    """The keys of the rows with these numbers."""
    return dict(StagedFile.objects.filter(pk__in=set(numbers)).values_list("pk", "key"))


def is_rows_own(mark: Mark, file: StagedFile, *, strictly: bool) -> bool | None:
    """Whether an object is the one that was stored for this row; None: its mark does not tell.

    `strictly`: only by the id that this database has now.
    """
    if read := read_object_mark(mark.text, file.key):
        database, number = read
        me = installation()
        ours = {str(me.database)} if strictly else {str(me.database), *me.former}
        return str(database) in ours and number == file.pk
    if strictly or mark.text:
        return False
    return (mark.sha256, mark.size) == (file.sha256, file.size) if mark.sha256 else None
