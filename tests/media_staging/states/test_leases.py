"""What holds a transfer, what calls it off, and what a transfer that fails does to its file."""

import errno
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from django.db import connections

from dev.processes import wait_for
from media_staging import signals
from media_staging.area import staging
from media_staging.errors import Cancelled, Outage, Refused, Setup, TransferError
from media_staging.models import StagedFile
from media_staging.remotes import Body, Identity, RemoteData
from media_staging.states import owners, transitions
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import BadSector, staged

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work: Callable[[], Any]) -> Any:
    """Database work of another process: a thread with a connection of its own."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


def short_lease(settings: Any, seconds: float) -> None:
    """Then take the remote from `remotes.get` anew: the settings are read again."""
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "LEASE_SECONDS": seconds}


@pytest.fixture
def quick(settings: Any, fake: FakeRemote, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    """The fake remote under a lease of one second, on the real clock."""
    short_lease(settings, 1)
    return fake


def test_an_upload_that_lasts_longer_than_its_lease_keeps_it(quick: FakeRemote) -> None:
    (file,) = staged()
    taken_over: list[StagedFile] = []

    def outlast(_file: Identity) -> None:
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            taken_over.extend(elsewhere(lambda: transitions.claim(1)[1]))
            time.sleep(0.1)

    quick.during_upload = outlast  # type: ignore[method-assign]
    report = draining.drain()
    assert taken_over == []
    assert report.transferred == 1
    file.refresh_from_db()
    assert file.status == "synced"


def test_a_drain_whose_own_lease_ran_out_takes_the_file_over_from_itself(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is set forward in mid-upload, when the next heartbeat is far away."""
    (file,) = staged()
    beaten = after_each(transitions.heartbeat, monkeypatch)
    given_back = after_each(transitions.release, monkeypatch)

    def outlive_the_lease(_file: Identity) -> None:
        if len(fake.uploads) == 1:
            assert beaten.wait(30)
            clock.forward(hours=1)
            assert wait_for(lambda: len(fake.uploads) == 2, 30)
        else:
            # The drain stays for the second upload when the first has ended.
            assert given_back.wait(30)

    fake.during_upload = outlive_the_lease  # type: ignore[method-assign]
    assert draining.drain().transferred == 1
    file.refresh_from_db()
    assert file.status == "synced"


def test_a_claim_that_was_lost_does_not_call_off_the_upload_that_follows_it(
    fake: FakeRemote, clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, and the first upload goes on until heartbeats have been sent for both claims."""
    short_lease(settings, 3)
    staged()
    beaten = after_each(transitions.heartbeat, monkeypatch)
    second_ended = threading.Event()

    def outlive_heartbeats(_file: Identity) -> None:
        if len(fake.uploads) == 1:
            assert beaten.wait(30)
            clock.forward(hours=1)
            assert second_ended.wait(30)
        else:
            for _ in range(2):
                beaten.clear()
                assert beaten.wait(30)

    fake.during_upload = outlive_heartbeats  # type: ignore[method-assign]
    upload = fake.upload

    def noted(file: Identity, body: Body) -> RemoteData:
        is_second = len(fake.uploads) == 1
        try:
            return upload(file, body)
        finally:
            if is_second:
                second_ended.set()

    fake.upload = noted  # type: ignore[method-assign]
    assert draining.drain().transferred == 1
    assert len(fake.uploads) == 2


def after_each(change: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set once this function of `transitions` has been called and has ended."""
    ended = threading.Event()

    def noted(*arguments: Any) -> Any:
        try:
            return change(*arguments)
        finally:
            ended.set()

    monkeypatch.setattr(transitions, change.__name__, noted)
    return ended


def test_an_upload_is_called_off_once_its_file_is_deleted(quick: FakeRemote) -> None:
    (file,) = staged()
    called_off = threading.Event()

    def endless(_file: Identity, body: Body) -> RemoteData:
        elsewhere(lambda: owners.let_go([file.pk]))
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline:
                body.read(0)
                time.sleep(0.02)
        except Cancelled:
            called_off.set()
            raise
        return {}

    quick.upload = endless  # type: ignore[method-assign]
    draining.drain()
    assert called_off.is_set()
    assert StagedFile.objects.get().status == "purging", "giving back revives nothing"


def test_media_failed_is_sent_with_the_reason_in_the_row(fake: FakeRemote) -> None:
    seen: list[tuple[str, str]] = []

    def note(file: StagedFile, **kwargs: object) -> None:
        seen.append((file.status, file.error_code))

    signals.media_failed.connect(note)
    try:
        staged()
        fake.failing = Refused("no")
        draining.drain()
    finally:
        signals.media_failed.disconnect(note)
    assert seen == [("failed", "remote_refused")]


def test_a_receiver_that_fails_stops_no_transfer(fake: FakeRemote) -> None:
    def burst(**kwargs: object) -> None:
        raise RuntimeError("a receiver's own defect")

    signals.media_synced.connect(burst)
    try:
        staged(3)
        report = draining.drain()
    finally:
        signals.media_synced.disconnect(burst)
    assert report.transferred == 3


def test_a_local_copy_that_vanished_is_a_failure_of_that_file_alone(fake: FakeRemote) -> None:
    gone, kept = staged(2)
    staging.path(gone.key).unlink()
    draining.drain()
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.status, gone.error_code, kept.status) == ("failed", "damaged", "synced")


def test_a_defect_of_the_remotes_code_fails_the_file_after_its_attempts(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = staged()

    def defect(_file: Identity) -> None:
        raise ValueError("a defect")

    fake.during_upload = defect  # type: ignore[method-assign]
    for _round in range(8):
        draining.drain()
        clock.forward(minutes=16)
    file.refresh_from_db()
    assert (file.status, file.error_code, file.attempts) == ("failed", "unexpected", 8)


@pytest.mark.parametrize("kind", [Refused, Outage, Setup])
def test_a_remote_may_say_anything_at_all(fake: FakeRemote, kind: type[TransferError]) -> None:
    """Even what a database would not store: a drain that stumbles over it would never end."""
    staged(6)
    fake.failing = kind("NUL \0, emoji 🫖, and " + "very long " * 200)
    draining.drain()
    assert fake.uploads
    assert not StagedFile.objects.filter(error_code="").filter(pk__in=tried(fake)).exists()


def tried(fake: FakeRemote) -> list[int]:
    return list(StagedFile.objects.filter(key__in=fake.uploads).values_list("pk", flat=True))


def test_no_thread_of_a_drain_outlives_it(fake: FakeRemote) -> None:
    staged(4)
    draining.drain()
    assert wait_for(
        lambda: not any(each.name.startswith("transfer") for each in threading.enumerate()), 10
    )


def too_many_files(key: str) -> BinaryIO:
    raise OSError(errno.EMFILE, "Too many open files")


def bad_sector(key: str) -> BinaryIO:
    return BadSector(staging.path(key).read_bytes(), after=100)


@pytest.mark.parametrize("trouble", [too_many_files, bad_sector])
@pytest.mark.parametrize("in_memory_bytes", [0, 10_000_000])
def test_a_local_copy_that_cannot_be_read_now_is_tried_again(
    trouble: Callable[[str], BinaryIO],
    in_memory_bytes: int,
    fake: FakeRemote,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (file,) = staged(1)
    monkeypatch.setattr(staging, "IN_MEMORY_BYTES", in_memory_bytes)
    with monkeypatch.context() as broken:
        broken.setattr(staging, "open_local", trouble)
        draining.drain()
    file.refresh_from_db()
    assert (file.status, file.error_code) == ("staged", "unreadable")
    clock.forward(minutes=16)
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"
