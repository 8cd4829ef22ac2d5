"""A second folder as the remote: for trying things out, and for a mounted share.

The key is the path, exactly: bytes go to a temporary file beside it and are renamed into place.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedRandom, BufferedReader
from pathlib import Path
from uuid import uuid4

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from media_staging import disk
from media_staging.errors import Outage, Setup
from media_staging.remotes.base import (
    PREFIX_MARK,
    Body,
    Identity,
    Mark,
    Remote,
    RemoteData,
    RemoteObject,
)

CHUNK_BYTES = 1024**2
PARTIAL = ".partial"
# What the marks are kept in: an extended attribute (attr(5)) of each file.
MARK_ATTRIBUTE = "user.media_staging.mark"
NO_ATTRIBUTES = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.ENOSYS}


class FilesystemRemote(Remote):
    name = "filesystem"
    label = _("the second folder")

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    @property
    def address(self) -> str:
        return f"folder {self.root.absolute()}"

    def upload(self, file: Identity, body: Body) -> RemoteData:
        target = self.path(file.key)
        with translated_errors():
            disk.make_folder(target.parent, below=self.root)
            partial = target.with_name(f"{target.name}.{uuid4().hex}{PARTIAL}")
            sent = self._write(partial, body)
            self._set_mark(partial, file.mark)
            if sent != (file.size, file.sha256):
                partial.unlink()
                raise Outage("other bytes arrived than were sent")
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
                with self.path(file.key).open("rb") as stored:
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
        with self.path(key).open("rb") as stored, translated_errors():
            while chunk := stored.read(CHUNK_BYTES):
                yield chunk

    def objects(self) -> Iterator[RemoteObject]:
        with translated_errors():
            for path in self.root.rglob("*"):
                if path.is_file() and path.suffix != PARTIAL:
                    stat = path.stat()
                    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
                    yield RemoteObject(str(path.relative_to(self.root)), stat.st_size, modified)

    def _set_mark(self, path: Path, mark: str) -> None:
        try:
            os.setxattr(path, MARK_ATTRIBUTE, mark.encode())
        except OSError as error:
            if error.errno not in NO_ATTRIBUTES:
                raise

    def mark_of(self, key: str) -> Mark | None:
        with translated_errors():
            try:
                size = self.path(key).stat().st_size
                return Mark(os.getxattr(self.path(key), MARK_ATTRIBUTE).decode(), size=size)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno in {errno.ENODATA, *NO_ATTRIBUTES}:
                    return Mark()
                raise

    def read_prefix_mark(self) -> bytes | None:
        with translated_errors():
            try:
                return (self.root / PREFIX_MARK).read_bytes()
            except FileNotFoundError:
                return None

    def write_prefix_mark(self, content: bytes) -> None:
        with translated_errors():
            disk.make_folder(self.root, below=self.root)
            partial = self.root / f"{PREFIX_MARK}.{uuid4().hex}{PARTIAL}"
            partial.write_bytes(content)
            disk.rename(partial, self.root / PREFIX_MARK)

    def abort_stale_uploads(self, older_than: datetime) -> int:
        stale = [
            path
            for path in self.root.rglob("*" + PARTIAL)
            if path.stat().st_mtime < older_than.timestamp()
        ]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def check(self) -> None:
        with translated_errors():
            self.root.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK):
                raise Setup(f"{self.root} cannot be written to")

    def path(self, key: str) -> Path:
        """Where the key's file is. Keys are ours, but a stored one is still kept inside `root`."""
        path = self.root / key
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise FileNotFoundError(key)
        return path


def hash_of(stored: BufferedReader | BufferedRandom) -> str:
    stored.seek(0)
    return hashlib.file_digest(stored, "sha256").hexdigest()


@contextmanager
def translated_errors() -> Iterator[None]:
    """The file system's errors as the kinds of `errors.py`."""
    try:
        yield
    except (PermissionError, NotADirectoryError) as error:
        raise Setup(str(error)) from error
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "the folder is full" if error.errno == errno.ENOSPC else str(error)
        raise Outage(reason) from error
