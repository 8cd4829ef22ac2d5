"""A cleanup on a remote that says no to one file, and on real remotes with other people's bytes."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from media_staging import clock, signals
from media_staging.area import staging
from media_staging.errors import Refused
from media_staging.models import StagedFile
from media_staging.remotes import Identity, RemoteData
from media_staging.remotes.filesystem import MARK_ATTRIBUTE
from media_staging.states import owners
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, ended_mark
from tests.media_staging.photos import plain, staged

pytestmark = pytest.mark.django_db(transaction=True)
ORPHAN = "photos/00000000-0000-4000-8000-000000000000.jpg"


def synced(count: int) -> list[StagedFile]:
    files = plain(count)
    draining.drain()
    return files


def test_a_file_that_cannot_be_asked_for_does_not_keep_others_from_eviction(
    fake: FakeRemote, clock: Clock
) -> None:
    odd, other = synced(2)

    def find(file: Identity) -> RemoteData | None:
        if file.key == odd.key:
            raise Refused("405")
        return {}

    fake.find = find  # type: ignore[method-assign]
    clock.forward(hours=2)
    report = cleanup.run_round()
    assert report.troubled
    assert report.evicted == [other.key]
    assert staging.path(odd.key).exists()


def test_a_file_that_cannot_be_deleted_does_not_keep_others_from_the_purge(
    fake: FakeRemote,
) -> None:
    odd, *others = files = synced(4)
    owners.let_go([file.pk for file in files])
    delete = fake.delete

    def refuse_one(key: str, data: RemoteData) -> None:
        if key == odd.key:
            raise Refused("MethodNotAllowed")
        delete(key, data)

    fake.delete = refuse_one  # type: ignore[method-assign]
    report = cleanup.run_round()
    assert report.troubled
    assert sorted(report.purged) == sorted(file.key for file in others)
    assert StagedFile.objects.get().status == "purging"


def test_a_purge_is_told_once_the_row_is_gone(fake: FakeRemote) -> None:
    (file,) = synced(1)
    owners.let_go([file.pk])
    told: list[tuple[str, bool]] = []

    def note(key: str, **kwargs: object) -> None:
        told.append((key, StagedFile.objects.filter(key=key).exists()))

    signals.media_purged.connect(note)
    try:
        cleanup.run_round()
    finally:
        signals.media_purged.disconnect(note)
    assert told == [(file.key, False)]


def test_a_young_object_without_a_row_is_left_alone(tmp_path: Path) -> None:
    """Its row may not be committed yet, or belong to a backup that is being restored."""
    young = tmp_path / "remote" / ORPHAN
    young.parent.mkdir(parents=True)
    young.write_bytes(b"x")
    os.setxattr(young, MARK_ATTRIBUTE, ended_mark(ORPHAN).encode())
    assert cleanup.run_round(sweeping=True).swept == []
    assert young.exists()
    past = clock.now().timestamp() - timedelta(days=2).total_seconds()
    os.utime(young, (past, past))
    assert cleanup.run_round(sweeping=True, dry_run=True).swept == [ORPHAN]
    assert young.exists()
    assert cleanup.run_round(sweeping=True).swept == [ORPHAN]
    assert not young.exists()


def test_an_upload_in_parts_is_given_up_where_a_row_of_ours_began_it(tmp_path: Path) -> None:
    (file,) = synced(1)
    ours, theirs = (
        (tmp_path / "remote" / key).with_name(f"{Path(key).name}.{uuid4().hex}.partial")
        for key in (file.key, ORPHAN)
    )
    past = clock.now().timestamp() - timedelta(days=2).total_seconds()
    for partial in (ours, theirs):
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(b"x")
    assert cleanup.run_round(sweeping=True).aborted_uploads == 0
    for partial in (ours, theirs):
        os.utime(partial, (past, past))
    assert cleanup.run_round(sweeping=True).aborted_uploads == 1
    assert not ours.exists()
    assert theirs.exists()


def test_a_file_that_is_due_again_for_its_transfer_keeps_its_bytes_through_a_sweep(
    fake: FakeRemote,
) -> None:
    """Long past the grace time, but staged: an outage may last longer than a day."""
    (file,) = staged()
    past = clock.now().timestamp() - timedelta(days=2).total_seconds()
    os.utime(staging.path(file.key), (past, past))
    assert cleanup.run_round(sweeping=True).swept == []
    assert staging.path(file.key).exists()
