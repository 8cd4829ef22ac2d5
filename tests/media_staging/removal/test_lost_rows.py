"""A row that is gone proves nothing: only what was ended is deleted, the rest may be lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from media_staging.area import evidence, staging
from media_staging.errors import Outage
from media_staging.models import Installation, StagedFile
from media_staging.remotes import Mark
from media_staging.removal import door
from media_staging.states import endings, owners
from media_staging.transfer import draining
from media_staging.upkeep import audit, cleanup
from products.models import ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, ended_mark
from tests.media_staging.photos import staged
from tests.media_staging.removal.doubt import (
    ORPHAN,
    Reason,
    accept,
    lose_rows,
    reasons,
    sweep,
    synced,
)

pytestmark = pytest.mark.django_db(transaction=True)


def lose(*files: StagedFile) -> None:
    """With all that refers to them."""
    ProductImage._base_manager.filter(file__in=files)._raw_delete("default")
    lose_rows(*StagedFile.objects.exclude(pk__in=[file.pk for file in files]))


def evicted(count: int) -> list[StagedFile]:
    """On the remote only, and long known to every mark."""
    files = synced(count)
    for file in files:
        staging.path(file.key).unlink()
    StagedFile.objects.update(due_at=None)
    sweep()
    return files


@pytest.mark.parametrize("uploads", [True, False])
def test_rows_that_are_lost_leave_their_objects_in_doubt_until_a_person_says_so(
    fake: FakeRemote, clock: Clock, uploads: bool
) -> None:
    """It is not set back: its numbers, and all that it remembers, are the present ones."""
    kept, *lost = evicted(4)
    lose(*lost)
    if uploads:
        synced()
    clock.forward(days=2)
    report = sweep()
    assert (report.swept, reasons()) == ([], {Reason.SET_BACK})
    assert {each["key"] for each in report.refused} == {file.key for file in lost}
    assert {file.key for file in lost} < fake.stored.keys()
    accept()
    assert set(sweep().swept) == {file.key for file in lost}
    assert kept.key in fake.stored


@pytest.mark.parametrize("drained", [True, False])
def test_local_copies_of_rows_that_are_lost_stay_until_a_person_says_so(
    fake: FakeRemote, clock: Clock, drained: bool
) -> None:
    """They may be all that there is of a file."""
    _kept, *lost = synced(3) if drained else staged(3)
    assert cleanup.run_round().refused == []
    lose(*lost)
    clock.forward(days=2)
    report = sweep()
    assert report.swept == []
    assert {f"files/{file.key}" for file in lost} <= {each["key"] for each in report.refused}
    call_command("staging_accept", "--area", "--no-input", stdout=StringIO())
    accept()
    assert {f"files/{file.key}" for file in lost} <= set(sweep().swept)


def test_what_never_had_a_row_is_swept_and_what_is_gone_is_forgotten(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = synced()
    sweep()
    assert evidence.known() == {file.key}
    never = staging.path(ORPHAN)
    never.parent.mkdir(parents=True, exist_ok=True)
    never.write_bytes(b"x")
    staging.path(file.key).unlink()
    StagedFile.objects.update(due_at=None)
    clock.forward(days=2)
    assert sweep().swept == [f"files/{ORPHAN}"]
    assert evidence.known() == set()


def test_a_lost_row_keeps_nobody_from_deleting_files_that_have_one(fake: FakeRemote) -> None:
    lost, deleted = evicted(2)
    lose(lost)
    ProductImage.objects.all().delete()
    report = sweep()
    assert (report.purged, set(fake.stored)) == ([deleted.key], {lost.key})


def test_what_the_first_version_stored_is_in_doubt_too(fake: FakeRemote, clock: Clock) -> None:
    lost, ended = evicted(2)
    Installation.objects.update(had_first_version=True)
    for file in (lost, ended):
        fake.marks[file.key] = Mark(sha256=file.sha256, size=file.size)
    lose(lost, ended)
    endings.note([ended.key])
    clock.forward(days=2)
    report = sweep()
    assert report.swept == []
    assert {each["key"] for each in report.refused} == {lost.key, ended.key}
    assert lost.key in fake.stored
    accept()
    assert set(sweep().swept) == {lost.key, ended.key}


def test_who_comes_back_from_a_purge_that_had_begun_is_not_ended(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, _other = evicted(2)

    def down(key: str, data: object) -> None:
        raise Outage("down")

    ProductImage.objects.get(file=file).delete()
    with monkeypatch.context() as away:
        away.setattr(fake, "delete", down)
        assert cleanup.run_round().purged == []
    ProductImage.objects.update(file_id=file.pk)
    clock.forward(hours=1)
    cleanup.run_round()
    assert StagedFile.objects.get(pk=file.pk).status == "synced"
    lose(file)
    clock.forward(days=2)
    assert file.key not in sweep().swept
    assert file.key in fake.stored


def test_what_lands_after_its_row_is_gone_is_swept(fake: FakeRemote, clock: Clock) -> None:
    (file,) = evicted(1)
    mark = fake.marks[file.key].text
    ProductImage.objects.all().delete()
    assert cleanup.run_round().purged == [file.key]
    fake.put(file.key, b"late", mark)
    clock.forward(days=2)
    assert sweep().swept == [file.key]


def test_what_was_ended_a_month_ago_is_in_doubt(fake: FakeRemote, clock: Clock) -> None:
    synced()
    sweep()
    mark = ended_mark(ORPHAN)
    clock.forward(days=29)
    sweep()
    fake.put(ORPHAN, b"x", mark=mark)
    assert cleanup.run_round(sweeping=True, dry_run=True).swept == [ORPHAN]
    clock.forward(days=2)
    # The sweep that finds it is the last one that knows it.
    del fake.stored[ORPHAN]
    sweep()
    fake.put(ORPHAN, b"x", mark=mark)
    clock.forward(days=1)
    assert sweep().swept == []
    assert reasons() == {Reason.SET_BACK}


def test_a_worker_whose_row_is_lost_deletes_nothing(fake: FakeRemote) -> None:
    lost, ended = synced(2)
    lose(lost)
    owners.let_go([ended.pk])
    door.take_back(fake, lost, {})
    assert lost.key in fake.stored
    ProductImage.objects.all().delete()
    cleanup.run_round()
    fake.put(ended.key, b"late")
    door.take_back(fake, ended, {})
    assert set(fake.stored) == {lost.key}


# --- Rows that somebody deletes by the ORM -------------------------------------------------------


@pytest.mark.parametrize("how", ["one", "many"])
@pytest.mark.parametrize("drained", [True, False])
def test_a_row_that_is_deleted_by_the_orm_is_ended(
    fake: FakeRemote, clock: Clock, how: str, drained: bool
) -> None:
    sweep()
    (other,) = synced()
    (file,) = staged(1)
    if drained:
        draining.drain()
    if how == "one":
        file.delete()
    else:
        StagedFile.objects.filter(pk=file.pk).delete()
    clock.forward(days=2)
    report = sweep()
    assert report.refused == []
    assert set(report.swept) == {f"files/{file.key}", *([file.key] if drained else [])}
    assert not staging.path(file.key).exists()
    assert set(fake.stored) == {other.key}


def test_a_delete_that_is_rolled_back_ends_nothing(fake: FakeRemote, clock: Clock) -> None:
    (file,) = evicted(1)
    ProductImage._base_manager.all()._raw_delete("default")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        file.delete()
        raise ZeroDivisionError
    lose_rows()
    clock.forward(days=2)
    assert sweep().swept == []
    assert file.key in fake.stored


# --- Owners whose file is lost -------------------------------------------------------------------


def test_verify_names_owners_whose_file_has_no_row(fake: FakeRemote) -> None:
    lost, kept = synced(2)
    image = ProductImage.objects.get(file=lost)
    assert audit.verify().dangling == []
    with without_constraints():
        lose_rows(kept)
        findings = audit.verify()
        assert findings.dangling == [f"products.ProductImage.file_id {image.pk}"]
        assert not findings.is_clean
        image.delete()
        assert audit.verify().dangling == []


@contextmanager
def without_constraints() -> Iterator[None]:
    """As while somebody restores a table. PostgreSQL checks ours at the end of a transaction."""
    if connection.vendor == "sqlite":
        with connection.constraint_checks_disabled():
            yield
        return
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        yield
        raise ZeroDivisionError
