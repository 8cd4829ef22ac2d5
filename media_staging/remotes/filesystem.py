"""A second folder as the remote: for trying things out, and for a mounted share.

The key is the path, exactly: bytes go to a temporary file beside it and are renamed into place.
Whose a file is, is kept in an extended attribute (attr(5)), which is set before the renaming.
"""

import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BufferedRandom, BufferedReader
from operator import itemgetter
from pathlib import Path
from uuid import uuid4

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from media_staging import disk
from media_staging.errors import Outage, Refused, Setup, TransferError, Unclear
from media_staging.remotes.base import (
    PREFIX_MARK,
    Body,
    Identity,
    Mark,
    Remote,
    RemoteData,
    RemoteObject,
)
from media_staging.remotes.made_once import made_once

CHUNK_BYTES = 1024**2
# What a file is called while it is written; nothing of anybody else's looks like that.
PARTIAL = re.compile(r"(?P<key>.+)\.[0-9a-f]{32}\.partial", re.DOTALL)
MARK_ATTRIBUTE = "user.media_staging.mark"
HAS_ATTRIBUTES = hasattr(os, "setxattr")
NO_ATTRIBUTES = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.ENOSYS}
NOT_MOUNTED = (
    "%(root)s has lost its mark %(mark)s, so nothing is put there: mount the folder; or, if "
    "another one takes its place, run `manage.py staging_accept --remote %(name)s`"
)
# A name that leads to no file, or to none that we may look at.
NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES}


class FilesystemRemote(Remote):
    name = "filesystem"
    label = _("the second folder")

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._expects_mark = False

    @property
    def address(self) -> str:
        return f"folder {self.root.resolve()}"

    def upload(self, file: Identity, body: Body) -> RemoteData:
        target = self.path(file.key)
        with translated_errors():
            self._make_sure()
            disk.make_folder(target.parent, below=self.root)
            partial = partial_of(target)
            sent = self._write(partial, body)
            if file.mark:
                set_mark(partial, file.mark)
            if sent != (file.size, file.sha256):
                partial.unlink()
                raise Unclear("the folder holds other bytes than were sent; look at its disk")
            disk.rename(partial, target)
        return {}

    def _write(self, partial: Path, body: Body) -> tuple[int, str]:
        """Size and hash of what was written, read back from what the file system now holds."""
        with partial.open("wb+") as stored:
            shutil.copyfileobj(body, stored, CHUNK_BYTES)
            stored.flush()
            os.fsync(stored.fileno())
            return stored.tell(), hash_of(stored)

    def find(self, file: Identity) -> RemoteData | None:
        with translated_errors():
            try:
                with disk.open_file(self.path(file.key)) as stored:
                    same = hash_of(stored) == file.sha256
            except FileNotFoundError:
                return None
        return {} if same else None

    def delete(self, key: str, data: RemoteData) -> None:
        with translated_errors():
            self.path(key).unlink(missing_ok=True)

    def url(self, key: str, data: RemoteData) -> str:
        return reverse("media_staging:remote_file", args=[key])

    def read(self, key: str) -> Iterator[bytes]:
        with missing_passes(), disk.open_file(self.path(key)) as stored:
            while chunk := stored.read(CHUNK_BYTES):
                yield chunk

    def objects(self) -> Iterator[RemoteObject]:
        with translated_errors():
            for key, found in files_below(self.root):
                if not PARTIAL.fullmatch(key):
                    modified = datetime.fromtimestamp(found.st_mtime, UTC)
                    etag = f"{found.st_size}-{found.st_mtime_ns}"
                    yield RemoteObject(key, found.st_size, modified, etag)

    def mark_of(self, key: str) -> Mark | None:
        with translated_errors():
            try:
                path = self.path(key)
                found = path.stat()
                if not stat.S_ISREG(found.st_mode):
                    return None
                text = mark_on(path)
            except (FileNotFoundError, NotADirectoryError):
                return None
        return Mark(text, size=found.st_size) if text else Mark()

    @property
    def keeps_marks(self) -> bool:
        """Whether the file system has extended attributes."""
        return self._keeps_marks

    @made_once
    def _keeps_marks(self) -> bool:
        with translated_errors():
            self._make_sure()
            probe = partial_of(self.root / "probe")
            try:
                probe.touch()
                return set_mark(probe, "probe")
            finally:
                probe.unlink(missing_ok=True)

    def read_prefix_mark(self) -> bytes | None:
        with translated_errors():
            try:
                return disk.read(self.root / PREFIX_MARK)
            except FileNotFoundError:
                return None

    def write_prefix_mark(self, content: bytes) -> None:
        with translated_errors():
            disk.make_folder(self.root, below=self.root)
            partial = partial_of(self.root / PREFIX_MARK)
            with partial.open("wb") as stored:
                stored.write(content)
                stored.flush()
                os.fsync(stored.fileno())
            disk.rename(partial, self.root / PREFIX_MARK)

    def stale_uploads(self, older_than: datetime) -> Iterator[str]:
        with translated_errors():
            for name, found in files_below(self.root):
                partial = PARTIAL.fullmatch(name)
                if partial and found.st_mtime < older_than.timestamp():
                    yield partial["key"]

    def abort_uploads(self, key: str) -> int:
        aborted = 0
        with translated_errors(), suppress(FileNotFoundError, NotADirectoryError):
            target = self.path(key)
            for path in list(target.parent.iterdir()):
                partial = PARTIAL.fullmatch(path.name)
                if partial and partial["key"] == target.name:
                    path.unlink(missing_ok=True)
                    aborted += 1
        return aborted

    def check(self) -> None:
        with translated_errors():
            self._make_sure()
            if not os.access(self.root, os.W_OK):
                raise Setup(f"{self.root} cannot be written to")

    def expect_mark(self) -> None:
        self._expects_mark = True

    def _make_sure(self) -> None:
        """The folder is there, and the one that it was. Raises Setup.

        One that was marked is never made again: its place is the mount point of one that is away,
        and what is put there is gone from sight, and from its disk, with the next mount.
        """
        if not self._expects_mark:
            disk.make_folder(self.root, below=self.root)
        elif not (self.root / PREFIX_MARK).is_file():
            raise Setup(NOT_MOUNTED % {"root": self.root, "mark": PREFIX_MARK, "name": self.name})

    def path(self, key: str) -> Path:
        """Where the key's file is. Keys are ours, but a stored one is still kept inside `root`."""
        path = self.root / key
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise FileNotFoundError(f"{key} leads out of {self.root}; remove the symbolic link")
        return path


def hash_of(stored: BufferedReader | BufferedRandom) -> str:
    stored.seek(0)
    return hashlib.file_digest(stored, "sha256").hexdigest()


def partial_of(target: Path) -> Path:
    """A name beside it, for while it is written."""
    return target.with_name(f"{target.name}.{uuid4().hex}.partial")


# --- Marks -------------------------------------------------------------------------------------


def set_mark(path: Path, mark: str) -> bool:
    """False where the file system keeps none. Raises OSError."""
    if not HAS_ATTRIBUTES:
        return False
    try:
        os.setxattr(path, MARK_ATTRIBUTE, mark.encode())
    except OSError as error:
        if error.errno in NO_ATTRIBUTES:
            return False
        raise
    return True


def mark_on(path: Path) -> str:
    """Empty where there is none. Raises OSError."""
    if not HAS_ATTRIBUTES:
        return ""
    try:
        return os.getxattr(path, MARK_ATTRIBUTE).decode(errors="replace")
    except OSError as error:
        if error.errno in {errno.ENODATA, *NO_ATTRIBUTES}:
            return ""
        raise


# --- What is there -----------------------------------------------------------------------------


def files_below(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Every file by its key, sorted; in memory are the names of one folder per level. Links to
    folders are not followed. Raises OSError for the folder itself if it cannot be read, unless it
    is not there."""
    for name, entry in entries(folder):
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from files_below(Path(entry.path), prefix + name)
                continue
            found = entry.stat()
        except OSError as error:
            # A folder that is none of ours, lost+found for example, hides nothing of ours.
            if error.errno in NO_FILE:
                continue
            raise
        if stat.S_ISREG(found.st_mode):
            yield prefix + name, found


def entries(folder: Path) -> list[tuple[str, "os.DirEntry[str]"]]:
    """What is in a folder in the order of keys, in which the name of a folder ends with a slash."""
    try:
        with os.scandir(folder) as found:
            return sorted(((shown(each), each) for each in found), key=itemgetter(0))
    except FileNotFoundError:
        return []


def shown(entry: "os.DirEntry[str]") -> str:
    """A name that is no UTF-8 leads to no key; like this it can be counted and printed."""
    name = os.fsencode(entry.name).decode(errors="backslashreplace")
    return f"{name}/" if entry.is_dir(follow_symlinks=False) else name


# --- Whose fault an error is -------------------------------------------------------------------

ROOM = "make room in the folder, or raise its quota"
RIGHTS = "let the user of web and consumer read and write the folder"
PATH = "correct the folder's path (root)"
# errno(3): the kind, and what an administrator has to do about a Setup. Others are Unclear.
ERRORS: dict[int, tuple[type[TransferError], str]] = {
    # About the file.
    errno.EFBIG: (Refused, ""),
    # What every file meets.
    errno.ENOSPC: (Setup, ROOM),
    errno.EDQUOT: (Setup, ROOM),
    errno.EROFS: (Setup, "mount the folder for writing"),
    errno.EACCES: (Setup, RIGHTS),
    errno.EPERM: (Setup, RIGHTS),
    errno.ENOTDIR: (Setup, PATH),
    errno.ELOOP: (Setup, PATH),
    errno.ENAMETOOLONG: (Setup, "choose a shorter path for the folder (root)"),
    errno.ENODEV: (Setup, "mount the folder"),
    errno.ENXIO: (Setup, "mount the folder"),
    # What passes by itself, or with the network and the disk behind the folder.
    errno.EIO: (Outage, ""),
    errno.ESTALE: (Outage, ""),
    errno.ENOTCONN: (Outage, ""),
    errno.ETIMEDOUT: (Outage, ""),
    errno.EHOSTDOWN: (Outage, ""),
    errno.EHOSTUNREACH: (Outage, ""),
    errno.ENETDOWN: (Outage, ""),
    errno.ENETUNREACH: (Outage, ""),
    errno.ECONNRESET: (Outage, ""),
    errno.ECONNREFUSED: (Outage, ""),
    errno.ECONNABORTED: (Outage, ""),
    errno.EREMOTEIO: (Outage, ""),
    errno.EBUSY: (Outage, ""),
    errno.EAGAIN: (Outage, ""),
    errno.EINTR: (Outage, ""),
    errno.ENOLCK: (Outage, ""),
    errno.ENOMEM: (Outage, ""),
    errno.ENFILE: (Outage, ""),
    errno.EMFILE: (Outage, ""),
    # Somebody took a folder of ours away meanwhile.
    errno.ENOENT: (Outage, ""),
}


@contextmanager
def translated_errors() -> Iterator[None]:
    """The file system's errors as the kinds of `errors.py`."""
    try:
        yield
    except OSError as error:
        raise translated(error) from error


@contextmanager
def missing_passes() -> Iterator[None]:
    """The same where a file may be missing: FileNotFoundError passes through."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise translated(error) from error


def translated(error: OSError) -> TransferError:
    kind, change = ERRORS.get(error.errno or 0, (Unclear, ""))
    return kind(f"{error}; {change}" if change else str(error))
