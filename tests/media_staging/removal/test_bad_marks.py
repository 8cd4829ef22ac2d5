"""Marks that say nothing, or cannot be written: one sentence, and nothing is deleted."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from dev.cloudinary.faults import Fault as CloudinaryFault
from dev.cloudinary.local import LocalCloudinary
from dev.ports import LOOPBACK
from dev.proxies.http import Fault, FaultProxy
from media_staging import remotes
from media_staging.models import Leftover, StagedFile
from media_staging.remotes import Remote
from media_staging.remotes.base import PREFIX_MARK
from media_staging.upkeep import cleanup
from products.models import ProductImage
from tests.media_staging.fake_remote import FakeRemote, ended_mark
from tests.media_staging.photos import jpeg
from tests.media_staging.remotes.samples import body, identity, keys
from tests.media_staging.removal.doubt import ORPHAN, Reason, reasons, sweep, synced
from tests.support.storages import NAMES, storage_of
from tests.support.unchangeable import unchangeable

pytestmark = pytest.mark.django_db(transaction=True)
# While it is in force, the credentials may do everything but write the mark.
Forbidden = Callable[[], AbstractContextManager[None]]


@contextmanager
def no_puts(proxy: FaultProxy) -> Iterator[None]:
    proxy.strike(Fault.ACCESS_DENIED)
    yield
    proxy.pass_through()


@contextmanager
def no_uploads(cloud: LocalCloudinary) -> Iterator[None]:
    cloud.misbehave(CloudinaryFault(on="upload", do="refuse", status=403, message="not you"))
    yield
    cloud.heal()


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    with FaultProxy(LOOPBACK, request.getfixturevalue("s3_server").port) as proxy:
        yield proxy


@pytest.fixture(params=NAMES)
def forbidden(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Forbidden]:
    """The remote of that kind is set up."""
    with storage_of(request.param, request.getfixturevalue, tmp_path / "shared") as storage:
        options = storage.options(f"marks-{uuid4().hex}")
        if request.param == "s3":
            proxy: FaultProxy = request.getfixturevalue("proxy")
            options["endpoint_url"] = f"http://{proxy.address}"
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": request.param,
            "REMOTES": {request.param: options},
            "ORPHAN_GRACE_SECONDS": 0,
        }
        yield {
            "s3": lambda: no_puts(proxy),
            "cloudinary": lambda: no_uploads(request.getfixturevalue("cloudinary_server")),
            "filesystem": lambda: unchangeable(options["root"]),
        }[request.param]


@pytest.fixture
def remote(forbidden: Forbidden) -> Remote:
    return remotes.current()


def with_orphan() -> tuple[StagedFile, StagedFile]:
    """Two files, the second of which is deleted, beside an object that nobody needs any more."""
    kept, deleted = synced(2)
    data, mark = jpeg(), ended_mark(ORPHAN)
    remotes.current().upload(identity(data, key=ORPHAN, mark=mark), body(data))
    ProductImage.objects.get(file=deleted).delete()
    return kept, deleted


def half(mark: bytes) -> bytes:
    return mark[: len(mark) // 2]


def of_a_later_version(mark: bytes) -> bytes:
    return json.dumps({**json.loads(mark), "version": 2, "shared": True}).encode()


def without_a_token(mark: bytes) -> bytes:
    return json.dumps({"version": 1, "database": json.loads(mark)["database"]}).encode()


def of_a_list(mark: bytes) -> bytes:
    found = json.loads(mark)
    return json.dumps({**found, "database": [found["database"]]}).encode()


def without_end(mark: bytes) -> bytes:
    return b"[" * 100_000


def no_mark_at_all(mark: bytes) -> bytes:
    return b"\xff\xfe something else \x00"


SPOILT = [half, of_a_later_version, without_a_token, of_a_list, without_end, no_mark_at_all]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_mark_that_cannot_be_read_stops_all_deleting(
    remote: Remote, spoil: Callable[[bytes], bytes]
) -> None:
    sweep()
    kept, deleted = with_orphan()
    spoilt = spoil(remote.read_prefix_mark() or b"")
    remote.write_prefix_mark(spoilt)
    report = sweep()
    assert (report.purged, report.swept, report.let_go) == ([], [], [])
    assert keys(remote) == {PREFIX_MARK, kept.key, deleted.key, ORPHAN}
    assert remote.read_prefix_mark() == spoilt
    assert reasons() == {Reason.UNREADABLE}
    (sentence,) = {each["reason"] for each in report.refused}
    assert f"staging_accept --remote {remote.name}" in sentence
    call_command("staging_accept", "--remote", remote.name, "--no-input", "--json")
    report = sweep()
    assert (report.purged, report.swept, report.refused) == ([deleted.key], [ORPHAN], [])
    assert keys(remote) == {PREFIX_MARK, kept.key}


@pytest.mark.parametrize("marked", [False, True], ids=["never marked", "marked before"])
def test_a_mark_that_cannot_be_written_stops_all_deleting_until_it_can(
    remote: Remote, forbidden: Forbidden, marked: bool
) -> None:
    if marked:
        sweep()
    kept, deleted = with_orphan()
    with forbidden():
        report = sweep()
        assert (report.purged, report.swept, report.let_go) == ([], [], [])
        assert keys(remote) - {PREFIX_MARK} == {kept.key, deleted.key, ORPHAN}
        assert reasons() == {Reason.NOT_WRITABLE}
        (sentence,) = {each["reason"] for each in report.refused}
        assert PREFIX_MARK in sentence
    # Nobody has to say anything.
    StagedFile.objects.filter(status="purging").update(due_at=deleted.created_at)
    report = sweep()
    assert (report.purged, report.swept, report.refused) == ([deleted.key], [ORPHAN], [])
    assert not Leftover.objects.exists()


@pytest.mark.parametrize(
    "text", ["half", "of another form", "of a later version", "half an id"], ids=str
)
def test_an_object_whose_mark_cannot_be_read_is_somebody_elses(fake: FakeRemote, text: str) -> None:
    synced()
    sweep()
    mark = ended_mark(ORPHAN)
    spoilt = {
        "half": mark[: mark.rindex("/") + 4],
        "of another form": "somebody's own words",
        "of a later version": f"2:{mark}",
        "half an id": mark[9:],
    }
    fake.put(ORPHAN, b"x", mark=spoilt[text])
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([], 1, [])
    assert ORPHAN in fake.stored


# --- The staging area ----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"photos/\xff\xfe.jpg\n", b"\0\0\0\0"], ids=["bytes", "zeros"])
@pytest.mark.parametrize("name", [".newest", ".newest.aside"])
def test_notes_that_cannot_be_read_stop_all_deleting(
    fake: FakeRemote, staging_area: Path, name: str, content: bytes
) -> None:
    (file,) = synced()
    sweep()
    ProductImage.objects.all().delete()
    (staging_area / name).write_bytes(content)
    report = sweep()
    assert (report.purged, report.swept, reasons()) == ([], [], {Reason.UNREADABLE})
    assert file.key in fake.stored
    call_command("staging_accept", "--area", "--no-input", stdout=StringIO())
    call_command("staging_accept", "--remote", "fake", "--no-input", stdout=StringIO())
    assert cleanup.run_round().purged == [file.key]


@pytest.mark.parametrize("content", [b"", b"half", b"\xff", b"7", b'{"a": 1}'])
def test_a_note_of_the_database_that_cannot_be_read_stops_all_deleting(
    fake: FakeRemote, staging_area: Path, content: bytes
) -> None:
    synced()
    sweep()
    ProductImage.objects.all().delete()
    (staging_area / ".database").write_bytes(content)
    assert sweep().purged == []
    assert reasons() == {Reason.COPIED}
