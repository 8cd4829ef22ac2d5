"""When the breaker of a remote opens, who may probe it, and what a probe may conclude."""

import threading
from typing import Any

import pytest
from django.core import mail
from django.db import connections

from media_staging.area import staging
from media_staging.errors import Outage, Refused, Setup
from media_staging.models import StagedFile
from media_staging.remotes import Body, Identity, RemoteData
from media_staging.states import health
from media_staging.transfer import draining, lane
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_breaker_opens_at_the_fifth_failure_in_a_row(fake: FakeRemote) -> None:
    for failures in range(1, 6):
        assert health.is_available("fake"), f"after {failures - 1} failures"
        health.failed("fake", Outage("down"), probe=False)
    assert not health.is_available("fake")


def test_a_success_starts_the_count_anew(fake: FakeRemote) -> None:
    for _round in range(3):
        for _failure in range(4):
            health.failed("fake", Outage("down"), probe=False)
        health.succeeded("fake")
    assert health.is_available("fake")


def test_only_one_of_many_workers_sends_the_probe(fake: FakeRemote, clock: Clock) -> None:
    for _failure in range(5):
        health.failed("fake", Outage("down"), probe=False)
    clock.forward(minutes=1)
    barrier = threading.Barrier(4)
    admitted: list[int] = []

    def worker() -> None:
        barrier.wait()
        try:
            admitted.append(health.admit("fake", 10).limit)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(admitted) == [0, 0, 0, 1]


def test_a_probe_that_never_reached_the_remote_does_not_close_the_breaker(
    fake: FakeRemote, clock: Clock
) -> None:
    (damaged,) = staged()
    staging.path(damaged.key).write_bytes(b"x" * damaged.size)
    for _failure in range(5):
        health.failed("fake", Outage("down"), probe=False)
    clock.forward(minutes=1)
    draining.drain()
    damaged.refresh_from_db()
    assert damaged.status == "failed"
    assert not health.is_available("fake")


def test_a_probe_that_is_refused_closes_the_breaker_since_the_remote_answered(
    fake: FakeRemote, clock: Clock
) -> None:
    staged()
    for _failure in range(5):
        health.failed("fake", Outage("down"), probe=False)
    fake.failing = Refused("EntityTooLarge")
    clock.forward(minutes=1)
    draining.drain()
    assert health.is_available("fake")


def test_a_setup_error_during_an_outage_is_still_told(
    fake: FakeRemote, clock: Clock, settings: Any
) -> None:
    settings.ADMINS = [("Ops", "ops@example.com")]
    staged(8)
    fake.failing = Outage("down")
    draining.drain()
    assert mail.outbox == []
    fake.failing = Setup("the key expired meanwhile")
    clock.forward(minutes=1)
    draining.drain()
    assert len(mail.outbox) == 1


def test_what_was_claimed_and_not_begun_is_given_back_when_the_breaker_opens(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged(24)
    called_off = threading.Event()
    at_once = threading.Semaphore(health.FAILURES_TO_OPEN)
    call_off = lane.Lane._call_off_waiting

    def upload(file: Identity, body: Body) -> RemoteData:
        """The first five fail at once, the others when the rest has been called off."""
        fake.uploads.append(file.key)
        if not at_once.acquire(blocking=False):
            called_off.wait(30)
        raise Outage("down")

    def note(drain: lane.Lane) -> None:
        call_off(drain)
        called_off.set()

    monkeypatch.setattr(fake, "upload", upload)
    monkeypatch.setattr(lane.Lane, "_call_off_waiting", note)
    draining.drain()
    # Five to open it, and one that each of the four threads had begun by then.
    assert len(fake.uploads) <= health.FAILURES_TO_OPEN + 4
    assert set(StagedFile.objects.values_list("status", flat=True)) == {"staged"}
