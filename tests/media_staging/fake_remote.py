"""A remote in memory that fails on demand: for failures that no server makes at will."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from media_staging import remotes
from media_staging.errors import TransferError
from media_staging.remotes import Body, Identity, Mark, Remote, RemoteData, RemoteObject


class FakeRemote(Remote):
    name = "fake"
    label = "the fake"

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.marks: dict[str, Mark] = {}
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

    def during_upload(self, file: Identity) -> None:
        """For a test to replace."""

    def find(self, file: Identity) -> RemoteData | None:
        return {} if file.key in self.stored else None

    def delete(self, key: str, data: RemoteData) -> None:
        if self.failing:
            raise self.failing
        self.stored.pop(key, None)

    def url(self, key: str, data: RemoteData) -> str:
        return f"https://fake.example/{key}"

    def read(self, key: str) -> Iterator[bytes]:
        if key not in self.stored:
            raise FileNotFoundError(key)
        yield self.stored[key]

    def objects(self) -> Iterator[RemoteObject]:
        for key, data in self.stored.items():
            yield RemoteObject(key, len(data), datetime(2000, 1, 1, tzinfo=UTC))

    def check(self) -> None:
        if self.failing:
            raise self.failing


def installed() -> FakeRemote:
    """The one of the test that is running."""
    raise AssertionError("no test has installed one")


def install(settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    """Make it the remote that new files go to, for one test; it stays while settings change."""
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
