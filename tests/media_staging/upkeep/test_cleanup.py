"""What is taken away, when, and what is left alone."""

import json
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from media_staging.area import staging
from media_staging.errors import Outage
from media_staging.models import StagedFile
from media_staging.remotes import Identity, Mark, RemoteData
from media_staging.states import owners, transitions
from media_staging.transfer import draining
from media_staging.upkeep import audit, cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, ended_mark, own_mark
from tests.media_staging.photos import jpeg, plain, staged

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status


def owned(file: StagedFile) -> ProductImage:
    product = Product.objects.create(name="Mug", price=1)
    return ProductImage.objects.create(product=product, file=file)


def age(path: Path, clock: Clock, **by: float) -> None:
    """Make a file look as old as the moved clock says."""
    past = clock.now.timestamp() - 2 * 86400
    os.utime(path, (past, past))


# --- Evict -------------------------------------------------------------------------------------


def test_a_local_copy_goes_after_its_retention_and_the_url_goes_on(
    client: Client, clock: Clock
) -> None:
    (file,) = plain()
    old_url = file.url
    draining.drain()
    clock.forward(seconds=3599)
    cleanup.run_round()
    assert staging.path(file.key).exists()
    clock.forward(seconds=2)
    assert cleanup.run_round().evicted == [file.key]
    assert not staging.path(file.key).exists()
    answer = client.get(old_url)
    assert answer.status_code == 302
    file.refresh_from_db()
    assert answer["Location"] == file.url
    assert b"".join(client.get(file.url).streaming_content) == jpeg()  # type: ignore[attr-defined]


def test_what_waits_for_its_transfer_is_never_evicted(fake: FakeRemote, clock: Clock) -> None:
    (file,) = staged()
    fake.failing = Outage("down")
    draining.drain()
    clock.forward(days=30)
    cleanup.run_round()
    assert staging.path(file.key).exists()


def test_a_remote_that_lost_the_object_gets_it_again(fake: FakeRemote, clock: Clock) -> None:
    (file,) = plain()
    draining.drain()
    fake.stored.clear()
    clock.forward(hours=2)
    assert cleanup.run_round().troubled
    assert staging.path(file.key).exists()
    draining.drain()
    assert fake.stored == {file.key: jpeg()}


def test_a_copy_stays_that_another_worker_sends_again_meanwhile(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = plain()
    owned(file)
    draining.drain()
    clock.forward(hours=2)

    def found_gone_by_another(identity: Identity) -> RemoteData:
        assert transitions.resend(StagedFile.objects.get(pk=file.pk))
        return {}

    monkeypatch.setattr(fake, "find", found_gone_by_another)
    assert cleanup.run_round().evicted == []
    assert staging.path(file.key).exists()


def test_copies_go_early_when_the_disk_is_nearly_full(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = staged()
    draining.drain()
    monkeypatch.setattr(staging, "is_tight", lambda: True)
    assert cleanup.run_round().evicted == [file.key]


# --- Purge -------------------------------------------------------------------------------------


def test_a_file_that_was_let_go_disappears_everywhere(fake: FakeRemote) -> None:
    (file,) = staged()
    draining.drain()
    owners.let_go([file.pk])
    assert cleanup.run_round().purged == [file.key]
    assert fake.stored == {}
    assert not staging.path(file.key).exists()
    assert not StagedFile.objects.exists()


def test_a_file_that_never_left_needs_no_remote_to_be_deleted(fake: FakeRemote) -> None:
    (file,) = staged()
    owners.let_go([file.pk])
    fake.failing = Outage("down")
    assert cleanup.run_round().purged == [file.key]


def test_a_remote_that_is_down_keeps_the_row_until_it_is_back(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = staged()
    draining.drain()
    owners.let_go([file.pk])
    fake.failing = Outage("down")
    assert cleanup.run_round().troubled
    assert StagedFile.objects.get().status == Status.PURGING
    fake.failing = None
    clock.forward(minutes=16)
    assert cleanup.run_round().purged == [file.key]


def test_an_upload_that_lands_after_the_purge_is_deleted_with_the_tombstone(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = staged()
    transitions.claim(1)
    owners.let_go([file.pk])
    clock.forward(seconds=61)
    assert cleanup.run_round().purged == []
    fake.stored[file.key] = b"late"
    clock.forward(seconds=301)
    assert cleanup.run_round().purged == [file.key]
    assert fake.stored == {}


def test_an_upload_that_lands_during_the_last_delete_is_deleted_by_another(
    fake: FakeRemote, clock: Clock
) -> None:
    """The look takes two seconds, and the upload's time ends in between."""
    (file,) = staged()
    transitions.claim(1)
    owners.let_go([file.pk])
    clock.forward(seconds=359)
    look = fake.mark_of

    def slow(key: str) -> Mark | None:
        found = look(key)
        fake.put(key, b"late", mark=own_mark(file.pk, key))
        clock.forward(seconds=2)
        fake.mark_of = look  # type: ignore[method-assign]
        return found

    fake.mark_of = slow  # type: ignore[method-assign]
    assert cleanup.run_round().purged == [file.key]
    assert fake.stored == {}


def test_a_clock_that_was_set_back_keeps_no_purge_busy(fake: FakeRemote, clock: Clock) -> None:
    (file,) = staged()
    transitions.claim(1)
    clock.forward(hours=-1)
    owners.let_go([file.pk])
    assert cleanup.run_round().purged == []
    clock.forward(seconds=361)
    assert cleanup.run_round().purged == [file.key]


# --- Sweep -------------------------------------------------------------------------------------


def test_rows_without_an_owner_go_after_the_grace_time(fake: FakeRemote, clock: Clock) -> None:
    kept, orphan = staged(2)
    owned(kept)
    draining.drain()
    clock.forward(hours=23)
    assert cleanup.run_round(sweeping=True).let_go == []
    clock.forward(hours=2)
    assert cleanup.run_round(sweeping=True).let_go == [orphan.key]
    cleanup.run_round()
    assert list(StagedFile.objects.all()) == [kept]
    assert list(fake.stored) == [kept.key]


def test_bytes_without_a_row_go_after_the_grace_time(clock: Clock) -> None:
    (file,) = staged()
    owned(file)
    rolled_back = staging.path("photos/00000000-0000-4000-8000-000000000000.jpg")
    abandoned = staging.incoming() / "abandoned.part"
    for path in (rolled_back, abandoned):
        path.write_bytes(b"x")
    assert cleanup.run_round(sweeping=True).swept == []
    for path in (rolled_back, abandoned, staging.path(file.key)):
        age(path, clock)
    assert len(cleanup.run_round(sweeping=True).swept) == 2
    assert not rolled_back.exists()
    assert not abandoned.exists()
    assert staging.path(file.key).exists()


def test_what_has_no_name_of_ours_on_the_disk_is_counted_and_hides_nothing(clock: Clock) -> None:
    (file,) = staged()
    owned(file)
    orphan = staging.path("photos/00000000-0000-4000-8000-000000000000.jpg")
    theirs = [
        staging.path("photos/notes.txt"),
        Path(os.fsdecode(bytes(staging.path("photos")) + b"/caf\xe9.jpg")),
        Path(os.fsdecode(bytes(staging.incoming()) + b"/caf\xe9.part")),
    ]
    odd = Path(os.fsdecode(bytes(staging.files()) + b"/caf\xe9"))
    odd.mkdir()
    theirs.append(odd / orphan.name)
    for path in (orphan, *theirs):
        path.write_bytes(b"x")
        age(path, clock)
    report = cleanup.run_round(sweeping=True, dry_run=True)
    assert (len(report.swept), report.foreign) == (1, 4)
    with pytest.raises(SystemExit):
        call_command("staging_verify", "--json", stdout=(out := StringIO()))
    assert json.loads(out.getvalue())["foreign"] == 4
    call_command("staging_cleanup", stdout=StringIO())
    assert not orphan.exists()
    assert all(path.exists() for path in theirs)


def test_the_remote_is_swept_of_our_orphans_and_of_nothing_else(
    fake: FakeRemote, clock: Clock
) -> None:
    (file,) = staged()
    owned(file)
    draining.drain()
    cleanup.run_round(sweeping=True)
    orphan = "photos/00000000-0000-4000-8000-000000000000.jpg"
    fake.put(orphan, b"x", mark=ended_mark(orphan))
    fake.put("backups/monday.tar", b"somebody else's")
    cleanup.run_round(sweeping=True)
    assert set(fake.stored) == {file.key, "backups/monday.tar"}


def test_a_dry_run_lists_and_changes_nothing(fake: FakeRemote, clock: Clock) -> None:
    evicted, purged, orphan = staged(3)
    owned(evicted)
    draining.drain()
    owners.let_go([purged.pk])
    clock.forward(hours=25)
    before = dict(fake.stored)
    report = cleanup.run_round(dry_run=True, sweeping=True)
    assert set(report.evicted) == {evicted.key, orphan.key}
    assert report.purged == [purged.key]
    assert report.let_go == [orphan.key]
    assert fake.stored == before
    assert StagedFile.objects.count() == 3


def test_nothing_is_cleaned_up_on_the_wrong_disk(fake: FakeRemote, clock: Clock) -> None:
    (file,) = staged()
    draining.drain()
    clock.forward(hours=2)
    staging.mark_path().write_text("00000000-0000-4000-8000-000000000000")
    assert cleanup.run_round(sweeping=True).troubled
    assert staging.path(file.key).exists()


# --- Audit -------------------------------------------------------------------------------------


def test_the_audit_finds_what_is_missing_and_what_was_changed(fake: FakeRemote) -> None:
    whole, missing, changed, flipped = files = staged(4)
    for file in files:
        owned(file)
    draining.drain()
    assert audit.verify(checksums=True).is_clean
    del fake.stored[missing.key]
    staging.path(changed.key).write_bytes(b"y" * changed.size)
    fake.stored[flipped.key] = fake.stored[flipped.key][:-1] + b"?"
    findings = audit.verify(checksums=True)
    assert findings.checked == 4
    assert findings.missing == [missing.key]
    assert findings.corrupt == [changed.key, flipped.key]
    assert whole.key not in findings.missing + findings.corrupt
