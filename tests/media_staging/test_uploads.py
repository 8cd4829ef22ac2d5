"""What happens to an upload before any view sees it."""

import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from media_staging import intake, stage, staging
from media_staging.errors import StagingUnavailable
from media_staging.models import StagedFile
from media_staging.uploads import InterruptedUploads, UnstoredUpload
from tests.media_staging.photos import jpeg

pytestmark = pytest.mark.django_db(transaction=True)
LARGER_THAN_MEMORY = 3 * 1024**2
PHOTO = jpeg()


@pytest.fixture
def person() -> User:
    return User.objects.create_user("person")


def received(size: int) -> list[Any]:
    """What Django makes of a POST with one file of that size."""
    file = SimpleUploadedFile("large.jpg", bytes(size), "image/jpeg")
    return RequestFactory().post("/", {"images": file}).FILES.getlist("images")


# --- On its way to the disk while the request arrives --------------------------------------------


def arriving(user: object, data: bytes = PHOTO, name: str = "mug.jpg") -> Any:
    """A POST by that user with one small file, of which nothing has been read."""
    request = RequestFactory().post("/", {"images": SimpleUploadedFile(name, data)})
    request.user = user  # type: ignore[assignment]
    return request


def in_incoming() -> list[bytes]:
    return [path.read_bytes() for path in staging.incoming().glob("*.part")]


def test_who_is_signed_in_has_the_bytes_on_the_disk_before_anybody_takes_them(person: User) -> None:
    request = arriving(person)
    upload = request.FILES["images"]
    assert upload.arrival.taken.result().size == len(PHOTO)
    assert in_incoming() == [PHOTO]
    (file,), refused = intake.receive_all([upload], folder="photos", images_only=True)
    assert (refused, in_incoming()) == ([], [])
    assert staging.path(file.key).read_bytes() == PHOTO


def test_whose_file_nobody_takes_leaves_nothing(person: User) -> None:
    def view(request: Any) -> HttpResponse:
        assert request.FILES["images"].arrival
        return HttpResponse()

    InterruptedUploads(view)(arriving(person))
    assert in_incoming() == []


def test_a_file_that_was_taken_stays_when_the_answer_goes_out(person: User) -> None:
    taken: list[StagedFile] = []

    def view(request: Any) -> HttpResponse:
        taken.append(stage(request.FILES["images"], images_only=True))
        return HttpResponse()

    InterruptedUploads(view)(arriving(person))
    assert staging.path(taken[0].key).read_bytes() == PHOTO


def test_a_stranger_costs_no_write() -> None:
    assert not hasattr(arriving(AnonymousUser()).FILES["images"], "arrival")
    assert in_incoming() == []


def test_what_is_no_image_is_refused_or_taken_as_its_place_wants_it(person: User) -> None:
    pdf = b"%PDF-1.7 " + bytes(500)
    for images_only in (True, False):
        upload = arriving(person, pdf, "manual.pdf").FILES["images"]
        received, refused = intake.receive_all([upload], folder="docs", images_only=images_only)
        assert len(refused) == images_only
    assert staging.path(received[0].key).read_bytes() == pdf
    assert in_incoming() == []


def test_a_staging_area_of_somebody_else_is_not_touched(person: User, staging_area: Path) -> None:
    stage(SimpleUploadedFile("first.jpg", PHOTO))
    (staging_area / ".mark").write_text(str(uuid4()))
    upload = arriving(person).FILES["images"]
    assert in_incoming() == []
    with pytest.raises(StagingUnavailable):
        intake.receive_all([upload], folder="photos", images_only=True)


# --- Spooled by Django ---------------------------------------------------------------------------


def test_a_disk_that_is_not_there_is_told_by_the_intake(
    settings: Any, tmp_path: Path, staging_area: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "not mounted"
    (upload,) = received(LARGER_THAN_MEMORY)
    assert isinstance(upload, UnstoredUpload)
    assert (upload.name, upload.size) == ("large.jpg", LARGER_THAN_MEMORY)
    with caplog.at_level(logging.ERROR), pytest.raises(StagingUnavailable):
        intake.receive_all([upload], folder="photos", images_only=True)
    assert "not mounted" in caplog.text
    assert [path.name for path in staging_area.rglob("*") if path.is_file()] == [".mark"]
    assert not StagedFile.objects.exists()


def test_a_disk_that_is_there_gets_the_whole_upload(settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    (upload,) = received(LARGER_THAN_MEMORY)
    assert Path(upload.temporary_file_path()).stat().st_size == LARGER_THAN_MEMORY
    upload.close()
    assert list(tmp_path.glob("*.upload*")) == []
