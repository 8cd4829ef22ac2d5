"""The handlers in a process: what whoever asks for a file is given, or told."""

import copy
import errno
import logging
import os
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.forms import FileField, ImageField
from django.test import RequestFactory

from media_staging.errors import StagingFull, StagingUnavailable, UploadTooLarge
from media_staging.intake import receiving
from media_staging.models import StagedFile
from media_staging.uploads.handlers import LostUpload
from tests.media_staging.photos import photo, upload

pytestmark = pytest.mark.django_db(transaction=True)
LARGER_THAN_MEMORY = 3 * 1024**2
LIMIT = 4 * 1024**2


@pytest.fixture(autouse=True)
def limit(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_UPLOAD_BYTES": LIMIT}
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


def received(*sizes: int, name: str = "large.jpg") -> list[Any]:
    """What Django makes of a POST with files of these sizes."""
    files = [SimpleUploadedFile(name, bytes(size), "image/jpeg") for size in sizes]
    return RequestFactory().post("/", {"images": files}).FILES.getlist("images")


def spooled(folder: Path) -> list[Path]:
    return list(folder.glob("*.upload*"))


# --- What was not kept ------------------------------------------------------------------------


# Ways to ask for the bytes.
ASKING = {
    "open": lambda lost: lost.open("rb"),
    "with": lambda lost: lost.__enter__(),
    "read": lambda lost: lost.read(),
    "readline": lambda lost: lost.readline(),
    "readinto": lambda lost: lost.readinto(bytearray(10)),
    "iteration": lambda lost: next(iter(lost)),
    "chunks": lambda lost: list(lost.chunks()),
    "multiple_chunks": lambda lost: lost.multiple_chunks(),
    "seek": lambda lost: lost.seek(0),
    "tell": lambda lost: lost.tell(),
    "fileno": lambda lost: lost.fileno(),
    "temporary_file_path": lambda lost: lost.temporary_file_path(),
    "file": lambda lost: lost.file,
    "a copy of it": lambda lost: copy.copy(lost).read(),
    "shutil": lambda lost: shutil.copyfileobj(lost, BytesIO()),
    "a storage": lambda lost: FileSystemStorage("/nowhere").save("x", lost),
    "a form of pictures": lambda lost: ImageField().clean(lost),
    "Pillow": lambda lost: __import__("PIL.Image").Image.open(lost),
}


@pytest.mark.parametrize("way", ASKING)
def test_whoever_asks_for_a_cut_file_is_told(way: str) -> None:
    (lost,) = received(LIMIT + 1)
    with pytest.raises(UploadTooLarge) as refusal:
        ASKING[way](lost)
    assert (refusal.value.name, refusal.value.code) == ("large.jpg", "too_large")
    assert str(refusal.value) == "The file is larger than the 4 MB allowed."


def test_a_cut_file_keeps_what_else_is_known_of_it() -> None:
    (lost,) = received(LIMIT + 1)
    assert (lost.name, lost.size, lost.content_type) == ("large.jpg", LIMIT + 1, "image/jpeg")
    assert bool(lost)
    assert len(lost) == LIMIT + 1
    assert "large.jpg" in repr(lost)
    assert FileField().clean(lost) is lost
    lost.close()
    assert lost.closed


def test_a_cut_file_holds_no_disk_and_takes_no_other_along(tmp_path: Path) -> None:
    whole, lost, other, last = received(LIMIT, LIMIT + 1, 100, 2 * LIMIT)
    assert isinstance(lost, LostUpload)
    assert isinstance(last, LostUpload)
    assert len(spooled(tmp_path)) == 2
    assert (len(whole.read()), len(other.read())) == (LIMIT, 100)


def test_the_intake_refuses_a_cut_file_and_takes_the_others(settings: Any) -> None:
    """However large it is: it needs no room."""
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_UPLOAD_BYTES": LARGER_THAN_MEMORY}
    data = photo(LARGER_THAN_MEMORY)
    files = [upload(f"{n}.jpg", each) for n, each in enumerate((data, data + b"x", data))]
    uploads = RequestFactory().post("/", {"images": files}).FILES.getlist("images")
    lost = uploads[1]
    lost.size = 2**60
    taken, refused = receiving.receive_all(uploads, folder="photos", images_only=True)
    assert [file.name for file in taken] == ["0.jpg", "2.jpg"]
    assert [(error.name, error.http_status) for error in refused] == [("1.jpg", 413)]


# --- Disks ------------------------------------------------------------------------------------


def test_a_disk_that_is_not_there_is_told_by_the_intake(
    settings: Any, tmp_path: Path, staging_area: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "not mounted"
    (lost,) = received(LARGER_THAN_MEMORY)
    assert isinstance(lost, LostUpload)
    assert (lost.name, lost.size) == ("large.jpg", LARGER_THAN_MEMORY)
    with caplog.at_level(logging.ERROR), pytest.raises(StagingUnavailable):
        receiving.receive_all([lost], folder="photos", images_only=True)
    assert "not mounted" in caplog.text
    assert [path.name for path in staging_area.rglob("*") if path.is_file()] == [".mark"]
    assert not StagedFile.objects.exists()


@pytest.mark.parametrize("moment", ["write", "end"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.ENOSPC, StagingFull),
        (errno.EDQUOT, StagingFull),
        (errno.EIO, StagingUnavailable),
        (errno.EFBIG, StagingUnavailable),
    ],
)
def test_a_disk_that_fails_costs_the_file_that_it_fails(
    moment: str,
    code: int,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real = getattr(TemporaryFileUploadHandler, FAILING[moment])
    calls = []

    def fail_second_file(handler: Any, *arguments: Any) -> Any:
        calls.append(handler.file_name)
        if len(set(calls)) == 2:
            raise OSError(code, os.strerror(code))
        return real(handler, *arguments)

    monkeypatch.setattr(TemporaryFileUploadHandler, FAILING[moment], fail_second_file)
    files = [SimpleUploadedFile(f"{n}.jpg", bytes(LARGER_THAN_MEMORY)) for n in range(3)]
    first, second = RequestFactory().post("/", {"f": files[:2]}).FILES.getlist("f")
    assert len(first.read()) == LARGER_THAN_MEMORY
    assert spooled(tmp_path) == [Path(first.temporary_file_path())]
    with pytest.raises(error):
        second.read()
    assert second.size == LARGER_THAN_MEMORY
    assert "FILE_UPLOAD_TEMP_DIR" in caplog.text


FAILING = {"write": "receive_data_chunk", "end": "file_complete"}


def test_a_disk_that_is_there_gets_the_whole_upload(tmp_path: Path) -> None:
    (whole,) = received(LARGER_THAN_MEMORY)
    assert Path(whole.temporary_file_path()).stat().st_size == LARGER_THAN_MEMORY
    whole.close()
    assert spooled(tmp_path) == []


@pytest.mark.parametrize("ending", [".jpg", "." + "x" * 240, ".🫖" * 60, ".", ".j pg", ".\u00a0"])
def test_a_name_never_keeps_a_file_from_the_disk(ending: str, tmp_path: Path) -> None:
    (whole,) = received(LARGER_THAN_MEMORY, name=f"photo{ending}")
    assert len(whole.read()) == LARGER_THAN_MEMORY
    assert len(spooled(tmp_path)) == 1
    assert whole.name.startswith("photo")


def test_an_upload_of_which_the_disk_lost_the_end_is_not_stored(staging_area: Path) -> None:
    (whole,) = received(LARGER_THAN_MEMORY, name="scan.bin")
    with Path(whole.temporary_file_path()).open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(StagingUnavailable):
        receiving.stage(whole)
    assert [path.name for path in staging_area.rglob("*") if path.is_file()] == [".mark"]
