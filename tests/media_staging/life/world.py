"""Everything around the app that the life machine moves: the disk, the clock, the remote."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection

from media_staging.area import staging
from media_staging.intake import receiving
from media_staging.models import (
    ForeignObject,
    Installation,
    Leftover,
    Place,
    RemoteHealth,
    StagedFile,
)
from media_staging.remotes import Remote
from media_staging.states import transitions
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


# In the order in which they can be deleted.
ROWS = (
    *(ProductImage, Product, StagedFile, RemoteHealth),
    *(Installation, Place, ForeignObject, Leftover),
)


class World:
    def __init__(self, root: Path, clock: LifeClock) -> None:
        self.root = root
        self.away = root.with_name("away")
        self.clock = clock
        self.lives = self.steps = 0
        self.reset()

    def reset(self) -> None:
        """A new life: no rows, no bytes, fine weather."""
        self.remount()
        for model in ROWS:
            model._base_manager.all()._raw_delete("default")
        for folder in ("files", "incoming"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        for evidence in self.root.glob(".[cn]*"):
            evidence.unlink()
        self.clock.reset()
        self.remote = WeatherRemote(self.clock)
        self.numbers = count(1)
        self.disk_is_tight = False
        # What was received, by key.
        self.truth: dict[str, bytes] = {}
        # How each file looked when its addresses were last tried.
        self.looks: dict[str, tuple[object, ...]] = {}
        # Objects that somebody else deleted, until the app has noticed.
        self.vandalised: set[str] = set()

    # --- Uploads -------------------------------------------------------------------------------

    def receive(self) -> StagedFile:
        """The first half of an upload: bytes durable, no row yet."""
        data = f"picture {len(self.truth)} ".encode() * 3
        files, _refused = receiving.receive_all(
            [ContentFile(data, "a.bin")], folder="products", images_only=False
        )
        self.truth[files[0].key] = data
        return files[0]

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
        path = staging.path(key)
        return path.read_bytes() if path.exists() else None

    def local_keys(self) -> set[str]:
        files = self.root / "files"
        return {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}


def is_whole(file: StagedFile, data: bytes | None) -> bool:
    return data is not None and hashlib.sha256(data).hexdigest() == file.sha256


@contextmanager
def made(root: Path) -> Iterator[World]:
    """The app in a world that stops and moves on demand: its clocks, threads, disk and remote."""
    clock = LifeClock()
    staging.check_area()
    world = World(root, clock)
    with ExitStack() as stack:
        patches: dict[str, Any] = {
            "media_staging.clock.now": lambda: clock.now,
            "media_staging.intake.receiving.uuid4": lambda: UUID(int=next(world.numbers)),
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
            "pathlib.Path.unlink": stopping(Path.unlink),
            # Power cuts are tested elsewhere.
            "os.fsync": lambda descriptor: None,
        }
        for name, replacement in patches.items():
            stack.enter_context(mock.patch(name, replacement))
        stack.enter_context(connection.execute_wrapper(StatementGate()))
        yield world


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


def stopping(unlink: Callable[..., None]) -> Callable[..., None]:
    def stop_and_unlink(path: Path, *, missing_ok: bool = False) -> None:
        pause("unlink")
        unlink(path, missing_ok=missing_ok)

    return stop_and_unlink
