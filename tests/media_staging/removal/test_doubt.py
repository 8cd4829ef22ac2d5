"""What is in doubt is not deleted, is named with a reason, and waits for a person."""

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from media_staging.area import staging
from media_staging.models import ForeignObject, Installation, Leftover, StagedFile
from media_staging.remotes.base import PREFIX_MARK
from media_staging.removal.marks import PrefixMark, parsed
from media_staging.states import owners
from media_staging.states.installation import installation, object_mark
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, own_mark
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)
Reason = Leftover.Reason
ORPHAN = "photos/00000000-0000-4000-8000-000000000000.jpg"
AVATAR = "avatars/11111111-1111-4111-8111-111111111111.png"


def synced(count: int = 1) -> list[StagedFile]:
    files = staged(count)
    for file in files:
        product = Product.objects.create(name="Mug", price=1)
        ProductImage.objects.create(product=product, file=file)
    draining.drain()
    return files


def sweep() -> cleanup.CleanupReport:
    return cleanup.run_round(sweeping=True)


def accept() -> None:
    call_command("staging_accept", "--remote", "fake", stdout=StringIO())


def reasons() -> set[str]:
    return set(Leftover.objects.values_list("reason", flat=True))


class Dump:
    """The database as it is now, to be put in the place of a later one."""

    def __init__(self) -> None:
        self.me = Installation.objects.values().get()
        self.files = list(StagedFile.objects.all())

    def restore(self) -> None:
        ProductImage.objects.exclude(file__in=self.files).delete()
        StagedFile.objects.exclude(pk__in=[file.pk for file in self.files]).delete()
        Installation.objects.filter(id=1).update(**self.me)


# --- Strangers ---------------------------------------------------------------------------------


def test_what_others_keep_in_the_bucket_stays_and_is_counted(fake: FakeRemote) -> None:
    fake.put(AVATAR, b"somebody's face")
    fake.put("invoices/2024/05/22222222-2222-4222-8222-222222222222.pdf", b"x")
    synced()
    report = sweep()
    assert (report.foreign, report.refused, report.troubled) == (2, [], False)
    assert AVATAR in fake.stored


def test_a_stranger_is_asked_about_once_a_week_unless_it_changes(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced()
    sweep()
    fake.put(AVATAR, b"somebody's face")
    asked: list[str] = []
    look = fake.mark_of
    monkeypatch.setattr(fake, "mark_of", lambda key: (asked.append(key), look(key))[1])
    sweep()
    sweep()
    assert asked == [AVATAR]
    clock.forward(days=8)
    sweep()
    assert asked == [AVATAR, AVATAR]
    assert ForeignObject.objects.count() == 1


def test_another_databases_objects_are_somebody_elses(fake: FakeRemote) -> None:
    synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=object_mark(uuid4(), 1, ORPHAN))
    report = sweep()
    assert (report.foreign, report.refused) == (1, [])
    assert ORPHAN in fake.stored


def test_a_prefix_below_ours_with_a_mark_of_its_own_is_left_out(fake: FakeRemote) -> None:
    synced()
    sweep()
    fake.put(f"b/{PREFIX_MARK}", b"{}")
    fake.put(f"b/{ORPHAN}", b"x", mark=own_mark(0, f"b/{ORPHAN}"))
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([], 0, [])


def test_a_copy_that_somebody_made_in_the_bucket_is_theirs(fake: FakeRemote) -> None:
    (file,) = synced()
    sweep()
    fake.put(f"backup/{file.key}", b"x", mark=own_mark(file.pk, file.key))
    fake.put(f"backup/{ORPHAN}", b"x", mark=own_mark(0, ORPHAN))
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([], 2, [])


# --- A prefix that others were in before -------------------------------------------------------


def test_a_prefix_with_objects_is_not_swept_until_a_person_says_so(fake: FakeRemote) -> None:
    fake.put(AVATAR, b"somebody's face")
    kept, deleted = synced(2)
    # Deletes of our own need nobody.
    ProductImage.objects.get(file=deleted).delete()
    assert cleanup.run_round().purged == [deleted.key]
    fake.put(ORPHAN, b"x", mark=own_mark(0, ORPHAN))
    report = sweep()
    assert [each["key"] for each in report.refused] == [ORPHAN]
    assert "staging_accept --remote fake" in report.refused[0]["reason"]
    assert report.troubled
    accept()
    assert sweep().swept == [ORPHAN]
    assert set(fake.stored) == {AVATAR, kept.key}


def test_an_empty_prefix_is_marked_and_swept_by_itself(fake: FakeRemote) -> None:
    assert sweep().refused == []
    assert fake.prefix_mark
    assert parsed(fake.prefix_mark).sweep
    synced()
    fake.put(ORPHAN, b"x", mark=own_mark(0, ORPHAN))
    assert sweep().swept == [ORPHAN]


def test_a_prefix_whose_mark_is_gone_is_in_doubt(fake: FakeRemote) -> None:
    sweep()
    (file,) = synced()
    fake.prefix_mark = None
    ProductImage.objects.all().delete()
    report = cleanup.run_round()
    assert (report.purged, reasons()) == ([], {Reason.MARK_GONE})
    assert file.key in fake.stored
    accept()
    StagedFile.objects.update(due_at=file.created_at)
    assert cleanup.run_round().purged == [file.key]


# --- Two databases -----------------------------------------------------------------------------


def test_where_another_database_has_the_prefix_only_our_own_objects_are_purged(
    fake: FakeRemote,
) -> None:
    fake.write_prefix_mark(PrefixMark(uuid4(), sweep=True).as_bytes())
    ours, odd = synced(2)
    fake.put(odd.key, b"x", mark=object_mark(uuid4(), odd.pk, odd.key))
    fake.put(ORPHAN, b"x", mark=own_mark(0, ORPHAN))
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
    Installation.objects.update(database=before.database, former={})
    fake.put(ORPHAN, b"x", mark=object_mark(before.database, 0, ORPHAN))
    report = sweep()
    assert [each["key"] for each in report.refused] == [ORPHAN]
    assert file.key in fake.stored


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


def test_a_number_above_ours_proves_that_the_database_was_set_back(fake: FakeRemote) -> None:
    synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=own_mark(0, ORPHAN))
    fake.put(AVATAR, b"x", mark=own_mark(1000, AVATAR))
    report = sweep()
    assert report.swept == []
    assert {each["key"] for each in report.refused} == {ORPHAN, AVATAR}


def test_a_number_that_another_file_has_proves_it_too(fake: FakeRemote) -> None:
    (file,) = synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=own_mark(file.pk, ORPHAN))
    assert [each["key"] for each in sweep().refused] == [ORPHAN]


def test_what_came_after_an_id_was_given_up_is_left_to_whoever_has_it(fake: FakeRemote) -> None:
    synced()
    sweep()
    former = installation().database
    accept()
    fake.put(ORPHAN, b"x", mark=object_mark(former, 0, ORPHAN))
    fake.put(AVATAR, b"x", mark=object_mark(former, 1000, AVATAR))
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([ORPHAN], 1, [])


# --- Too much at once --------------------------------------------------------------------------


def test_a_sweep_that_would_take_too_much_waits_for_a_person(fake: FakeRemote) -> None:
    synced()
    sweep()
    keys = [f"photos/00000000-0000-4000-8000-{number:012}.jpg" for number in range(21)]
    for key in keys:
        fake.put(key, b"x", mark=own_mark(0, key))
    report = sweep()
    assert report.swept == []
    assert {each["key"] for each in report.refused} == set(keys)
    accept()
    assert set(sweep().swept) == set(keys)
    # Once is once.
    for key in keys:
        fake.put(key, b"x", mark=own_mark(0, key))
    assert sweep().swept == []


def test_rows_that_lose_all_their_owners_at_once_wait_for_a_person(
    fake: FakeRemote, clock: Clock
) -> None:
    synced(30)
    ProductImage._base_manager.all()._raw_delete("default")
    clock.forward(days=2)
    report = sweep()
    assert report.let_go == []
    assert len(report.refused) == 30
    assert not StagedFile.objects.filter(status="purging").exists()


# --- Items that cannot be deleted --------------------------------------------------------------


def test_a_local_copy_that_cannot_be_unlinked_stops_nobody_and_is_named(fake: FakeRemote) -> None:
    odd, *others = files = synced(3)
    staging.path(odd.key).unlink()
    staging.path(odd.key).mkdir()
    ProductImage.objects.all().delete()
    report = cleanup.run_round()
    assert sorted(report.purged) == sorted(file.key for file in others)
    assert [each["key"] for each in report.stuck] == [odd.key]
    assert StagedFile.objects.get().pk in [file.pk for file in files]
    assert owners.with_owner([odd.pk]) == set()


def test_a_folder_among_the_incoming_files_stops_no_sweep(fake: FakeRemote, clock: Clock) -> None:
    synced()
    (staging.incoming() / "folder").mkdir()
    fake.put(ORPHAN, b"x", mark=own_mark(0, ORPHAN))
    clock.forward(days=2)
    report = sweep()
    assert report.swept == [ORPHAN]
    assert [each["key"] for each in report.stuck] == ["incoming/folder"]


def test_the_command_says_it_in_json_and_by_its_exit_code(fake: FakeRemote, capsys: Any) -> None:
    synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=own_mark(1000, ORPHAN))
    with pytest.raises(SystemExit) as ended:
        call_command("staging_cleanup", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert [set(each) for each in answer["refused"]] == [{"key", "reason"}]
    assert answer["foreign"] == 0
