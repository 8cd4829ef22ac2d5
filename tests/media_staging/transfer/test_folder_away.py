"""A folder on a disk of its own that is not mounted: what is there is not what was put there."""

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from media_staging import remotes
from media_staging.area import staging
from media_staging.errors import Setup
from media_staging.models import Leftover, RemoteHealth, StagedFile
from media_staging.states import health
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.photos import plain
from tests.media_staging.upkeep.test_cleanup import owned

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """One that has been used, and marked."""
    root = tmp_path / "share"
    options = {"REMOTE": "filesystem", "REMOTES": {"filesystem": {"root": root}}}
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **options}
    owned(*plain())
    draining.drain()
    cleanup.run_round(sweeping=True)
    # Another process, which has not looked there yet.
    remotes.get.cache_clear()
    remotes.known_places.cache_clear()
    return root


def away(folder: Path, *, leaves: str) -> Path:
    disk = folder.rename(folder.with_name("disk"))
    if leaves == "an empty mount point":
        folder.mkdir()
    return disk


def back(folder: Path, disk: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    disk.rename(folder)


@pytest.mark.parametrize("leaves", ["nothing", "an empty mount point"])
def test_nothing_is_put_under_a_mount_point(folder: Path, leaves: str, clock: Clock) -> None:
    disk = away(folder, leaves=leaves)
    (file,) = plain()
    owned(file)
    clock.forward(hours=2)
    draining.drain()
    cleanup.run_round(sweeping=True)
    assert list(folder.rglob("*")) == []
    assert folder.exists() == (leaves != "nothing")
    (breaker,) = RemoteHealth.objects.all()
    assert "mount the folder" in health.reason(breaker)
    back(folder, disk)
    clock.forward(hours=2)
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"
    assert (folder / file.key).read_bytes() == staging.path(file.key).read_bytes()
    assert {each.status for each in StagedFile.objects.all()} == {"synced"}


def test_no_local_copy_is_given_up_while_the_mark_is_gone(folder: Path, clock: Clock) -> None:
    (file,) = StagedFile.objects.all()
    disk = away(folder, leaves="an empty mount point")
    # As an earlier version did it.
    shutil.copytree(disk / "photos", folder / "photos")
    clock.forward(hours=2)
    report = cleanup.run_round()
    assert (report.evicted, report.troubled) == ([], True)
    assert staging.path(file.key).exists()
    # It stays named while nobody looks again.
    cleanup.run_round()
    (left,) = Leftover.objects.all()
    assert (left.step, left.key, left.reason) == ("evict", file.key, "mark_gone")
    back(folder, disk)
    clock.forward(minutes=6)
    assert cleanup.run_round().evicted == [file.key]
    assert not Leftover.objects.exists()


def test_another_folder_takes_its_place_when_a_person_says_so(folder: Path, clock: Clock) -> None:
    away(folder, leaves="nothing")
    with pytest.raises(Setup, match="staging_accept --remote filesystem"):
        draining.drain()
        remotes.current().check()
    call_command("staging_accept", "--remote", "filesystem", stdout=StringIO(), stderr=StringIO())
    (file,) = plain()
    owned(file)
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"


def test_a_folder_that_was_never_marked_is_made(tmp_path: Path, settings: Any) -> None:
    root = tmp_path / "new" / "share"
    options = {"REMOTE": "filesystem", "REMOTES": {"filesystem": {"root": root}}}
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **options}
    (file,) = plain()
    draining.drain()
    assert (root / file.key).exists()
