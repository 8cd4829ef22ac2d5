"""Answers that nobody knows: whether they are the remote's or one file's, the others tell."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core import mail

from media_staging.errors import Outage, Setup, TransferError, Unclear
from media_staging.models import StagedFile
from media_staging.states import health
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)
ODD = Unclear("415, and nothing that S3 would say")


@pytest.fixture(autouse=True)
def operators(settings: Any) -> None:
    settings.ADMINS = [("Ops", "ops@example.com")]


def drain_often(clock: Clock, times: int = 5) -> None:
    for _drain in range(times):
        draining.drain()
        clock.forward(minutes=16)


def open_breaker(error: Outage) -> None:
    for _failure in range(health.FAILURES_TO_OPEN):
        health.failed("fake", error, probe=False)


# --- Of all files --------------------------------------------------------------------------------


def test_one_that_all_files_get_is_told_like_a_setup_error(
    fake: FakeRemote, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (before,) = staged()
    draining.drain()
    clock.forward(seconds=1)
    files = staged(8)
    fake.failing = ODD
    drain_often(clock)
    waiting = StagedFile.objects.exclude(pk=before.pk)
    assert set(waiting.values_list("status", "attempts")) == {("staged", 0)}
    assert not health.is_available("fake")
    assert "administrator" in health.reason(health.of("fake"))
    (told,) = mail.outbox
    assert "415" in told.body
    assert [each.levelname for each in caplog.records if "415" in each.message] == ["ERROR"]
    fake.failing = None
    drain_often(clock, 2)
    assert len(fake.stored) == 1 + len(files)
    assert health.is_available("fake")
    assert len(mail.outbox) == 1


def test_a_single_file_that_nothing_passes_beside_is_told_as_well(
    fake: FakeRemote, clock: Clock
) -> None:
    staged()
    fake.failing = ODD
    drain_often(clock, health.FAILURES_TO_OPEN - 1)
    assert mail.outbox == []
    drain_often(clock, 2)
    assert len(mail.outbox) == 1


def test_during_an_outage_it_is_told_when_it_comes_again(fake: FakeRemote, clock: Clock) -> None:
    staged(8)
    open_breaker(Outage("down"))
    fake.failing = ODD
    clock.forward(minutes=16)
    draining.drain()
    assert (mail.outbox, health.is_available("fake")) == ([], False)
    clock.forward(minutes=16)
    draining.drain()
    assert (len(mail.outbox), health.is_available("fake")) == (1, False)


def test_a_clock_that_was_set_back_turns_nobody_failed(fake: FakeRemote, clock: Clock) -> None:
    staged()
    draining.drain()
    clock.forward(minutes=-60)
    staged(3)
    fake.failing = ODD
    for _drain in range(6):
        draining.drain()
        clock.forward(minutes=8)
    assert not StagedFile.objects.filter(status="failed").exists()
    assert not StagedFile.objects.exclude(attempts=0).exists()


# --- Of one file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "rounds", "code"), [(ODD, 4, "remote_refused"), (Setup("KMS"), 9, "remote_setup")]
)
def test_a_file_that_others_pass_each_time_is_given_up(
    fake: FakeRemote, clock: Clock, error: TransferError, rounds: int, code: str
) -> None:
    staged()
    draining.drain()
    (bad,) = staged()
    fake.failing_keys[bad.key] = error
    for number in range(1, rounds + 1):
        staged()
        draining.drain()
        bad.refresh_from_db()
        assert bad.attempts == number - 1
        assert bad.status == ("failed" if number == rounds else "staged")
        assert health.is_available("fake")
        clock.forward(minutes=16)
    assert bad.error_code == code
    assert len(mail.outbox) <= 1


def test_failures_that_are_its_own_are_not_held_against_the_remote(
    fake: FakeRemote, clock: Clock
) -> None:
    (bad,) = staged()
    fake.failing_keys[bad.key] = ODD
    draining.drain()
    assert health.of("fake").failures == 1
    for _round in range(2):
        staged()
        draining.drain()
        clock.forward(minutes=16)
        draining.drain()
        assert health.of("fake").failures == 0


def test_beside_it_the_setup_is_not_blamed_twice(fake: FakeRemote, clock: Clock) -> None:
    """A policy may deny one key. That is told once, not whenever the file is tried again."""
    (bad,) = staged()
    fake.failing_keys[bad.key] = Setup("AccessDenied for this key")
    draining.drain()
    staged()
    for _probe in range(2):
        clock.forward(seconds=31)
        draining.drain()
    for _alone in range(3):
        clock.forward(minutes=16)
        draining.drain()
        assert health.is_available("fake")
    bad.refresh_from_db()
    assert (bad.status, len(mail.outbox)) == ("staged", 1)


def test_the_next_probe_takes_another_file(fake: FakeRemote, clock: Clock) -> None:
    bad, *good = staged(4)
    fake.failing_keys[bad.key] = ODD
    open_breaker(Outage("down"))
    clock.forward(seconds=31)
    draining.drain()
    assert (fake.uploads, health.is_available("fake")) == ([bad.key], False)
    clock.forward(seconds=31)
    draining.drain()
    assert health.is_available("fake")
    assert len(fake.stored) == len(good)
    assert mail.outbox == []


def test_so_it_does_after_a_probe_by_a_file_that_others_pass(
    fake: FakeRemote, clock: Clock
) -> None:
    bad, good = staged(2)
    fake.failing_keys[bad.key] = ODD
    draining.drain()
    (after,) = staged()
    open_breaker(Outage("down"))
    StagedFile.objects.filter(pk=bad.pk).update(due_at=clock.now)
    StagedFile.objects.filter(pk=after.pk).update(due_at=clock.now + timedelta(seconds=1))
    clock.forward(seconds=31)
    draining.drain()
    assert fake.uploads[-1] == bad.key
    clock.forward(seconds=6)
    draining.drain()
    assert {good.key, after.key} <= fake.stored.keys()
    assert health.is_available("fake")


def test_the_waits_of_a_file_that_others_pass_grow_although_nobody_counts_them(
    fake: FakeRemote, clock: Clock
) -> None:
    (bad,) = staged()
    fake.failing_keys[bad.key] = ODD
    draining.drain()
    clock.forward(seconds=1)
    staged()
    draining.drain()
    waits = []
    for _try in range(6):
        bad.refresh_from_db()
        assert bad.due_at
        clock.now = max(clock.now, bad.due_at)
        draining.drain()
        bad.refresh_from_db()
        assert bad.due_at
        waits.append(bad.due_at - clock.now)
        assert bad.attempts == 1
    most = timedelta(minutes=7.5)
    assert all(after >= min(2 * before, most) for before, after in pairwise(waits))
    assert sum(waits[:5], timedelta(0)) > timedelta(minutes=15), "until people are told"
