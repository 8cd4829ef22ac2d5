"""Disks to fill up, to take away and to cut off; and, where that needs more rights, why not."""

import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Self

# include/uapi/linux/fs.h and fs/ext4/ext4.h: shut the file system down as it is, without writing
# out the journal or anything else that is only in memory.
FS_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


def run(*command: str | Path) -> None:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")


@contextmanager
def mounted(*options: str, source: str | Path, point: Path) -> Iterator[Path]:
    """`mount OPTIONS source point`, and the end of it. Raises OSError."""
    point.mkdir(parents=True, exist_ok=True)
    run("mount", *options, source, point)
    try:
        yield point
    finally:
        # At once, whoever is still at work there.
        run("umount", "--lazy", point)


def tmpfs(point: Path, size: str) -> AbstractContextManager[Path]:
    return mounted("-t", "tmpfs", "-o", f"size={size}", source="tmpfs", point=point)


def bound(source: Path, point: Path) -> AbstractContextManager[Path]:
    """Another folder in the place of `point`, as a volume would be."""
    return mounted("--bind", source=source, point=point)


class Ext4:
    """An ext4 of its own in a file, whose power can be cut."""

    def __init__(self, image: Path, point: Path, mib: int) -> None:
        self.image = image
        self.point = point
        self.mib = mib

    def __enter__(self) -> Self:
        self.point.mkdir(parents=True, exist_ok=True)
        with self.image.open("wb") as target:
            target.truncate(self.mib * 1024**2)
        run("mkfs.ext4", "-q", self.image)
        self.mount()
        return self

    def __exit__(self, *_error: object) -> None:
        run("umount", "--lazy", self.point)
        self.image.unlink()

    def mount(self) -> None:
        """Replays the journal, as after a power cut."""
        run("mount", "-o", "loop", self.image, self.point)

    def unmount(self) -> None:
        run("umount", self.point)

    def cut(self) -> None:
        """From this moment on nothing is written any more, and what was not written is lost."""
        folder = os.open(self.point, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)


@lru_cache
def no_mounts() -> str:
    """Why no file system can be mounted here; empty when it can."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tmpfs(Path(folder), "1m"):
                return ""
        except OSError as error:
            return f"mounting a tmpfs needs root: {error}"


@lru_cache
def no_power_cuts() -> str:
    """Why no ext4 can be cut off here; empty when it can."""
    if shutil.which("mkfs.ext4") is None:
        return "mkfs.ext4 is not installed"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Ext4(Path(folder, "image"), Path(folder, "point"), 16) as disk:
                disk.cut()
        except OSError as error:
            return f"mounting and cutting off an ext4 needs root and loop devices: {error}"
    return ""


def fill(disk: Path, left: int) -> None:
    """Write a file `filler` that leaves so many bytes free, give or take nothing."""
    free = shutil.disk_usage(disk).free
    with (disk / "filler").open("wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, free - left)
    assert shutil.disk_usage(disk).free == left
