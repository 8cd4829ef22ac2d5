"""What is in doubt is not deleted, is named with a reason, and waits for a person."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from media_staging.area import staging
from media_staging.errors import Hidden, Refused, TransferError, Unclear
from media_staging.models import RemoteHealth, StagedFile
from media_staging.models.key_hashes import ForeignObject
from media_staging.remotes import Mark, RemoteData
from media_staging.remotes.base import PREFIX_MARK
from media_staging.removal import door
from media_staging.removal.door import Left
from media_staging.removal.marks import Marks, PrefixMark, parsed
from media_staging.states import references
from media_staging.states.installation import installation, object_mark
from media_staging.upkeep import cleanup, sweeping
from products.models import ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, ended_mark, own_mark
from tests.media_staging.photos import staged
from tests.media_staging.removal.doubt import (
    AVATAR,
    ORPHAN,
    Reason,
    accept,
    lose_rows,
    reasons,
    sweep,
    synced,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- Strangers ---------------------------------------------------------------------------------


def test_what_others_keep_in_the_bucket_stays_and_is_counted(fake: FakeRemote) -> None:
    fake.put(AVATAR, b"somebody's face")
    fake.put("invoices/2024/05/22222222-2222-4222-8222-222222222222.pdf", b"x")
    synced()
    report = sweep()
    assert (report.foreign, report.refused, report.troubled) == (2, [], False)
    assert AVATAR in fake.stored


@pytest.mark.parametrize("error", [Hidden("AccessDenied"), Unclear("400")])
def test_what_may_not_be_seen_is_a_strangers_and_ends_no_sweep(
    fake: FakeRemote, error: TransferError, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced()
    sweep()
    fake.put(AVATAR, b"somebody's face")
    fake.put(ORPHAN, b"nobody needs it", ended_mark(ORPHAN))
    look = fake.mark_of

    def mark_of(key: str) -> Mark | None:
        if key == AVATAR:
            raise error
        return look(key)

    monkeypatch.setattr(fake, "mark_of", mark_of)
    report = sweep()
    assert (report.foreign, report.swept, report.troubled) == (1, [ORPHAN], False)
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
    fake.put(f"b/{ORPHAN}", b"x", mark=ended_mark(f"b/{ORPHAN}"))
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([], 0, [])


def test_a_copy_that_somebody_made_in_the_bucket_is_theirs(fake: FakeRemote) -> None:
    (file,) = synced()
    sweep()
    fake.put(f"backup/{file.key}", b"x", mark=own_mark(file.pk, file.key))
    fake.put(f"backup/{ORPHAN}", b"x", mark=ended_mark(ORPHAN))
    report = sweep()
    assert (report.swept, report.foreign, report.refused) == ([], 2, [])


# --- A prefix that others were in before -------------------------------------------------------


def test_a_prefix_with_objects_is_not_swept_until_a_person_says_so(fake: FakeRemote) -> None:
    fake.put(AVATAR, b"somebody's face")
    kept, deleted = synced(2)
    # Deletes of our own need nobody.
    ProductImage.objects.get(file=deleted).delete()
    assert cleanup.run_round().purged == [deleted.key]
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
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
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
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
    assert cleanup.run_round().purged == [file.key]


def test_a_prefix_is_no_new_one_for_who_has_seen_anothers_mark_there(fake: FakeRemote) -> None:
    """Such as that of a copy, which has put objects there with our id."""
    fake.prefix_mark = PrefixMark(installation().database, "a copy's", sweep=True).as_bytes()
    fake.put(ORPHAN, b"the copy's", mark=ended_mark(ORPHAN))
    synced()
    assert sweep().refused
    fake.prefix_mark = None
    assert [each["key"] for each in sweep().refused if "." in each["key"]] == [ORPHAN]
    assert reasons() == {Reason.MARK_GONE}


# --- Too much at once --------------------------------------------------------------------------


def test_a_sweep_that_would_take_too_much_waits_for_a_person(fake: FakeRemote) -> None:
    synced()
    sweep()
    keys = [f"photos/00000000-0000-4000-8000-{number:012}.jpg" for number in range(21)]
    for key in keys:
        fake.put(key, b"x", mark=ended_mark(key))
    report = sweep()
    assert report.swept == []
    assert {each["key"] for each in report.refused} == set(keys)
    accept()
    assert set(sweep().swept) == set(keys)
    # Once is once.
    for key in keys:
        fake.put(key, b"x", mark=ended_mark(key))
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


# --- What a sweep counts -------------------------------------------------------------------------


def test_a_prefix_that_nobody_accepts_stays_in_doubt(fake: FakeRemote) -> None:
    fake.put(AVATAR, b"somebody's face")
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
    for _round in range(2):
        assert [each["key"] for each in sweep().refused] == [ORPHAN]


def test_what_was_foreign_is_not_so_for_ever(fake: FakeRemote, clock: Clock) -> None:
    """Somebody puts back what was ours, or the memory of it is old."""
    synced()
    sweep()
    keys = [ORPHAN, AVATAR]
    for key in keys:
        fake.put(key, b"theirs")
    assert sweep().foreign == 2
    fake.put(ORPHAN, b"ours", mark=ended_mark(ORPHAN))
    fake.put(AVATAR, b"theirs", mark=ended_mark(AVATAR))
    assert sweep().swept == [ORPHAN]
    # A round that only looks forgets nothing.
    clock.forward(days=8)
    assert cleanup.run_round(sweeping=True, dry_run=True).swept == [AVATAR]


@pytest.mark.parametrize(
    ("taken", "total", "unusual"), [(20, 20, False), (21, 210, False), (21, 209, True)]
)
def test_twenty_are_usual_and_a_tenth_is(taken: int, total: int, unusual: bool) -> None:
    assert sweeping.is_unusual(taken, total) is unusual


def test_what_is_elsewhere_is_neither_asked_for_nor_deleted(fake: FakeRemote) -> None:
    (file,) = synced()
    StagedFile.objects.update(place="elsewhere")
    ProductImage.objects.all().delete()
    report = cleanup.run_round()
    assert (report.purged, [each["key"] for each in report.stuck]) == ([], [file.key])
    assert file.key in fake.stored
    assert staging.path(file.key).exists()


def test_nothing_behind_the_door_goes_by_who_knocks(fake: FakeRemote) -> None:
    (file,) = staged(1)
    path = staging.path(file.key)
    lose_rows()
    with pytest.raises(Left):
        door.sweep_path(Marks(), path)
    assert path.exists()


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
    assert references.with_owner([odd.pk]) == set()


def test_what_is_stuck_is_told_until_it_is_gone(fake: FakeRemote, clock: Clock) -> None:
    (odd,) = synced()
    staging.path(odd.key).unlink()
    staging.path(odd.key).mkdir()
    ProductImage.objects.all().delete()
    cleanup.run_round()
    clock.forward(minutes=1)
    assert [each["key"] for each in cleanup.run_round().stuck] == [odd.key]
    staging.path(odd.key).rmdir()
    call_command("staging_cleanup", "--no-sweep", stdout=StringIO())
    assert not StagedFile.objects.exists()
    assert reasons() == set()


def test_a_sweep_waits_for_a_remote_that_rests_and_not_for_its_next_transfer(
    fake: FakeRemote, clock: Clock
) -> None:
    synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
    RemoteHealth.objects.update(failures=9, open_until=clock.now + timedelta(seconds=30))
    assert sweep().swept == []
    clock.forward(seconds=31)
    assert sweep().swept == [ORPHAN]


def test_a_folder_among_the_incoming_files_stops_no_sweep(fake: FakeRemote, clock: Clock) -> None:
    synced()
    (staging.incoming() / "folder").mkdir()
    fake.put(ORPHAN, b"x", mark=ended_mark(ORPHAN))
    clock.forward(days=2)
    report = sweep()
    assert report.swept == [ORPHAN]
    assert [each["key"] for each in report.stuck] == ["incoming/folder"]


def test_an_object_that_cannot_be_deleted_stops_no_sweep(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced()
    sweep()
    odd = ORPHAN.replace("0000.jpg", "0001.jpg")
    for key in (ORPHAN, odd):
        fake.put(key, b"x", mark=ended_mark(key))
    delete = fake.delete

    def refuse_one(key: str, data: RemoteData) -> None:
        if key == ORPHAN:
            raise Refused("object lock")
        delete(key, data)

    monkeypatch.setattr(fake, "delete", refuse_one)
    report = sweep()
    assert report.swept == [odd]
    assert [each["key"] for each in report.stuck] == [ORPHAN]


def test_the_command_says_it_in_json_and_by_its_exit_code(fake: FakeRemote, capsys: Any) -> None:
    synced()
    sweep()
    fake.put(ORPHAN, b"x", mark=own_mark(10**9, ORPHAN))
    with pytest.raises(SystemExit) as ended:
        call_command("staging_cleanup", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1
    assert [set(each) for each in answer["refused"]] == [{"key", "reason"}]
    assert answer["foreign"] == 0
