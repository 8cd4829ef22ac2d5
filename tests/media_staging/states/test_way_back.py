"""What is referred to again is not deleted: before the first byte goes, and with the row last."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import models

from media_staging.area import staging
from media_staging.errors import FileGone, Outage
from media_staging.models import StagedFile
from media_staging.remotes import RemoteData
from media_staging.states import owners, transitions
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.owning import forget, model, tables
from tests.media_staging.photos import plain, shown, staged, synced

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status


@pytest.fixture(params=[models.PROTECT, models.CASCADE, models.RESTRICT])
def poster(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A model with a plain foreign key, which asks nobody before it refers to a file."""
    file = models.ForeignKey(StagedFile, on_delete=request.param, related_name="+")
    made = model("Poster", file=file)
    with tables(made):
        yield made


def evicted() -> StagedFile:
    (file,) = plain()
    draining.drain()
    assert transitions.evict(shown(file), file.place)
    staging.path(file.key).unlink()
    return shown(file)


def claimed(*files: StagedFile) -> tuple[UUID, list[StagedFile]]:
    """Let go of them, and claim their purge."""
    assert len(owners.let_go([file.pk for file in files])) >= len(files)
    token, purging = transitions.claim_purges(100)
    return token, purging


def test_a_file_with_its_local_copy_is_staged_again_and_found_on_the_remote(
    fake: FakeRemote, poster: Any
) -> None:
    (file,) = synced()
    token, files = claimed(file)
    poster.objects.create(file=file)
    assert owners.referred_again(token, files) == {file.pk}
    again = shown(file)
    assert (again.status, again.synced_at, again.remote) == ("staged", None, "")
    assert again.settle_at is not None
    uploads = len(fake.stored)
    draining.drain()
    assert shown(file).status == "synced"
    assert len(fake.stored) == uploads


def test_a_file_that_never_left_is_staged_again(fake: FakeRemote, poster: Any) -> None:
    (file,) = staged()
    token, files = claimed(file)
    poster.objects.create(file=file)
    assert owners.referred_again(token, files) == {file.pk}
    assert (shown(file).status, shown(file).settle_at) == ("staged", None)
    draining.drain()
    assert fake.stored.keys() == {file.key}


def test_an_evicted_file_is_synced_as_it_was(fake: FakeRemote, poster: Any) -> None:
    file = evicted()
    token, files = claimed(file)
    poster.objects.create(file=file)
    assert owners.referred_again(token, files) == {file.pk}
    again = shown(file)
    assert (again.status, again.due_at, again.synced_at) == ("synced", None, file.synced_at)
    assert (again.remote, again.remote_data) == (file.remote, file.remote_data)


def test_what_nobody_refers_to_is_left_to_the_purge_and_its_row_says_so(poster: Any) -> None:
    referred, free = synced(2)
    token, files = claimed(referred, free)
    poster.objects.create(file=referred)
    assert owners.referred_again(token, files) == {referred.pk}
    assert (shown(free).status, shown(free).synced_at) == ("purging", None)


def test_a_claim_that_was_lost_brings_nothing_back_and_deletes_nothing(
    clock: Clock, poster: Any
) -> None:
    (file,) = synced()
    token, files = claimed(file)
    clock.forward(seconds=61)
    transitions.claim_purges(1)
    poster.objects.create(file=file)
    assert owners.referred_again(token, files) == {file.pk}
    assert shown(file).status == "purging"


def begun(file: StagedFile, poster: Any, clock: Clock) -> tuple[UUID, list[StagedFile]]:
    """Its purge has begun, nobody knows how far; then something refers to it."""
    token, files = claimed(file)
    assert owners.referred_again(token, files) == set()
    poster.objects.create(file=file)
    clock.forward(seconds=61)
    return transitions.claim_purges(1)


def test_a_purge_that_had_begun_leaves_the_remote_to_say_whether_the_file_is_whole(
    fake: FakeRemote, clock: Clock, poster: Any
) -> None:
    file = evicted()
    token, files = begun(file, poster, clock)
    assert owners.referred_again(token, files, cleanup.find_again) == {file.pk}
    assert (shown(file).status, shown(file).due_at) == ("synced", None)


def test_a_file_whose_bytes_are_gone_is_failed_and_not_taken_for_whole(
    fake: FakeRemote, clock: Clock, poster: Any
) -> None:
    file = evicted()
    token, files = begun(file, poster, clock)
    fake.stored.clear()
    assert owners.referred_again(token, files, cleanup.find_again) == {file.pk}
    assert (shown(file).status, shown(file).error_code) == ("failed", "damaged")


@pytest.mark.parametrize("asks", [True, False])
def test_without_the_remotes_answer_it_waits(
    fake: FakeRemote, clock: Clock, poster: Any, asks: bool
) -> None:
    def is_down(_file: StagedFile) -> RemoteData | None:
        raise Outage("down")

    file = evicted()
    token, files = begun(file, poster, clock)
    assert owners.referred_again(token, files, is_down if asks else None) == {file.pk}
    assert shown(file).status == "purging"
    assert transitions.claim_purges(1)[1] == []
    clock.forward(minutes=6)
    assert transitions.claim_purges(1)[1] == [file]


def test_a_file_comes_back_whole_from_its_local_copy_after_its_object_was_deleted(
    fake: FakeRemote, clock: Clock, poster: Any
) -> None:
    (file,) = synced()
    token, files = begun(file, poster, clock)
    fake.stored.clear()
    assert owners.referred_again(token, files) == {file.pk}
    draining.drain()
    assert file.key in fake.stored


def test_nothing_is_deleted_while_a_relation_cannot_be_asked(clock: Clock) -> None:
    (file,) = synced()
    token, files = claimed(file)
    made = model("Poster", file=models.ForeignKey(StagedFile, models.CASCADE, related_name="+"))
    try:
        assert owners.referred_again(token, files) == {file.pk}
        assert not transitions.bury(token, file)
        assert shown(file).status == "purging"
    finally:
        forget(made)
    clock.forward(minutes=6)
    token, files = transitions.claim_purges(1)
    assert owners.referred_again(token, files) == set()


# --- The row goes last ----------------------------------------------------------------------------


def test_a_row_that_is_referred_to_is_not_buried_and_takes_nothing_with_it(
    poster: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (file,) = staged()
    token, _files = claimed(file)
    owner = poster.objects.create(file=file)
    with caplog.at_level(logging.ERROR, "media_staging"):
        assert transitions.bury(token, file) is False
    assert file.key in caplog.text
    assert poster.objects.get() == owner
    owner.delete()
    assert transitions.bury(token, file)
    assert not StagedFile.objects.exists()


def test_a_reference_that_is_inserted_during_the_burial_keeps_the_row(
    poster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if nobody had been asked: the constraint of the database has the last word."""
    (file,) = staged()
    token, _files = claimed(file)
    poster.objects.create(file=file)
    monkeypatch.setattr(transitions, "with_owner", lambda pks: set())
    assert transitions.bury(token, file) is False
    assert StagedFile.objects.exists()
    assert poster.objects.exists()


def test_only_the_holder_of_the_claim_may_unlink_and_nobody_brings_the_file_back_meanwhile(
    clock: Clock, poster: Any
) -> None:
    (file,) = synced()
    late, files = claimed(file)
    with owners.purging(late, file) as is_held:
        assert is_held
    clock.forward(seconds=61)
    token, files = transitions.claim_purges(1)
    poster.objects.create(file=file)
    owners.referred_again(token, files)
    with owners.purging(late, file) as is_held:
        assert not is_held


def sending() -> StagedFile:
    (file,) = staged()
    transitions.claim(1)
    return file


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: staged()[0], "staged"),
        (sending, "staged"),
        (lambda: synced()[0], "staged"),
        (evicted, "synced"),
    ],
    ids=["staged", "being sent", "synced", "evicted"],
)
def test_a_file_that_was_let_go_takes_a_new_owner_while_it_is_whole(
    fake: FakeRemote, make: Any, status: str, clock: Clock
) -> None:
    file = make()
    token, files = claimed(file)
    owners.attach([file.pk])
    assert shown(file).status == status
    assert owners.referred_again(token, files) == {each.pk for each in files if each.pk == file.pk}
    clock.forward(hours=1)
    draining.drain()
    assert shown(file).status == "synced"
    assert fake.stored.keys() == {file.key}


def test_a_file_whose_deletion_has_begun_takes_no_new_owner(poster: Any, clock: Clock) -> None:
    (whole,) = staged()
    (file,) = staged()
    begun(file, poster, clock)
    owners.let_go([whole.pk])
    with pytest.raises(FileGone):
        owners.attach([whole.pk, file.pk])
    assert shown(whole).status == shown(file).status == "purging"


def test_a_file_without_its_bytes_takes_no_new_owner(fake: FakeRemote) -> None:
    (file,) = staged()
    owners.let_go([file.pk])
    staging.path(file.key).unlink()
    with pytest.raises(FileGone):
        owners.attach([file.pk])
    assert shown(file).status == "purging"
