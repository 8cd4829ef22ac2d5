"""Uploads for the tests of this folder."""

import errno
import os
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from media_staging import stage
from media_staging.models import StagedFile
from media_staging.transfer import draining


def jpeg(shade: int = 0, size: tuple[int, int] = (24, 16)) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, (shade % 256, 80, 120)).save(stream, "JPEG")
    return stream.getvalue()


def photo(size: int) -> bytes:
    """A JPEG of exactly so many bytes (from about 700 on), unlike any other: random comments."""
    picture = jpeg()
    comments, left = [], size - len(picture)
    while left:
        # A comment has 4 bytes of head and at most 65,533 of text; none may be left with less.
        length = left if left <= 65_537 else min(65_537, left - 4)
        comments.append(b"\xff\xfe" + (length - 2).to_bytes(2, "big") + os.urandom(length - 4))
        left -= length
    return b"".join([picture[:2], *comments, picture[2:]])


class BadSector(BytesIO):
    """A file that can be read as far as its first `after` bytes."""

    def __init__(self, data: bytes, after: int) -> None:
        super().__init__(data)
        self._after = after

    def read(self, count: int | None = -1) -> bytes:
        chunk = super().read(count)
        self._fail_beyond()
        return chunk

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self._fail_beyond()
        return count

    def _fail_beyond(self) -> None:
        if self.tell() > self._after:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def upload(name: str = "mug.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data, "image/jpeg")


def staged(count: int = 1) -> list[StagedFile]:
    """Files whose bytes and rows are there, waiting for their transfer."""
    return [stage(upload(f"{i}.jpg", jpeg(i)), folder="photos") for i in range(count)]


def plain(count: int = 1) -> list[StagedFile]:
    """The same, but nobody wants thumbnails of them: nothing delays their eviction."""
    files = staged(count)
    StagedFile.objects.update(thumbnail_due_at=None)
    return files


def synced(count: int = 1) -> list[StagedFile]:
    """The same, moved to the remote. Thumbnails of them are due."""
    files = staged(count)
    draining.drain()
    return files


def shown(file: StagedFile) -> StagedFile:
    """As it is now, read the way that pages do."""
    return StagedFile.objects.select_related("thumbnail", "preview").get(pk=file.pk)


def thumbnail_of(file: StagedFile) -> StagedFile:
    thumbnail = shown(file).thumbnail
    assert thumbnail is not None
    return thumbnail
