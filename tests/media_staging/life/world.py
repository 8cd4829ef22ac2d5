"""Everything around the app that the life machine moves: the disk, the clock, the remote."""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection, models

from media_staging.area import staging
from media_staging.intake import receiving
from media_staging.models import (
    PREVIEW_SIDE,
    Installation,
    Leftover,
    Place,
    RemoteHealth,
    StagedFile,
    StagingArea,
)
from media_staging.models.key_hashes import EndedFile, ForeignObject
from media_staging.remotes import Remote
from media_staging.states import transitions
from media_staging.thumbnails import making
from products.models import Product, ProductImage
from tests.media_staging.life.clock import LifeClock
from tests.media_staging.life.processes import (
    StatementGate,
    StrandPool,
    ThisThread,
    here,
    pause,
    strand_wait,
)
from tests.media_staging.life.remote import WeatherRemote
from tests.media_staging.life.small import SmallPictures, described
from tests.media_staging.owning import model, tables

making_describe = making.describe
# In the order in which they can be deleted.
ROWS = (
    *(ProductImage, Product, StagedFile, RemoteHealth),
    *(Installation, Place, EndedFile, ForeignObject, Leftover, StagingArea),
)


@dataclass(frozen=True)
class Rows:
    """What the tables hold at one moment."""

    files: dict[str, StagedFile]
    images: dict[int, ProductImage]
    # The files that something else refers to, small pictures too, and those that are kept without
    # an owner.
    others: set[int]


class World:
    def __init__(self, root: Path, clock: LifeClock, poster: Any, album: Any) -> None:
        self.root = root
        # Models of an adopter that refer to files without a field of ours.
        self.poster, self.album = poster, album
        self.others = (album.files.through, album, poster)
        self.rows = (*self.others, *ROWS)
        # Of these a dump may be put back by itself.
        self.tables = (*self.others, ProductImage, Product, StagedFile)
        self.away = root.with_name("away")
        self.clock = clock
        self.lives = self.steps = 0
        self._seen: tuple[int | None, Rows] | None = None
        self.reset()

    def reset(self) -> None:
        """A new life: no rows, no bytes, fine weather."""
        self.remount()
        for each in self.rows:
            each._base_manager.all()._raw_delete("default")
        for folder in ("files", "incoming"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        for evidence in self.root.glob(".*"):
            evidence.unlink()
        staging._mark_in.cache_clear()
        staging.check_area()
        self.clock.reset()
        self.remote = WeatherRemote(self.clock)
        self.numbers = count(1)
        self.disk_is_tight = False
        # What was received, by key.
        self.truth: dict[str, bytes] = {}
        self.describe = described(making_describe, self.truth)
        # How each file looked when its addresses were last tried.
        self.looks: dict[str, tuple[object, ...]] = {}
        # Objects that somebody else deleted, until the app has noticed.
        self.vandalised: set[str] = set()
        self.strangers: dict[str, bytes] = {}
        # Taken in a time that a dump has lost; and those of them that have bytes which no person
        # has given up.
        self.lost: set[str] = set()
        self.guarded: set[str] = set()
        # Of those the ones whose numbers, and marks, this database still knows.
        self.lost_in_part: set[str] = set()
        # Of a copy of this database; they are among the lost ones.
        self.clones: set[str] = set()
        # Of rows that were put back: whose bytes are gone, and whose local copies are.
        self.gone: set[str] = set()
        self.forgotten: set[str] = set()
        # Local copies that the disk does not let go of.
        self.undeletable: set[str] = set()

    # --- Uploads -------------------------------------------------------------------------------

    def receive(self) -> StagedFile:
        """The first half of an upload: bytes durable, no row yet."""
        data = f"picture {len(self.truth)} ".encode() * 3
        files, _refused = receiving.receive_all(
            [ContentFile(data, "a.bin")], folder="products", images_only=False
        )
        # A picture that takes a thumbnail and a preview.
        files[0].width = files[0].height = 2 * PREVIEW_SIDE
        files[0].thumbnail_due_at = self.clock.now
        self.truth[files[0].key] = data
        return files[0]

    # --- Databases that are put back -----------------------------------------------------------

    def lose(self, keys: set[str]) -> None:
        """The database that is put in the place of this one does not have these files."""
        self.lost |= keys
        self.guarded |= {key for key in keys if self.truth[key] in self.copies(key)}

    def forget(self, files: Iterable[StagedFile]) -> None:
        """What is there of the files that the database has now."""
        self.lost -= {file.key for file in files}
        self.guarded &= self.lost
        self.gone = {
            each.key for each in files if self.truth[each.key] not in self.copies(each.key)
        }
        self.forgotten = {each.key for each in files if self.local(each.key) is None}
        # Of what was being deleted, an older dump says that both copies are there.
        self.vandalised |= {
            each.key
            for each in files
            if each.status == StagedFile.Status.SYNCED and not self.remote.stored.get(each.key)
        }
        self.looks.clear()
        # Of what was never claimed, as far as they know, a purge asks no remote: the sweep does.
        self.remote.strays |= {each.key for each in files if not (each.remote or each.settle_at)}

    def rows_now(self) -> Rows:
        """Read anew after a row was written. Most stops of a process come after a read."""
        writes = self.writes
        if self._seen is None or writes is None or writes != self._seen[0]:
            self._seen = (writes, self._read_rows())
        return self._seen[1]

    def _read_rows(self) -> Rows:
        files = {file.key: file for file in StagedFile.objects.order_by("pk")}
        return Rows(
            files=files,
            images={image.pk: image for image in ProductImage.objects.order_by("pk")},
            others={
                *self.poster._base_manager.values_list("file_id", flat=True),
                *self.album.files.through._base_manager.values_list("stagedfile_id", flat=True),
                *(file.pk for file in files.values() if file.keep),
                *(pk for file in files.values() for pk in small_of(file)),
            },
        )

    @property
    def writes(self) -> int | None:
        """How many rows were ever written; None where the database does not tell."""
        is_told = connection.vendor == "sqlite"
        return int(connection.connection.total_changes) if is_told else None

    def copies(self, key: str) -> list[bytes | None]:
        return [self.local(key), self.remote.stored.get(key)]

    # --- The disk ------------------------------------------------------------------------------

    @property
    def is_mounted(self) -> bool:
        return not self.away.exists()

    def unmount(self) -> None:
        """What is left is an empty folder."""
        self.root.rename(self.away)
        self.root.mkdir()

    def remount(self) -> None:
        if not self.is_mounted:
            shutil.rmtree(self.root)
            self.away.rename(self.root)

    def local(self, key: str) -> bytes | None:
        """Of a disk that is away, what is on it."""
        path = (self.root if self.is_mounted else self.away) / "files" / key
        return path.read_bytes() if path.exists() else None

    def local_keys(self) -> set[str]:
        files = self.root / "files"
        return {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}


def small_of(file: StagedFile) -> list[int]:
    return [pk for pk in (file.thumbnail_id, file.preview_id) if pk]


def is_whole(file: StagedFile, data: bytes | None) -> bool:
    return data is not None and hashlib.sha256(data).hexdigest() == file.sha256


@contextmanager
def made(root: Path) -> Iterator[World]:
    """The app in a world that stops and moves on demand: its clocks, threads, disk and remote."""
    clock = LifeClock()
    poster = model("Poster", file=models.ForeignKey(StagedFile, models.CASCADE, related_name="+"))
    album = model("Album", files=models.ManyToManyField(StagedFile, related_name="+"))
    with ExitStack() as stack:
        stack.enter_context(tables(poster, album))
        world = World(root, clock, poster, album)
        patches: dict[str, Any] = {
            "media_staging.clock.now": lambda: clock.now,
            "media_staging.intake.receiving.uuid4": lambda: UUID(int=next(world.numbers)),
            "media_staging.thumbnails.making.uuid4": lambda: UUID(int=next(world.numbers)),
            "media_staging.thumbnails.making.for_decoder": lambda data: data,
            "media_staging.thumbnails.making.Renderer": SmallPictures,
            "media_staging.thumbnails.making.describe": lambda *args: world.describe(*args),
            "media_staging.remotes.get": lambda name: world.remote,
            "media_staging.remotes.current": lambda: world.remote,
            "media_staging.remotes.in_use": lambda: [world.remote],
            "media_staging.removal.acceptance.in_use": lambda: [world.remote],
            "media_staging.remotes.known_places": lambda: {world.remote.place: world.remote},
            "media_staging.area.staging.is_tight": lambda: world.disk_is_tight,
            # Every wake-up is lost: drains begin when the machine says so.
            "media_staging.intake.receiving.wake": lambda: None,
            "media_staging.web.requeue.wake": lambda: None,
            "media_staging.tasks.DRAIN_SECONDS": 0,
            "media_staging.states.transitions.claim": noted(transitions.claim),
            "media_staging.transfer.draining.time": SimpleNamespace(monotonic=clock.monotonic),
            "media_staging.transfer.lane.time": SimpleNamespace(monotonic=clock.monotonic),
            "media_staging.transfer.lane.ThreadPoolExecutor": StrandPool,
            "media_staging.removal.judging.ThreadPoolExecutor": ThisThread,
            "media_staging.transfer.draining.wait": strand_wait,
            "media_staging.area.staging.write": dated(staging.write, clock),
            "pathlib.Path.unlink": stopping(Path.unlink, world),
            # Power cuts are tested elsewhere.
            "os.fsync": lambda descriptor: None,
        }
        for name, replacement in patches.items():
            stack.enter_context(mock.patch(name, replacement))
        stack.enter_context(connection.execute_wrapper(StatementGate()))
        stack.enter_context(without_waiting_for_the_disk())
        yield world


@contextmanager
def without_waiting_for_the_disk() -> Iterator[None]:
    """Commits, like os.fsync: power cuts are tested elsewhere."""
    off, on = {
        "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA synchronous = FULL"),
        "postgresql": ("SET synchronous_commit = off", "RESET synchronous_commit"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        yield
        cursor.execute(on)


def dated(write: Callable[..., None], clock: LifeClock) -> Callable[..., None]:
    """Files are as old as the moved clock says."""

    def write_dated(target: Path, chunks: Iterable[bytes | memoryview]) -> None:
        write(target, chunks)
        os.utime(target, (clock.now.timestamp(),) * 2)

    return write_dated


def noted(claim: Callable[..., Any]) -> Callable[..., Any]:
    """A process remembers its tokens."""

    def claim_and_note(limit: int, remote: Remote) -> Any:
        token, files = claim(limit, remote)
        here().claimed.update({file.key: token for file in files})
        return token, files

    return claim_and_note


def stopping(unlink: Callable[..., None], world: World) -> Callable[..., None]:
    def stop_and_unlink(path: Path, *, missing_ok: bool = False) -> None:
        pause("unlink")
        if any(path == world.root / "files" / key for key in world.undeletable):
            raise PermissionError(errno.EPERM, "not yours", str(path))
        unlink(path, missing_ok=missing_ok)

    return stop_and_unlink
