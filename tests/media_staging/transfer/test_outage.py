"""The remote is down, for long or in odd ways; the clock is moved, the workers are threads."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.db import connections

from media_staging.errors import Outage, Setup
from media_staging.intake import receiving
from media_staging.models import StagedFile
from media_staging.states import health
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)

QUEUED = 2000
WORKERS = 3
OUTAGE_SECONDS = 600
# A worker looks this often while something is pending (`drain(wait=…)`, and the minute's task).
LOOK_SECONDS = 5


def queue(count: int) -> list[StagedFile]:
    uploads = [ContentFile(b"%d" % n, f"{n}.bin") for n in range(count)]
    files, _refused = receiving.receive_all(uploads, folder="many", images_only=False)
    receiving.register(files)
    return files


@pytest.fixture
def workers() -> Iterator[Callable[[], None]]:
    """Called: one drain of each worker, at once, in threads with connections of their own."""

    def drain(barrier: threading.Barrier) -> None:
        try:
            barrier.wait(60)
            draining.drain()
        finally:
            connections.close_all()

    def all_at_once() -> None:
        barrier = threading.Barrier(WORKERS)
        threads = [threading.Thread(target=drain, args=[barrier]) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    yield all_at_once


def statuses() -> dict[str, int]:
    found = list(StagedFile.objects.values_list("status", flat=True))
    return {status: found.count(status) for status in set(found)}


@pytest.mark.parametrize("kind", [Outage, Setup])
def test_ten_minutes_of_outage_cost_thirty_probes_and_nobody_an_attempt(
    fake: FakeRemote, clock: Clock, workers: Callable[[], None], kind: type[Outage | Setup]
) -> None:
    queue(QUEUED)
    fake.failing = kind("down")
    workers()
    assert not health.is_available("fake")
    tried = len(fake.uploads)
    for _look in range(OUTAGE_SECONDS // LOOK_SECONDS):
        clock.forward(seconds=LOOK_SECONDS)
        workers()
    assert 5 <= len(fake.uploads) - tried <= 30
    assert statuses() == {"staged": QUEUED}
    assert not StagedFile.objects.exclude(attempts=0).exists()

    fake.failing = None
    clock.forward(seconds=30)
    workers()
    clock.forward(minutes=15)
    workers()
    assert statuses() == {"synced": QUEUED}
    assert len(fake.stored) == QUEUED


def test_a_poison_file_among_many_keeps_nobody_waiting_after_an_outage(
    fake: FakeRemote, clock: Clock, workers: Callable[[], None]
) -> None:
    """It is even the first in line, and so the first probe."""
    poison, *others = queue(200)
    fake.failing_keys[poison.key] = Outage("500 for this one only")
    fake.failing = Outage("down")
    workers()
    fake.failing = None
    for _look in range(4):
        clock.forward(seconds=30)
        workers()
    assert statuses() == {"staged": 1, "synced": len(others)}
    for _round in range(10):
        queue(1)
        clock.forward(minutes=16)
        workers()
    poison.refresh_from_db()
    assert (poison.status, poison.attempts) == ("failed", 8)


# --- The pause ---------------------------------------------------------------------------------


def open_breaker(error: Outage | Setup) -> None:
    for _failure in range(health.FAILURES_TO_OPEN):
        health.failed("fake", error, probe=False)


def test_a_remote_that_asks_for_a_pause_is_left_alone_for_so_long(
    fake: FakeRemote, clock: Clock
) -> None:
    staged(6)
    open_breaker(Outage("SlowDown", retry_after=timedelta(seconds=120)))
    clock.forward(seconds=119)
    draining.drain()
    assert fake.uploads == []
    clock.forward(seconds=2)
    draining.drain()
    assert len(fake.uploads) == 6


def test_no_remote_is_left_alone_for_longer_than_a_quarter_of_an_hour(
    fake: FakeRemote, clock: Clock
) -> None:
    open_breaker(Outage("SlowDown", retry_after=timedelta(days=365)))
    clock.forward(minutes=15, seconds=1)
    assert health.admit("fake", 10).is_probe


def test_a_silent_remote_gets_no_second_probe_while_the_first_one_waits(
    fake: FakeRemote, clock: Clock
) -> None:
    open_breaker(Outage("down"))
    clock.forward(seconds=31)
    assert health.admit("fake", 10).is_probe
    clock.forward(seconds=35)
    assert health.admit("fake", 10).limit == 0
    clock.forward(seconds=11)
    assert health.admit("fake", 10).is_probe, "its worker was killed"


# --- The alert ---------------------------------------------------------------------------------


@pytest.fixture
def operators(settings: Any) -> None:
    settings.ADMINS = [("Ops", "ops@example.com")]


@pytest.mark.usefixtures("operators")
def test_people_are_told_once_per_trouble_and_again_of_the_next(
    fake: FakeRemote, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    staged(3)
    for told in (1, 2):
        fake.failing = Setup(f"AccessDenied {told}")
        for _probe in range(3):
            draining.drain()
            clock.forward(minutes=16)
        assert len(mail.outbox) == told
        assert mail.outbox[-1].to == ["ops@example.com"]
        assert f"AccessDenied {told}" in mail.outbox[-1].body
        assert len([each for each in caplog.records if each.levelname == "ERROR"]) == told
        fake.failing = None
        draining.drain()
        assert health.is_available("fake")
        staged(1)
    assert not StagedFile.objects.exclude(attempts=0).exists()


@pytest.mark.usefixtures("operators")
def test_a_setup_error_between_other_failures_is_mailed_once(
    fake: FakeRemote, clock: Clock
) -> None:
    staged(3)
    for error in (Outage("reset"), Setup("AccessDenied"), Outage("reset"), Setup("AccessDenied")):
        fake.failing = error
        open_breaker(error)
        clock.forward(minutes=16)
        draining.drain()
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("operators")
def test_an_outage_is_logged_once_and_mailed_to_nobody(
    fake: FakeRemote, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    staged(8)
    fake.failing = Outage("no route to host")
    for _probe in range(4):
        draining.drain()
        clock.forward(minutes=16)
    assert mail.outbox == []
    assert len([each for each in caplog.records if "no route to host" in each.message]) == 1


@pytest.mark.usefixtures("operators")
def test_a_mail_server_that_is_down_stops_no_transfer(
    fake: FakeRemote, clock: Clock, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    staged(2)
    fake.failing = Setup("AccessDenied")
    draining.drain()
    fake.failing = None
    clock.forward(minutes=16)
    assert draining.drain().transferred == 2
