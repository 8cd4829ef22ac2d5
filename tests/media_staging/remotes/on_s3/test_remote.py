"""S3 when it, the network or its settings are not as they should be; real server, real sockets."""

import os
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from dev.ports import LOOPBACK, free_port
from dev.proxies.http import Fault, FaultProxy
from dev.proxies.tcp import DelayProxy
from dev.servers.http_server import Answer, QuietHandler, QuietServer
from dev.servers.seaweedfs import SeaweedFS
from media_staging.errors import Busy, Cancelled, Outage, Setup, Unclear
from media_staging.remotes import Body
from media_staging.remotes.s3.parts import windows
from media_staging.remotes.s3.remote import S3Remote
from tests.conftest import Clock
from tests.media_staging.photos import photo
from tests.media_staging.remotes.samples import body, identity, keys, s3, stored


@pytest.fixture
def proxy(s3_server: SeaweedFS) -> Iterator[DelayProxy]:
    with DelayProxy("127.0.0.1", s3_server.port) as proxy:
        yield proxy


@pytest.fixture
def far(s3_server: SeaweedFS, proxy: DelayProxy) -> S3Remote:
    return s3(s3_server, endpoint_url=f"http://{proxy.address}")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.LOST_ANSWER, Outage),
        (Fault.FLIPPED_BYTE, Unclear),
        (Fault.INTERNAL_ERROR, Outage),
        (Fault.UNAVAILABLE, Busy),
        (Fault.SLOW_DOWN, Busy),
        (Fault.ACCESS_DENIED, Setup),
        (Fault.NO_SUCH_BUCKET, Setup),
        (Fault.NOT_FOUND, Setup),
    ],
)
def test_what_every_file_would_meet_is_never_this_files_fault(
    fault: Fault, kind: type[Exception], s3_server: SeaweedFS
) -> None:
    data = os.urandom(100_000)
    file = identity(data)
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        remote = s3(s3_server, endpoint_url=f"http://{proxy.address}")
        proxy.strike(fault, times=1)
        with pytest.raises(kind):
            remote.upload(file, body(data))
        assert proxy.strikes == {fault: 1}
        has_arrived = fault is Fault.LOST_ANSWER
        assert (remote.find(file) is not None) == has_arrived
        remote.upload(file, body(data))
        assert stored(remote, file.key) == data


def uploads_in_parts(remote: S3Remote, key: str) -> list[Any]:
    listed = remote.client.list_multipart_uploads(Bucket=remote.bucket, Prefix=key)
    return list(listed.get("Uploads", []))


class CalledOffAfter(BytesIO):
    """Bytes whose reader calls the upload off after so many of them."""

    def __init__(self, data: bytes, most: int, cancelled: threading.Event) -> None:
        super().__init__(data)
        self.most, self.cancelled = most, cancelled

    def read(self, count: int | None = -1) -> bytes:
        chunk = super().read(count)
        # Hashing ahead reads in larger pieces than sending does and never gets this far.
        if self.tell() > self.most:
            self.cancelled.set()
        return chunk


def test_an_upload_called_off_between_two_parts_leaves_none_behind(s3_server: SeaweedFS) -> None:
    remote, cancelled = s3(s3_server), threading.Event()
    data = os.urandom(20_000_000)
    file = identity(data)
    source = CalledOffAfter(data, 9_000_000, cancelled)
    sent = Body(source, len(data), cancelled)
    with pytest.raises(Cancelled):
        remote.upload(file, sent)
    assert sent.sent >= 8_000_000, "the first part had gone"
    assert remote.find(file) is None
    assert uploads_in_parts(remote, file.key) == []


@pytest.mark.parametrize("size", [200_000, 3_000_000, 20_000_000])
def test_a_connection_that_breaks_in_mid_upload_is_an_outage_and_a_repeat_succeeds(
    far: S3Remote, proxy: DelayProxy, size: int
) -> None:
    data = os.urandom(size)
    file = identity(data)
    # Of a file in parts the first one: what breaks on a connection that is kept is sent again.
    proxy.reset_after(100_000)
    with pytest.raises(Outage):
        far.upload(file, body(data))
    proxy.pass_through()
    assert far.find(file) is None
    far.upload(file, body(data))
    assert stored(far, file.key) == data


def test_a_server_that_hangs_up_is_an_outage_for_every_call(
    far: S3Remote, proxy: DelayProxy
) -> None:
    far.check()
    proxy.refuse()
    for call in (
        lambda: far.find(identity(b"x")),
        lambda: far.delete("photos/x.jpg", {}),
        lambda: list(far.objects()),
        lambda: list(far.read("photos/x.jpg")),
        lambda: list(far.stale_uploads(datetime.now(UTC))),
        lambda: far.abort_uploads("photos/x.jpg"),
        lambda: far.mark_of("photos/x.jpg"),
        far.read_prefix_mark,
        lambda: far.write_prefix_mark(b"x"),
        far.check,
    ):
        with pytest.raises(Outage):
            call()


def test_a_bucket_that_does_not_exist_is_a_setup_error(s3_server: SeaweedFS) -> None:
    """Uploads are left out: this server makes a bucket that is missing, Amazon's does not."""
    remote = s3(s3_server, bucket_name="nobodys-bucket")
    for call in (
        lambda: list(remote.objects()),
        lambda: list(remote.read("photos/x.jpg")),
        lambda: remote.delete("photos/x.jpg", {}),
        remote.check,
    ):
        with pytest.raises(Setup):
            call()


@pytest.mark.parametrize("wrong", [{"secret_key": "wrong"}, {"access_key": "nobody"}], ids=str)
def test_wrong_credentials_are_a_setup_error_for_every_call(
    s3_server: SeaweedFS, wrong: dict[str, str]
) -> None:
    remote, data = s3(s3_server, **wrong), os.urandom(20_000_000)
    for call in (
        lambda: remote.upload(identity(data), body(data)),
        lambda: remote.find(identity(b"x")),
        lambda: remote.delete("photos/x.jpg", {}),
        lambda: list(remote.objects()),
        lambda: remote.mark_of("photos/x.jpg"),
        remote.read_prefix_mark,
        lambda: remote.write_prefix_mark(b"x"),
        remote.check,
    ):
        with pytest.raises(Setup):
            call()


def test_an_address_stays_the_same_to_the_last_second_of_its_window(
    s3_server: SeaweedFS, clock: Clock
) -> None:
    remote = s3(s3_server)
    clock.now = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    first = remote.url("photos/a.jpg", {})
    for seconds in (1, 898):
        clock.forward(seconds=seconds)
        assert remote.url("photos/a.jpg", {}) == first
        assert remote.url_lifetime is not None
        assert remote.url_lifetime >= 2700, "every address handed out works for long enough"
    clock.forward(seconds=1)
    assert remote.url("photos/a.jpg", {}) != first


@pytest.mark.parametrize("name", ["a b.jpg", "ö🫖.jpg", "a+b&c=d.jpg", "~tilde.jpg"])
def test_any_key_goes_there_and_back(s3_server: SeaweedFS, name: str) -> None:
    from urllib.request import urlopen

    remote, data = s3(s3_server), os.urandom(100)
    file = identity(data, key=f"odd/{name}")
    remote.upload(file, body(data))
    assert stored(remote, file.key) == data
    with urlopen(remote.url(file.key, {})) as answer:
        assert answer.read() == data
    assert file.key in {each.key for each in remote.objects()}
    remote.delete(file.key, {})
    assert remote.find(file) is None


@pytest.mark.parametrize("size", [16 * 1024**2, 20_000_001, 5 * 1024**4])
def test_parts_cover_a_file_exactly_and_are_as_many_as_s3_takes(size: int) -> None:
    parts = list(windows(size))
    assert [start for _number, start, _length in parts[1:]] == [
        start + length for _number, start, length in parts[:-1]
    ]
    assert sum(length for _number, _start, length in parts) == size
    assert [number for number, _start, _length in parts] == list(range(1, len(parts) + 1))
    assert len(parts) <= 10_000


def test_a_signed_url_serves_the_bytes_with_their_type(s3_server: SeaweedFS) -> None:
    remote = s3(s3_server)
    data = photo(2000)
    file = identity(data)
    url = remote.url(file.key, remote.upload(file, body(data)))
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == data
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_signed_url_changes_with_its_window_and_outlives_it(
    s3_server: SeaweedFS, clock: Clock
) -> None:
    remote = s3(s3_server)
    first = remote.url("photos/a.jpg", {})
    lifetime = remote.url_lifetime
    assert lifetime is not None
    assert 2700 <= lifetime <= 3600
    clock.forward(seconds=900)
    assert remote.url("photos/a.jpg", {}) != first


def test_a_public_url_needs_no_signature(s3_server: SeaweedFS) -> None:
    remote = s3(s3_server, public_url="https://cdn.example/shop")
    assert remote.url("photos/a.jpg", {}) == "https://cdn.example/shop/photos/a.jpg"
    assert remote.url_lifetime is None


def test_a_prefix_keeps_our_objects_apart(s3_server: SeaweedFS) -> None:
    ours, everything = s3(s3_server, location="ours"), s3(s3_server)
    data = os.urandom(64)
    file = identity(data, key="photos/prefixed.jpg")
    ours.upload(file, body(data))
    assert keys(ours) == {"photos/prefixed.jpg"}
    assert "ours/photos/prefixed.jpg" in keys(everything)


def test_a_server_that_is_not_there_is_an_outage(s3_server: SeaweedFS) -> None:
    nobody = s3(s3_server, endpoint_url=f"http://127.0.0.1:{free_port()}")
    calls: list[Callable[[], object]] = [
        lambda: nobody.upload(identity(b"x"), body(b"x")),
        lambda: nobody.find(identity(b"x")),
        lambda: nobody.delete("photos/x.jpg", {}),
        nobody.check,
    ]
    for call in calls:
        with pytest.raises(Outage):
            call()


class Throttled(QuietHandler):
    status = 503

    def do_PUT(self) -> None:
        self.body()
        self.answer(Answer(self.status, headers={"Retry-After": "7"}))


@pytest.mark.parametrize("status", [429, 500, 503, 413])
def test_who_says_when_to_come_back_does_not_mean_the_file(
    s3_server: SeaweedFS, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Throttled, "status", status)
    with QuietServer(Throttled) as server:
        remote = s3(s3_server, endpoint_url=f"http://{server.address}")
        with pytest.raises(Busy) as error:
            remote.upload(identity(b"x"), body(b"x"))
    assert error.value.retry_after == timedelta(seconds=7)
