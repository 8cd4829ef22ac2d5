"""What machines are told when something does not work."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from huey.contrib.djhuey import HUEY

from dev.ports import free_port
from media_staging import clock, stage, tasks
from media_staging.area import staging
from media_staging.errors import Outage
from media_staging.models import RemoteHealth
from media_staging.states import health
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged, upload

pytestmark = pytest.mark.django_db


class DeadBroker:
    """A broker that is gone, as each of huey's storages reports it: by an OSError or its own."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*args: object, **kwargs: object) -> None:
            raise ConnectionRefusedError(111, f"nobody listens on port {free_port()}")

        return refuse


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HUEY, "storage", DeadBroker())


def test_a_dead_broker_is_named_and_the_process_still_lives(
    client: Client, dead_broker: None
) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["problems"]) == {"broker"}
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_keeps_no_upload_from_being_stored(
    dead_broker: None, fake: FakeRemote
) -> None:
    file = stage(upload())
    assert staging.path(file.key).exists()
    tasks.drain_every_minute.call_local()
    file.refresh_from_db()
    assert file.status == "synced", "the periodic task moves what no wake-up announced"


def test_a_nearly_full_disk_is_not_ready(client: Client, settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 2**62}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "free" in answer.json()["problems"]["staging"]


def test_a_remote_that_is_down_does_not_make_the_site_unready(
    client: Client, fake: FakeRemote
) -> None:
    fake.failing = Outage("down")
    for _failure in range(5):
        health.failed("fake", Outage("down"), probe=False)
    assert client.get("/readyz").status_code == 200
    text = client.get("/metrics").content.decode()
    assert "media_staging_remote_available 0.0" in text


def test_metrics_tell_the_age_of_the_oldest_and_the_free_disk(client: Client, clock: Any) -> None:
    assert "media_staging_oldest_waiting_seconds 0.0" in client.get("/metrics").content.decode()
    staged()
    clock.forward(seconds=90)
    lines = client.get("/metrics").content.decode().splitlines()
    figures = dict(line.split(" ") for line in lines if not line.startswith("#"))
    assert float(figures["media_staging_oldest_waiting_seconds"]) >= 90
    assert float(figures["media_staging_free_bytes"]) > 0
    assert figures["media_staging_remote_available"] == "1.0"


def test_the_sync_page_names_the_zone_of_its_times(
    admin_client: Client, fake: FakeRemote, settings: Any
) -> None:
    settings.TIME_ZONE = "Europe/Istanbul"
    until = clock.utc() + timedelta(seconds=20)
    RemoteHealth.objects.create(remote=fake.name, failures=9, open_until=until)
    shown = f"Next try at {until.astimezone(ZoneInfo('Europe/Istanbul')):%H:%M:%S} +03."
    assert shown in admin_client.get("/staging/").content.decode()
