"""What happens to a file inside a request: bytes first, then the row, then a hint to the consumer.

    receive   validate without decoding, remove the position, hash, fsync, rename: bytes are safe
    register  the rows, in the transaction of their owners: the promise is safe
    stage     both, for one file

No byte leaves the machine here.
"""

import hashlib
import logging
import mmap
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from media_staging import clock, containers, signals, staging
from media_staging.conf import conf
from media_staging.errors import StagingFull, StagingUnavailable, UploadRefused, UploadTooLarge
from media_staging.models import StagedFile
from media_staging.tasks import wake

logger = logging.getLogger(__name__)

ANY_TYPE = "application/octet-stream"
# Files on their way to the disk at once, of all requests of this process: fsyncs that run together
# share a commit of the file system's journal.
WRITERS = 8
# What is no image may be welcome as a file.
NO_IMAGE = {"unsupported_format", "heic"}
Buffer = bytes | mmap.mmap


@cache
def writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(WRITERS, thread_name_prefix="intake")


# A forked process has none of its parent's threads.
os.register_at_fork(after_in_child=writers.cache_clear)


def stage(file: File, *, folder: str = "files", images_only: bool = False) -> StagedFile:
    """Take one file for good: when this returns, and the transaction around it commits, it is safe.

    `folder` is the first part of the key. Raises UploadRefused for this file, StagingFull or
    StagingUnavailable for any. Call it outside a transaction where you can: on SQLite a held
    write lock makes everybody else wait for the disk.
    """
    received, refused = receive_all([file], folder=folder, images_only=images_only)
    if refused:
        raise refused[0]
    register(received)
    return received[0]


def receive_all(
    uploads: Iterable[File], *, folder: str, images_only: bool
) -> tuple[list[StagedFile], list[UploadRefused]]:
    """Make the bytes of all good files durable; return their unsaved rows and what was refused.

    Both in the order of the uploads. Raises StagingFull or StagingUnavailable, and then keeps
    nothing. Files received but never registered are swept after the grace time.
    """
    uploads = list(uploads)
    arrivals: list[Arrival] = []
    received: list[tuple[Path, StagedFile]] = []
    refused: list[UploadRefused] = []
    try:
        staging.check_area()
        with staging.local_errors():
            raise_failures(uploads)
            early = [begun(each, images_only) for each in uploads]
            staging.make_room(sum(map(room_for, uploads, early)))
            for upload, arrival in zip(uploads, early, strict=True):
                arrivals.append(arrival or begin(upload, images_only))
            for arrival in arrivals:
                try:
                    received.append((arrival.part, describe(arrival.taken.result(), folder)))
                except UploadRefused as error:
                    refused.append(error)
            staging.publish([(part, file.key) for part, file in received])
    except BaseException as error:
        for arrival in arrivals:
            arrival.drop()
        if isinstance(error, StagingUnavailable):
            logger.error("Nothing is stored: %s", error.reason)
        raise
    return [file for _part, file in received], refused


def raise_failures(uploads: Iterable[File]) -> None:
    """Raise the OSError of an upload that the disk did not take on arrival; see `uploads.py`."""
    for upload in uploads:
        if failure := getattr(upload, "failure", None):
            raise failure


def register(files: list[StagedFile]) -> None:
    """Insert the rows of received files, in the transaction of their owners if there is one."""
    now = clock.now()
    for file in files:
        file.created_at = file.due_at = now
    with transaction.atomic(savepoint=False):
        StagedFile.objects.bulk_create(files)
        for file in files:
            # Nobody else can see the row yet, so an owner may take it without asking (fields.py).
            file.is_private = True
        transaction.on_commit(partial(_announce, files), robust=True)


def _announce(files: list[StagedFile]) -> None:
    if not files:
        return
    for file in files:
        file.is_private = False
        signals.media_staged.send_robust(StagedFile, file=file)
    wake()


# --- One file --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """Bytes on the disk, and what they are: an image that was `found`, or anything else."""

    name: str
    size: int
    sha256: str
    found: containers.Inspection | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload on its way into the incoming folder, without its final name yet.

    `taken` ends once the bytes are durable; it raises UploadRefused, or the OSError of the disk.
    """

    part: Path
    taken: Future[Taken]

    def drop(self) -> None:
        """Remove the bytes, unless they have got their name meanwhile."""
        wait([self.taken])
        # The sweep removes what a failing disk keeps.
        with suppress(OSError):
            self.part.unlink(missing_ok=True)


def expect(upload: File) -> Arrival | None:
    """Begin with an image while the rest of its request still arrives; see `uploads.py`.

    None when there is no place for it: `receive_all` will say so.
    """
    try:
        staging.check_area()
        with staging.local_errors():
            staging.make_room(size_of(upload))
    except (StagingFull, StagingUnavailable):
        return None
    return begin(upload, images_only=True)


def begun(upload: File, images_only: bool) -> Arrival | None:
    """What `expect` began, once, if that is good for this use."""
    arrival: Arrival | None = vars(upload).pop("arrival", None)
    if arrival is None or images_only:
        return arrival
    error = arrival.taken.exception()
    return None if isinstance(error, UploadRefused) and error.code in NO_IMAGE else arrival


def begin(upload: File, images_only: bool) -> Arrival:
    part = staging.incoming_path()
    return Arrival(part, writers().submit(take, upload, part, images_only))


def take(upload: File, part: Path, images_only: bool) -> Taken:
    """Validate and clean one file, and have it on the disk; in a thread, without the database.

    Raises UploadRefused, OSError.
    """
    name = clean_name(upload.name)
    size = size_of(upload)
    if not size:
        raise UploadRefused(_("The file is empty."), code="empty", name=name)
    if size > conf().MAX_UPLOAD_BYTES:
        raise too_large(name)
    try:
        memory = in_memory(upload)
        if memory is None:
            spool(upload, part)
            return take_spooled(part, name, images_only)
        found = inspect(memory, name, images_only)
        data = patched(memory, found) if found and found.patches else memory
        staging.write_durably(part, [memoryview(data)])
        return Taken(name, len(data), hashlib.sha256(data).hexdigest(), found)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def take_spooled(part: Path, name: str, images_only: bool) -> Taken:
    with mapped(part) as data:
        found = inspect(data, name, images_only)
        if found:
            patch(data, found)
        staging.sync(part)
        return Taken(name, len(data), hashlib.sha256(data).hexdigest(), found)


def too_large(name: str) -> UploadTooLarge:
    most = conf().MAX_UPLOAD_BYTES / 1024**2
    sentence = _("The file is larger than the %(most)s MB allowed.") % {"most": f"{most:g}"}
    return UploadTooLarge(sentence, code="too_large", name=name)


def inspect(data: Buffer, name: str, images_only: bool) -> containers.Inspection | None:
    """What the bytes are; None for a file that is not an image, where that is allowed."""
    try:
        return containers.inspect(
            data, max_pixels=conf().MAX_IMAGE_PIXELS, strip_location=conf().STRIP_LOCATION
        )
    except containers.InvalidImage as error:
        if not images_only and error.code in NO_IMAGE:
            return None
        raise UploadRefused(error.message, code=error.code, name=name) from error


def describe(taken: Taken, folder: str) -> StagedFile:
    """The row. A file that is not an image is never given a type that a browser would run."""
    found = taken.found
    extension = found.extension if found else "bin"
    return StagedFile(
        key=f"{folder}/{uuid4()}.{extension}",
        name=taken.name,
        size=taken.size,
        sha256=taken.sha256,
        content_type=found.content_type if found else ANY_TYPE,
        width=found.width if found else None,
        height=found.height if found else None,
        thumbnail_due_at=clock.now() if found else None,
    )


# --- Bytes -----------------------------------------------------------------------------------


def size_of(upload: File) -> int:
    return upload.size or 0


def room_for(upload: File, early: Arrival | None) -> int:
    """How many bytes more it will take on the staging disk: none where it is there already."""
    return 0 if early or spooled_here(upload) else size_of(upload)


def in_memory(upload: File) -> bytes | None:
    """The bytes of an upload that is in memory as a whole, without a copy."""
    return upload.file.getvalue() if isinstance(upload.file, BytesIO) else None


def spool(upload: File, part: Path) -> None:
    """Move an upload that Django spooled to this disk; write any other one out."""
    if spooled := spooled_here(upload):
        upload.flush()
        os.link(spooled, part)
        part.chmod(0o644)
    else:
        staging.write(part, map(as_bytes, upload.chunks()))


def spooled_here(upload: File) -> Path | None:
    """Where Django put the upload, if that is on the staging disk: it takes no more room there."""
    if isinstance(upload, TemporaryUploadedFile) and upload.file:
        spooled = Path(upload.temporary_file_path())
        if spooled.stat().st_dev == staging.root().stat().st_dev:
            return spooled
    return None


def as_bytes(chunk: bytes | str) -> bytes:
    """Django's ContentFile may hold text."""
    return chunk.encode() if isinstance(chunk, str) else chunk


@contextmanager
def mapped(part: Path) -> Iterator[mmap.mmap]:
    """The file as writable memory, so that walking and patching it takes no copy."""
    with part.open("r+b") as stored, mmap.mmap(stored.fileno(), 0) as data:
        yield data


def patch(data: bytearray | mmap.mmap, found: containers.Inspection) -> None:
    for offset, replacement in found.patches:
        data[offset : offset + len(replacement)] = replacement


def patched(data: bytes, found: containers.Inspection) -> bytearray:
    copy = bytearray(data)
    patch(copy, found)
    return copy


# --- Names -----------------------------------------------------------------------------------

# Control characters, and those that turn the direction of text around.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean_name(name: str | None) -> str:
    """The client's file name as text to show: never part of a path, at most 255 characters."""
    last = re.split(r"[/\\]", name or "")[-1]
    return UNSAFE.sub("", unicodedata.normalize("NFC", last)).strip()[:255]
