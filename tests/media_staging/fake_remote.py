"""A remote in memory that fails on demand: for failures that no server makes at will."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from media_staging import remotes
from media_staging.errors import TransferError
from media_staging.remotes import Body, Identity, Mark, Remote, RemoteData, RemoteObject
from media_staging.remotes.base import PREFIX_MARK
from media_staging.states import endings
from media_staging.states.installation import installation, object_mark


class FakeRemote(Remote):
    name = "fake"
    label = "the fake"

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.marks: dict[str, Mark] = {}
        # What other programs and earlier processes began and never completed, by key.
        self.begun: dict[str, datetime] = {}
        self.prefix_mark: bytes | None = None
        self.uploads: list[str] = []
        # Raised by every upload, or by those of one key; before or after the bytes are stored.
        self.failing: TransferError | None = None
        self.failing_keys: dict[str, TransferError] = {}
        self.loses_answers = False

    def upload(self, file: Identity, body: Body) -> RemoteData:
        self.uploads.append(file.key)
        error = self.failing_keys.get(file.key, self.failing)
        if error and not self.loses_answers:
            raise error
        self.during_upload(file)
        self.stored[file.key] = body.read()
        self.marks[file.key] = Mark(file.mark, file.sha256, file.size)
        if error:
            raise error
        return {}

    @property
    def address(self) -> str:
        return "memory"

    def mark_of(self, key: str) -> Mark | None:
        return self.marks.get(key, Mark()) if key in self.stored else None

    def read_prefix_mark(self) -> bytes | None:
        return self.prefix_mark

    def write_prefix_mark(self, content: bytes) -> None:
        self.prefix_mark = content

    def put(self, key: str, data: bytes, mark: str = "") -> None:
        """An object that came there past the app: with a mark of ours, or a stranger's."""
        self.stored[key] = data
        self.marks[key] = Mark(mark)

    def during_upload(self, file: Identity) -> None:
        """For a test to replace."""

    def find(self, file: Identity) -> RemoteData | None:
        return {} if file.key in self.stored else None

    def delete(self, key: str, data: RemoteData) -> None:
        if self.failing:
            raise self.failing
        self.stored.pop(key, None)
        self.marks.pop(key, None)
        if key == PREFIX_MARK:
            self.prefix_mark = None

    def url(self, key: str, data: RemoteData) -> str:
        return f"https://fake.example/{key}"

    def read(self, key: str) -> Iterator[bytes]:
        if key not in self.stored:
            raise FileNotFoundError(key)
        yield self.stored[key]

    def objects(self) -> Iterator[RemoteObject]:
        stored = dict(self.stored)
        if self.prefix_mark is not None:
            stored[PREFIX_MARK] = self.prefix_mark
        for key, data in sorted(stored.items()):
            etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
            yield RemoteObject(key, len(data), datetime(2000, 1, 1, tzinfo=UTC), etag)

    def stale_uploads(self, older_than: datetime) -> Iterator[str]:
        yield from [key for key, begun in self.begun.items() if begun < older_than]

    def abort_uploads(self, key: str) -> int:
        return 0 if self.begun.pop(key, None) is None else 1

    def check(self) -> None:
        if self.failing:
            raise self.failing


def own_mark(number: int, key: str) -> str:
    """What an object carries that this database stored for the row of that number."""
    return object_mark(installation().database, number, key)


def ended_mark(key: str) -> str:
    """The same, of one that this database has deleted."""
    endings.note([key])
    return own_mark(0, key)


def installed() -> FakeRemote:
    """The one of the test that is running."""
    raise AssertionError("no test has installed one")


def install(settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    """Make it the remote of new files, for one test: the same one whatever settings change."""
    fake = FakeRemote()
    monkeypatch.setattr(f"{__name__}.installed", lambda: fake)
    monkeypatch.setitem(remotes.CLASSES, "fake", f"{__name__}.installed")
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": "fake",
        "REMOTES": {"fake": {}},
        "TRANSFER_CONCURRENCY": 4,
    }
    return fake
