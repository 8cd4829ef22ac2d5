"""A project with `USE_TZ = False`, as Django's own test settings have it: its times are naive."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils.dateparse import parse_datetime

from media_staging import clock, remotes
from media_staging.area import staging
from media_staging.errors import Outage
from media_staging.models import RemoteHealth, StagedFile
from media_staging.remotes import pauses
from media_staging.transfer import draining
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, install
from tests.media_staging.photos import staged
from tests.support.storages import NAMES, Storage, storage_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def local_times(settings: Any) -> None:
    settings.TIME_ZONE = "America/Chicago"
    settings.USE_TZ = False


@pytest.fixture(params=NAMES)
def storage(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Storage]:
    """New files go there."""
    with storage_of(request.param, request.getfixturevalue, tmp_path) as storage:
        entry = storage.options(f"local-{uuid4().hex}")
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": storage.name,
            "REMOTES": {storage.name: entry},
            "ORPHAN_GRACE_SECONDS": 600,
        }
        yield storage


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def run(name: str, *arguments: str) -> Any:
    out = StringIO()
    try:
        call_command(name, *arguments, "--json", stdout=out)
    except SystemExit as end:
        assert end.code == 1
    return json.loads(out.getvalue())


def shown(count: int) -> list[ProductImage]:
    """Files that a product shows."""
    product = Product.objects.create(name="Mug", price=1)
    files = staged(count)
    return [ProductImage.objects.create(product=product, file=file) for file in files]


def test_a_file_goes_all_its_way(storage: Storage, clock: Clock, boss: Client) -> None:
    (image,) = shown(1)
    assert run("staging_drain")["transferred"] == 1
    run("staging_cleanup")
    clock.forward(hours=2)
    assert image.file.key in run("staging_cleanup")["evicted"]
    file = StagedFile.objects.get(pk=image.file_id)
    assert not staging.path(file.key).exists()
    answer = boss.get(f"/media/{file.key}")
    assert answer.status_code == 302
    assert re.fullmatch(r"private, max-age=\d+", answer["Cache-Control"])
    image.delete()
    run("staging_cleanup")
    clock.forward(hours=2)
    run("staging_cleanup")
    assert not StagedFile.objects.filter(pk=file.pk).exists()
    assert file.key not in {each.key for each in remotes.current().objects()}


def test_orphans_go_after_the_grace_time_and_not_before(storage: Storage, clock: Clock) -> None:
    """As long as the time zone's distance from UTC is no part of it."""
    shown(1)
    (orphan, unowned) = staged(2)
    draining.drain()
    StagedFile.objects.filter(pk=orphan.pk).delete()
    run("staging_cleanup")
    kept = {each.key for each in remotes.current().objects()}
    assert {orphan.key, unowned.key} <= kept
    assert staging.path(orphan.key).exists()
    clock.forward(minutes=11)
    for _ in range(2):
        run("staging_cleanup")
        clock.forward(minutes=11)
    kept = {each.key for each in remotes.current().objects()}
    assert not {orphan.key, unowned.key} & kept
    assert not staging.path(orphan.key).exists()
    assert StagedFile.objects.originals().count() == 1


def test_every_command_works(storage: Storage) -> None:
    shown(2)
    assert run("staging_status")["oldest_waiting_seconds"] < 600
    run("staging_drain")
    assert run("staging_verify", "--checksums")["checked"] >= 2
    StagedFile.objects.update(status="failed", due_at=None)
    call_command("staging_retry", "--all", stdout=StringIO())
    run("staging_cleanup", "--dry-run")


def test_what_a_remote_asks_for_is_kept(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = install(settings, monkeypatch)
    fake.failing = Outage("slow down", retry_after=timedelta(minutes=3))
    file, *_others = staged(5)
    draining.drain()
    open_until = RemoteHealth.objects.get().open_until
    assert open_until is not None
    wait = open_until - clock.now()
    assert timedelta(minutes=2) < wait <= timedelta(minutes=3)
    file.refresh_from_db()
    assert file.retry_at is not None
    assert file.retry_at.utcoffset() == timedelta(0)
    assert abs(file.retry_at - clock.utc()) < timedelta(hours=1)


def test_a_pause_that_ends_at_a_moment_is_kept() -> None:
    end = format_datetime(clock.utc() + timedelta(seconds=100), usegmt=True)
    found = pauses.pause(end)
    assert found is not None
    assert timedelta(seconds=90) < found <= timedelta(seconds=100)


def test_what_speaks_with_the_world_asks_for_aware_times() -> None:
    sources = Path(remotes.__file__).parent.rglob("*.py")
    assert [path.name for path in sources if "clock.now(" in path.read_text()] == []


def test_pages_and_the_admin_work(fake: FakeRemote, boss: Client, clock: Clock) -> None:
    images = shown(3)
    draining.drain()
    for number, status in enumerate(("staged", "failed", "synced")):
        StagedFile.objects.filter(pk=images[number].file_id).update(
            status=status, error_code="remote_refused", failed_at=clock.now, attempts=1
        )
    product = images[0].product_id
    for page in (
        "/staging/",
        "/readyz",
        "/metrics",
        f"/products/{product}/",
        "/admin/media_staging/stagedfile/",
        "/admin/media_staging/stagedfile/?created_at__year=2026",
        f"/admin/media_staging/stagedfile/{images[0].file_id}/change/",
        "/admin/media_staging/remotehealth/",
    ):
        assert boss.get(page).status_code == 200, page
    listed = boss.get(f"/products/{product}/images/").json()["images"]
    waiting = [image["retry_at"] for image in listed if image["retry_at"]]
    assert waiting
    assert all(parse_datetime(each).utcoffset() == timedelta(0) for each in waiting)
    deleted = boss.post(f"/products/images/{listed[0]['id']}/delete/").json()
    until = parse_datetime(deleted["restore_until"])
    assert until is not None
    assert abs(until - clock.now.astimezone() - timedelta(minutes=10)) < timedelta(minutes=1)
    assert boss.post(deleted["restore_url"]).status_code == 200


def test_local_time_is_set_back_and_forward_twice_a_year(fake: FakeRemote, clock: Clock) -> None:
    """The hour that comes twice is a clock set back: what is due stays due."""
    clock.now = clock.now.replace(year=2026, month=11, day=1, hour=1, minute=55)
    fake.failing = Outage("away")
    (file,) = staged()
    draining.drain()
    fake.failing = None
    clock.forward(hours=-1, minutes=15)
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"
