"""What is elsewhere, what a claim costs, and what a process keeps of the settings."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from media_staging import remotes, tasks
from media_staging.models import Place, RemoteHealth, StagedFile
from media_staging.remotes import Remote
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
    # Leases that ran out, places that nobody answers for, originals, thumbnails; and what was won.
    assert len([each for each in queries if each["sql"].startswith("SELECT")]) == 5
    assert len([each for each in queries if each["sql"].startswith("UPDATE")]) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite")
@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_every_line_of_a_claim_keeps_its_index(use: SetUp, names: list[str]) -> None:
    use(*names[:1], **{name: {} for name in names})
    for remote in remotes.in_use():
        expired, *staged = transitions.transfers_due(remote)
        assert "USING INDEX transferring_due" in plan_of(expired)
        for line in staged:
            plan = plan_of(line)
            assert "SEARCH" in plan, plan
            assert "INDEX by_place" in plan, plan
            assert "SCAN" not in plan, plan


def plan_of(line: QuerySet[StagedFile]) -> str:
    return line.values_list("pk", "settle_at")[:96].explain()


BACKLOG = 100_000


@pytest.fixture
def backlog(use: SetUp) -> None:
    """Older than what is staged from here on, and for another remote."""
    use("broken", healthy={})
    plain()
    columns = [each.column for each in StagedFile._meta.concrete_fields if each.column != "id"]
    earlier = {
        "sqlite": "datetime(due_at, '-' || n || ' seconds')",
        "postgresql": "due_at - n * interval '1 second'",
    }[connection.vendor]
    other = {"key": "'k' || n || key", "due_at": earlier}
    copied = [other.get(name, name) for name in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"  # noqa: S608
            f" WHERE n < {BACKLOG}) INSERT INTO media_staging_stagedfile ({', '.join(columns)})"
            f" SELECT {', '.join(copied)} FROM media_staging_stagedfile, numbers"
        )
        cursor.execute("ANALYZE")


@pytest.mark.usefixtures("backlog")
@pytest.mark.parametrize("healthy", ["current", "beside"])
def test_a_claim_does_not_read_through_what_waits_for_another_remote(
    use: SetUp, healthy: str
) -> None:
    use(*(("healthy",) if healthy == "current" else ("broken",)), broken={}, healthy={})
    files = plain(3)
    for place, file in zip((place_of("healthy"), "", "gone"), files, strict=True):
        StagedFile.objects.filter(pk=file.pk).update(place=place)
    remote = remotes.get("healthy")
    assert read_by_a_claim(remote) < BACKLOG / 100
    _token, claimed = transitions.claim(96, remote)
    assert {file.pk for file in claimed} == {
        file.pk for file in (files if healthy == "current" else files[:1])
    }


@pytest.mark.usefixtures("backlog")
def test_nor_through_what_waits_for_a_place_that_is_gone_to_find_the_oldest(use: SetUp) -> None:
    """Nothing of it is anywhere else: it goes to the current one."""
    use("healthy")
    remote = remotes.current()
    assert read_by_a_claim(remote) < BACKLOG / 100
    assert len(transitions.claim(96, remote)[1]) == 96


def read_by_a_claim(remote: Remote) -> int:
    read, left = 0, 96
    for line in transitions.transfers_due(remote):
        read += rows_read(line[:left]) if left else 0
        left -= len(line[:left])
    return read


def rows_read(query: QuerySet[StagedFile]) -> int:
    """How much the database looks at; on SQLite steps of its machine, a few dozen for each row."""
    if connection.vendor == "postgresql":
        (told,) = json.loads(query.explain(format="json", analyze=True))
        return sum(visited(told["Plan"]))
    steps: list[None] = []
    connection.connection.set_progress_handler(lambda: steps.append(None), 30)
    try:
        list(query)
    finally:
        connection.connection.set_progress_handler(None, 0)
    return len(steps)


def visited(plan: dict[str, Any]) -> Iterator[int]:
    yield plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    for each in plan.get("Plans", []):
        yield from visited(each)


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
