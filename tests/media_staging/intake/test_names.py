"""The name of a file is text to show, whatever the client or the disk calls it."""

import os
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from django.core.files.base import File

from media_staging import stage
from media_staging.area import staging
from media_staging.intake.names import clean_name
from media_staging.models import StagedFile
from tests.media_staging.photos import jpeg

pytestmark = pytest.mark.django_db(transaction=True)

NAMES: dict[object, str] = {
    "../../etc/passwd": "passwd",
    "C:\\photos\\mug.jpg": "mug.jpg",
    "a\x00b\r\nc.jpg": "abc.jpg",
    "\u202egpj.exe": "gpj.exe",
    "x" * 300: "x" * 255,
    "🫖.jpg": "🫖.jpg",
    os.fsdecode(b"caf\xe9.jpg"): "caf\ufffd.jpg",
    "\ud83e.jpg": "\ufffd.jpg",
    b"caf\xe9.jpg": "caf\ufffd.jpg",
    Path("photos/mug.jpg"): "mug.jpg",
    7: "",
    None: "",
}


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_hostile_name_is_only_text(name: object) -> None:
    assert clean_name(name) == NAMES[name]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_file_is_taken_whatever_its_name(name: Any) -> None:
    """The bytes would be there and the row could not be written."""
    file = File(BytesIO(jpeg()))
    file.name = name
    stored = StagedFile.objects.get(pk=stage(file).pk)
    assert stored.name == NAMES[name]
    assert staging.path(stored.key).read_bytes() == jpeg()


def test_a_file_on_the_disk_is_taken_whatever_its_name(tmp_path: Path) -> None:
    source = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    Path(os.fsdecode(source)).write_bytes(jpeg())
    with open(source, "rb") as opened:  # noqa: PTH123 (a path of bytes)
        assert stage(File(opened)).name == "caf\ufffd.jpg"


def test_a_file_without_a_name_is_taken() -> None:
    with TemporaryFile() as opened:
        opened.write(jpeg())
        opened.seek(0)
        assert stage(File(opened)).name == ""


@pytest.mark.parametrize(
    ("name", "ending", "content_type"),
    [
        ("manual.pdf", "pdf", "application/pdf"),
        ("MANUAL.PDF", "pdf", "application/pdf"),
        ("page.html", "bin", "application/octet-stream"),
        ("drawing.svg", "bin", "application/octet-stream"),
        ("photo.jpg", "bin", "application/octet-stream"),
        ("pdf", "bin", "application/octet-stream"),
    ],
)
def test_a_file_that_is_no_picture_has_the_type_of_its_name_if_nothing_runs_it(
    name: str, ending: str, content_type: str
) -> None:
    file = stage(File(BytesIO(b"%PDF-1.7"), name=name))
    assert (file.key.rpartition(".")[2], file.content_type) == (ending, content_type)
    assert (file.identity.name, file.width, file.thumbnail_due_at) == (name, None, None)
    picture = stage(File(BytesIO(jpeg()), name="mug.jpg"))
    assert picture.identity.name == ""
