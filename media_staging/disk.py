"""Changes of names on a file system that survive a power cut: fsync, rename, fsync the folder."""

import os
from pathlib import Path


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
