"""The contract of remotes, on every remote: real S3, Cloudinary's local stand-in and a folder.

`make check-remote` runs this file, and nothing else, on a real account.
"""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from media_staging.errors import Cancelled, Refused, TransferError, Unreadable
from media_staging.remotes import Body, Identity, Mark, Remote, RemoteData
from media_staging.remotes.base import PREFIX_MARK
from tests.media_staging.photos import BadSector, photo
from tests.media_staging.remotes.conftest import CHECKED
from tests.media_staging.remotes.samples import (
    begin_upload,
    body,
    identity,
    keys,
    listed,
    store_as_somebody_else,
    stored,
)

SIZES = [1000, 300_000, 3_000_000, 20_000_001]
MARK = "0198c0de-7a3b-7c11-8f00-52e6d4f0a111/42"
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


# --- Whose an object is ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1000, 20_000_001])
def test_an_object_says_whose_it_is(remote: Remote, make: Make, size: int) -> None:
    data = make(size)
    file = identity(data, mark=MARK)
    assert remote.keeps_marks
    assert remote.mark_of(file.key) is None
    upload(remote, file, body(data))
    found = remote.mark_of(file.key)
    assert found is not None
    assert (found.text, found.size) == (MARK, size)
    assert found.sha256 in (file.sha256, "")
    assert listed(remote, file.key).mark in (found, None)


def test_a_repeated_upload_says_whose_it_is_now(remote: Remote, make: Make) -> None:
    data = make(1500)
    for mark in ("", MARK, f"{MARK}7"):
        file = identity(data, mark=mark)
        answer = remote.upload(file, body(data))
        found = remote.mark_of(file.key)
        assert found is not None
        assert found.text == mark
        assert remote.find(file) == answer


def test_an_object_of_somebody_else_says_nothing(remote: Remote, make: Make) -> None:
    data = make(1500)
    key = identity(data).key
    store_as_somebody_else(remote, key, data)
    assert remote.mark_of(key) == Mark()
    assert listed(remote, key).mark in (Mark(), None)


def test_the_etag_of_an_object_changes_with_its_bytes(remote: Remote, make: Make) -> None:
    first, second = make(1500), make(1600)
    file = identity(first)
    answer = remote.upload(file, body(first))
    before = listed(remote, file.key).etag
    assert before
    assert listed(remote, file.key).etag == before
    remote.delete(file.key, answer)
    remote.upload(identity(second, key=file.key), body(second))
    assert listed(remote, file.key).etag not in (before, "")


# --- Whose a prefix is -------------------------------------------------------------------------


def test_a_prefix_that_nobody_marked_has_no_mark(remote: Remote) -> None:
    remote.delete(PREFIX_MARK, {})
    assert remote.read_prefix_mark() is None
    assert PREFIX_MARK not in keys(remote)


def test_the_mark_of_a_prefix_is_always_the_newest(remote: Remote) -> None:
    for number in range(10):
        content = f'{{"database": "{MARK}", "counter": {number}, "said by": "zoë=a|b"}}'.encode()
        remote.write_prefix_mark(content)
        assert remote.read_prefix_mark() == content
    assert listed(remote, PREFIX_MARK).size == len(content)
    assert remote.mark_of(PREFIX_MARK) == Mark()


def test_the_mark_of_a_prefix_may_be_long(remote: Remote) -> None:
    for content in (b"short", b"[" + b"long, " * 500 + b"]", b"short again"):
        remote.write_prefix_mark(content)
        assert remote.read_prefix_mark() == content


# --- Uploads that nobody completes -------------------------------------------------------------


def test_what_nobody_completes_is_listed_when_it_is_old_and_given_up_by_its_key_alone(
    remote: Remote,
) -> None:
    key, longer = "photos/half.bin", "photos/half.bin.too"
    begun = [begin_upload(remote, each) for each in (key, key, longer)]
    now = datetime.now(UTC)
    late = now + timedelta(hours=1)
    assert not {key, longer} & set(remote.stale_uploads(now - timedelta(hours=1)))
    old = sorted(each for each in remote.stale_uploads(late) if each in (key, longer))
    assert old == ([key, key, longer] if all(begun) else [])
    assert remote.abort_uploads(key) == old.count(key)
    assert [each for each in remote.stale_uploads(late) if each in (key, longer)] == old[2:]
    assert remote.abort_uploads("photos/half") == 0
    assert remote.abort_uploads(longer) == old.count(longer)
    assert not {key, longer} & set(remote.stale_uploads(late))
    assert not {key, longer} & keys(remote)


# --- The rest ----------------------------------------------------------------------------------


def test_the_url_is_the_same_text_each_time(remote: Remote) -> None:
    assert remote.url("photos/a.jpg", {}) == remote.url("photos/a.jpg", {})


def test_a_remote_in_order_passes_its_check(remote: Remote) -> None:
    remote.prepare()
    remote.check()


def test_an_address_is_one_line_that_stays(remote: Remote) -> None:
    assert remote.address == remote.address
    assert remote.address.isprintable()
    assert remote.place
