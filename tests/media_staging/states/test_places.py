"""What is elsewhere, what a claim costs, and what a process keeps of the settings."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from media_staging import remotes, tasks
from media_staging.models import Place, RemoteHealth
from media_staging.states import places, transitions
from tests.conftest import Clock
from tests.media_staging.photos import plain, synced, thumbnail_of
from tests.media_staging.places import SetUp, claimed, place_of

pytestmark = pytest.mark.django_db(transaction=True)


# --- What is elsewhere ------------------------------------------------------------------------


def test_places_in_use_are_remembered_with_one_query(use: SetUp, tmp_path: Path) -> None:
    use("b", a={})
    places.remember()
    addresses = dict(Place.objects.values_list("remote", "address"))
    assert addresses == {name: f"folder {tmp_path / name}" for name in ("a", "b")}
    with CaptureQueriesContext(connection) as queries:
        places.remember()
    assert len(queries) == 1


def test_looking_for_what_is_elsewhere_costs_one_small_query(use: SetUp) -> None:
    synced()
    with CaptureQueriesContext(connection) as queries:
        assert places.elsewhere() == []
    (query,) = queries.captured_queries
    assert "media_staging_stagedfile" not in query["sql"]


def test_a_start_says_what_the_settings_do_not_have_any_more(
    use: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    synced(2)
    was = place_of("a")
    use("b")
    for _worker in range(2):
        tasks.connect()
    (said,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert said.startswith("2 files are in folder ")
    assert f'"SAME_AS": ["{was}"]' in said
    assert Place.objects.filter(remote="b").exists()


def test_thumbnails_are_made_while_files_wait_for_a_place_that_is_gone(
    use: SetUp, clock: Clock
) -> None:
    claimed()
    use("b")
    clock.forward(hours=1)
    (file,) = synced()
    call_command("staging_cleanup", stdout=StringIO())
    assert thumbnail_of(file).place == place_of("b")


def test_a_breaker_of_a_remote_that_took_nothing_is_nobody_elsewhere(use: SetUp) -> None:
    RemoteHealth.objects.create(remote="tried once")
    synced()
    assert places.elsewhere() == []


# --- What a claim costs -----------------------------------------------------------------------


def test_a_claim_for_one_remote_is_as_short_as_ever(use: SetUp) -> None:
    plain(3)
    with CaptureQueriesContext(connection) as queries:
        transitions.claim(10, remotes.current())
    assert len([each for each in queries if each["sql"].startswith("SELECT")]) == 4
    assert len([each for each in queries if each["sql"].startswith("UPDATE")]) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite")
@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
def test_every_line_of_a_claim_keeps_its_index(use: SetUp, names: list[str]) -> None:
    use(*names[:1], **{name: {} for name in names})
    for remote in remotes.in_use():
        for line in transitions.transfers_due(places.bound_for(remote)):
            plan = line.values_list("pk", "settle_at")[:96].explain()
            assert "USING INDEX staged_due" in plan or "USING INDEX transferring_due" in plan, plan


# --- Settings that change ---------------------------------------------------------------------


def test_what_a_process_keeps_of_the_remotes_follows_the_settings(
    use: SetUp, tmp_path: Path
) -> None:
    before = remotes.current()
    assert remotes.known_places() == {before.place: before}
    use("a", a={"root": tmp_path / "other"})
    after = remotes.current()
    assert after is not before
    assert remotes.known_places() == {after.place: after}
    assert remotes.at(before.place, "a") is None
