"""The second folder, where it differs from other remotes."""

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from media_staging.errors import Cancelled, Outage, Refused, Setup, Unclear
from media_staging.remotes import Mark
from media_staging.remotes.base import PREFIX_MARK
from media_staging.remotes.filesystem import ERRORS, FilesystemRemote
from tests.media_staging.remotes.samples import body, identity, keys


@pytest.fixture
def remote(tmp_path: Path) -> FilesystemRemote:
    return FilesystemRemote(root=tmp_path / "elsewhere")


def test_bytes_appear_under_their_name_only_when_they_are_whole(remote: FilesystemRemote) -> None:
    file = identity(os.urandom(5000))
    with pytest.raises(Unclear, match="other bytes"):
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
    half = remote.root / "photos" / f"a.jpg.{'0123' * 8}.partial"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"x")
    assert keys(remote) == set()
    now = datetime.now(UTC)
    assert list(remote.stale_uploads(now - timedelta(hours=1))) == []
    assert list(remote.stale_uploads(now + timedelta(hours=1))) == ["photos/a.jpg"]
    assert remote.abort_uploads("photos/a.jpg") == 1
    assert not half.exists()


def test_somebody_elses_half_written_file_is_an_object_of_theirs(remote: FilesystemRemote) -> None:
    remote.root.mkdir()
    (remote.root / "film.mkv.partial").write_bytes(b"x")
    assert keys(remote) == {"film.mkv.partial"}
    assert list(remote.stale_uploads(datetime.now(UTC) + timedelta(hours=1))) == []


def test_a_folder_that_cannot_be_made_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    remote = FilesystemRemote(root=tmp_path / "file" / "below")
    with pytest.raises(Setup):
        remote.check()
    with pytest.raises(Setup):
        remote.upload(identity(b"x"), body(b"x"))


KINDS = {
    Refused: ["EFBIG"],
    Setup: ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "ENOTDIR", "ELOOP", "ENAMETOOLONG"],
    Outage: ["EIO", "ESTALE", "ENOTCONN", "ETIMEDOUT", "EHOSTDOWN", "EBUSY", "EAGAIN", "ENOENT"],
    Unclear: ["EINVAL", "EILSEQ", "EISDIR", "EOPNOTSUPP"],
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in KINDS.items() for name in names]
)
def test_what_the_file_system_says_is_of_its_kind(
    remote: FilesystemRemote, kind: type[Exception], name: str
) -> None:
    code = getattr(errno, name)
    with (
        mock.patch("media_staging.disk.rename", side_effect=OSError(code, os.strerror(code))),
        pytest.raises(kind) as raised,
    ):
        remote.upload(identity(b"x"), body(b"x"))
    assert type(raised.value) is kind
    assert os.strerror(code) in str(raised.value)
    assert ERRORS.get(code, (kind, ""))[1] in str(raised.value)


def test_a_setup_error_of_the_file_system_says_what_to_change() -> None:
    for kind, change in ERRORS.values():
        assert bool(change) == (kind is Setup)


def test_a_file_that_may_not_be_read_is_no_missing_one(remote: FilesystemRemote) -> None:
    denied = PermissionError(errno.EACCES, "not yours")
    with mock.patch("media_staging.disk.os.open", side_effect=denied):
        for call in (lambda: remote.find(identity(b"x")), lambda: list(remote.read("a.jpg"))):
            with pytest.raises(Setup, match="let the user"):
                call()
    with pytest.raises(FileNotFoundError):
        list(remote.read("a.jpg"))


def test_an_empty_root_has_no_objects(remote: FilesystemRemote) -> None:
    assert keys(remote) == set()
    assert list(remote.stale_uploads(datetime.now(UTC))) == []
    assert remote.abort_uploads("photos/a.jpg") == 0
    assert remote.mark_of("photos/a.jpg") is None
    assert remote.read_prefix_mark() is None


def test_an_upload_called_off_leaves_nothing_a_reader_could_take_for_it(
    remote: FilesystemRemote,
) -> None:
    data = os.urandom(3_000_000)
    called_off = body(data)
    called_off._cancelled.set()
    with pytest.raises(Cancelled):
        remote.upload(identity(data), called_off)
    assert keys(remote) == set()


# --- Listing -----------------------------------------------------------------------------------


def test_a_listing_is_in_the_order_of_keys(remote: FilesystemRemote) -> None:
    names = ["a", "a-b", "a.jpg", "a/b", "a/b.jpg", "a/c/d", "a0", "b/ö", "b/z", "zoë.jpg"]
    for name in [name for name in names if name != "a"]:
        path = remote.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [each.key for each in remote.objects()] == sorted(names[1:])


def test_what_cannot_be_read_or_named_hides_nothing_else(remote: FilesystemRemote) -> None:
    data = os.urandom(10)
    remote.upload(identity(data), body(data))
    root = remote.root
    (root / "loop").symlink_to(root / "loop")
    (root / "nowhere").symlink_to(root / "missing")
    (root / "folder").symlink_to(root / "photos")
    (root / os.fsdecode(b"\xff\xfe.jpg")).touch()
    os.mkfifo(root / "pipe")
    assert keys(remote) == {identity(data).key, r"\xff\xfe.jpg"}


def unreadable(folder: str) -> Iterator[None]:
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == folder:
            raise PermissionError(errno.EACCES, "not yours", str(path))
        return real(path)

    with mock.patch("media_staging.remotes.filesystem.os.scandir", scandir):
        yield


def test_a_folder_of_somebody_else_is_passed_over_but_the_root_is_not(
    remote: FilesystemRemote,
) -> None:
    data = os.urandom(10)
    remote.upload(identity(data), body(data))
    (remote.root / "lost+found").mkdir()
    for _ in unreadable("lost+found"):
        assert keys(remote) == {identity(data).key}
    for _ in unreadable(remote.root.name):
        with pytest.raises(Setup):
            keys(remote)


# --- Marks -------------------------------------------------------------------------------------


def test_a_mark_is_on_the_file_before_it_has_its_name(remote: FilesystemRemote) -> None:
    data = os.urandom(10)
    file = identity(data, mark="d/1")
    with (
        mock.patch("media_staging.disk.rename", side_effect=OSError(errno.EIO, "broken")),
        pytest.raises(Outage),
    ):
        remote.upload(file, body(data))
    (half,) = [path for path in remote.root.rglob("*") if path.is_file()]
    assert os.getxattr(half, "user.media_staging.mark") == b"d/1"


@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EPERM, errno.ENOSYS])
def test_a_file_system_without_attributes_takes_files_and_says_that_it_keeps_no_marks(
    remote: FilesystemRemote, code: int
) -> None:
    data = os.urandom(10)
    file = identity(data, mark="d/1")
    with (
        mock.patch("os.setxattr", side_effect=OSError(code, "no")) as asked,
        mock.patch("os.getxattr", side_effect=OSError(code, "no")),
    ):
        assert not remote.keeps_marks
        assert not remote.keeps_marks
        assert asked.call_count == 1, "it is asked once"
        remote.upload(file, body(data))
        assert remote.mark_of(file.key) == Mark()
    assert keys(remote) == {file.key}


def test_whether_marks_are_kept_is_known_before_the_first_file(remote: FilesystemRemote) -> None:
    assert remote.keeps_marks
    assert list(remote.root.iterdir()) == []


def test_whether_marks_are_kept_is_no_answer_while_the_folder_cannot_be_made(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way")
    remote = FilesystemRemote(root=tmp_path / "file" / "below")
    with pytest.raises(Setup):
        _ = remote.keeps_marks
    (tmp_path / "file").unlink()
    assert remote.keeps_marks


def test_a_folder_is_no_object(remote: FilesystemRemote) -> None:
    (remote.root / "photos").mkdir(parents=True)
    assert remote.mark_of("photos") is None
    assert remote.mark_of("../outside") is None


def test_the_mark_of_the_prefix_is_replaced_as_a_whole(remote: FilesystemRemote) -> None:
    remote.write_prefix_mark(b"first")
    with (
        mock.patch("media_staging.disk.rename", side_effect=OSError(errno.EIO, "broken")),
        pytest.raises(Outage),
    ):
        remote.write_prefix_mark(b"second")
    assert remote.read_prefix_mark() == b"first"
    assert list(remote.stale_uploads(datetime.now(UTC) + timedelta(hours=1))) == [PREFIX_MARK]


# --- Addresses ---------------------------------------------------------------------------------


def test_a_folder_has_one_address_however_it_is_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    real = FilesystemRemote(root=tmp_path / "real")
    for root in ("real", "./real/", "real/../real", "link", str(tmp_path / "link")):
        assert FilesystemRemote(root=root).place == real.place
    assert FilesystemRemote(root="other").place != real.place
