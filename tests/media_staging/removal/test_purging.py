"""What is referred to after it was let go of survives the cleanup that comes for it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models

from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.remotes import RemoteData
from media_staging.states import owners
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.owning import model, tables
from tests.media_staging.photos import shown, synced

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poster() -> Iterator[Any]:
    made = model("Poster", file=models.ForeignKey(StagedFile, models.CASCADE, related_name="+"))
    with tables(made):
        yield made


def test_a_cleanup_asks_again_who_refers_to_what_it_is_about_to_delete(
    fake: FakeRemote, poster: Any
) -> None:
    (file,) = synced()
    owners.let_go([file.pk])
    poster.objects.create(file=file)
    assert cleanup.run_round().purged == []
    assert shown(file).status == "staged"
    assert staging.path(file.key).exists()
    assert file.key in fake.stored


def test_a_cleanup_that_slept_in_its_purge_unlinks_nothing_that_came_back_meanwhile(
    fake: FakeRemote, clock: Clock, poster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = synced()
    owners.let_go([file.pk])
    delete = fake.delete

    def sleep(key: str, data: RemoteData) -> None:
        monkeypatch.setattr(fake, "delete", delete)
        clock.forward(seconds=61)
        poster.objects.create(file=file)
        cleanup.run_round()
        delete(key, data)

    monkeypatch.setattr(fake, "delete", sleep)
    assert cleanup.run_round().purged == []
    assert staging.path(file.key).exists()
    draining.drain()
    assert shown(file).status == "synced"
    assert file.key in fake.stored
