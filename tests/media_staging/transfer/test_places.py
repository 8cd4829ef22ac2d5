"""A change of bucket, prefix or remote in the settings loses and breaks nothing.

The remotes here are folders; what is true of a folder is true of a bucket and its prefix.
"""

import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dev.processes import wait_for
from media_staging import remotes
from media_staging.errors import Outage, Refused
from media_staging.models import StagedFile
from media_staging.states import health
from media_staging.states.installation import installation, object_mark
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, install
from tests.media_staging.photos import jpeg, plain, shown, staged, synced, thumbnail_of
from tests.media_staging.places import SetUp, body, claimed, give_up_local_copies, place_of, run

pytestmark = pytest.mark.django_db(transaction=True)


# --- A row knows its place --------------------------------------------------------------------


def test_a_file_knows_its_place_from_intake_on_without_a_query(use: SetUp) -> None:
    file = staged()[0]
    assert shown(file).place == place_of("a")
    with CaptureQueriesContext(connection) as queries:
        _ = remotes.at(file.place, file.remote), file.url
    assert not queries.captured_queries


def test_a_thumbnail_goes_where_its_original_is(use: SetUp, tmp_path: Path) -> None:
    (file,) = synced()
    use("b", a={})
    call_command("staging_cleanup", stdout=StringIO())
    assert thumbnail_of(file).place == place_of("a")
    run("staging_drain")
    assert (tmp_path / "a" / thumbnail_of(file).key).exists()


def test_a_file_of_the_first_version_has_its_place_from_its_flip_on(use: SetUp) -> None:
    (file,) = staged()
    StagedFile.objects.update(place="")
    draining.drain()
    assert (shown(file).place, shown(file).remote) == (place_of("a"), "a")


def test_a_first_version_file_is_where_its_entry_points_to(use: SetUp, client: Client) -> None:
    (file,) = synced()
    StagedFile.objects.update(place="")
    give_up_local_copies()
    use("b", a={})
    assert body(client.get(file.local_url, follow=True)) == jpeg()
    use("b")
    assert client.get(file.local_url).status_code == 404
    (told,) = run("staging_status")[1]["elsewhere"]
    assert told == {"place": "", "remote": "a", "address": "a", "files": 1, "bytes": file.size}


# --- Another folder, bucket, remote -----------------------------------------------------------


def test_synced_files_stay_where_they_are_and_new_ones_go_to_the_new_place(
    use: SetUp, tmp_path: Path, client: Client
) -> None:
    (old,) = synced()
    give_up_local_copies()
    use("b", a={})
    (new,) = synced()
    give_up_local_copies()
    assert (tmp_path / "a" / old.key).exists()
    assert not (tmp_path / "b" / old.key).exists()
    assert (tmp_path / "b" / new.key).exists()
    assert body(client.get(old.local_url, follow=True)) == jpeg()
    assert body(client.get(new.local_url, follow=True)) == jpeg()
    assert run("staging_status")[0] == 0


def test_what_waits_for_a_place_that_is_still_set_up_goes_there(use: SetUp, tmp_path: Path) -> None:
    (begun,) = claimed()
    (waiting,) = plain()
    use("b", a={})
    StagedFile.objects.filter(pk=begun.pk).update(due_at=waiting.created_at)
    assert run("staging_drain")[1]["transferred"] == 2
    for file in (waiting, begun):
        assert (tmp_path / "a" / file.key).exists()
        assert (shown(file).place, shown(file).remote) == (place_of("a"), "a")


def test_what_was_never_claimed_goes_to_the_new_place_when_the_old_one_is_gone(
    use: SetUp, tmp_path: Path
) -> None:
    (file,) = plain()
    use("b")
    code, answer = run("staging_status")
    assert (code, answer["elsewhere"]) == (0, [])
    assert run("staging_drain")[1]["transferred"] == 1
    assert shown(file).place == place_of("b")
    assert (tmp_path / "b" / file.key).exists()


def test_what_was_claimed_waits_until_a_person_says_retry(
    use: SetUp, tmp_path: Path, clock: Clock
) -> None:
    (file,) = claimed()
    old = place_of("a")
    use("b")
    clock.forward(hours=1)
    code, answer = run("staging_drain", "--wait", "30")
    assert (code, answer["transferred"], answer["pending"]) == (1, 0, 1)
    (told,) = run("staging_status")[1]["elsewhere"]
    assert told == {
        "place": old,
        "remote": "a",
        "address": f"folder {tmp_path / 'a'}",
        "files": 1,
        "bytes": file.size,
    }
    assert run("staging_retry", "--all") == (0, {"retried": 1})
    assert shown(file).place == place_of("b")
    assert run("staging_drain")[1]["transferred"] == 1
    assert run("staging_status")[0] == 0


def test_it_goes_on_by_itself_when_the_entry_is_back(use: SetUp, clock: Clock) -> None:
    (file,) = claimed()
    use("b")
    clock.forward(hours=1)
    draining.drain()
    use("b", a={})
    draining.drain()
    assert (shown(file).status, shown(file).remote) == ("synced", "a")


def test_a_failed_file_of_a_place_that_is_gone_is_retried_to_the_new_one(
    use: SetUp, tmp_path: Path
) -> None:
    (file,) = claimed()
    StagedFile.objects.update(status="failed", due_at=None, error_code="remote_refused")
    use("b")
    assert run("staging_retry", file.key) == (0, {"retried": 1})
    assert run("staging_drain")[1]["transferred"] == 1
    assert (tmp_path / "b" / file.key).exists()


def test_a_synced_file_of_a_place_that_is_gone_is_not_retried(use: SetUp) -> None:
    (file,) = synced()
    use("b")
    assert run("staging_retry", file.key) == (0, {"retried": 0})
    assert shown(file).place != place_of("b")


def test_a_lease_that_has_not_run_out_is_not_taken_by_a_retry(use: SetUp) -> None:
    claimed()
    use("b")
    assert run("staging_retry", "--all") == (0, {"retried": 0})


def test_another_name_for_the_same_folder_changes_nothing(
    use: SetUp, tmp_path: Path, client: Client
) -> None:
    (old,) = synced()
    (begun,) = claimed()
    StagedFile.objects.filter(pk=begun.pk).update(due_at=old.created_at)
    give_up_local_copies()
    use("renamed", renamed={"root": tmp_path / "a"})
    assert run("staging_status")[1]["elsewhere"] == []
    assert body(client.get(old.local_url, follow=True)) == jpeg()
    assert run("staging_drain")[1]["transferred"] == 1
    assert shown(begun).remote == "renamed"


def test_another_address_of_the_same_place_is_declared(
    use: SetUp, tmp_path: Path, client: Client
) -> None:
    (old,) = synced()
    (begun,) = claimed()
    StagedFile.objects.filter(pk=begun.pk).update(due_at=old.created_at)
    give_up_local_copies()
    was = place_of("a")
    (tmp_path / "a").rename(tmp_path / "mounted elsewhere")
    moved = {"root": tmp_path / "mounted elsewhere"}
    use("a", a=moved)
    assert client.get(old.local_url).status_code == 404
    use("a", a={**moved, "SAME_AS": [was]})
    assert run("staging_status")[0] == 0
    assert body(client.get(old.local_url, follow=True)) == jpeg()
    assert run("staging_drain")[1]["transferred"] == 1
    assert shown(begun).place == place_of("a") != was


# --- Several at once --------------------------------------------------------------------------


@pytest.fixture
def beside(use: SetUp, settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    """A remote that can be broken, beside a folder that new files go to."""
    folders = settings.MEDIA_STAGING
    fake = install(settings, monkeypatch)
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": "a",
        "REMOTES": {**folders["REMOTES"], "fake": {}},
    }
    return fake


def bound_for(remote: str, count: int = 1) -> list[StagedFile]:
    files = plain(count)
    pks = [file.pk for file in files]
    StagedFile.objects.filter(pk__in=pks).update(place=place_of(remote))
    return files


def test_a_remote_that_hangs_keeps_no_other_waiting(beside: FakeRemote) -> None:
    answers = threading.Event()
    beside.during_upload = lambda _file: answers.wait(60)  # type: ignore[method-assign, assignment]
    silent = bound_for("fake", 8)

    def drain() -> None:
        try:
            draining.drain()
        finally:
            connections.close_all()

    worker = threading.Thread(target=drain)
    worker.start()
    try:
        assert wait_for(lambda: bool(beside.uploads), 30)
        # Also what is staged while the other one is silent.
        files = bound_for("a", 8)
        waiting = StagedFile.objects.filter(pk__in=[file.pk for file in files])
        assert wait_for(lambda: not waiting.exclude(status="synced").exists(), 30)
        assert beside.stored == {}
    finally:
        answers.set()
        worker.join(60)
    assert set(beside.stored) == {file.key for file in silent}


def test_each_remote_has_its_own_breaker(beside: FakeRemote) -> None:
    beside.failing = Outage("no route to host")
    waiting, moved = bound_for("fake", 6), bound_for("a", 6)
    draining.drain()
    assert {shown(file).status for file in waiting} == {"staged"}
    assert {shown(file).status for file in moved} == {"synced"}
    assert (health.is_available("fake"), health.is_available("a")) == (False, True)
    answer = run("staging_status")[1]
    assert answer["remote"] == {"available": False}
    assert answer["remotes"] == {"a": {"available": True}, "fake": {"available": False}}


def test_a_retry_has_the_breaker_of_its_remote_probe_at_once(beside: FakeRemote) -> None:
    (file,) = bound_for("fake")
    beside.failing_keys[file.key] = Refused("EntityTooLarge")
    draining.drain()
    for _failure in range(health.FAILURES_TO_OPEN):
        health.failed("fake", Outage("down"), probe=False)
    beside.failing_keys.clear()
    run("staging_retry", "--all")
    assert run("staging_drain")[1]["transferred"] == 1


def test_objects_carry_the_mark_of_their_row(beside: FakeRemote) -> None:
    (file,) = bound_for("fake")
    draining.drain()
    mark = beside.mark_of(file.key)
    assert mark is not None
    assert mark.text == object_mark(installation().database, file.pk, file.key)
