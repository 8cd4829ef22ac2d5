"""What is on the disk, in what order, before anything is acknowledged."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from media_staging import stage
from tests.media_staging.photos import upload

pytestmark = pytest.mark.django_db(transaction=True)


def test_bytes_and_names_are_on_the_disk_before_the_row(
    monkeypatch: pytest.MonkeyPatch, staging_area: Path
) -> None:
    stage(upload(), folder="photos")  # makes the folders
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        sync(descriptor)
        synced = Path(f"/proc/self/fd/{descriptor}").readlink()
        events.append("sync folder" if synced.is_dir() else f"sync {synced.suffix}")

    def note_rename(source: Path, target: Path) -> Path:
        events.append(f"rename to {target.suffix}")
        return replace(source, target)

    def note_insert(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            events.append("insert")
        return execute(sql, *rest)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_rename)
    with connection.execute_wrapper(note_insert):
        stage(upload(), folder="photos")
    assert events[:4] == ["sync .part", "rename to .jpg", "sync folder", "insert"]


def test_a_commit_waits_for_the_disk() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (2,), "FULL"
        else:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
