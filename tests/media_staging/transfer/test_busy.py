"""A remote that takes less than it is sent: no file is to blame, however often it meets that."""

import logging
from datetime import timedelta
from itertools import pairwise

import pytest

from media_staging.errors import Busy, Outage, TransferError
from media_staging.models import StagedFile
from media_staging.states import health
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)
SLOW_DOWN = Busy("SlowDown: Please reduce your request rate.")


def test_a_file_that_others_pass_each_time_waits_longer_and_is_never_given_up(
    fake: FakeRemote, clock: Clock
) -> None:
    (late,) = staged()
    fake.failing_keys[late.key] = SLOW_DOWN
    waits = []
    for _try in range(20):
        draining.drain()
        clock.forward(seconds=1)
        staged()
        draining.drain()
        late.refresh_from_db()
        assert (late.status, late.attempts) == ("staged", 0)
        assert health.is_available("fake")
        assert late.due_at
        waits.append(late.due_at - clock.now)
        clock.now = max(clock.now, late.due_at)
    most = timedelta(minutes=7)
    assert all(after >= min(before, most) for before, after in pairwise(waits[1:]))
    assert waits[-1] > most
    del fake.failing_keys[late.key]
    draining.drain()
    late.refresh_from_db()
    assert late.status == "synced"


def test_where_nothing_passes_the_breaker_waits_and_no_file_waits_longer_for_it(
    fake: FakeRemote, clock: Clock
) -> None:
    staged(3)
    fake.failing = SLOW_DOWN
    for _round in range(60):
        draining.drain()
        clock.forward(seconds=31)
    fake.failing = None
    draining.drain()
    assert set(StagedFile.objects.values_list("status", flat=True)) == {"synced"}


@pytest.mark.parametrize(
    ("error", "advice"),
    [(SLOW_DOWN, "lower TRANSFER_CONCURRENCY"), (Outage("no route."), "check the network")],
)
def test_the_log_says_what_to_do_if_it_lasts(
    fake: FakeRemote, caplog: pytest.LogCaptureFixture, error: TransferError, advice: str
) -> None:
    staged(5)
    fake.failing = error
    draining.drain()
    (record,) = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert f"If it lasts, {advice}" in record.getMessage()
    assert ".." not in record.getMessage()
