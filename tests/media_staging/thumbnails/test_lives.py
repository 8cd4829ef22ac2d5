"""A thumbnail's life with its original: none outlives it, and nobody is told of it."""

from typing import Any

import pytest
from django.test import Client

from media_staging import signals
from media_staging.area import staging
from media_staging.errors import Outage, Refused
from media_staging.models import StagedFile
from media_staging.states import owners, transitions
from media_staging.thumbnails import making
from media_staging.transfer import draining
from media_staging.upkeep import audit, cleanup
from media_staging.web import dashboard
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import shown, synced, thumbnail_of

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status


def with_thumbnail() -> tuple[StagedFile, StagedFile]:
    """A synced original and its synced thumbnail."""
    (file,) = synced()
    assert making.make_due().made == 1
    draining.drain()
    return shown(file), thumbnail_of(file)


# --- Life with the original ----------------------------------------------------------------------


def test_the_thumbnail_goes_with_its_original_everywhere(fake: FakeRemote) -> None:
    purged: list[str] = []
    signals.media_purged.connect(lambda key, **kwargs: purged.append(key), weak=False)
    file, small = with_thumbnail()
    assert owners.let_go([file.pk]) == [file.key, small.key]
    assert set(cleanup.run_round().purged) == {file.key, small.key}
    assert fake.stored == {}
    assert not StagedFile.objects.exists()
    assert list(staging.path("thumbnails").iterdir()) == []
    signals.media_purged.receivers.pop()
    assert purged == [file.key]


def test_a_purge_that_is_killed_half_way_goes_on(fake: FakeRemote, clock: Clock) -> None:
    file, small = with_thumbnail()
    owners.let_go([file.pk])
    del fake.stored[file.key]
    fake.failing = Outage("down")
    assert cleanup.run_round().troubled
    fake.failing = None
    clock.forward(minutes=20)
    assert set(cleanup.run_round().purged) == {file.key, small.key}
    assert fake.stored == {}


def test_the_sweep_keeps_the_thumbnail_of_what_has_an_owner(fake: FakeRemote, clock: Clock) -> None:
    file, small = with_thumbnail()
    image = ProductImage.objects.create(
        product=Product.objects.create(name="Mug", price=1), file=file
    )
    clock.forward(hours=25)
    assert cleanup.run_round(sweeping=True).let_go == []
    assert audit.verify(checksums=True).is_clean
    assert set(fake.stored) == {file.key, small.key}
    image.delete()
    cleanup.run_round(sweeping=True)
    assert fake.stored == {}


def test_a_thumbnail_alone_cannot_be_let_go(fake: FakeRemote) -> None:
    _file, small = with_thumbnail()
    assert owners.let_go([small.pk]) == []


def test_eviction_waits_for_the_thumbnail(fake: FakeRemote, clock: Clock) -> None:
    (file,) = synced()
    clock.forward(hours=2)
    assert cleanup.run_round().evicted == []
    making.make_due()
    assert cleanup.run_round().evicted == [file.key]
    assert staging.path(thumbnail_of(file).key).exists()


def test_eviction_does_not_wait_for_ever(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = synced(2)
    clock.forward(hours=26)
    assert cleanup.run_round().evicted == [first.key, second.key]
    assert making.make_due() == making.Report(), "nothing is left to make it of"
    (third,) = synced()
    monkeypatch.setattr(staging, "is_tight", lambda: True)
    assert cleanup.run_round().evicted == [third.key]


# --- What is told --------------------------------------------------------------------------------


def test_no_count_that_people_see_contains_thumbnails(fake: FakeRemote, client: Client) -> None:
    (file,) = synced()
    making.make_due()
    waiting = dashboard.page_context()
    assert {state: count["count"] for state, count in waiting["counts"].items()} == {
        "staged": 0, "transferring": 0, "failed": 0, "purging": 0,
    }  # fmt: skip
    assert dashboard.counts()["synced"] == {"count": 1, "bytes": file.size}
    assert waiting["oldest_waiting"] is None
    assert list(waiting["waiting_files"]) == []
    metrics = client.get("/metrics").content.decode()
    assert 'media_staging_files{state="staged"} 0.0' in metrics
    assert 'media_staging_thumbnails{state="staged"} 1.0' in metrics
    moved = draining.drain()
    assert (moved.transferred, moved.bytes) == (0, 0)
    assert dashboard.page_context()["synced_last_hour"] == 1
    assert audit.verify().checked == 1


def test_thumbnails_send_no_signals(fake: FakeRemote) -> None:
    heard: list[Any] = []

    def listen(**kwargs: Any) -> None:
        heard.append(kwargs.get("file"))

    (file,) = synced()
    chosen = (signals.media_staged, signals.media_synced, signals.media_failed)
    for each in chosen:
        each.connect(listen)
    making.make_due()
    small = thumbnail_of(file)
    fake.failing_keys[small.key] = Refused("no")
    draining.drain()
    assert thumbnail_of(file).status == Status.FAILED
    assert shown(file).thumbnail_url == f"/media/{small.key}", "served from here"
    fake.failing_keys.clear()
    transitions.retry([small.pk])
    draining.drain()
    assert thumbnail_of(file).status == Status.SYNCED
    assert heard == []
    for each in chosen:
        each.disconnect(listen)


def test_the_admin_shows_thumbnails_only_when_asked(fake: FakeRemote, admin_client: Client) -> None:
    file, small = with_thumbnail()
    page = "/admin/media_staging/stagedfile/"
    for query, seen, unseen in (("", file, small), ("?kind=thumbnails", small, file)):
        content = admin_client.get(page + query).content.decode()
        assert f"{seen.key}</a>" in content
        assert f"{unseen.key}</a>" not in content
