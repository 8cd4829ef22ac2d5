"""A copy of a whole site: database, staging area and settings, on the same storage."""

import os
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from media_staging import clock, remotes
from media_staging.area import databases, evidence, staging
from media_staging.models import StagedFile, StagingArea
from media_staging.remotes.base import PREFIX_MARK
from media_staging.upkeep import cleanup
from products.models import ProductImage
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.places import SetUp
from tests.media_staging.removal.doubt import Reason, accept, reasons, sweep, synced

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_copy_of_the_area_stops_whoever_works_on_it(
    fake: FakeRemote, settings: Any, staging_area: Path
) -> None:
    """Before any of the two has swept: the copy knows all that the original knows."""
    (file,) = synced()
    sweep()
    copy = staging_area.with_name("copy")
    shutil.copytree(staging_area, copy)
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "ROOT": copy}
    ProductImage.objects.all().delete()
    report = sweep()
    assert (report.purged, report.swept, reasons()) == ([], [], {Reason.COPIED})
    assert file.key in fake.stored
    assert staging.path(file.key).exists()
    # It is the original that is gone: whoever says so says it of the prefix as well.
    call_command("staging_accept", "--area", stdout=StringIO())
    assert cleanup.run_round().purged == []
    assert reasons() == {Reason.FORMER_ID}
    accept()
    assert cleanup.run_round().purged == [file.key]
    assert sweep().refused == []


def test_a_mark_that_another_user_owns_now_or_whose_disk_gives_inodes_anew_is_no_copy(
    fake: FakeRemote,
) -> None:
    sweep()
    mark = staging.mark_path()
    mark.chmod(0o640)
    assert sweep().refused == []
    # What is noted by now is the present moment of change.
    _inode, changed = StagingArea.objects.get().home.split()
    assert int(changed) == mark.stat().st_ctime_ns
    StagingArea.objects.update(home=f"0 {changed}")
    assert sweep().refused == []
    StagingArea.objects.update(home="0 0")
    assert sweep().troubled
    assert reasons() == {Reason.COPIED}


def test_a_copy_that_was_given_an_id_of_its_own_purges_nothing_from_a_prefix_without_a_mark(
    fake: FakeRemote,
) -> None:
    """What its rows refer to may be what the original refers to."""
    (file,) = synced()
    call_command("staging_accept", "--area", stdout=StringIO())
    (own,) = synced()
    ProductImage.objects.all().delete()
    report = sweep()
    assert (report.purged, fake.prefix_mark) == ([own.key], None)
    assert [each["key"] for each in report.refused] == [file.key]
    assert reasons() == {Reason.NOT_ACCEPTED}
    accept()
    assert cleanup.run_round().purged == [file.key]


def test_a_storage_under_another_name_is_the_same_one(use: SetUp, tmp_path: Path) -> None:
    (file,) = synced()
    assert sweep().refused == []
    was = remotes.current().place
    (tmp_path / "a").rename(tmp_path / "b")
    use("b", b={"SAME_AS": [was]})
    ProductImage.objects.all().delete()
    report = sweep()
    assert (report.purged, report.refused) == ([file.key], [])
    assert list(remotes.current().objects()) != [], "the mark"
    remotes.current().delete(PREFIX_MARK, {})
    assert sweep().troubled
    assert reasons() == {Reason.MARK_GONE}


# --- A copy of the database on the same area -----------------------------------------------------


def as_another_database(monkeypatch: pytest.MonkeyPatch, *signs: str) -> None:
    monkeypatch.setattr(databases, "signs", lambda: {*signs})


def test_a_copy_of_the_database_on_the_same_area_deletes_nothing(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the same rows and marks, and is the first of the two that deletes anything."""
    (file,) = synced()
    sweep()
    ProductImage.objects.all().delete()
    with monkeypatch.context() as copy:
        as_another_database(copy, "path /elsewhere", "inode 1 1")
        report = sweep()
        assert (report.purged, report.swept, reasons()) == ([], [], {Reason.COPIED})
        assert cleanup.run_round(dry_run=True).troubled
    assert file.key in fake.stored
    assert staging.path(file.key).exists()
    # The original never notices.
    StagedFile.objects.update(due_at=clock.now())
    assert sweep().purged == [file.key]


def test_a_database_that_was_moved_is_accepted_once(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = synced()
    sweep()
    ProductImage.objects.all().delete()
    as_another_database(monkeypatch, "path /elsewhere", "inode 1 1")
    assert sweep().troubled
    call_command("staging_accept", "--area", stdout=StringIO())
    accept()
    assert cleanup.run_round().purged == [file.key]
    assert sweep().refused == []


def test_a_database_that_keeps_its_path_or_its_inode_is_the_same(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced()
    evidence.database_path().unlink()
    as_another_database(monkeypatch, "path /a", "inode 1 1")
    assert sweep().refused == []
    as_another_database(monkeypatch, "path /a", "inode 1 2")
    assert sweep().refused == []
    as_another_database(monkeypatch, "path /b", "inode 1 2")
    assert sweep().refused == []
    as_another_database(monkeypatch, "path /c", "inode 1 1")
    assert sweep().troubled


def test_a_round_that_only_looks_notes_no_database(fake: FakeRemote) -> None:
    synced()
    evidence.database_path().unlink()
    cleanup.run_round(dry_run=True)
    assert not evidence.database_path().exists()
    sweep()
    assert evidence.database_path().exists()


def test_a_hard_link_to_the_mark_is_a_copy_of_the_area(
    fake: FakeRemote, staging_area: Path
) -> None:
    (file,) = synced()
    sweep()
    ProductImage.objects.all().delete()
    clone = staging_area.with_name("clone")
    shutil.copytree(staging_area, clone, copy_function=os.link)
    report = sweep()
    assert (report.purged, report.swept, reasons()) == ([], [], {Reason.COPIED})
    shutil.rmtree(clone)
    StagedFile.objects.update(due_at=clock.now())
    assert cleanup.run_round().purged == [file.key]


def test_the_real_database_has_the_same_signs_each_time(tmp_path: Path) -> None:
    signs = databases.signs()
    connection.close()
    assert databases.signs() == signs
    if connection.vendor == "postgresql":
        assert {each.split()[0] for each in signs} == {"server"}
        assert len(signs) == 2


def test_a_role_that_may_not_ask_for_the_servers_number_goes_by_its_address() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only")
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain")
        try:
            cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
            cursor.execute("SET ROLE plain")
            assert all(each.startswith("server 127.0.0.1:") for each in databases.signs())
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
            cursor.execute("DROP ROLE plain")
