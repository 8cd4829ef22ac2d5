"""Whose fault an answer of Cloudinary is, by its table; and its limits are kept."""

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dev.cloudinary.faults import Fault
from dev.cloudinary.local import LocalCloudinary
from dev.ports import free_port
from media_staging.errors import Busy, Outage, Refused, Setup, Unclear
from media_staging.remotes.cloudinary.errors import ROWS, Row
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from tests.conftest import Clock
from tests.media_staging.photos import photo
from tests.media_staging.remotes.on_cloudinary.conftest import cloudinary
from tests.media_staging.remotes.samples import body, identity, keys

SAID = [
    (401, "Invalid Signature abc. String to sign - 'timestamp=1'.", Setup),
    (401, "cloud_name is disabled", Setup),
    (403, "You don't have permission to create assets", Setup),
    (400, "Stale request - reported time is 2026-01-01 which is more than 1 hour ago", Setup),
    (400, "You have exceeded your quota", Setup),
    (404, "Unknown cloud", Setup),
    (400, "Unknown API key 123", Setup),
    (400, "Invalid cloud_name nobodys", Setup),
    (400, "Upload preset not found", Setup),
    (402, "Payment required", Setup),
    (307, "Moved", Setup),
    (501, "Not implemented", Setup),
    (400, "Invalid image file", Refused),
    (400, "File size too large. Got 20000001. Maximum is 10485760. Upgrade your plan", Refused),
    (413, "Request entity too large", Refused),
    (400, "Maximum image size is 25 Megapixels. Requested 33.6 Megapixels", Refused),
    (400, "Unsupported video format or file", Refused),
    (400, "Image file format tiff not allowed", Refused),
    (400, "Empty file", Refused),
    (420, "Rate Limit Exceeded", Busy),
    (429, "Too many concurrent requests", Busy),
    (400, "Too many requests", Busy),
    (409, "Another request for this public ID is under way", Outage),
    (423, "Processing", Outage),
    (499, "Client closed the request", Outage),
    (400, "Expected the chunk that starts at 0", Outage),
    (500, "Internal error", Outage),
    (503, "Temporarily unavailable", Busy),
    (200, "An error with a good status", Unclear),
    (400, "Something that nobody has heard of", Unclear),
    (422, "Unprocessable", Unclear),
]


@pytest.mark.parametrize(("status", "message", "kind"), SAID, ids=str)
def test_each_error_is_of_its_kind_and_gives_cloudinarys_reason(
    server: LocalCloudinary,
    remote: CloudinaryRemote,
    status: int,
    message: str,
    kind: type[Exception],
) -> None:
    server.misbehave(Fault("upload", "refuse", status=status, message=message))
    data = photo(2000)
    with pytest.raises(kind) as raised:
        remote.upload(identity(data), body(data))
    assert type(raised.value) is kind
    assert message.rstrip(".") in str(raised.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, Setup) for status in (301, 302, 307, 308, 401, 402, 403, 407)),
        *((status, Outage) for status in (499, 500, 502, 504)),
        *((status, Busy) for status in (408, 420, 425, 429, 503)),
        *((status, Unclear) for status in (200, 400, 404, 405, 411, 413, 415, 416)),
    ],
)
def test_of_a_page_that_is_not_cloudinarys_only_the_status_is_believed(
    server: LocalCloudinary, remote: CloudinaryRemote, status: int, kind: type[Exception]
) -> None:
    server.misbehave(Fault("*", "error-page", status=status))
    for call in (remote.check, lambda: remote.upload(identity(b"x"), body(b"x"))):
        with pytest.raises(kind) as raised:
            call()
        assert type(raised.value) is kind


@pytest.mark.parametrize("status", [400, 413, 500])
def test_who_says_when_to_come_back_does_not_mean_the_file(
    server: LocalCloudinary, remote: CloudinaryRemote, status: int
) -> None:
    fault = Fault("upload", "refuse", status=status, message="no", headers={"Retry-After": "7"})
    server.misbehave(fault)
    with pytest.raises(Busy) as raised:
        remote.upload(identity(b"x"), body(b"x"))
    assert raised.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_setup_error_says_what_to_change(row: Row) -> None:
    assert bool(row.change) == (row.kind is Setup)


def test_what_is_no_picture_is_refused_with_the_reason(remote: CloudinaryRemote) -> None:
    data = os.urandom(500)
    with pytest.raises(Refused, match="Invalid image file"):
        remote.upload(identity(data, key="photos/noise.jpg"), body(data))
    assert keys(remote) == set()


@pytest.mark.parametrize(
    "wrong", [{"api_secret": "wrong"}, {"api_key": "1"}, {"cloud_name": "nobodys"}], ids=str
)
def test_a_wrong_account_is_a_setup_error_for_every_call(
    server: LocalCloudinary, wrong: dict[str, str]
) -> None:
    remote = cloudinary(server, **wrong)
    for call in (
        lambda: remote.upload(identity(b"x"), body(b"x")),
        lambda: remote.find(identity(b"x")),
        lambda: remote.delete("photos/x.jpg", {}),
        lambda: list(remote.objects()),
        lambda: list(remote.read("photos/x.jpg")),
        remote.check,
    ):
        with pytest.raises(Setup):
            call()


def test_a_server_that_is_not_there_is_an_outage_for_every_call(server: LocalCloudinary) -> None:
    nobody = cloudinary(server, upload_prefix=f"http://127.0.0.1:{free_port()}")
    for call in (
        lambda: nobody.upload(identity(b"x"), body(b"x")),
        lambda: nobody.find(identity(b"x")),
        lambda: nobody.delete("photos/x.jpg", {}),
        lambda: list(nobody.objects()),
        lambda: list(nobody.read("photos/x.jpg")),
        nobody.check,
    ):
        with pytest.raises(Outage):
            call()


# --- Rate limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [420, 429])
def test_a_limit_says_when_to_come_back(
    server: LocalCloudinary, remote: CloudinaryRemote, status: int, clock: Clock
) -> None:
    clock.now = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    reset = {"X-FeatureRateLimit-Reset": format_datetime(clock.now + timedelta(minutes=7))}
    for headers, seconds in ((reset, 420), ({"Retry-After": "11"}, 11)):
        server.misbehave(Fault("upload", "refuse", status=status, message="no", headers=headers))
        with pytest.raises(Busy) as raised:
            remote.upload(identity(b"x"), body(b"x"))
        assert raised.value.retry_after == timedelta(seconds=seconds)


def test_a_used_up_allowance_is_not_asked_again_before_it_is_renewed(
    server: LocalCloudinary, remote: CloudinaryRemote, clock: Clock
) -> None:
    remote.check()
    server.limit_admin(0)
    with pytest.raises(Outage):
        remote.check()
    asked = server.calls()
    with pytest.raises(Busy, match="allowance") as raised:
        remote.find(identity(b"x"))
    assert raised.value.retry_after is not None
    assert timedelta(0) < raised.value.retry_after <= timedelta(hours=1)
    assert server.calls() == asked
    server.limit_admin(2000)
    clock.forward(hours=1, seconds=1)
    assert remote.find(identity(b"x")) is None


def test_uploads_and_deletions_need_no_allowance(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.limit_admin(0)
    with pytest.raises(Outage):
        remote.check()
    data = photo(2000)
    remote.delete(identity(data).key, remote.upload(identity(data), body(data)))


def test_a_sweep_leaves_a_part_of_the_allowance_to_others(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.limit_admin(5)
    for _ in range(4):
        remote.check()
    with pytest.raises(Outage, match="1 of 5 are left"):
        list(remote.objects())
    assert remote.find(identity(b"x")) is None
