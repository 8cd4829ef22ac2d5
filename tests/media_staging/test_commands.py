"""The commands: their JSON, their exit codes, their words."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from media_staging.area import staging
from media_staging.errors import Outage, Refused
from media_staging.models import StagedFile
from media_staging.states import health, owners
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, ended_mark
from tests.media_staging.photos import jpeg, staged, synced, thumbnail_of

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> tuple[int, Any]:
    """Exit code and JSON of a command."""
    out, code = StringIO(), 0
    try:
        call_command(*arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue())


def test_status_counts_files_and_bytes(fake: FakeRemote) -> None:
    staged(2)
    code, answer = run("staging_status")
    assert code == 0
    assert answer["states"]["staged"] == {"count": 2, "bytes": len(jpeg(0)) + len(jpeg(1))}
    assert set(answer["states"]) == {"staged", "transferring", "synced", "failed", "purging"}
    assert answer["oldest_waiting_seconds"] >= 0
    assert answer["free_bytes"] > 0
    assert answer["remote"] == {"available": True}


def test_status_says_that_a_failed_file_needs_a_person(fake: FakeRemote) -> None:
    staged()
    StagedFile.objects.update(status="failed", due_at=None)
    assert run("staging_status")[0] == 1


def test_drain_reports_what_it_moved(fake: FakeRemote) -> None:
    files = staged(3)
    code, answer = run("staging_drain")
    assert code == 0
    assert answer.pop("seconds") > 0
    assert answer == {
        "transferred": 3,
        "bytes": sum(file.size for file in files),
        "failed": 0,
        "pending": 0,
    }


def test_drain_exits_1_while_something_is_pending_or_failed(fake: FakeRemote) -> None:
    waiting, refused = staged(2)
    fake.failing_keys = {waiting.key: Outage("down"), refused.key: Refused("no")}
    code, answer = run("staging_drain")
    assert code == 1
    assert (answer["transferred"], answer["pending"], answer["failed"]) == (0, 1, 1)


def test_retry_puts_failed_files_back(fake: FakeRemote) -> None:
    first, second = staged(2)
    StagedFile.objects.update(status="failed", due_at=None)
    assert run("staging_retry", first.key) == (0, {"retried": 1})
    assert run("staging_retry", "--all") == (0, {"retried": 1})
    assert set(StagedFile.objects.values_list("status", flat=True)) == {"staged"}
    assert second.key != first.key


@pytest.mark.parametrize("arguments", [(), ("--all", "photos/a.jpg")])
def test_retry_without_a_clear_wish_is_wrong_use(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as error:
        call_command("staging_retry", *arguments)
    assert error.value.returncode == 2


def test_verify_exits_1_on_any_difference_and_lists_keys(fake: FakeRemote) -> None:
    good, bad = staged(2)
    draining.drain()
    assert run("staging_verify", "--checksums")[0] == 0
    staging.path(bad.key).unlink()
    code, answer = run("staging_verify")
    assert code == 1
    assert answer == {"checked": 2, "missing": [bad.key], "corrupt": [], "orphans": []}
    assert good.key not in answer["missing"]


def test_cleanup_does_one_round(fake: FakeRemote) -> None:
    staged()
    code, answer = run("staging_cleanup", "--dry-run")
    assert code == 0
    assert set(answer) == {
        "let_go",
        "purged",
        "evicted",
        "swept",
        "aborted_uploads",
        "refused",
        "foreign",
    }


def test_cleanup_makes_the_thumbnails_that_eviction_waits_for(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = synced()
    clock.forward(hours=2)
    assert run("staging_cleanup", "--dry-run")[1]["evicted"] == []
    assert run("staging_cleanup")[1]["evicted"] == [file.key]
    assert run("staging_drain")[1]["transferred"] == 0, "the thumbnail is not counted"
    assert thumbnail_of(file).status == "synced"


def test_a_table_for_people_names_the_numbers(fake: FakeRemote) -> None:
    staged()
    out = StringIO()
    call_command("staging_drain", stdout=out)
    assert "transferred  1" in out.getvalue()


def test_retry_of_a_key_that_does_not_exist_names_it(fake: FakeRemote) -> None:
    with pytest.raises(CommandError, match=r"photos/none\.jpg"):
        call_command("staging_retry", "photos/none.jpg")


def test_a_negative_wait_is_wrong_use() -> None:
    with pytest.raises(CommandError) as error:
        call_command("staging_drain", "--wait=-1")
    assert error.value.returncode == 2


def test_status_says_when_the_remote_is_not_available(fake: FakeRemote) -> None:
    for _failure in range(5):
        health.failed("fake", Outage("down"), probe=False)
    assert run("staging_status")[1]["remote"] == {"available": False}


def test_cleanup_exits_1_when_it_could_not_finish(fake: FakeRemote) -> None:
    (file,) = staged()
    draining.drain()
    owners.let_go([file.pk])
    fake.failing = Outage("down")
    code, answer = run("staging_cleanup")
    assert (code, answer["purged"]) == (1, [])


def test_verify_never_calls_clean_what_it_could_not_look_at(fake: FakeRemote) -> None:
    staged()
    draining.drain()
    fake.find = raising(Outage("down"))  # type: ignore[method-assign]
    code, answer = run("staging_verify")
    assert (code, answer["unasked"]) == (1, {"fake": "down"})
    staging.mark_path().unlink()
    with pytest.raises(CommandError, match="Mount the volume"):
        call_command("staging_verify")


def test_verify_lists_orphans_that_the_next_sweep_takes(fake: FakeRemote) -> None:
    orphan = "photos/00000000-0000-4000-8000-000000000000.jpg"
    staged()
    draining.drain()
    fake.put(orphan, b"x", mark=ended_mark(orphan))
    code, answer = run("staging_verify")
    assert (code, answer["orphans"]) == (1, [orphan])
    assert set(fake.stored) > {orphan}, "it changes nothing"


def test_a_drain_without_work_takes_no_time(fake: FakeRemote) -> None:
    assert run("staging_drain", "--wait", "60") == (
        0,
        {"transferred": 0, "bytes": 0, "failed": 0, "pending": 0, "seconds": 0.0},
    )


def raising(error: Exception) -> Any:
    def refuse(*args: object) -> None:
        raise error

    return refuse


# --- Another database's staging area -------------------------------------------------------------


@pytest.fixture
def anothers(fake: FakeRemote) -> None:
    staging.check_area()
    staging.mark_path().write_text("00000000-0000-4000-8000-000000000000")


def test_status_says_that_the_staging_area_is_another_databases(anothers: None) -> None:
    code, answer = run("staging_status")
    assert code == 1
    assert "belongs to another database" in answer["staging_area"]
    with pytest.raises(SystemExit):
        call_command("staging_status", stdout=(out := StringIO()))
    assert answer["staging_area"] in out.getvalue()


@pytest.mark.parametrize("waiting", [0, 1])
def test_drain_says_so_once_however_long_it_waits(
    fake: FakeRemote, caplog: pytest.LogCaptureFixture, waiting: int
) -> None:
    staged(waiting)
    staging.check_area()
    staging.mark_path().write_text("00000000-0000-4000-8000-000000000000")
    with pytest.raises(SystemExit) as end:
        call_command(
            "staging_drain", "--wait", "2.5", stdout=StringIO(), stderr=(err := StringIO())
        )
    assert end.value.code == 1
    told = [*caplog.messages, *err.getvalue().splitlines()]
    assert len([each for each in told if "belongs to another database" in each]) == 1
