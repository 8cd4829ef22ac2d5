"""A database that was set back, or has a copy, knows it by what it has not written or not got."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from media_staging.area import evidence, staging
from media_staging.models import Installation, StagedFile
from media_staging.removal.marks import PrefixMark, write_mark
from media_staging.states import owners
from media_staging.states.installation import installation, object_mark, raise_counter
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, ended_mark, own_mark
from tests.media_staging.photos import staged
from tests.media_staging.removal.doubt import (
    AVATAR,
    ORPHAN,
    Dump,
    Reason,
    accept,
    reasons,
    sweep,
    synced,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- Two databases -----------------------------------------------------------------------------


def test_where_another_database_has_the_prefix_only_our_own_objects_are_purged(
    fake: FakeRemote,
) -> None:
    fake.write_prefix_mark(PrefixMark(uuid4(), "token", sweep=True).as_bytes())
    ours, odd = synced(2)
    fake.put(odd.key, b"x", mark=object_mark(uuid4(), odd.pk, odd.key))
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
    ProductImage.objects.all().delete()
    report = sweep()
    assert report.purged == [ours.key]
    assert {odd.key, ORPHAN} <= set(fake.stored)
    assert {each["key"] for each in report.refused} == {odd.key, ORPHAN}


def test_a_copy_stops_once_the_original_goes_on_and_the_other_way_round(fake: FakeRemote) -> None:
    sweep()
    (file,) = synced()
    copy = Dump()
    sweep()
    # From here on this is the copy.
    copy.restore()
    ProductImage.objects.all().delete()
    report = sweep()
    assert report.purged == []
    assert file.key in fake.stored
    assert Reason.SET_BACK in reasons()


def test_who_accepts_a_prefix_stops_the_one_that_had_it(fake: FakeRemote) -> None:
    sweep()
    (file,) = synced()
    before = installation()
    accept()
    assert installation().database != before.database
    # What had the prefix goes on with the id that it had.
    Installation.objects.update(database=before.database, former=[])
    fake.put(ORPHAN, b"x", mark=object_mark(before.database, 0, ORPHAN))
    ProductImage.objects.all().delete()
    report = sweep()
    # What it refers to may be what the other one refers to as well.
    assert (report.swept, report.purged) == ([], [])
    assert {each["key"] for each in report.refused} >= {ORPHAN, file.key}
    assert file.key in fake.stored


def test_a_copy_that_has_cleaned_up_more_often_is_a_copy_all_the_same(fake: FakeRemote) -> None:
    sweep()
    (file,) = synced()
    copy = Dump()
    sweep()
    copy.restore()
    evidence.write_counter(0)
    Installation.objects.update(counter=1000)
    ProductImage.objects.all().delete()
    report = sweep()
    assert report.purged == []
    assert file.key in fake.stored
    assert Reason.SET_BACK in reasons()


def test_a_mark_stays_small_however_often_a_person_accepts(fake: FakeRemote) -> None:
    synced()
    for _time in range(24):
        accept()
    assert fake.prefix_mark
    assert len(fake.prefix_mark) < 500
    assert sweep().refused == []
    Installation.objects.update(database=installation().former[-1])
    assert sweep().refused


# --- A database that was set back --------------------------------------------------------------


@pytest.mark.parametrize("drained", [True, False])
@pytest.mark.parametrize("swept_since", [True, False])
def test_what_is_newer_than_a_restored_database_is_kept_on_both_sides(
    fake: FakeRemote, clock: Clock, drained: bool, swept_since: bool
) -> None:
    synced()
    sweep()
    dump = Dump()
    clock.forward(seconds=1)
    newer = synced(3) if drained else staged(3)
    if swept_since:
        sweep()
    dump.restore()
    clock.forward(days=3)
    report = sweep()
    assert report.troubled
    assert report.swept == []
    assert all(staging.path(file.key).exists() for file in newer)
    assert all(file.key in fake.stored for file in newer) or not drained
    assert {file.key for file in newer} <= {
        each["key"].removeprefix("files/") for each in report.refused
    }


@pytest.mark.parametrize("drained", [True, False])
def test_an_upload_after_the_restore_hides_nothing(
    fake: FakeRemote, clock: Clock, drained: bool
) -> None:
    """Its number is given again, and is no proof any more once it is deleted."""
    synced()
    sweep()
    dump = Dump()
    (newer,) = synced() if drained else staged(1)
    dump.restore()
    clock.forward(seconds=1)
    owners.let_go([with_number(newer.pk).pk])
    assert cleanup.run_round().purged == []
    clock.forward(days=3)
    assert sweep().swept == []
    assert Reason.SET_BACK in reasons()
    assert staging.path(newer.key).exists()
    assert newer.key in fake.stored or not drained


@pytest.mark.parametrize("whole", [False, True], ids=["the database", "with its area"])
def test_a_number_that_was_given_again_takes_nothing_along_when_it_is_free_again(
    fake: FakeRemote, clock: Clock, whole: bool
) -> None:
    """Also after a person has accepted the database that was put back."""
    synced()
    sweep()
    dump, counter = Dump(), evidence.read_counter()
    (newer,) = synced()
    sweep()
    dump.restore()
    if whole:
        evidence.write_counter(counter)
        evidence.drop(evidence.notes())
    again = with_number(newer.pk)
    draining.drain()
    assert sweep().refused
    accept_all()
    owners.let_go([again.pk])
    assert cleanup.run_round().purged == [again.key]
    # What was foreign once is judged anew.
    clock.forward(days=8)
    report = sweep()
    assert (report.foreign, report.refused) == (1, [])
    assert newer.key in fake.stored


def with_number(number: int) -> StagedFile:
    """A file that waits, and has the number of one that was lost."""
    (file,) = staged(1)
    StagedFile.objects.filter(pk=file.pk).update(id=number)
    return StagedFile.objects.get(pk=number)


def accept_all() -> None:
    call_command("staging_accept", "--area", stdout=StringIO())
    accept()


def test_what_two_cleanups_compare_at_once_is_no_doubt(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one found it complete, and has deleted it since."""
    (file,) = synced()
    ProductImage.objects.all().delete()
    aside = evidence.notes_put_aside

    def and_the_other_is_faster() -> list[evidence.Notes]:
        monkeypatch.setattr(evidence, "notes_put_aside", aside)
        notes = evidence.notes()
        assert cleanup.run_round().purged == [file.key]
        return notes

    monkeypatch.setattr(evidence, "notes_put_aside", and_the_other_is_faster)
    assert cleanup.run_round().refused == []


def test_a_number_above_ours_proves_that_the_database_was_set_back(fake: FakeRemote) -> None:
    synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
    fake.put(AVATAR, b"x", mark=own_mark(10**9, AVATAR))
    report = sweep()
    assert report.swept == []
    assert {each["key"] for each in report.refused} == {ORPHAN, AVATAR}


def test_a_number_that_another_file_has_proves_it_too(fake: FakeRemote) -> None:
    (file,) = synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=own_mark(file.pk, ORPHAN))
    assert [each["key"] for each in sweep().refused] == [ORPHAN]
    accept()
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([], 1, [])


def test_what_came_after_an_id_was_given_up_is_left_to_whoever_has_it(fake: FakeRemote) -> None:
    synced()
    sweep()
    former = installation().database
    accept()
    fake.put(ORPHAN, b"x", mark=object_mark(former, 0, ORPHAN))
    fake.put(AVATAR, b"x", mark=object_mark(former, 10**9, AVATAR))
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([ORPHAN], 1, [])


def test_a_file_that_a_restored_database_has_not_sent_is_found(
    fake: FakeRemote, clock: Clock
) -> None:
    """It was sent and evicted in the time that is lost."""
    (file,) = staged(1)
    Product.objects.create(name="Mug", price=1)
    before = StagedFile.objects.values().get()
    draining.drain()
    staging.path(file.key).unlink()
    StagedFile.objects.filter(pk=file.pk).update(**before)
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"
    assert fake.uploads == [file.key]


# --- Cleanups side by side ---------------------------------------------------------------------


def test_a_copy_stops_with_the_area_of_the_original(fake: FakeRemote) -> None:
    sweep()
    synced()
    ProductImage.objects.all().delete()
    evidence.write_counter(installation().counter + 1)
    assert cleanup.run_round().purged == []
    assert Reason.SET_BACK in reasons()


def test_a_cleanup_beside_ours_is_no_doubt(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = evidence.read_counter

    def and_the_other_is_faster() -> int:
        evidence.write_counter(raise_counter())
        return read()

    monkeypatch.setattr(evidence, "read_counter", and_the_other_is_faster)
    assert sweep().refused == []


def test_a_sweep_beside_ours_is_no_doubt(fake: FakeRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep()
    read = fake.read_prefix_mark

    def and_the_other_is_faster() -> bytes | None:
        monkeypatch.setattr(fake, "read_prefix_mark", read)
        assert write_mark(fake, sweep=True)
        return read()

    monkeypatch.setattr(fake, "read_prefix_mark", and_the_other_is_faster)
    assert sweep().refused == []
    assert reasons() == set()


def test_what_is_noted_during_a_cleanup_is_kept_for_the_next(fake: FakeRemote) -> None:
    """By somebody who had the notes open when they were put aside."""
    staged()
    (notes,) = evidence.notes_put_aside()
    with notes.path.open("a") as late:
        late.write(f"{ORPHAN}\n")
    evidence.drop([notes])
    assert sweep().troubled
    assert Reason.SET_BACK in reasons()
