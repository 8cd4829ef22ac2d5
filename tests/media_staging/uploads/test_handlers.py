"""An upload that Django spools to a disk that does not take it."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from media_staging.errors import StagingUnavailable
from media_staging.intake import receiving
from media_staging.models import StagedFile
from media_staging.uploads.handlers import LostUpload

pytestmark = pytest.mark.django_db(transaction=True)
LARGER_THAN_MEMORY = 3 * 1024**2


def received(size: int) -> list[Any]:
    """What Django makes of a POST with one file of that size."""
    file = SimpleUploadedFile("large.jpg", bytes(size), "image/jpeg")
    return RequestFactory().post("/", {"images": file}).FILES.getlist("images")


def test_a_disk_that_is_not_there_is_told_by_the_intake(
    settings: Any, tmp_path: Path, staging_area: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "not mounted"
    (upload,) = received(LARGER_THAN_MEMORY)
    assert isinstance(upload, LostUpload)
    assert (upload.name, upload.size) == ("large.jpg", LARGER_THAN_MEMORY)
    with caplog.at_level(logging.ERROR), pytest.raises(StagingUnavailable):
        receiving.receive_all([upload], folder="photos", images_only=True)
    assert "not mounted" in caplog.text
    assert [path.name for path in staging_area.rglob("*") if path.is_file()] == [".mark"]
    assert not StagedFile.objects.exists()


def test_a_disk_that_is_there_gets_the_whole_upload(settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    (upload,) = received(LARGER_THAN_MEMORY)
    assert Path(upload.temporary_file_path()).stat().st_size == LARGER_THAN_MEMORY
    upload.close()
    assert list(tmp_path.glob("*.upload*")) == []
