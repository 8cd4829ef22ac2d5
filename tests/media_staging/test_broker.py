"""Hints through Huey's broker: one at a time, never work in the request, never a long wait."""

import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from huey.contrib.djhuey import HUEY
from huey.storage import MemoryStorage, RedisStorage

from dev.processes import wait_for
from dev.servers.valkey import Valkey
from media_staging import broker, tasks
from media_staging.models import StagedFile
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import staged

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> MemoryStorage:
    storage = MemoryStorage("hints")
    monkeypatch.setattr(HUEY, "storage", storage)
    return storage


@pytest.fixture
def valkey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """Without any time limit, as a project's HUEY has it by default."""
    with Valkey(tmp_path) as server:
        monkeypatch.setattr(HUEY, "storage", RedisStorage("hints", url=server.url))
        yield server
        server.child.signal_group(signal.SIGCONT)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def test_one_hint_waits_however_many_are_given(queue: MemoryStorage) -> None:
    for _upload in range(3):
        staged()
    assert queue.queue_size() == 1
    broker.hint(tasks.make_thumbnails)
    broker.hint(tasks.make_thumbnails)
    assert queue.queue_size() == 2, "another kind of hint is another hint"


def test_what_is_staged_once_a_drain_has_begun_gives_a_new_hint(
    queue: MemoryStorage, fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged()
    task = HUEY.dequeue()
    monkeypatch.setattr(tasks, "drain_in_this_process", staged)
    task.execute()
    assert queue.queue_size() == 1


def test_a_hint_that_was_lost_is_given_again_after_the_minutes_drain(
    queue: MemoryStorage, fake: FakeRemote
) -> None:
    broker.hint(tasks.drain)
    queue.flush_queue()
    tasks.drain_every_minute.call_local()
    broker.hint(tasks.drain)
    assert queue.queue_size() == 1


def test_what_the_broker_refused_is_no_hint_that_waits(
    queue: MemoryStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patches:
        patches.setattr(queue, "enqueue", refuse)
        staged()
    (said,) = warnings(caplog)
    assert "The consumer was not woken" in said
    staged()
    assert queue.queue_size() == 1


def refuse(*args: object, **kwargs: object) -> None:
    raise ConnectionRefusedError(111, "full")


def test_immediate_mode_moves_nothing_in_the_request(fake: FakeRemote) -> None:
    HUEY.immediate = True
    try:
        (file,) = staged()
    finally:
        HUEY.immediate = False
    file.refresh_from_db()
    assert (file.status, fake.stored) == ("staged", {})


def test_a_silent_broker_costs_no_upload_and_is_used_again_once_it_answers(
    valkey: Valkey, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.child.signal_group(signal.SIGSTOP)
    for _upload in range(3):
        staged()
    assert StagedFile.objects.filter(status="staged").count() == 3
    assert "it has not answered within 0.25 seconds" in warnings(caplog)[0]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "not answered" in answer.json()["problems"]["broker"]

    valkey.child.signal_group(signal.SIGCONT)
    assert wait_for(lambda: client.get("/readyz").status_code == 200, 20)
    queue: Any = HUEY.storage
    assert queue.queue_size() == 1, "the first hint was under way all along"
    queue.flush_queue()
    broker.taken(tasks.drain)
    staged()
    assert queue.queue_size() == 1
