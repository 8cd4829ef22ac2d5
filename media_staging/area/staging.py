"""The staging area: one folder on the local disk where acknowledged bytes are safe.

<ROOT>/.mark              which database this area belongs to
<ROOT>/incoming/          files being received; swept after the grace time
<ROOT>/files/<key>        the local copies, complete from the moment they have their name
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from django.core.signals import setting_changed
from django.db import connection, transaction
from django.dispatch import receiver

from media_staging import disk
from media_staging.area import for_tests
from media_staging.conf import conf
from media_staging.errors import Damaged, StagingFull, StagingUnavailable
from media_staging.models import Installation, StagedFile, StagingArea

# Up to this size a file is read into memory once, for the hash and the upload together.
IN_MEMORY_BYTES = 1024**2
CHUNK_BYTES = 256 * 1024
FULL = {errno.ENOSPC, errno.EDQUOT}
# What a disk says that gives a file no second name.
NO_LINKS = {
    *(errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS),
    *(errno.EMLINK, errno.EXDEV),
}


def root() -> Path:
    return for_tests.folder() or conf().ROOT


def incoming() -> Path:
    return root() / "incoming"


def files() -> Path:
    return root() / "files"


def path(key: str) -> Path:
    """Where the local copy is. Raises FileNotFoundError for a path that is not a key's."""
    local = files() / key
    if ".." in local.parts or not local.is_relative_to(files()) or "\0" in key:
        raise FileNotFoundError(key)
    return local


# --- The right disk --------------------------------------------------------------------------


def check_area() -> None:
    """Raise StagingUnavailable unless this is the staging area that the database knows.

    The first use marks the area and tells the database. From then on a missing or different mark
    means that a volume is not mounted or that this is another host: nothing may be taken, moved
    or called damaged until that is repaired.
    """
    try:
        if known_mark() == read_mark():
            return
        # A person may have accepted the area since this process asked.
        _mark_in.cache_clear()
        if known_mark() == read_mark():
            return
    except (OSError, ValueError) as error:
        raise unavailable(f"cannot read {mark_path()}: {error}") from error
    raise unavailable(f"{mark_path()} is missing or belongs to another database")


def unavailable(reason: str) -> StagingUnavailable:
    return StagingUnavailable(
        f"{reason}. Mount the volume of MEDIA_STAGING['ROOT'] ({root()}), or see docs/operate.md"
    )


def mark_path() -> Path:
    return root() / ".mark"


def read_mark() -> UUID | None:
    try:
        return UUID(disk.read(mark_path()).decode().partition("\n")[0].strip())
    except FileNotFoundError:
        return None


def write_mark(mark: UUID) -> None:
    """Durably, in the place of any other."""
    fresh = root() / f".mark.{uuid4().hex}"
    write_durably(fresh, [str(mark).encode()])
    disk.rename(fresh, mark_path())


def known_mark() -> UUID:
    """The mark that the database holds, asked for once per process."""
    return _mark_in(str(connection.settings_dict["NAME"]))


@lru_cache(maxsize=1)
def _mark_in(_database: str) -> UUID:
    area = StagingArea.objects.first()
    return area.mark if area else adopt_area()


def adopt_area() -> UUID:
    """The mark of an area that this database has not used before; a new area is marked.

    The row comes first: until it is committed nobody else who uses this database can insert
    theirs, so the mark needs no lock on the disk. A kill, or a rollback of the transaction around
    this, leaves a mark without a row; it is the database's own id, and so known for its own.
    Raises StagingUnavailable for an area that holds files without such a mark.
    """
    make_root()
    with transaction.atomic():
        own = Installation.objects.get_or_create(id=1)[0].database
        area, is_new = StagingArea.objects.get_or_create(id=1, defaults={"mark": own})
        if is_new and (found := read_mark()) != own:
            if holds_files():
                raise StagingUnavailable(whose_area())
            if found:
                area.mark = found
                area.save(update_fields=["mark"])
            else:
                write_mark(own)
    return area.mark


def accept_area() -> None:
    """A person says that this database owns the area: from now on no other one does. Repeatable.

    A kill in between leaves the area to whoever had it before.
    """
    make_root()
    mark = uuid4()
    StagingArea.objects.update_or_create(id=1, defaults={"mark": mark, "home": ""})
    write_mark(mark)
    _mark_in.cache_clear()


def make_root() -> None:
    disk.make_folder(root(), below=root())
    for folder in root().parents[:2]:
        # The folder itself may be new, and made by somebody who did not make its name durable.
        disk.sync_folder(folder)


def holds_files() -> bool:
    """Whether there is any local copy. What is just being received does not count."""
    return any(path.is_file() for path in (root() / "files").rglob("*"))


def whose_area() -> str:
    """For the log, and for whoever runs `staging_accept`."""
    return (
        f"{root()} holds files, but the {this_database()} has never used it: it looks like another "
        "database's staging area. Set DATABASES or MEDIA_STAGING['ROOT'] right; or, if these files "
        "do belong to this database, say so with `manage.py staging_accept --area`"
    )


def this_database() -> str:
    config = connection.settings_dict
    host = f" on {config['HOST']}" if config.get("HOST") else ""
    return f"{connection.display_name} database {config['NAME']}{host}"


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: object) -> None:
    if setting in {"MEDIA_STAGING", "DATABASES"}:
        _mark_in.cache_clear()


# --- Room ------------------------------------------------------------------------------------


def free_bytes() -> int:
    """Bytes left for us on the staging disk; raises OSError."""
    disk.make_folder(root(), below=root())
    return shutil.disk_usage(root()).free


def is_tight() -> bool:
    """Whether local copies should go early: from twice the minimum on."""
    return free_bytes() < 2 * conf().MIN_FREE_BYTES


def make_room(size: int) -> None:
    """Have a place for `size` more bytes. Raises StagingFull unless the minimum stays free."""
    disk.make_folder(incoming(), below=root())
    if free_bytes() - size < conf().MIN_FREE_BYTES:
        raise StagingFull


@contextmanager
def local_errors() -> Iterator[None]:
    """A failing disk as StagingFull or StagingUnavailable."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StagingFull from error
        if error.errno == errno.EISDIR:
            where = error.filename2 or error.filename
            raise StagingUnavailable(
                f"{where} is a folder, where a file of the staging area belongs. Look at what is "
                "in it, and move it away"
            ) from error
        raise unavailable(str(error)) from error


# --- Writing ---------------------------------------------------------------------------------


def incoming_path(unique: str) -> Path:
    """The name of a file being received."""
    return incoming() / f"{unique}.part"


def write(target: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write a new file, whole or not at all; not yet durable. Raises OSError."""
    try:
        with target.open("xb", buffering=0) as stored:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[stored.write(view) :]
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def write_durably(target: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """`write`, and on the disk when this returns. Raises OSError."""
    write(target, chunks)
    sync(target)


def link(source: Path, target: Path) -> bool:
    """Give a file a second name, where the disk can do that. Raises OSError."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in NO_LINKS:
            return False
        raise
    return True


def sync(file: Path) -> None:
    """Raises OSError; the file is then not to be trusted, whatever a second try says."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(files: list[tuple[Path, str]]) -> None:
    """Give files that are on the disk their keys, durably: each folder is fsynced once.

    After an error none of them keeps its name. Raises OSError.
    """
    published: list[Path] = []
    try:
        for source, key in files:
            target = path(key)
            disk.make_folder(target.parent, below=root())
            source.replace(target)
            published.append(target)
        for folder in {target.parent for target in published}:
            disk.sync_folder(folder)
    except OSError:
        for target in published:
            target.unlink(missing_ok=True)
        raise


# --- Reading ---------------------------------------------------------------------------------


def open_local(key: str) -> BinaryIO:
    """The local copy. Raises FileNotFoundError, also for a symbolic link or what is behind one."""
    local = path(key)
    folders = list(local.relative_to(root()).parents)[:-1]
    if any((root() / folder).is_symlink() for folder in folders):
        raise FileNotFoundError(errno.ENOENT, "is behind a symbolic link", key)
    try:
        return os.fdopen(os.open(local, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(errno.ENOENT, "is a symbolic link", key) from error
        raise


@contextmanager
def open_verified(file: StagedFile) -> Iterator[BinaryIO]:
    """The local bytes, checked against size and hash first.

    Raises Damaged, or Unreadable for an error of the disk or the system that may pass.
    """
    with disk.reading_errors():
        try:
            stored = open_local(file.key)
        except FileNotFoundError as error:
            raise Damaged("the local copy is missing") from error
    with stored:
        with disk.reading_errors():
            content = verified(stored, file)
        yield content


def verified(stored: BinaryIO, file: StagedFile) -> BinaryIO:
    """The same bytes, ready to be read from their start. Raises Damaged or OSError."""
    if file.size <= IN_MEMORY_BYTES:
        data = stored.read(file.size + 1)
        verify(file, len(data), hashlib.sha256(data).hexdigest())
        return BytesIO(data)
    verify(file, *measure(stored))
    stored.seek(0)
    return stored


def measure(stored: BinaryIO) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what is left to read, with flat memory."""
    digest, size = hashlib.sha256(), 0
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    while count := stored.readinto(buffer):  # type: ignore[attr-defined]
        digest.update(view[:count])
        size += count
    return size, digest.hexdigest()


def verify(file: StagedFile, size: int, sha256: str) -> None:
    if (size, sha256) != (file.size, file.sha256):
        raise Damaged("the local copy is not what was staged")
