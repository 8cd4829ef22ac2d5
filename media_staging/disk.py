"""The local disk: changes of names that survive a power cut, and whose fault a failed read is."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from media_staging.errors import Unreadable


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, *, below: Path) -> None:
    """Make a folder and its missing parents durable, down from `below`. Repeatable."""
    if folder.is_dir():
        return
    if folder != below:
        make_folder(folder.parent, below=below)
        folder.mkdir(exist_ok=True)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    sync_folder(folder.parent)


def rename(source: Path, target: Path) -> None:
    """Give a file its final name, durably. Its bytes must have been fsynced before."""
    source.replace(target)
    sync_folder(target.parent)


class NoRegularFile(OSError):
    """A pipe or a device, where somebody put it in the place of a file."""


def open_file(path: Path) -> BufferedReader:
    """A regular file to read: nothing waits for who is at the other end of a pipe.

    Raises NoRegularFile, IsADirectoryError, other OSErrors.
    """
    return os.fdopen(descriptor_of(path, os.O_RDONLY), "rb")


def descriptor_of(path: Path, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise no_regular_file(path)


def no_regular_file(path: Path) -> NoRegularFile:
    return NoRegularFile(errno.EINVAL, "is no regular file; remove it", str(path))


def read(path: Path) -> bytes:
    """Raises as `open_file` does."""
    with open_file(path) as stored:
        return stored.read()


def append(path: Path, content: bytes) -> None:
    """With one write, to a file that is made if it is missing. Raises as `open_file` does."""
    descriptor = descriptor_of(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


@contextmanager
def reading_errors() -> Iterator[None]:
    """What the disk reports while a local copy is read, as Unreadable; nobody else is to blame."""
    try:
        yield
    except OSError as error:
        raise Unreadable(f"the local copy cannot be read: {error.strerror}") from error
