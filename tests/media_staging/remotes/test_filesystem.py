"""The second folder, where it differs from other remotes."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media_staging.errors import Cancelled, Outage, Setup
from media_staging.remotes.filesystem import FilesystemRemote
from tests.media_staging.remotes.samples import body, identity, keys


@pytest.fixture
def remote(tmp_path: Path) -> FilesystemRemote:
    return FilesystemRemote(root=tmp_path / "elsewhere")


def test_bytes_appear_under_their_name_only_when_they_are_whole(remote: FilesystemRemote) -> None:
    file = identity(os.urandom(5000))
    with pytest.raises(Outage):
        remote.upload(file, body(os.urandom(5000)))
    assert keys(remote) == set()
    assert [path for path in remote.root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["../outside.jpg", "photos/../../outside.jpg", "/etc/passwd"])
def test_no_key_leads_out_of_the_folder(remote: FilesystemRemote, key: str) -> None:
    with pytest.raises(FileNotFoundError):
        remote.path(key)


def test_what_was_left_half_written_is_no_object_and_goes_when_it_is_old(
    remote: FilesystemRemote,
) -> None:
    half = remote.root / "photos" / "a.jpg.0123.partial"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"x")
    assert keys(remote) == set()
    now = datetime.now(UTC)
    assert remote.abort_stale_uploads(now - timedelta(hours=1)) == 0
    assert remote.abort_stale_uploads(now + timedelta(hours=1)) == 1
    assert not half.exists()


def test_a_folder_that_cannot_be_made_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    remote = FilesystemRemote(root=tmp_path / "file" / "below")
    with pytest.raises(Setup):
        remote.check()
    with pytest.raises(Setup):
        remote.upload(identity(b"x"), body(b"x"))


def test_an_empty_root_has_no_objects(remote: FilesystemRemote) -> None:
    assert keys(remote) == set()
    assert remote.abort_stale_uploads(datetime.now(UTC)) == 0


def test_an_upload_called_off_leaves_nothing_a_reader_could_take_for_it(
    remote: FilesystemRemote,
) -> None:
    data = os.urandom(3_000_000)
    called_off = body(data)
    called_off._cancelled.set()
    with pytest.raises(Cancelled):
        remote.upload(identity(data), called_off)
    assert keys(remote) == set()
