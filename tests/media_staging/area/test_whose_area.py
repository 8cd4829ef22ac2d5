"""An area belongs to one database: by itself if it is empty, else because a person says so."""

import errno
import os
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import connection, transaction

from media_staging import stage
from media_staging.area import staging
from media_staging.errors import StagingFull, StagingUnavailable
from media_staging.models import Installation, StagedFile, StagingArea
from tests.media_staging.photos import jpeg, staged, upload

pytestmark = pytest.mark.django_db(transaction=True)
NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOSYS)


def another_process() -> None:
    """What this one remembers of the database is forgotten."""
    staging._mark_in.cache_clear()


def another_database() -> None:
    StagedFile.objects.all().delete()
    StagingArea.objects.all().delete()
    Installation.objects.all().delete()
    another_process()


@pytest.fixture
def theirs() -> Path:
    """A local copy in an area that another database has marked."""
    (file,) = staged()
    another_database()
    return staging.path(file.key)


def test_an_empty_database_does_not_adopt_an_area_with_files(theirs: Path) -> None:
    mark = staging.mark_path().read_bytes()
    with pytest.raises(StagingUnavailable) as refusal:
        stage(upload())
    assert "staging_accept --area" in refusal.value.reason
    assert str(connection.settings_dict["NAME"]) in refusal.value.reason
    assert staging.mark_path().read_bytes() == mark
    assert theirs.exists()
    assert not StagingArea.objects.exists()


def test_files_whose_mark_is_gone_are_not_adopted_either(theirs: Path) -> None:
    staging.mark_path().unlink()
    with pytest.raises(StagingUnavailable):
        staging.check_area()
    assert not staging.mark_path().exists()


def test_an_area_without_files_is_adopted(theirs: Path) -> None:
    theirs.unlink()
    staging.incoming().joinpath("just.part").write_bytes(b"what a request is receiving")
    staging.check_area()
    assert StagingArea.objects.get().mark == staging.read_mark()


def test_a_person_says_whose_it_is_and_the_other_database_stops(theirs: Path) -> None:
    before = staging.read_mark()
    staging.accept_area()
    staging.check_area()
    assert staging.read_mark() == StagingArea.objects.get().mark != before
    # What the other one holds.
    StagingArea.objects.update(mark=before)
    another_process()
    with pytest.raises(StagingUnavailable):
        staging.check_area()


def test_a_process_that_was_running_meanwhile_goes_on() -> None:
    staging.check_area()
    remembered = staging.known_mark()
    mark = uuid4()
    StagingArea.objects.update(mark=mark)
    staging.write_mark(mark)
    staging.check_area()
    assert staging.known_mark() != remembered


def dies(*_anything: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["write_durably", "write_mark", "make_root"])
def test_after_a_kill_anywhere_in_it_a_person_says_it_again(
    theirs: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(staging, place, dies)
        with pytest.raises(KeyboardInterrupt):
            staging.accept_area()
    another_process()
    with pytest.raises(StagingUnavailable):
        staging.check_area()
    staging.accept_area()
    staging.check_area()
    assert theirs.exists()


@pytest.mark.parametrize("place", ["write_durably", "write_mark"])
def test_a_kill_while_a_new_area_is_marked_leaves_no_gap(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(staging, place, dies)
        with pytest.raises(KeyboardInterrupt):
            staging.check_area()
    another_process()
    staging.check_area()
    assert StagingArea.objects.get().mark == staging.read_mark()


def test_a_first_upload_that_is_rolled_back_keeps_nobody_out() -> None:
    """Its bytes stay until they are swept, and the mark's row goes with the transaction."""
    # As the migration leaves it.
    Installation.objects.get_or_create(id=1)
    with transaction.atomic():
        staged()
        transaction.set_rollback(True)
    another_process()
    assert staging.holds_files()
    assert not StagingArea.objects.exists()
    staging.check_area()


# --- A disk without hard links --------------------------------------------------------------------


@pytest.fixture(params=NO_LINKS, ids=lambda code: errno.errorcode[code])
def linkless(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_paths: object, **_options: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "link", link)


@pytest.fixture
def spooled(settings: Any) -> TemporaryUploadedFile:
    """A large upload, as Django writes it to the staging disk while it arrives."""
    staging.make_room(0)
    settings.FILE_UPLOAD_TEMP_DIR = staging.incoming()
    arrived = TemporaryUploadedFile("big.jpg", "image/jpeg", len(jpeg()), None)
    arrived.write(jpeg())
    arrived.seek(0)
    return arrived


def test_a_disk_without_hard_links_takes_files(
    linkless: None, spooled: TemporaryUploadedFile
) -> None:
    file = stage(spooled)
    spooled.close()
    assert staging.path(file.key).read_bytes() == jpeg()
    assert not list(staging.incoming().iterdir())


def test_what_has_to_be_copied_needs_room(
    linkless: None,
    spooled: TemporaryUploadedFile,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 1000}
    monkeypatch.setattr(staging, "free_bytes", lambda: 1000 + len(jpeg()) - 1)
    with pytest.raises(StagingFull):
        stage(spooled)
    assert not StagedFile.objects.exists()


def test_a_disk_that_fails_is_not_taken_for_one_without_hard_links(
    spooled: TemporaryUploadedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_paths: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(StagingUnavailable):
        stage(spooled)


def test_a_mark_is_a_uuid_on_its_first_line() -> None:
    staging.check_area()
    mark = staging.read_mark()
    assert isinstance(mark, UUID)
    staging.mark_path().write_text(f"{mark}\nmore of a later version\n")
    assert staging.read_mark() == mark
