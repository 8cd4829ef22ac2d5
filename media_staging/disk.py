"""The local disk: changes of names that survive a power cut, and whose fault a failed read is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def reading_errors() -> Iterator[None]:
    """What the disk reports while a local copy is read, as Unreadable; nobody else is to blame."""
    try:
        yield
    except OSError as error:
        raise Unreadable(f"the local copy cannot be read: {error.strerror}") from error
