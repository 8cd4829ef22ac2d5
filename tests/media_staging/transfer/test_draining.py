"""drain(): what moves, what waits, what fails, and who is told."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from media_staging import signals, tasks
from media_staging.area import staging
from media_staging.errors import Outage, Refused, Setup
from media_staging.models import RemoteHealth, StagedFile
from media_staging.remotes import Identity
from media_staging.states import health, owners
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import jpeg, staged

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status


def statuses() -> list[str]:
    return list(StagedFile.objects.order_by("pk").values_list("status", flat=True))


def test_a_drain_moves_everything_and_the_urls_flip(fake: FakeRemote) -> None:
    files = staged(20)
    local = files[0].url
    report = draining.drain()
    assert report.transferred == 20
    assert report.bytes == sum(file.size for file in files)
    assert statuses() == ["synced"] * 20
    assert fake.stored == {file.key: jpeg(i) for i, file in enumerate(files)}
    files[0].refresh_from_db()
    assert local == f"/media/{files[0].key}"
    assert files[0].url == f"https://fake.example/{files[0].key}"


def test_media_synced_is_sent_after_the_flip(fake: FakeRemote) -> None:
    seen: list[str] = []

    def note(file: StagedFile, **kwargs: object) -> None:
        seen.append(file.status)

    signals.media_synced.connect(note)
    try:
        staged(2)
        draining.drain()
    finally:
        signals.media_synced.disconnect(note)
    assert seen == ["synced", "synced"]


def test_an_outage_opens_the_breaker_and_burns_no_attempts(fake: FakeRemote, clock: Clock) -> None:
    staged(30)
    fake.failing = Outage("no route to host")
    draining.drain()
    tried = len(fake.uploads)
    assert not health.is_available("fake")
    assert set(statuses()) == {"staged"}
    assert not StagedFile.objects.exclude(attempts=0).exists()
    draining.drain()
    assert len(fake.uploads) == tried, "the open breaker lets nothing through"


def test_one_probe_at_a_time_then_everything_moves(fake: FakeRemote, clock: Clock) -> None:
    staged(30)
    fake.failing = Outage("down")
    draining.drain()
    tried = len(fake.uploads)
    for probes in range(1, 4):
        clock.forward(seconds=31)
        draining.drain()
        assert len(fake.uploads) == tried + probes
    fake.failing = None
    clock.forward(minutes=16)
    draining.drain()
    assert set(statuses()) == {"synced"}
    assert health.is_available("fake")


def test_a_setup_error_alerts_once_and_waits(
    fake: FakeRemote, clock: Clock, settings: object
) -> None:
    settings.ADMINS = [("Ops", "ops@example.com")]  # type: ignore[attr-defined]
    staged(3)
    fake.failing = Setup("AccessDenied")
    draining.drain()
    clock.forward(minutes=1)
    draining.drain()
    assert set(statuses()) == {"staged"}
    assert len(mail.outbox) == 1
    assert "AccessDenied" in mail.outbox[0].body
    fake.failing = None
    clock.forward(minutes=16)
    draining.drain()
    assert set(statuses()) == {"synced"}


def test_a_refused_file_fails_with_the_reason_and_others_move(fake: FakeRemote) -> None:
    bad, *_others = staged(3)
    fake.failing_keys[bad.key] = Refused("EntityTooLarge")
    draining.drain()
    bad.refresh_from_db()
    assert bad.status == Status.FAILED
    assert bad.error == {
        "code": "remote_refused",
        "message": "The storage does not accept this file. (EntityTooLarge)",
    }
    assert statuses().count("synced") == 2
    assert staging.path(bad.key).read_bytes() == jpeg(0)


def test_a_poison_file_uses_up_its_own_attempts_while_others_succeed(
    fake: FakeRemote, clock: Clock
) -> None:
    (poison,) = staged(1)
    fake.failing_keys[poison.key] = Outage("500 for this one only")
    for _round in range(12):
        staged(1)
        draining.drain()
        clock.forward(minutes=16)
    poison.refresh_from_db()
    assert poison.status == Status.FAILED
    assert poison.attempts == 8
    assert statuses().count("synced") == 12


def test_damaged_bytes_are_never_uploaded_and_never_deleted(fake: FakeRemote) -> None:
    (file,) = staged(1)
    staging.path(file.key).write_bytes(b"x" * file.size)
    draining.drain()
    file.refresh_from_db()
    assert (file.status, file.error_code) == ("failed", "damaged")
    assert fake.uploads == []
    assert staging.path(file.key).exists()


def test_a_lost_answer_is_found_and_not_sent_again(fake: FakeRemote, clock: Clock) -> None:
    (file,) = staged(1)
    fake.loses_answers, fake.failing = True, Outage("reset by peer")
    draining.drain()
    clock.forward(minutes=16)
    fake.failing = None
    draining.drain()
    file.refresh_from_db()
    assert file.status == Status.SYNCED
    assert fake.uploads == [file.key]


def test_a_file_deleted_while_it_uploads_leaves_nothing_behind(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = staged(1)

    def delete(_file: Identity) -> None:
        in_own_thread(lambda: owners.let_go([file.pk]))

    fake.during_upload = delete  # type: ignore[method-assign]
    draining.drain()
    assert fake.stored == {}
    clock.forward(hours=1)
    cleanup.run_round()
    assert not StagedFile.objects.exists()
    assert not staging.path(file.key).exists()


def test_a_worker_that_comes_back_late_changes_nothing(fake: FakeRemote, clock: Clock) -> None:
    """Its lease ran out in mid-upload and another worker finished the file."""
    (file,) = staged(1)

    def overtake(_file: Identity) -> None:
        fake.during_upload = lambda _file: None  # type: ignore[method-assign]
        clock.forward(minutes=2)
        in_own_thread(draining.drain)

    fake.during_upload = overtake  # type: ignore[method-assign]
    report = draining.drain()
    file.refresh_from_db()
    assert report.transferred == 0
    assert file.status == Status.SYNCED
    assert list(fake.stored) == [file.key]


def test_a_stopped_drain_gives_its_work_back(fake: FakeRemote) -> None:
    staged(3)
    stop = threading.Event()
    fake.during_upload = lambda _file: stop.set()  # type: ignore[method-assign]
    draining.drain(stop=stop)
    assert "transferring" not in statuses()
    draining.drain()
    assert set(statuses()) == {"synced"}


def test_nothing_is_claimed_while_the_staging_area_is_not_mounted(fake: FakeRemote) -> None:
    staged(2)
    mark = staging.mark_path()
    hidden = mark.rename(mark.with_suffix(".away"))
    draining.drain()
    assert statuses() == ["staged", "staged"]
    assert fake.uploads == []
    hidden.rename(mark)
    draining.drain()
    assert set(statuses()) == {"synced"}


def test_a_disk_that_goes_away_under_a_claim_is_no_damage(fake: FakeRemote) -> None:
    (file,) = staged(1)
    area = staging.root()
    away = area.with_name("away")
    # The last call before the claim; by then the area has been looked at.
    fake.prepare = lambda: away.exists() or area.rename(away)  # type: ignore[method-assign, assignment, return-value]
    draining.drain()
    file.refresh_from_db()
    assert (file.status, file.attempts, file.error_code) == (Status.STAGED, 0, "")
    fake.prepare = lambda: None  # type: ignore[method-assign]
    away.rename(area)
    draining.drain()
    assert statuses() == ["synced"]


def test_a_wake_up_during_a_drain_is_not_lost(fake: FakeRemote) -> None:
    staged(1)

    def stage_more(_file: Identity) -> None:
        fake.during_upload = lambda _file: None  # type: ignore[method-assign]
        in_own_thread(lambda: staged(1))
        in_own_thread(tasks.drain_in_this_process)

    fake.during_upload = stage_more  # type: ignore[method-assign]
    tasks.drain_in_this_process()
    assert statuses() == ["synced", "synced"]


def test_a_wake_up_for_a_drain_that_is_just_ending_is_not_lost(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged(1)
    drain = draining.drain

    def end_with_a_late_wake_up(**how: Any) -> draining.Report:
        monkeypatch.setattr(draining, "drain", drain)
        report = drain(**how)
        in_own_thread(lambda: staged(1))
        in_own_thread(tasks.drain_in_this_process)
        return report

    monkeypatch.setattr(draining, "drain", end_with_a_late_wake_up)
    tasks.drain_in_this_process()
    assert statuses() == ["synced", "synced"]


def test_a_drain_that_waits_stays_for_a_retry(fake: FakeRemote) -> None:
    (file,) = staged(1)
    fake.failing_keys[file.key] = Outage("once", retry_after=timedelta(seconds=1))
    fake.during_upload = lambda _file: None  # type: ignore[method-assign]
    repaired = threading.Timer(0.3, fake.failing_keys.clear)
    repaired.start()
    report = draining.drain(wait=60)
    repaired.join()
    assert report.transferred == 1


def test_the_breaker_is_a_row_that_every_worker_sees(fake: FakeRemote, clock: Clock) -> None:
    staged(1)
    RemoteHealth.objects.create(
        remote="fake", failures=9, open_until=clock.now + timedelta(seconds=20)
    )
    draining.drain()
    assert fake.uploads == []


def in_own_thread(work: object) -> None:
    """Database work of "another process", with a connection of its own."""
    from django.db import connections

    def run() -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
