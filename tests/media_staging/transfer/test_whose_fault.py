"""Whose fault an answer of S3 is, as a drain and the rows have it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail

from dev.ports import LOOPBACK
from dev.proxies.http import Behaviour, Fault, FaultProxy
from dev.proxies.s3_answers import METHODS, gateway, no_list_bucket, only, redirect, s3_error
from dev.servers.seaweedfs import SeaweedFS
from media_staging import remotes
from media_staging.models import StagedFile
from media_staging.states import health, owners
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.photos import plain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def proxy(settings: Any, s3_server: SeaweedFS) -> Iterator[FaultProxy]:
    """In front of the server that new files go to."""
    settings.ADMINS = [("Ops", "ops@example.com")]
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        s3 = {
            "bucket_name": s3_server.bucket,
            "endpoint_url": f"http://{proxy.address}",
            "access_key": s3_server.access_key,
            "secret_key": s3_server.secret_key,
            "region_name": "us-east-1",
            "location": uuid4().hex,
        }
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": "s3",
            "REMOTES": {"s3": s3},
        }
        yield proxy


def statuses() -> set[str]:
    return set(StagedFile.objects.values_list("status", flat=True))


def drain_for_a_while(clock: Clock, times: int = 6) -> None:
    for _drain in range(times):
        draining.drain()
        clock.forward(minutes=16)


SESSION, OPTIONS, ROOM = "renew the session token", "correct the options", "make room"
THERE = "http://127.0.0.1:1/there"
EVERY_FILES: dict[str, tuple[Behaviour, str]] = {
    "ExpiredToken": (s3_error(400, "ExpiredToken"), SESSION),
    "InvalidToken": (s3_error(400, "InvalidToken"), SESSION),
    "TokenRefreshRequired": (s3_error(400, "TokenRefreshRequired"), SESSION),
    "region": (s3_error(400, "AuthorizationHeaderMalformed", Region="eu-south-1"), "eu-south-1"),
    "location": (s3_error(400, "IllegalLocationConstraintException"), "S3_REGION"),
    "KMS": (s3_error(400, "KMS.NotFoundException"), "key that the bucket is encrypted with"),
    "InvalidStorageClass": (s3_error(400, "InvalidStorageClass"), OPTIONS),
    "InvalidRequest": (s3_error(400, "InvalidRequest"), OPTIONS),
    "XMinioStorageFull": (s3_error(507, "XMinioStorageFull"), ROOM),
    "QuotaExceeded": (s3_error(403, "QuotaExceeded"), ROOM),
    **{f"page {each}": (gateway(each), str(each)) for each in (400, 405, 411, 412, 413, 415, 416)},
    **{f"redirect {each}": (redirect(each, THERE), THERE) for each in (301, 302, 303, 307, 308)},
}


@pytest.mark.parametrize(("answer", "words"), EVERY_FILES.values(), ids=EVERY_FILES)
def test_what_every_file_meets_is_told_once_and_all_goes_on_after_the_repair(
    proxy: FaultProxy, clock: Clock, answer: Behaviour, words: str
) -> None:
    plain(20)
    proxy.strike(answer, *METHODS)
    drain_for_a_while(clock)
    assert statuses() == {"staged"}
    assert not StagedFile.objects.exclude(attempts=0).exists()
    assert not health.is_available("s3")
    (told,) = mail.outbox
    assert words in told.body
    assert "administrator" in health.reason(health.of("s3"))
    proxy.pass_through()
    drain_for_a_while(clock, 2)
    assert statuses() == {"synced"}
    assert health.is_available("s3")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("answer", "code", "mails"),
    [
        (gateway(415), "remote_refused", 0),
        # Known to be the set-up's, until others pass: before that it may be told, once.
        (s3_error(400, "InvalidRequest"), "remote_setup", 1),
    ],
    ids=["page 415", "InvalidRequest"],
)
def test_what_one_file_meets_while_others_pass_is_its_own_fault(
    proxy: FaultProxy, clock: Clock, answer: Behaviour, code: str, mails: int
) -> None:
    good = plain(3)
    draining.drain()
    (bad,) = plain()
    proxy.strike(only(bad.key, answer), *METHODS)
    for _round in range(9):
        good += plain()
        draining.drain()
        assert health.is_available("s3")
        clock.forward(minutes=16)
    bad.refresh_from_db()
    assert (bad.status, bad.error_code) == ("failed", code)
    assert StagedFile.objects.filter(status="synced").count() == len(good)
    assert len(mail.outbox) <= mails


def test_a_file_whose_first_upload_failed_is_sent_again_by_who_may_not_list(
    proxy: FaultProxy, clock: Clock
) -> None:
    proxy.strike(Fault.INTERNAL_ERROR)
    (file,) = plain()
    draining.drain()
    clock.forward(minutes=16)
    proxy.strike(no_list_bucket, *METHODS)
    draining.drain()
    file.refresh_from_db()
    assert (file.status, mail.outbox) == ("synced", [])


def test_nothing_is_deleted_or_given_up_because_it_may_not_be_seen(
    proxy: FaultProxy, clock: Clock
) -> None:
    """Neither the row of a file that may be on the remote, nor a local copy, nor another purge."""
    first, seen, lost, unseen = plain(4)
    proxy.strike(only(unseen.key, s3_error(500, "InternalError")), "PUT")
    draining.drain()
    proxy.pass_through()
    remotes.current().delete(lost.key, {})
    assert owners.release(first.pk)
    assert cleanup.run_round().purged == [first.key], "the prefix has its mark"
    for file in (unseen, seen):
        assert owners.release(file.pk)
    proxy.strike(no_list_bucket, *METHODS)
    clock.forward(hours=2)
    report = cleanup.run_round()
    assert report.purged == [seen.key]
    assert ["s3:ListBucket" in each["reason"] for each in report.stuck] == [True]
    lost.refresh_from_db()
    assert (lost.status, report.evicted) == ("synced", [])
    proxy.pass_through()
    clock.forward(hours=2)
    assert cleanup.run_round().purged == [unseen.key]


def test_connections_that_died_cost_no_file_an_attempt_and_no_breaker_a_failure(
    proxy: FaultProxy, clock: Clock
) -> None:
    plain(3)
    draining.drain()
    (file,) = plain()
    proxy.strike(Fault.LOST_ANSWER, *METHODS, times=1)
    draining.drain()
    file.refresh_from_db()
    assert proxy.strikes == {Fault.LOST_ANSWER: 1}
    assert (file.status, file.failed_at, health.of("s3").failures) == ("synced", None, 0)
