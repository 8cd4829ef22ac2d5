"""What happens to a file inside a request: bytes first, then the row, then a hint to the consumer.

    receive   validate without decoding, remove the position, hash, fsync, rename: bytes are safe
    register  the rows, in the transaction of their owners: the promise is safe
    stage     both, for one file

No byte leaves the machine here.
"""

import errno
import hashlib
import logging
import mmap
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from media_staging import clock, containers, remotes, signals
from media_staging.area import evidence, staging
from media_staging.conf import conf
from media_staging.errors import StagingUnavailable, UploadRefused, UploadTooLarge
from media_staging.intake.names import clean_name, type_of
from media_staging.models import StagedFile
from media_staging.tasks import wake

logger = logging.getLogger(__name__)

# Files on their way to the disk at once, of all requests of this process: fsyncs that run together
# share a commit of the file system's journal, and whoever handles the request walks the next file.
WRITERS = 8
Buffer = bytes | bytearray | mmap.mmap


def stage(
    file: File, *, folder: str = "files", images_only: bool = False, keep: bool = False
) -> StagedFile:
    """Take one file for good: when this returns, and the transaction around it commits, it is safe.

    `folder` is the first part of the key. With `keep` it lasts until `StagedFile.let_go()`;
    otherwise as long as something refers to it, or for the grace time. Raises UploadRefused for
    this file, StagingFull or StagingUnavailable for any. Call it outside a transaction where you
    can: on SQLite a held write lock makes everybody else wait for the disk.
    """
    received, refused = receive_all([file], folder=folder, images_only=images_only)
    if refused:
        raise refused[0]
    received[0].keep = keep
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
    received: list[Received] = []
    refused: list[UploadRefused] = []
    try:
        staging.check_area()
        with staging.local_errors():
            staging.make_room(sum(map(room_for, uploads)))
            for upload in uploads:
                try:
                    received.append(receive(upload, folder, images_only))
                except UploadRefused as error:
                    refused.append(error)
            for each in received:
                each.file.sha256 = each.durable.result()
            staging.publish([(each.part, each.file.key) for each in received])
    except BaseException as error:
        # A file that is still being written would come back.
        wait([each.durable for each in received])
        for each in received:
            discard(each.part)
        if isinstance(error, StagingUnavailable):
            logger.error("Nothing is stored: %s", error.reason)
        raise
    return [each.file for each in received], refused


@lru_cache(maxsize=1)
def writers() -> ThreadPoolExecutor:
    """Kept for the life of the process: threads started for each save were noticed (0.4 ms)."""
    return ThreadPoolExecutor(WRITERS, thread_name_prefix="intake")


# Threads do not follow a fork.
os.register_at_fork(after_in_child=writers.cache_clear)


def register(files: list[StagedFile]) -> None:
    """Insert the rows of received files, in the transaction of their owners if there is one."""
    now, place = clock.now(), remotes.current().place
    for file in files:
        file.created_at = file.due_at = now
        file.place = place
    with transaction.atomic(savepoint=False):
        StagedFile.objects.bulk_create(files)
        for file in files:
            # Nobody else can see the row yet, so an owner may take it without asking (fields.py).
            file.is_private = True
        transaction.on_commit(partial(_announce, files), robust=True)


def _announce(files: list[StagedFile]) -> None:
    if not files:
        return
    remember(files)
    for file in files:
        file.is_private = False
        signals.media_staged.send_robust(StagedFile, file=file)
    wake()


def remember(files: list[StagedFile]) -> None:
    """For the day on which an older database is put in the place of this one."""
    try:
        evidence.note_staged(file.key for file in files)
    except OSError as error:
        logger.warning(
            "%s cannot be changed: %s. The upload is safe. Let this user write to the staging "
            "area, or a database that is restored from a dump is not noticed.",
            evidence.newest_path(),
            error,
        )


# --- One file --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """A file in the incoming folder, without its final name yet, and its row without `sha256`.

    `durable` is that, once the bytes are on the disk; it has the OSError if they are not.
    """

    part: Path
    file: StagedFile
    durable: Future[str]


def receive(upload: File, folder: str, images_only: bool) -> Received:
    """Validate and clean one file, and let one of the writers write it. Raises UploadRefused."""
    name = clean_name(upload.name)
    size = size_of(upload)
    if not size:
        raise UploadRefused(_("The file is empty."), code="empty", name=name)
    if size > conf().MAX_UPLOAD_BYTES:
        raise UploadTooLarge(name, conf().MAX_UPLOAD_BYTES)
    unique = str(uuid4())
    part = staging.incoming_path(unique)
    try:
        return _take(upload, part, name, f"{folder}/{unique}", images_only)
    except BaseException:
        discard(part)
        raise


def discard(part: Path) -> None:
    """What cannot be unlinked, on a disk that is read-only, say, is left to the sweep: the reason
    for which nothing is stored is not to be hidden."""
    try:
        part.unlink(missing_ok=True)
    except OSError as error:
        logger.info("%s is left to the sweep: %s", part, error)


def _take(upload: File, part: Path, name: str, stem: str, images_only: bool) -> Received:
    """Have the bytes, cleaned, put into `part`. `stem` is the key without its extension."""
    memory = in_memory(upload)
    if memory is None:
        spool(upload, part)
        with mapped(part) as on_disk:
            size = len(on_disk)
            if isinstance(upload, UploadedFile) and size < size_of(upload):
                raise OSError(errno.EIO, f"{size} of {size_of(upload)} bytes arrived")
            found = inspect(on_disk, name, images_only)
            if found:
                patch(on_disk, found)
        durable = writers().submit(sync_and_hash, part)
    else:
        found = inspect(memory, name, images_only)
        data = patched(memory, found) if found and found.patches else memory
        size, durable = len(data), writers().submit(write_and_hash, part, data)
    return Received(part, describe(found, stem=stem, name=name, size=size), durable)


def write_and_hash(part: Path, data: Buffer) -> str:
    """In a writer: make the bytes durable. Returns their SHA-256; raises OSError."""
    staging.write_durably(part, [memoryview(data)])
    return hashlib.sha256(data).hexdigest()


def sync_and_hash(part: Path) -> str:
    """The same for bytes that are in `part` already."""
    staging.sync(part)
    with mapped(part) as data:
        return hashlib.sha256(data).hexdigest()


def inspect(data: Buffer, name: str, images_only: bool) -> containers.Inspection | None:
    """What the bytes are; None for a file that is not an image, where that is allowed."""
    try:
        return containers.inspect(
            data, max_pixels=conf().MAX_IMAGE_PIXELS, strip_location=conf().STRIP_LOCATION
        )
    except containers.InvalidImage as error:
        if not images_only and error.code in {"unsupported_format", "heic"}:
            return None
        raise UploadRefused(error.message, code=error.code, name=name) from error


def describe(found: containers.Inspection | None, *, stem: str, name: str, size: int) -> StagedFile:
    """The row. A file that is not an image is never given a type that a browser would run."""
    extension, content_type = (found.extension, found.content_type) if found else type_of(name)
    return StagedFile(
        key=f"{stem}.{extension}",
        name=name,
        size=size,
        content_type=content_type,
        width=found.width if found else None,
        height=found.height if found else None,
        thumbnail_due_at=clock.now() if found else None,
    )


# --- Bytes -----------------------------------------------------------------------------------


def size_of(upload: File) -> int:
    return upload.size or 0


def room_for(upload: File) -> int:
    """Bytes that taking it will need: none for one that is on the staging disk, or not taken."""
    size = size_of(upload)
    return 0 if size > conf().MAX_UPLOAD_BYTES or spooled_here(upload) else size


def in_memory(upload: File) -> bytes | None:
    """The bytes of an upload that is in memory as a whole.

    `getvalue` shares them without a copy, as `getbuffer` does; but a buffer that is still referred
    to (by the traceback of a refusal, say) when the upload is closed is an error on standard error.
    """
    return upload.file.getvalue() if isinstance(upload.file, BytesIO) else None


def spool(upload: File, part: Path) -> None:
    """Link an upload that Django spooled to this disk, if that can be; write any other one out."""
    if spooled := spooled_here(upload):
        upload.flush()
        if staging.link(spooled, part):
            part.chmod(0o644)
            return
        staging.make_room(size_of(upload))
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
