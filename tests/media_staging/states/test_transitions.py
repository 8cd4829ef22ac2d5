"""Each transition changes exactly the rows that are in the state it comes from."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from media_staging import clock as app_clock
from media_staging import remotes
from media_staging.errors import FileGone, Outage
from media_staging.models import StagedFile
from media_staging.states import owners, transitions
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status


def fresh(file: StagedFile) -> StagedFile:
    return StagedFile.objects.get(pk=file.pk)


def test_two_claims_never_share_a_row() -> None:
    staged(5)
    first, mine = transitions.claim(3)
    second, theirs = transitions.claim(3)
    assert first != second
    assert (len(mine), len(theirs)) == (3, 2)
    assert not {file.pk for file in mine} & {file.pk for file in theirs}


def test_claims_at_the_same_moment_never_share_a_row() -> None:
    staged(40)
    barrier = threading.Barrier(4)
    claimed: list[int] = []

    def worker() -> None:
        barrier.wait()
        try:
            while files := transitions.claim(5)[1]:
                claimed.extend(file.pk for file in files)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(StagedFile.objects.values_list("pk", flat=True))


def test_an_old_token_changes_nothing(clock: Clock) -> None:
    (file,) = staged()
    old, _files = transitions.claim(1)
    clock.forward(seconds=61)
    new, _files = transitions.claim(1)
    assert transitions.flip(old, {file.pk: {}}, remotes.current()) == set()
    assert not transitions.postpone(old, file, Outage(), due_at=clock.now, attempts=0)
    assert not transitions.fail(old, file, Outage(), attempts=8)
    assert transitions.release(old, [file.pk]) == 0
    assert transitions.heartbeat(old, [file.pk]) == {file.pk}
    assert fresh(file).token == new
    assert transitions.flip(new, {file.pk: {}}, remotes.current()) == {file.pk}


@pytest.mark.parametrize("versions", [(7, 7), (7, 8)], ids=["the same", "its own"])
def test_each_file_keeps_the_answer_that_it_got(versions: tuple[int, int]) -> None:
    staged(2)
    token, files = transitions.claim(2)
    answers = {file.pk: {"version": v} for file, v in zip(files, versions, strict=True)}
    assert transitions.flip(token, answers, remotes.current()) == set(answers)
    assert dict(StagedFile.objects.values_list("pk", "remote_data")) == answers


def test_a_heartbeat_holds_the_lease(clock: Clock) -> None:
    (file,) = staged()
    token, _files = transitions.claim(1)
    clock.forward(seconds=50)
    assert transitions.heartbeat(token, [file.pk]) == set()
    clock.forward(seconds=50)
    assert transitions.claim(1)[1] == []
    clock.forward(seconds=11)
    assert transitions.claim(1)[1] == [file]


def test_a_claim_tells_whether_the_file_was_claimed_before(clock: Clock) -> None:
    staged()
    assert transitions.claim(1)[1][0].settle_at is None
    clock.forward(seconds=61)
    assert transitions.claim(1)[1][0].settle_at is not None


def test_a_clock_that_was_set_back_makes_nobody_wait(clock: Clock) -> None:
    staged()
    transitions.claim(1)
    clock.forward(hours=-1)
    assert len(transitions.claim(1)[1]) == 1


def test_retry_puts_back_what_failed_or_waits_and_nothing_else() -> None:
    failed, waiting, synced = staged(3)
    later = app_clock.now() + timedelta(minutes=5)
    StagedFile.objects.filter(pk=failed.pk).update(status=Status.FAILED, due_at=None, attempts=8)
    StagedFile.objects.filter(pk=waiting.pk).update(due_at=later, attempts=3)
    StagedFile.objects.filter(pk=synced.pk).update(status=Status.SYNCED, remote="filesystem")
    assert transitions.retry([failed.pk, waiting.pk, synced.pk]) == 2
    assert [fresh(file).status for file in (failed, waiting, synced)] == [
        "staged",
        "staged",
        "synced",
    ]
    assert fresh(failed).attempts == 0


# --- Owners ------------------------------------------------------------------------------------


def owned(file: StagedFile) -> ProductImage:
    product = Product.objects.create(name="Mug", price=1)
    return ProductImage.objects.create(product=product, file=file)


def test_a_file_with_an_owner_is_not_let_go() -> None:
    (file,) = staged()
    first, second = owned(file), owned(file)
    assert owners.let_go([file.pk]) == []
    first.delete()
    assert fresh(file).status == Status.STAGED
    second.delete()
    assert fresh(file).status == Status.PURGING


def test_letting_go_of_a_transfer_keeps_its_lease_so_that_its_worker_notices() -> None:
    (file,) = staged()
    token, _files = transitions.claim(1)
    lease = fresh(file).due_at
    owners.let_go([file.pk])
    assert (fresh(file).status, fresh(file).due_at) == ("purging", lease)
    assert transitions.heartbeat(token, [file.pk]) == {file.pk}
    assert transitions.claim_purges(1)[1] == []


def test_attaching_and_letting_go_at_once_never_leave_an_owner_of_a_purged_file() -> None:
    for _round in range(10):
        (file,) = staged()
        barrier = threading.Barrier(2)

        def attach(file: StagedFile = file, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                owned(file)
            except FileGone:
                pass
            finally:
                connections.close_all()

        def let_go(file: StagedFile = file, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                owners.let_go([file.pk])
            finally:
                connections.close_all()

        threads = [threading.Thread(target=attach), threading.Thread(target=let_go)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        has_owner = ProductImage.objects.filter(file=file.pk).exists()
        assert has_owner == (fresh(file).status != Status.PURGING)
