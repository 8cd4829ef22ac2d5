"""Two users in one staging area, and a folder that is closed to us, are told at the start."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from media_staging.upkeep.checks import check_disk

NOBODY = 65534
is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@pytest.fixture
def area(settings: Any) -> Iterator[Path]:
    """An area in a folder that everybody can get to, with one file."""
    parent = Path(tempfile.mkdtemp())
    parent.chmod(0o755)
    root = parent / "staging"
    for folder in (root, root / "incoming", root / "files", root / "files" / "photos"):
        folder.mkdir(mode=0o755)
    (root / "files" / "photos" / "mug.jpg").write_bytes(b"x")
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "ROOT": root}
    yield root
    shutil.rmtree(parent)


@contextmanager
def as_nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def told() -> list[tuple[str | None, str]]:
    return [(found.id, str(found.msg)) for found in check_disk(None)]


def test_one_user_is_told_nothing(area: Path) -> None:
    assert told() == []


def test_an_area_that_is_not_there_yet_is_in_order(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "ROOT": tmp_path / "later"}
    assert told() == []


@is_root
@pytest.mark.parametrize("place", ["", "incoming", "files/photos"])
def test_a_folder_that_this_process_cannot_change_is_named(area: Path, place: str) -> None:
    for folder in [area, *(path for path in area.rglob("*") if path.is_dir())]:
        folder.chmod(0o777)
    (area / place).chmod(0o755)
    with as_nobody():
        ((code, message),) = told()
    assert code == "media_staging.W002"
    assert str(area / place) in message
    assert "root" in message


@is_root
def test_a_file_that_this_process_cannot_read_is_named(area: Path) -> None:
    for folder in [area, *(path for path in area.rglob("*") if path.is_dir())]:
        folder.chmod(0o777)
    file = area / "files" / "photos" / "mug.jpg"
    file.chmod(0o600)
    with as_nobody():
        ((code, message),) = told()
    assert (code, str(file) in message) == ("media_staging.W002", True)


@is_root
def test_an_area_behind_a_closed_folder_is_named(area: Path) -> None:
    area.parent.chmod(0o700)
    with as_nobody():
        ((code, message),) = told()
    assert (code, str(area) in message) == ("media_staging.W002", True)


@is_root
def test_a_folder_of_one_user_beside_those_of_another_is_named(area: Path) -> None:
    os.chown(area / "files" / "photos", NOBODY, NOBODY)
    ((code, message),) = told()
    assert code == "media_staging.W003"
    assert "nobody" in message
    assert "root" in message


@is_root
def test_two_users_with_a_group_of_their_own_are_told_nothing(area: Path) -> None:
    for folder in [area, *(path for path in area.rglob("*") if path.is_dir())]:
        os.chown(folder, -1, NOBODY)
        folder.chmod(0o2775)
    os.chown(area / "files" / "photos", NOBODY, -1)
    assert told() == []
