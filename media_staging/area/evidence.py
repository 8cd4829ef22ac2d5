"""What the disk remembers of its database, so that one that was set back gives itself away.

<ROOT>/.mark              where it is on the disk: a copy of it is somewhere else
<ROOT>/.database          what tells the database that cleans up here from a copy of it
<ROOT>/.counter           the database's counter, as it was when a cleanup last began
<ROOT>/.newest            the keys that were committed since then, one a line
<ROOT>/.newest.<unique>   the same, put aside by a cleanup that compares them with the database
<ROOT>/.known             what was compared, for as long as there is a local copy: it had a row

A moment would not do: the first upload after the restore would be newer than what was lost.
"""

import errno
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from media_staging import disk
from media_staging.area import databases, staging
from media_staging.models import StagingArea


def is_copied() -> bool:
    """Whether the area's mark is a copy of the one that this database knows. Raises OSError.

    A copy has another inode, and another time of change; or it is a hard link to the same one. A
    disk that gives inodes anew, or somebody who gives the file to another user, changes one of
    them: that is noted, as the first look is.
    """
    mark = staging.mark_path().stat()
    if mark.st_nlink > 1:
        return True
    then, now = StagingArea.objects.get().home, f"{mark.st_ino} {mark.st_ctime_ns}"
    if then == now:
        return False
    if then and set(then.split()).isdisjoint(now.split()):
        return True
    StagingArea.objects.update(home=now)
    return False


def database_path() -> Path:
    return staging.root() / ".database"


def has_another_database() -> bool:
    """Whether it was another database that last cleaned up here. Raises OSError.

    One that was put back to its path, or renamed, is the same.
    """
    try:
        noted = set(json.loads(disk.read(database_path())))
    except FileNotFoundError:
        return False
    except (ValueError, TypeError):
        return True
    return noted.isdisjoint(databases.signs())


def note_database() -> None:
    """From now on it is this one. Durable. Raises OSError."""
    content = json.dumps(sorted(databases.signs())).encode()
    path = database_path()
    if not path.is_file() or disk.read(path) != content:
        replace(path, content)


def rehearse() -> None:
    """Raises OSError where the notes of the area could not be replaced."""
    for path in (staging.mark_path(), database_path(), counter_path(), known_path(), newest_path()):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if path.exists() and not path.is_file():
            raise disk.no_regular_file(path)
    fresh = staging.mark_path().with_name(f".mark.{uuid4().hex}")
    staging.write_durably(fresh, [])
    fresh.unlink()


def replace(path: Path, content: bytes) -> None:
    """Durably, whatever is there. Raises OSError."""
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    staging.write_durably(fresh, [content])
    disk.rename(fresh, path)


def counter_path() -> Path:
    return staging.root() / ".counter"


def newest_path() -> Path:
    return staging.root() / ".newest"


def read_counter() -> int:
    """0 where there is none, or none that can be read: no evidence. Raises OSError."""
    try:
        return int(disk.read(counter_path()))
    except (FileNotFoundError, ValueError):
        return 0


def write_counter(counter: int) -> None:
    """Durably. Raises OSError."""
    replace(counter_path(), str(counter).encode())


def note_staged(keys: Iterable[str]) -> None:
    """Call after the commit. Not durable: a power cut costs evidence, no file. Raises OSError."""
    lines = "".join(f"{key}\n" for key in keys)
    # One write to the end: others may write at the same moment.
    disk.append(newest_path(), lines.encode())


@dataclass(frozen=True, slots=True)
class Notes:
    """One list of what was committed, as it was read."""

    path: Path
    content: bytes

    @property
    def keys(self) -> list[str]:
        """Raises ValueError for what cannot be keys."""
        text = self.content.decode()
        if "\0" in text:
            raise ValueError(f"{self.path} holds zeros")
        return text.splitlines()


def notes_put_aside() -> list[Notes]:
    """All that was noted; what is staged from now on is noted anew. Raises OSError."""
    with suppress(FileNotFoundError):
        newest_path().rename(staging.root() / f".newest.{uuid4().hex}")
    return notes()


def notes() -> list[Notes]:
    """Raises OSError."""
    found = []
    for path in sorted(staging.root().glob(".newest*")):
        # Another cleanup may have dropped it.
        with suppress(FileNotFoundError):
            found.append(Notes(path, disk.read(path)))
    return found


def drop(checked: Iterable[Notes]) -> None:
    """The database has all of these, and a counter that says so. Raises OSError."""
    for each in checked:
        disk.append(known_path(), each.content)
        with suppress(FileNotFoundError):
            # Who had it open when it was put aside may have written since.
            if disk.read(each.path) == each.content:
                each.path.unlink()


# --- Local copies --------------------------------------------------------------------------------


def known_path() -> Path:
    return staging.root() / ".known"


def known() -> set[str]:
    """The keys that have had a row: a local copy without one is of a row that is gone.

    The others are of uploads that were never committed. Raises OSError.
    """
    with suppress(FileNotFoundError):
        lines = disk.read(known_path()).decode(errors="replace").splitlines()
        # A power cut may leave zeros, which PostgreSQL is not to be asked for.
        return {line for line in lines if "\0" not in line}
    return set()


def forget_known() -> None:
    """Those whose local copy is gone. Raises OSError."""
    keep_known(key for key in known() if (staging.files() / key).is_file())


def keep_known(keys: Iterable[str]) -> None:
    """No others. Raises OSError."""
    replace(known_path(), "".join(f"{key}\n" for key in sorted(keys)).encode())
