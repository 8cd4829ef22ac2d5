"""The contract of remotes, on every remote: real S3, Cloudinary's local stand-in and a folder.

`make check-remote` runs this file, and nothing else, on a real account.
"""

import os
import threading
from collections.abc import Callable

import pytest

from media_staging.errors import Cancelled, Refused, TransferError, Unreadable
from media_staging.remotes import Body, Identity, Remote, RemoteData
from tests.media_staging.photos import BadSector, photo
from tests.media_staging.remotes.conftest import CHECKED
from tests.media_staging.remotes.samples import body, identity, keys, stored

SIZES = [1000, 300_000, 3_000_000, 20_000_001]
Make = Callable[[int], bytes]


@pytest.fixture(params=[photo, os.urandom], ids=["photo", "file"])
def make(request: pytest.FixtureRequest) -> Make:
    """Remotes may treat pictures and other files differently."""
    made: Make = request.param
    return made


def upload(remote: Remote, file: Identity, sent: Body) -> RemoteData:
    try:
        return remote.upload(file, sent)
    except Refused as error:
        if CHECKED and "too large" in str(error).lower():
            pytest.skip(f"the account's plan takes no file of {file.size} bytes: {error}")
        raise


@pytest.mark.parametrize("size", SIZES)
def test_what_is_uploaded_is_found_and_read_back(remote: Remote, make: Make, size: int) -> None:
    data = make(size)
    file = identity(data)
    assert remote.find(file) is None
    sent = body(data)
    answer = upload(remote, file, sent)
    assert sent.sent == size
    assert remote.find(file) == answer
    assert stored(remote, file.key) == data
    assert [each.size for each in remote.objects() if each.key == file.key] == [size]


@pytest.mark.parametrize("size", [1000, 20_000_001])
def test_an_upload_can_be_repeated(remote: Remote, make: Make, size: int) -> None:
    data = make(size)
    file = identity(data)
    assert upload(remote, file, body(data)) == upload(remote, file, body(data))
    assert stored(remote, file.key) == data
    assert [each.key for each in remote.objects() if each.key == file.key] == [file.key]


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_other_bytes_than_promised_are_never_reported_stored(
    remote: Remote, make: Make, size: int
) -> None:
    file = identity(make(size))
    with pytest.raises(TransferError):
        remote.upload(file, body(make(size)))
    assert remote.find(file) is None


def test_another_file_under_the_key_is_not_taken_for_this_one(remote: Remote, make: Make) -> None:
    first, second = make(1500), make(1500)
    file = identity(first)
    remote.upload(file, body(first))
    assert remote.find(identity(second, key=file.key)) is None


def test_deleting_is_repeatable(remote: Remote, make: Make) -> None:
    data = make(1000)
    file = identity(data)
    answer = remote.upload(file, body(data))
    remote.delete(file.key, answer)
    remote.delete(file.key, answer)
    assert remote.find(file) is None
    assert file.key not in keys(remote)
    with pytest.raises(FileNotFoundError):
        stored(remote, file.key)


def test_what_nobody_remembers_is_deleted_by_its_key_alone(remote: Remote, make: Make) -> None:
    data = make(1000)
    file = identity(data)
    remote.upload(file, body(data))
    remote.delete(file.key, {})
    assert remote.find(file) is None


@pytest.mark.parametrize("size", [1000, 3_000_000, 20_000_000])
def test_an_upload_that_is_called_off_stores_nothing(remote: Remote, make: Make, size: int) -> None:
    cancelled = threading.Event()
    cancelled.set()
    file = identity(make(size))
    with pytest.raises(Cancelled):
        remote.upload(file, body(b"", cancelled))
    assert remote.find(file) is None


@pytest.mark.parametrize("size", [1000, 3_000_000, 20_000_000])
def test_a_local_disk_that_fails_under_an_upload_is_not_the_remotes_fault(
    remote: Remote, make: Make, size: int
) -> None:
    data = make(size)
    file = identity(data)
    sent = Body(BadSector(data, size // 2), size, threading.Event())
    with pytest.raises(Unreadable):
        remote.upload(file, sent)
    assert remote.find(file) is None


def test_the_url_is_the_same_text_each_time(remote: Remote) -> None:
    assert remote.url("photos/a.jpg", {}) == remote.url("photos/a.jpg", {})


def test_a_remote_in_order_passes_its_check(remote: Remote) -> None:
    remote.prepare()
    remote.check()
