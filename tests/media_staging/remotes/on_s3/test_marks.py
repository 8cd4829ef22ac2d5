"""Whose objects and uploads in a bucket are, and how many requests it takes to find out."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from dev.servers.http_server import Answer, QuietHandler, QuietServer
from dev.servers.seaweedfs import SeaweedFS
from media_staging.remotes import Mark
from media_staging.remotes.base import PREFIX_MARK
from media_staging.remotes.s3.remote import S3Remote
from tests.media_staging.remotes.samples import begin_upload, body, identity, s3

MARK = "0198c0de-7a3b-7c11-8f00-52e6d4f0a111/42"


@pytest.fixture
def remote(s3_server: SeaweedFS, request: pytest.FixtureRequest) -> S3Remote:
    return s3(s3_server, location=f"t{abs(hash(request.node.nodeid))}")


@contextmanager
def requests_of(remote: S3Remote) -> Iterator[list[str]]:
    """The operations that boto3 sends meanwhile."""
    sent: list[str] = []

    def note(event_name: str, **_kwargs: object) -> None:
        sent.append(event_name.rpartition(".")[2])

    remote.client.meta.events.register("before-send.s3", note)
    yield sent
    remote.client.meta.events.unregister("before-send.s3", note)


def test_an_upload_asks_nothing_more_and_a_mark_takes_one_question(remote: S3Remote) -> None:
    data = os.urandom(1000)
    file = identity(data, mark=MARK)
    with requests_of(remote) as sent:
        remote.upload(file, body(data))
        assert sent == []
        assert remote.mark_of(file.key) == Mark(MARK, file.sha256, 1000)
        assert sent == ["HeadObject"]


def test_an_object_of_the_first_version_is_known_by_hash_and_size(remote: S3Remote) -> None:
    data = os.urandom(1000)
    file = identity(data)
    remote.upload(file, body(data))
    assert remote.mark_of(file.key) == Mark("", file.sha256, 1000)


def test_a_listing_takes_a_request_for_each_thousand_and_is_sorted(remote: S3Remote) -> None:
    data = b"x"

    def put(number: int) -> None:
        remote.upload(identity(data, key=f"photos/{number}.bin"), body(data))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(1000)))
    remote.write_prefix_mark(b"mark")
    with requests_of(remote) as sent:
        listed = [each.key for each in remote.objects()]
    assert sent == ["ListObjectsV2"] * 2
    assert len(listed) == 1001
    assert listed == sorted(listed)
    assert listed[0] == PREFIX_MARK
    for each in listed:
        remote.delete(each, {})


def test_an_etag_comes_without_its_quotes(remote: S3Remote) -> None:
    remote.upload(identity(b"x", key="photos/x.bin"), body(b"x"))
    assert [each.etag for each in remote.objects()] == ["9dd4e461268c8034f5c8564e155c67a6"]


def test_uploads_in_parts_of_another_prefix_are_neither_seen_nor_aborted(
    s3_server: SeaweedFS, remote: S3Remote
) -> None:
    everything, late = s3(s3_server), datetime.now(UTC) + timedelta(hours=1)
    theirs = f"x{remote.prefix}half.bin"
    for whose, key in ((everything, theirs), (remote, "half.bin")):
        begin_upload(whose, key)
    assert list(remote.stale_uploads(late)) == ["half.bin"]
    assert remote.abort_uploads("half.bin") == 1
    assert theirs in list(everything.stale_uploads(late))
    assert everything.abort_uploads(theirs) == 1


def test_an_upload_that_ended_while_it_was_looked_at_is_no_failure(
    remote: S3Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_upload(remote, "half.bin")
    real: Callable[..., object] = remote.client.abort_multipart_upload

    def twice(**target: str) -> object:
        real(**target)
        return real(**target)

    monkeypatch.setattr(remote.client, "abort_multipart_upload", twice)
    remote.abort_uploads("half.bin")
    assert list(remote.stale_uploads(datetime.now(UTC) + timedelta(hours=1))) == []


class Capitals(QuietHandler):
    """Gives back the names of metadata as Go's programs write them."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        digest = identity(b"x").sha256
        for name, value in (("Sha256", digest), ("Size", "1"), ("Mark", MARK)):
            self.send_header(f"X-Amz-Meta-{name}", value)
        self.send_header("Content-Length", "1")
        self.end_headers()


class Strangers(QuietHandler):
    def do_HEAD(self) -> None:
        self.answer(Answer(200, b"bytes", {"x-amz-meta-size": "big", "x-amz-meta-owner": "me"}))


def test_names_of_metadata_have_no_case(s3_server: SeaweedFS) -> None:
    with QuietServer(Capitals) as server:
        remote = s3(s3_server, endpoint_url=f"http://{server.address}")
        file = identity(b"x")
        assert remote.mark_of(file.key) == Mark(MARK, file.sha256, 1)
        assert remote.find(file) is not None


def test_metadata_of_somebody_else_is_no_mark(s3_server: SeaweedFS) -> None:
    with QuietServer(Strangers) as server:
        remote = s3(s3_server, endpoint_url=f"http://{server.address}")
        assert remote.mark_of("photos/x.jpg") == Mark()
