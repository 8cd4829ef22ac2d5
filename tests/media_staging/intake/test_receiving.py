"""What is taken, what is refused, and what is left on the disk in either case."""

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import transaction
from PIL import Image

from media_staging import signals, stage
from media_staging.area import staging
from media_staging.errors import StagingFull, StagingUnavailable, UploadRefused, UploadTooLarge
from media_staging.intake import receiving
from media_staging.models import StagedFile
from tests.media_staging.photos import jpeg, upload

pytestmark = pytest.mark.django_db(transaction=True)
GPS = 0x8825


def left_behind(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.name[0] != "."]


def with_position(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(GPS)[1], exif.get_ifd(GPS)[2] = "N", (41.0, 0.0, 28.0)
    stream = BytesIO()
    Image.effect_noise((60, 40), 80).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def test_a_staged_file_is_on_the_disk_under_its_key() -> None:
    file = stage(upload("mug.jpg"), folder="photos")
    assert staging.path(file.key).read_bytes() == jpeg()
    assert file.key.startswith("photos/")
    assert file.key.endswith(".jpg")
    assert (file.name, file.size, file.content_type) == ("mug.jpg", len(jpeg()), "image/jpeg")
    assert (file.width, file.height, file.status) == (24, 16, "staged")
    assert file.url == f"/media/{file.key}"


def test_a_photo_without_a_position_is_kept_byte_for_byte() -> None:
    data = jpeg(5)
    assert staging.path(stage(upload(data=data)).key).read_bytes() == data


def test_the_position_is_removed_and_nothing_else() -> None:
    data = with_position()
    file = stage(upload(data=data))
    kept = staging.path(file.key).read_bytes()
    before, after = Image.open(BytesIO(data)), Image.open(BytesIO(kept))
    assert before.getexif().get_ifd(GPS)
    assert not after.getexif().get_ifd(GPS)
    assert after.getexif()[0x0112] == 6
    assert after.tobytes() == before.tobytes()
    assert (file.width, file.height) == (40, 60), "as displayed"


def test_the_position_stays_where_that_is_asked_for(settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "STRIP_LOCATION": False}
    data = with_position()
    assert staging.path(stage(upload(data=data)).key).read_bytes() == data


def test_a_spooled_upload_is_moved_and_loses_its_position_too(
    settings: Any, staging_area: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = staging.incoming()
    staging.incoming().mkdir(parents=True)
    data = with_position()
    spooled = TemporaryUploadedFile("big.jpg", "image/jpeg", len(data), None)
    spooled.write(data)
    spooled.seek(0)
    inode = Path(spooled.temporary_file_path()).stat().st_ino
    file = stage(spooled)
    spooled.close()
    local = staging.path(file.key)
    assert local.stat().st_ino == inode
    assert not Image.open(local).getexif().get_ifd(GPS)
    assert left_behind(staging_area) == [local]


def test_a_file_from_the_disk_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "source.jpg"
    source.write_bytes(jpeg(9))
    with source.open("rb") as opened:
        file = stage(File(opened, name="source.jpg"))
    assert staging.path(file.key).read_bytes() == source.read_bytes()


REFUSED = {
    "empty": b"",
    "unsupported_format": b"just some words",
    "truncated": jpeg()[:-40],
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1" + b"\x00" * 64,
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_file_leaves_nothing_behind(code: str, staging_area: Path) -> None:
    with pytest.raises(UploadRefused) as refusal:
        stage(upload(data=REFUSED[code]), images_only=True)
    assert refusal.value.code == code
    assert str(refusal.value.message)
    assert left_behind(staging_area) == []
    assert not StagedFile.objects.exists()


@pytest.mark.parametrize("size", [0, 3 * 1024**2])
@pytest.mark.parametrize("code", REFUSED.keys() - {"empty"})
def test_a_refused_upload_can_be_closed_while_its_refusal_is_told(code: str, size: int) -> None:
    """Whose traceback refers to what was read; Python 3.13 says so on standard error."""
    refused = upload(data=REFUSED[code] + bytes(size))
    with pytest.raises(UploadRefused) as refusal:
        stage(refused, images_only=True)
    refused.close()
    assert refusal.value.__traceback__ is not None


def test_the_good_files_among_bad_ones_are_taken_in_order() -> None:
    uploads = [upload("a.jpg"), upload("b.jpg", b"words"), upload("c.jpg", jpeg(3))]
    received, refused = receiving.receive_all(uploads, folder="photos", images_only=True)
    assert [file.name for file in received] == ["a.jpg", "c.jpg"]
    assert [error.name for error in refused] == ["b.jpg"]


def test_one_byte_too_many_is_too_large(settings: Any, staging_area: Path) -> None:
    limit = len(jpeg())
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_UPLOAD_BYTES": limit}
    stage(upload())
    with pytest.raises(UploadTooLarge):
        stage(upload(data=jpeg() + b"x"))
    assert len(left_behind(staging_area)) == 1


def test_too_many_pixels_are_told_from_the_header(settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_IMAGE_PIXELS": 24 * 16 - 1}
    with pytest.raises(UploadRefused) as refusal:
        stage(upload())
    assert refusal.value.code == "too_many_pixels"


def test_a_full_disk_takes_nothing(settings: Any, staging_area: Path) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 2**62}
    with pytest.raises(StagingFull) as full:
        stage(upload())
    assert full.value.http_status == 507
    assert left_behind(staging_area) == []


class SecondCall:
    """A system call that fails once, the second time."""

    def __init__(self, real: Callable[..., Any], code: int) -> None:
        self.real = real
        self.code = code
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        if self.calls == 2:
            raise OSError(self.code, os.strerror(self.code))
        return self.real(*arguments)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (errno.EIO, StagingUnavailable),
        (errno.EROFS, StagingUnavailable),
        (errno.ENOSPC, StagingFull),
        (errno.EDQUOT, StagingFull),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_in_the_middle_of_a_batch_keeps_none_of_it(
    call: str,
    code: int,
    answer: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    staging_area: Path,
) -> None:
    """A disk without delayed writing says so at the write, others at the fsync."""
    staging.check_area()
    staging.make_room(0)
    staging.path("photos/x").parent.mkdir(parents=True)
    failing = SecondCall(getattr(os, call), code)
    monkeypatch.setattr(os, call, failing)
    uploads = [upload(f"{i}.jpg", jpeg(i)) for i in range(3)]
    with pytest.raises(answer):
        receiving.receive_all(uploads, folder="photos", images_only=True)
    assert failing.calls >= 2
    assert left_behind(staging_area) == []


class UnreadableFile(File):
    """A file of a failing disk."""

    def __init__(self) -> None:
        super().__init__(None, "unreadable.jpg")
        self.size = 1000

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_file_that_is_still_being_written_when_another_fails_is_not_kept_either(
    monkeypatch: pytest.MonkeyPatch, staging_area: Path
) -> None:
    write, given_up, written = staging.write_durably, threading.Event(), threading.Event()

    def write_late(part: Path, chunks: Any) -> None:
        given_up.wait(0.3)
        write(part, chunks)
        written.set()

    staging.check_area()
    monkeypatch.setattr(staging, "write_durably", write_late)
    with pytest.raises(StagingUnavailable):
        receiving.receive_all([upload(), UnreadableFile()], folder="photos", images_only=True)
    given_up.set()
    assert written.wait(10)
    assert left_behind(staging_area) == []


FORK = """
import os
from media_staging.intake import receiving
receiving.writers().submit(int).result()
if os.fork() == 0:
    receiving.writers().submit(print, "written in the child").result(timeout=20)
else:
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_writers_do_not_get_lost_in_a_fork() -> None:
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", FORK]
    assert subprocess.check_output(command, text=True).strip() == "written in the child"


def test_an_area_without_its_mark_takes_nothing(staging_area: Path) -> None:
    stage(upload())
    staging.mark_path().unlink()
    with pytest.raises(StagingUnavailable) as error:
        stage(upload())
    assert error.value.http_status == 503
    assert str(staging_area) in error.value.reason
    assert StagedFile.objects.count() == 1


def test_a_rollback_leaves_no_row_and_tells_nobody() -> None:
    told: list[str] = []

    def note(file: StagedFile, **kwargs: object) -> None:
        told.append(file.key)

    signals.media_staged.connect(note)
    try:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            stage(upload())
            _ = 1 / 0
        assert not StagedFile.objects.exists()
        kept = stage(upload())
    finally:
        signals.media_staged.disconnect(note)
    assert told == [kept.key]


def test_the_same_bytes_twice_are_two_files() -> None:
    first, second = stage(upload()), stage(upload())
    assert first.key != second.key
    assert first.sha256 == second.sha256


def test_a_file_that_is_no_image_is_never_served_as_a_page() -> None:
    file = stage(SimpleUploadedFile("page.html", b"<script>alert(1)</script>", "text/html"))
    assert file.content_type == "application/octet-stream"
    assert file.key.endswith(".bin")


def test_a_symbolic_link_in_the_area_is_not_followed(tmp_path: Path) -> None:
    file = stage(upload())
    local = staging.path(file.key)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    local.unlink()
    local.symlink_to(secret)
    with pytest.raises(FileNotFoundError):
        staging.open_local(file.key)


def test_a_folder_in_the_area_that_is_a_symbolic_link_is_not_followed(
    tmp_path: Path, staging_area: Path
) -> None:
    file = stage(upload(), folder="photos")
    folder = staging_area / "files" / "photos"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        staging.open_local(file.key)


def test_text_is_stored_as_utf_8() -> None:
    file = stage(ContentFile("çay", name="tea.txt"))
    assert staging.path(file.key).read_text() == "çay"
