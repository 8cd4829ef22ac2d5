"""What a sweep costs: questions to the remote, and memory."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakSet

import pytest
from cloudinary import uploader

from dev.cloudinary.local import LocalCloudinary
from dev.servers.seaweedfs import SeaweedFS
from media_staging import remotes
from media_staging.remotes import Mark, RemoteObject
from media_staging.removal.judging import BATCH
from media_staging.states import endings
from media_staging.states.installation import installation, object_mark
from media_staging.transfer import draining
from media_staging.upkeep import audit, cleanup, sweeping
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged
from tests.support.storages import OnS3

pytestmark = pytest.mark.django_db(transaction=True)
OWNED = 40
STRANGERS = 1100


def use(settings: Any, name: str, options: dict[str, Any]) -> Any:
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": name,
        "REMOTES": {name: options},
        "ORPHAN_GRACE_SECONDS": 0,
    }
    return remotes.current()


def owned(count: int) -> None:
    for file in staged(count):
        product = Product.objects.create(name="Mug", price=1)
        ProductImage.objects.create(product=product, file=file)
    draining.drain()


def sweep() -> cleanup.CleanupReport:
    return cleanup.run_round(sweeping=True)


def keys(count: int) -> list[str]:
    return [f"avatars/{uuid4()}.png" for _ in range(count)]


def asked(client: Any) -> Counter[str]:
    """The requests of a client of S3 from here on, by their names."""
    counted: Counter[str] = Counter()
    client.meta.events.register(
        "before-call.s3", lambda model, **kwargs: counted.update([model.name])
    )
    return counted


def test_a_sweep_of_s3_asks_for_each_thousand_once_and_once_for_each_stranger(
    settings: Any, s3_server: SeaweedFS, clock: Clock, tmp_path: Path
) -> None:
    location = f"figures-{uuid4().hex}"
    remote = use(settings, "s3", OnS3(tmp_path, None, s3_server).options(location))
    owned(OWNED)
    sweep()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: put(remote, key), keys(STRANGERS)))
    clock.forward(hours=1)
    counted = asked(remote.client)
    assert sweep().foreign == STRANGERS
    # 1,140 objects and the mark; none of ours is asked for.
    assert (counted["ListObjectsV2"], counted["HeadObject"]) == (2, STRANGERS)
    counted.clear()
    assert sweep().foreign == STRANGERS
    assert audit.verify().foreign == STRANGERS
    assert counted["ListObjectsV2"] == 4
    # The comparison asks for each file of ours.
    assert counted["HeadObject"] == OWNED


def put(remote: Any, key: str) -> None:
    remote.client.put_object(Bucket=remote.bucket, Key=remote.object_key(key), Body=b"x")


def test_a_sweep_of_cloudinary_asks_for_its_listing_and_for_no_file(
    settings: Any, cloudinary_server: LocalCloudinary, clock: Clock
) -> None:
    options = {**cloudinary_server.options, "location": f"figures-{uuid4().hex}"}
    remote = use(settings, "cloudinary", options)
    owned(3)
    sweep()
    for number in range(3):
        public_id = remote.location + f"avatars/{uuid4()}.bin"
        options = {"public_id": public_id, "resource_type": "raw", **remote.account.options()}
        uploader.upload(BytesIO(b"%d" % number), **options)
    clock.forward(minutes=1)
    before = Counter(cloudinary_server.calls())
    assert sweep().foreign == 3
    calls = Counter(cloudinary_server.calls()) - before
    # Pictures and other files are listed apart. The rest is about the mark of the prefix.
    assert calls["resources"] == 2
    assert calls["resource"] == calls["ping"] == 0
    assert calls["explicit"] <= 2


class Listed(RemoteObject):
    """Tells how many of its kind are in memory."""

    __slots__ = ("__weakref__",)


def test_a_sweep_holds_no_more_of_a_listing_than_it_asks_the_database_about(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    alive: WeakSet[Listed] = WeakSet()
    most = 0
    me = installation().database

    def objects() -> Iterator[RemoteObject]:
        nonlocal most
        for number in range(12 * BATCH):
            key = numbered(number)
            # A third each: strangers, of a later state of this database, and ended.
            marks = ("", object_mark(me, 10**6, key), object_mark(me, 0, key))
            each = Listed(key, 1, clock.now - timedelta(days=9), "e", Mark(marks[number % 3]))
            alive.add(each)
            most = max(most, len(alive))
            yield each

    def numbered(number: int) -> str:
        return f"photos/00000000-0000-4000-8000-{number:012}.jpg"

    sweep()
    endings.note(numbered(number) for number in range(2, 12 * BATCH, 3))
    monkeypatch.setattr(fake, "objects", objects)
    report = sweep()
    assert report.foreign >= 12 * BATCH // 3
    assert most <= 3 * BATCH
    # Names are kept as well, of what would be taken and of what is in doubt: so many, and no more.
    found = sweeping.look_through(fake)
    assert (len(found.taken), len(found.newer)) == (sweeping.MOST_PER_SWEEP,) * 2
