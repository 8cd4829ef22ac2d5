"""The staging area: one folder on the local disk where acknowledged bytes are safe.

<ROOT>/.mark              which database this area belongs to; see `marks.py`
<ROOT>/incoming/          files being received; swept after the grace time
<ROOT>/files/<key>        the local copies, complete from the moment they have their name
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from media_staging import disk
from media_staging.conf import conf
from media_staging.errors import Damaged, StagingFull
from media_staging.models import StagedFile

# Up to this size a file is read into memory once, for the hash and the upload together.
IN_MEMORY_BYTES = 1024**2
CHUNK_BYTES = 256 * 1024
FULL = {errno.ENOSPC, errno.EDQUOT}


def root() -> Path:
    return conf().ROOT


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
    folders = local.relative_to(root()).parents
    if any((root() / folder).is_symlink() for folder in list(folders)[:-1]):
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
