"""What keeps a cleanup from its work is named where people look, and keeps nothing else from it."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from media_staging import clock as app_clock
from media_staging import disk
from media_staging.area import evidence, staging
from media_staging.errors import Setup, StagingUnavailable
from media_staging.intake import receiving
from media_staging.models import Installation, Leftover, StagedFile
from media_staging.remotes import RemoteData
from media_staging.removal import acceptance
from media_staging.states import owners
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from media_staging.upkeep.rounds import MOST_REFUSALS
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import plain, staged, upload
from tests.support.unchangeable import unchangeable

pytestmark = pytest.mark.django_db(transaction=True)


def let_go(count: int) -> list[StagedFile]:
    files = plain(count)
    draining.drain()
    owners.let_go([file.pk for file in files])
    return files


def told(client: Client) -> str:
    """What `staging_status` and `/readyz` say together; both have to say it."""
    shown = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("staging_status", "--json", stdout=shown)
    assert end.value.code == 1
    (note,) = client.get("/readyz").json()["notes"]
    assert note in json.dumps(json.loads(shown.getvalue()), ensure_ascii=False)
    return str(note)


# --- Remotes ----------------------------------------------------------------------------------


def test_an_object_that_may_not_be_deleted_keeps_no_other_one(tmp_path: Path) -> None:
    odd, *others = let_go(4)
    with unchangeable(tmp_path / "remote" / odd.key):
        report = cleanup.run_round()
        assert sorted(report.purged) == sorted(file.key for file in others)
        (stuck,) = report.stuck
        assert stuck["key"] == odd.key
    StagedFile.objects.update(due_at=app_clock.now())
    assert cleanup.run_round().purged == [odd.key]


def test_a_remote_that_turns_everybody_down_is_not_asked_for_ever_and_is_named(
    fake: FakeRemote, client: Client, clock: Clock
) -> None:
    let_go(MOST_REFUSALS + 5)
    asked: list[str] = []
    delete = fake.delete

    def refuse(key: str, data: RemoteData) -> None:
        asked.append(key)
        raise Setup("the token has expired")

    fake.delete = refuse  # type: ignore[method-assign]
    assert cleanup.run_round().troubled
    assert len(asked) == MOST_REFUSALS
    # Those that it was not asked about come first the next time.
    clock.forward(minutes=1)
    cleanup.run_round()
    assert len(set(asked)) == MOST_REFUSALS + 5
    fake.delete = delete  # type: ignore[method-assign]
    clock.forward(hours=1)
    cleanup.run_round()
    assert not StagedFile.objects.exists()
    assert not Leftover.objects.exists()


def test_a_remote_that_does_not_let_itself_be_looked_at_is_named(
    fake: FakeRemote, client: Client
) -> None:
    staged()

    def refuse() -> bytes | None:
        raise Setup("not you")

    read, fake.read_prefix_mark = fake.read_prefix_mark, refuse  # type: ignore[method-assign]
    cleanup.run_round(sweeping=True)
    assert "fake: not you" in told(client)
    fake.read_prefix_mark = read  # type: ignore[method-assign]
    cleanup.run_round(sweeping=True)
    assert not Leftover.objects.exists()


@pytest.mark.parametrize("step", ["objects of old", "prefix of old", "requests to old"])
def test_what_was_left_of_a_remote_goes_with_its_entry_in_the_settings(
    fake: FakeRemote, step: str
) -> None:
    for each in (step, step.replace("old", "fake"), "rows"):
        Leftover.objects.create(step=each, reason="put_off", seen_at=app_clock.now())
    cleanup.run_round()
    assert step not in Leftover.objects.values_list("step", flat=True)
    assert Leftover.objects.filter(step="rows").exists()
    assert Leftover.objects.filter(step__endswith="fake").exists()


# --- The staging area -------------------------------------------------------------------------

NOTES = [evidence.counter_path, evidence.database_path, evidence.known_path]


@pytest.mark.parametrize(
    "path", [*NOTES, evidence.newest_path], ids=["counter", "database", "known", "newest"]
)
def test_a_pipe_in_place_of_a_note_keeps_nobody_waiting(fake: FakeRemote, path: Any) -> None:
    staged()
    cleanup.run_round()
    path().unlink(missing_ok=True)
    os.mkfifo(path())
    with pytest.raises(disk.NoRegularFile):
        disk.read(path())
    cleanup.run_round(sweeping=True)
    assert staged()


def test_a_pipe_in_place_of_the_mark_keeps_nobody_waiting(fake: FakeRemote) -> None:
    staged()
    staging.mark_path().unlink()
    os.mkfifo(staging.mark_path())
    with pytest.raises(StagingUnavailable) as refused:
        staging.check_area()
    assert "is no regular file" in refused.value.reason


@pytest.mark.parametrize("path", NOTES, ids=["counter", "database", "known"])
def test_a_folder_in_place_of_a_note_is_named_and_nothing_is_changed(
    client: Client, fake: FakeRemote, path: Any
) -> None:
    (kept,) = staged()
    cleanup.run_round()
    path().unlink(missing_ok=True)
    path().mkdir()
    staged()
    cleanup.run_round(sweeping=True)
    assert f"{path()} is a folder" in told(client)
    with pytest.raises(CommandError, match="is a folder"):
        call_command("staging_verify", stdout=StringIO())
    me = Installation.objects.get().database
    with pytest.raises(CommandError, match="is a folder"):
        call_command("staging_accept", "--area", "--no-input", stdout=StringIO())
    staging.check_area()
    assert Installation.objects.get().database == me
    path().rmdir()
    cleanup.run_round(sweeping=True)
    assert not Leftover.objects.exists()
    assert staging.path(kept.key).exists()


@contextmanager
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a disk that is mounted so: it refuses to unlink even what is not there."""

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr("media_staging.area.staging.write", refuse)
        patched.setattr(Path, "unlink", refuse)
        yield


def test_a_read_only_area_refuses_an_upload_and_its_acceptance_in_words_and_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch, fake: FakeRemote
) -> None:
    (kept,) = staged()
    cleanup.run_round()
    me = Installation.objects.get().database
    with read_only(monkeypatch):
        for use in (lambda: receiving.stage(upload()), acceptance.accept_area):
            with pytest.raises(StagingUnavailable) as said:
                use()
            assert "Read-only" in said.value.reason
    staging.check_area()
    assert Installation.objects.get().database == me
    assert not cleanup.run_round(sweeping=True).troubled
    assert staging.path(kept.key).exists()


def test_a_site_on_a_read_only_area_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    staged()
    monkeypatch.setattr("os.access", lambda *arguments, **options: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "cannot be written" in answer.json()["problems"]["staging"]


def test_an_acceptance_that_cannot_write_the_mark_of_the_prefix_changes_nothing(
    fake: FakeRemote,
) -> None:
    let_go(1)
    me = Installation.objects.get().database

    def refuse(content: bytes) -> None:
        raise Setup("read-only")

    write, fake.write_prefix_mark = fake.write_prefix_mark, refuse  # type: ignore[method-assign]
    with pytest.raises(CommandError, match="read-only"):
        call_command("staging_accept", "--remote", "fake", "--no-input", stdout=StringIO())
    fake.write_prefix_mark = write  # type: ignore[method-assign]
    assert Installation.objects.get().database == me
    assert len(cleanup.run_round().purged) == 1
