"""How far a transfer is, told through the cache while it lasts."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as NoRedis

from dev.processes import wait_for
from media_staging.remotes import Body, Identity, RemoteData
from media_staging.transfer import draining, progress
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged


class DeadCache:
    def __getattr__(self, name: str) -> Any:
        def refuse(*args: object, **kwargs: object) -> None:
            raise NoRedis("connection refused")

        return refuse


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_lasts_tells_the_true_share_of_its_bytes(fake: FakeRemote) -> None:
    (file,) = staged()

    def shown() -> int | None:
        return progress.percentages({file.pk: "transferring"})[file.pk]

    told: list[bool] = []

    def slowly(_file: Identity, body: Body) -> RemoteData:
        body.read(file.size // 2)
        half = 100 * (file.size // 2) // file.size
        told.append(wait_for(lambda: shown() == half, 10))
        body.read()
        told.append(wait_for(lambda: shown() == 99, 10))
        return {}

    fake.upload = slowly  # type: ignore[method-assign]
    assert draining.drain().transferred == 1
    assert told == [True, True]


@pytest.mark.django_db(transaction=True)
def test_a_cache_that_is_down_costs_the_number_and_nothing_else(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = staged()
    monkeypatch.setattr(progress, "cache", DeadCache())
    progress.publish({file.pk: 10})
    assert progress.percentages({file.pk: "transferring"}) == {file.pk: None}
    assert draining.drain().transferred == 1
