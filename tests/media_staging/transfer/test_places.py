"""A change of bucket, prefix or remote in the settings loses and breaks nothing.

The remotes here are folders; what is true of a folder is true of a bucket and its prefix.
"""

import json
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dev.processes import wait_for
from media_staging import remotes, tasks
from media_staging.area import staging
from media_staging.errors import Outage, Refused
from media_staging.models import Place, RemoteHealth, StagedFile
from media_staging.states import health, places, transitions
from media_staging.states.installation import installation, object_mark
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, install
from tests.media_staging.photos import jpeg, plain, shown, staged, synced, thumbnail_of

pytestmark = pytest.mark.django_db(transaction=True)
Set = Callable[..., None]


@pytest.fixture
def use(settings: Any, tmp_path: Path) -> Set:
    """`use("b", a={})`: new files go to b, a is set up too; each is a folder of that name."""

    def set_up(current: str, **entries: dict[str, Any]) -> None:
        folders = {
            name: {"TYPE": "filesystem", "root": tmp_path / name, **entry}
            for name, entry in {current: {}, **entries}.items()
        }
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": current,
            "REMOTES": folders,
        }

    set_up("a")
    return set_up


def run(*arguments: str) -> tuple[int, Any]:
    """Exit code and JSON of a command."""
    out, code = StringIO(), 0
    try:
        call_command(*arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue())


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def place_of(name: str) -> str:
    return remotes.get(name).place


def give_up_local_copies() -> None:
    for file in StagedFile.objects.filter(status="synced", due_at__isnull=False):
        assert transitions.evict(file, file.place)
        staging.path(file.key).unlink()


def claimed(count: int = 1) -> list[StagedFile]:
    """Files that a worker has begun to send and, killed, never ended."""
    places.remember()
    files = plain(count)
    transitions.claim(count)
    return files


# --- A row knows its place --------------------------------------------------------------------


def test_a_file_knows_its_place_from_intake_on_without_a_query(use: Set) -> None:
    file = staged()[0]
    assert shown(file).place == place_of("a")
    with CaptureQueriesContext(connection) as queries:
        _ = remotes.at(file.place, file.remote), file.url
    assert not queries.captured_queries


def test_a_thumbnail_goes_where_its_original_is(use: Set, tmp_path: Path) -> None:
    (file,) = synced()
    use("b", a={})
    call_command("staging_cleanup", stdout=StringIO())
    assert thumbnail_of(file).place == place_of("a")
    run("staging_drain")
    assert (tmp_path / "a" / thumbnail_of(file).key).exists()


def test_a_file_of_the_first_version_has_its_place_from_its_flip_on(use: Set) -> None:
    (file,) = staged()
    StagedFile.objects.update(place="")
    draining.drain()
    assert (shown(file).place, shown(file).remote) == (place_of("a"), "a")


def test_a_first_version_file_is_where_its_entry_points_to(use: Set, client: Client) -> None:
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
    use: Set, tmp_path: Path, client: Client
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


def test_what_waits_for_a_place_that_is_still_set_up_goes_there(use: Set, tmp_path: Path) -> None:
    (begun,) = claimed()
    (waiting,) = plain()
    use("b", a={})
    StagedFile.objects.filter(pk=begun.pk).update(due_at=waiting.created_at)
    assert run("staging_drain")[1]["transferred"] == 2
    for file in (waiting, begun):
        assert (tmp_path / "a" / file.key).exists()
        assert (shown(file).place, shown(file).remote) == (place_of("a"), "a")


def test_what_was_never_claimed_goes_to_the_new_place_when_the_old_one_is_gone(
    use: Set, tmp_path: Path
) -> None:
    (file,) = plain()
    use("b")
    code, answer = run("staging_status")
    assert (code, answer["elsewhere"]) == (0, [])
    assert run("staging_drain")[1]["transferred"] == 1
    assert shown(file).place == place_of("b")
    assert (tmp_path / "b" / file.key).exists()


def test_what_was_claimed_waits_until_a_person_says_retry(
    use: Set, tmp_path: Path, clock: Clock
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


def test_it_goes_on_by_itself_when_the_entry_is_back(use: Set, clock: Clock) -> None:
    (file,) = claimed()
    use("b")
    clock.forward(hours=1)
    draining.drain()
    use("b", a={})
    draining.drain()
    assert (shown(file).status, shown(file).remote) == ("synced", "a")


def test_a_failed_file_of_a_place_that_is_gone_is_retried_to_the_new_one(
    use: Set, tmp_path: Path
) -> None:
    (file,) = claimed()
    StagedFile.objects.update(status="failed", due_at=None, error_code="remote_refused")
    use("b")
    assert run("staging_retry", file.key) == (0, {"retried": 1})
    assert run("staging_drain")[1]["transferred"] == 1
    assert (tmp_path / "b" / file.key).exists()


def test_a_synced_file_of_a_place_that_is_gone_is_not_retried(use: Set) -> None:
    (file,) = synced()
    use("b")
    assert run("staging_retry", file.key) == (0, {"retried": 0})
    assert shown(file).place != place_of("b")


def test_a_lease_that_has_not_run_out_is_not_taken_by_a_retry(use: Set) -> None:
    claimed()
    use("b")
    assert run("staging_retry", "--all") == (0, {"retried": 0})


def test_another_name_for_the_same_folder_changes_nothing(
    use: Set, tmp_path: Path, client: Client
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
    use: Set, tmp_path: Path, client: Client
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
def beside(use: Set, settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
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


# --- What is elsewhere ------------------------------------------------------------------------


def test_places_in_use_are_remembered_with_one_query(use: Set, tmp_path: Path) -> None:
    use("b", a={})
    places.remember()
    addresses = dict(Place.objects.values_list("remote", "address"))
    assert addresses == {name: f"folder {tmp_path / name}" for name in ("a", "b")}
    with CaptureQueriesContext(connection) as queries:
        places.remember()
    assert len(queries) == 1


def test_looking_for_what_is_elsewhere_costs_one_small_query(use: Set) -> None:
    synced()
    with CaptureQueriesContext(connection) as queries:
        assert places.elsewhere() == []
    (query,) = queries.captured_queries
    assert "media_staging_stagedfile" not in query["sql"]


def test_a_start_says_what_the_settings_do_not_have_any_more(
    use: Set, caplog: pytest.LogCaptureFixture
) -> None:
    synced(2)
    was = place_of("a")
    use("b")
    tasks.connect()
    (said,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert said.startswith("2 files are in folder ")
    assert f'"SAME_AS": ["{was}"]' in said
    assert Place.objects.filter(remote="b").exists()


def test_thumbnails_are_made_while_files_wait_for_a_place_that_is_gone(
    use: Set, clock: Clock
) -> None:
    claimed()
    use("b")
    clock.forward(hours=1)
    (file,) = synced()
    call_command("staging_cleanup", stdout=StringIO())
    assert thumbnail_of(file).place == place_of("b")


def test_a_breaker_of_a_remote_that_took_nothing_is_nobody_elsewhere(use: Set) -> None:
    RemoteHealth.objects.create(remote="tried once")
    synced()
    assert places.elsewhere() == []


# --- What a claim costs -----------------------------------------------------------------------


def test_a_claim_for_one_remote_is_as_short_as_ever(use: Set) -> None:
    plain(3)
    with CaptureQueriesContext(connection) as queries:
        transitions.claim(10, remotes.current())
    assert len([each for each in queries if each["sql"].startswith("SELECT")]) == 4
    assert len([each for each in queries if each["sql"].startswith("UPDATE")]) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite")
@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
def test_every_line_of_a_claim_keeps_its_index(use: Set, names: list[str]) -> None:
    use(*names[:1], **{name: {} for name in names})
    for remote in remotes.in_use():
        for line in transitions.transfers_due(places.bound_for(remote)):
            plan = line.values_list("pk", "settle_at")[:96].explain()
            assert "USING INDEX staged_due" in plan or "USING INDEX transferring_due" in plan, plan


# --- Settings that change ---------------------------------------------------------------------


def test_what_a_process_keeps_of_the_remotes_follows_the_settings(use: Set, tmp_path: Path) -> None:
    before = remotes.current()
    assert remotes.known_places() == {before.place: before}
    use("a", a={"root": tmp_path / "other"})
    after = remotes.current()
    assert after is not before
    assert remotes.known_places() == {after.place: after}
    assert remotes.at(before.place, "a") is None
