"""How long a failed transfer waits, and what a person's "try it now" does."""

from datetime import timedelta
from io import BytesIO
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_staging.errors import Damaged, Outage, Refused, Setup, Unclear, UnexpectedError
from media_staging.remotes import Body
from media_staging.states import health, retry
from media_staging.transfer import draining, progress, sending
from media_staging.web import requeue
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged


@given(st.integers(1, 10_000))
def test_no_wait_is_longer_than_a_quarter_of_an_hour(attempt: int) -> None:
    for error in (Outage(), Unclear()):
        assert timedelta(0) <= retry.delay(attempt, error) <= timedelta(minutes=15)
        assert retry.delay(attempt, error, timedelta(days=1)) <= timedelta(minutes=15)


def test_waits_grow_with_the_attempts() -> None:
    def longest(attempt: int) -> timedelta:
        return max(retry.delay(attempt, Outage()) for _ in range(200))

    assert longest(1) <= timedelta(seconds=4)
    assert retry.delay(1, Unclear()) >= timedelta(seconds=16), "others may pass meanwhile"
    assert longest(12) > timedelta(minutes=2)


def test_the_remotes_own_wish_is_kept_within_reason() -> None:
    for asked, least in ((90, 90), (86400, 900)):
        wait = retry.delay(1, Outage(retry_after=timedelta(seconds=asked)))
        assert wait == timedelta(seconds=least)


def test_what_only_a_person_can_change_is_final_at_once() -> None:
    assert retry.is_final(Damaged(), 0)
    assert retry.is_final(Refused(), 1)
    for error in (Outage(), Setup(), UnexpectedError()):
        assert not retry.is_final(error, 7)
        assert retry.is_final(error, 8)
    assert not retry.is_final(Unclear(), 2)
    assert retry.is_final(Unclear(), 3)


@pytest.mark.django_db(transaction=True)
def test_try_it_now_reaches_a_remote_whose_breaker_is_open(fake: FakeRemote, clock: Clock) -> None:
    (file,) = staged()
    fake.failing = Outage("down")
    draining.drain()
    for _failure in range(5):
        health.failed("fake", Outage("down"), probe=False)
    fake.failing = None
    draining.drain()
    file.refresh_from_db()
    assert file.status == "staged"
    assert requeue.retry([file.pk]) == 1
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"


@pytest.mark.django_db(transaction=True)
def test_the_page_says_when_a_file_is_tried_again(fake: FakeRemote, clock: Clock) -> None:
    (file,) = staged()
    assert file.retry_at is None
    fake.failing = Outage("down", retry_after=timedelta(seconds=60))
    draining.drain()
    file.refresh_from_db()
    assert file.retry_at is not None
    assert file.retry_at >= clock.now + timedelta(seconds=60)
    assert file.error is not None
    assert file.error["code"] == "remote_unavailable"


@pytest.mark.django_db
def test_progress_is_known_for_what_moves_and_plain_for_the_rest() -> None:
    waiting, moving, unknown, synced = (file.pk for file in staged(4))
    progress.publish({moving: 42})
    statuses = {
        waiting: "staged",
        moving: "transferring",
        unknown: "transferring",
        synced: "synced",
    }
    assert progress.percentages(statuses) == {waiting: 0, moving: 42, unknown: None, synced: 100}


def test_a_body_is_never_at_a_hundred_before_the_remote_confirmed() -> None:
    body = Body(BytesIO(b"x" * 200), 200, Event())
    seen = [sending.percent(body)]
    while body.read(50):
        seen.append(sending.percent(body))
    assert seen == [0, 25, 50, 75, 99]
