"""The contract of remotes, on every remote: real S3 and a folder."""

import hashlib
import os
import threading
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from dev.ports import free_port
from dev.seaweedfs import SeaweedFS
from media_staging.errors import Cancelled, Outage, Setup, TransferError
from media_staging.remotes import Body, Identity, Remote
from media_staging.remotes.filesystem import FilesystemRemote
from media_staging.remotes.s3 import S3Remote
from tests.conftest import Clock


def s3(server: SeaweedFS, **changes: Any) -> S3Remote:
    options = {
        "bucket_name": server.bucket,
        "endpoint_url": server.endpoint_url,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        "region_name": "us-east-1",
    }
    return S3Remote(**{**options, **changes})


@pytest.fixture(params=["filesystem", "s3"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Remote:
    if request.param == "filesystem":
        return FilesystemRemote(root=tmp_path / "elsewhere")
    return s3(request.getfixturevalue("s3_server"))


def identity(data: bytes, key: str = "") -> Identity:
    digest = hashlib.sha256(data).hexdigest()
    return Identity(key or f"photos/{digest[:24]}.jpg", len(data), digest, "image/jpeg")


def body(data: bytes, cancelled: threading.Event | None = None) -> Body:
    return Body(BytesIO(data), len(data), cancelled or threading.Event())


def stored(remote: Remote, key: str) -> bytes:
    return b"".join(remote.read(key))


def keys(remote: Remote) -> set[str]:
    return {each.key for each in remote.objects()}


SIZES = [1, 300_000, 3_000_000, 20_000_001]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_uploaded_is_found_and_read_back(remote: Remote, size: int) -> None:
    data = os.urandom(size)
    file = identity(data)
    assert remote.find(file) is None
    sent = body(data)
    answer = remote.upload(file, sent)
    assert sent.sent == size
    assert remote.find(file) == answer
    assert stored(remote, file.key) == data
    assert [each.size for each in remote.objects() if each.key == file.key] == [size]


def test_an_upload_can_be_repeated(remote: Remote) -> None:
    data = os.urandom(1000)
    file = identity(data)
    assert remote.upload(file, body(data)) == remote.upload(file, body(data))
    assert stored(remote, file.key) == data


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_other_bytes_than_promised_are_never_reported_stored(remote: Remote, size: int) -> None:
    file = identity(os.urandom(size))
    with pytest.raises(TransferError):
        remote.upload(file, body(os.urandom(size)))
    assert remote.find(file) is None


def test_another_file_under_the_key_is_not_taken_for_this_one(remote: Remote) -> None:
    first, second = os.urandom(500), os.urandom(500)
    file = identity(first)
    remote.upload(file, body(first))
    assert remote.find(identity(second, key=file.key)) is None


def test_deleting_is_repeatable(remote: Remote) -> None:
    data = os.urandom(100)
    file = identity(data)
    answer = remote.upload(file, body(data))
    remote.delete(file.key, answer)
    remote.delete(file.key, answer)
    assert remote.find(file) is None
    assert file.key not in keys(remote)
    with pytest.raises(FileNotFoundError):
        stored(remote, file.key)


@pytest.mark.parametrize("size", [1000, 3_000_000, 20_000_000])
def test_an_upload_that_is_called_off_stores_nothing(remote: Remote, size: int) -> None:
    cancelled = threading.Event()
    cancelled.set()
    file = identity(os.urandom(size))
    with pytest.raises(Cancelled):
        remote.upload(file, body(b"", cancelled))
    assert remote.find(file) is None


def test_the_url_is_the_same_text_each_time(remote: Remote) -> None:
    assert remote.url("photos/a.jpg", {}) == remote.url("photos/a.jpg", {})


def test_a_remote_in_order_passes_its_check(remote: Remote) -> None:
    remote.check()


# --- S3 ----------------------------------------------------------------------------------------


def test_a_signed_url_serves_the_bytes_with_their_type(s3_server: SeaweedFS) -> None:
    remote = s3(s3_server)
    data = os.urandom(2000)
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


@pytest.mark.parametrize(
    "wrong", [{"secret_key": "wrong"}, {"access_key": "nobody"}], ids=lambda wrong: str(wrong)
)
def test_wrong_credentials_are_a_setup_error(s3_server: SeaweedFS, wrong: dict[str, str]) -> None:
    data = os.urandom(10)
    with pytest.raises(Setup):
        s3(s3_server, **wrong).upload(identity(data), body(data))


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


def test_uploads_in_parts_that_nobody_completes_are_aborted(s3_server: SeaweedFS) -> None:
    remote = s3(s3_server)
    target = {"Bucket": remote.bucket, "Key": "photos/half.jpg"}
    remote.client.create_multipart_upload(**target)
    now = datetime.now(UTC)
    assert remote.abort_stale_uploads(now - timedelta(hours=1)) == 0
    assert remote.abort_stale_uploads(now + timedelta(hours=1)) >= 1
    listed = remote.client.list_multipart_uploads(Bucket=remote.bucket)
    assert listed.get("Uploads", []) == []
