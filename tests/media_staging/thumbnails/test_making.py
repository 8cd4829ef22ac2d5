"""When thumbnails are made, what goes wrong, and what may happen at once."""

import os
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from media_staging import stage, tasks
from media_staging.area import staging
from media_staging.errors import RenderingFailed
from media_staging.models import StagedFile
from media_staging.states import owners, thumbnails, transitions
from media_staging.thumbnails import making, rendering
from media_staging.thumbnails.rendering import Renderer
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.photos import jpeg, shown, staged, synced, thumbnail_of, upload

pytestmark = pytest.mark.django_db(transaction=True)
Status = StagedFile.Status
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def broken(name: str = "broken.jpg") -> StagedFile:
    """A photo whose container is whole and whose pixels end half-way."""
    stream = BytesIO()
    Image.effect_noise((600, 400), 60).save(stream, "JPEG")
    half = stream.getvalue()[: stream.tell() // 2]
    return stage(upload(name, half + b"\xff\xd9"), folder="photos")


# --- Making ------------------------------------------------------------------------------------


def test_a_synced_picture_gets_a_thumbnail_that_moves_like_any_file(
    fake: FakeRemote, client: Client
) -> None:
    (file,) = synced()
    assert shown(file).thumbnail_url == shown(file).url, "the original until it exists"
    assert making.make_due() == making.Report(made=1)
    small = thumbnail_of(file)
    assert (small.status, small.content_type, small.is_thumbnail) == ("staged", "image/webp", True)
    local_url = shown(file).thumbnail_url
    answer = client.get(local_url)
    assert answer["Content-Type"] == "image/webp"
    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"  # type: ignore[attr-defined]
    draining.drain()
    assert shown(file).thumbnail_url == f"https://fake.example/{small.key}"
    assert fake.stored[small.key] == staging.path(small.key).read_bytes()
    assert client.get(local_url).status_code == 200


def test_nothing_small_is_made_of_other_files_of_thumbnails_or_twice(fake: FakeRemote) -> None:
    stage(ContentFile(b"words", name="notes.txt"))
    synced()
    assert making.make_due().made == 1
    draining.drain()
    assert making.make_due().made == 0
    assert StagedFile.objects.count() == 3


def test_the_save_asks_the_database_nothing_for_it(fake: FakeRemote) -> None:
    staged()
    with CaptureQueriesContext(connections["default"]) as queries:
        stage(upload())
    statements = [each["sql"] for each in queries if not each["sql"].startswith(TRANSACTION)]
    assert [sql.split()[0] for sql in statements] == ["INSERT"]


def test_originals_go_first(fake: FakeRemote, clock: Clock) -> None:
    synced(2)
    late = stage(upload("late.jpg"))
    assert making.make_due().made == 0, "an original waits for its transfer"
    draining.drain()
    assert making.make_due().made == 3
    clock.forward(seconds=1)
    later = stage(upload("later.jpg"))
    assert fake.uploads[-1] == late.key
    assert [file.key for file in transitions.claim(1)[1]] == [later.key]


def test_a_remote_that_makes_small_pictures_gets_none(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeRemote, "makes_thumbnails", True)
    monkeypatch.setattr(
        FakeRemote, "thumbnail_url", lambda self, key, data, width: f"https://{width}/{key}"
    )
    (file,) = staged()
    assert shown(file).thumbnail_url == file.url
    draining.drain()
    assert making.make_due().made == 0
    assert shown(file).thumbnail_url == f"https://640/{file.key}"
    clock.forward(hours=2)
    assert cleanup.run_round().evicted == [file.key]


def test_the_tasks_of_a_consumer_follow_each_other(fake: FakeRemote) -> None:
    (file,) = staged()
    tasks.drain_every_minute.call_local()
    tasks.make_thumbnails_every_minute.call_local()
    tasks.drain_every_minute.call_local()
    assert thumbnail_of(file).status == Status.SYNCED


# --- What goes wrong -----------------------------------------------------------------------------


def test_damaged_pixels_are_remembered_with_the_reason_and_block_nothing(
    fake: FakeRemote, clock: Clock
) -> None:
    file = broken()
    synced()
    assert making.make_due() == making.Report(made=1, given_up=1)
    assert shown(file).status == Status.SYNCED
    assert shown(file).error is None
    problem = shown(file).thumbnail_problem
    assert problem == {
        "code": "damaged_pixels",
        "message": "The picture is damaged inside. Upload it again.",
    }
    assert shown(file).thumbnail_url == shown(file).url
    assert making.make_due() == making.Report()
    clock.forward(hours=2)
    assert file.key in cleanup.run_round().evicted


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[bytes]:
    """Make every rendering fail; what was tried."""
    tried: list[bytes] = []

    def render(self: Renderer, picture: Any, sides: Any) -> None:
        tried.append(picture)
        raise error

    monkeypatch.setattr(Renderer, "render", render)
    return tried


def test_other_failures_are_tried_again_a_few_times(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = synced()
    tried = failing(monkeypatch, RenderingFailed("killed", code="too_demanding"))
    for _minute in range(10):
        making.make_due()
        clock.forward(minutes=1)
    assert len(tried) == making.MOST_ATTEMPTS
    assert shown(file).thumbnail_error == "too_demanding"


def test_a_picture_that_always_ends_the_consumer_is_given_up(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = synced()
    tried = failing(monkeypatch, KeyboardInterrupt())
    for _restart in range(making.MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            making.make_due()
        assert making.make_due() == making.Report(), "the lease holds"
        clock.forward(minutes=3)
    assert making.make_due().given_up == 1
    assert len(tried) == making.MOST_ATTEMPTS
    assert shown(file).thumbnail_error == "no_thumbnail"


def test_a_renderer_that_does_not_start_uses_up_no_attempts(
    fake: FakeRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = synced()
    monkeypatch.setattr(rendering, "PROGRAM", Path("/nowhere.py"))
    for _round in range(5):
        assert making.make_due() == making.Report()
    assert shown(file).thumbnail_attempts == 0
    monkeypatch.undo()


def test_a_local_copy_that_was_changed_makes_no_thumbnail(fake: FakeRemote, clock: Clock) -> None:
    (file,) = synced()
    staging.path(file.key).write_bytes(jpeg(99))
    for _attempt in range(making.MOST_ATTEMPTS):
        making.make_due()
        clock.forward(minutes=3)
    assert shown(file).thumbnail_error == "no_thumbnail"


@pytest.mark.parametrize("content_type", ["image/webp", "image/jpeg"])
def test_too_little_memory_is_not_taken_for_damage(fake: FakeRemote, content_type: str) -> None:
    (file,) = synced()
    file.content_type, file.width, file.height = content_type, 8000, 8000
    damage = RenderingFailed("could not create decoder object", code="damaged_pixels")
    assert not making.put_off(file, damage), "tried again, then called too demanding"
    file.width = 800
    assert making.put_off(file, damage)


def test_nothing_is_made_where_there_is_no_room_or_no_staging_area(
    fake: FakeRemote, settings: Any
) -> None:
    (file,) = synced()
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 2**62}
    assert making.make_due() == making.Report()
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 0}
    staging.mark_path().write_text("00000000-0000-4000-8000-000000000000")
    assert making.make_due() == making.Report()
    assert StagedFile.objects.get() == file


def test_a_clock_that_was_set_back_delays_nothing(fake: FakeRemote, clock: Clock) -> None:
    synced()
    clock.forward(hours=-2)
    assert making.make_due().made == 1


# --- Races and kills -----------------------------------------------------------------------------


def test_two_consumers_never_claim_the_same(fake: FakeRemote) -> None:
    synced(12)
    barrier, claimed = threading.Barrier(3), []

    def worker() -> None:
        barrier.wait()
        try:
            while file := thumbnails.claim():
                claimed.append(file.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 12


def test_the_second_thumbnail_of_the_same_picture_is_taken_back(fake: FakeRemote) -> None:
    synced()
    file = thumbnails.claim()
    assert file
    with Renderer() as renderer:
        assert making.make(file, renderer)
        assert not making.make(file, renderer)
    assert StagedFile.objects.count() == 2
    assert [path.name for path in staging.path("thumbnails").iterdir()] == [
        thumbnail_of(file).key.removeprefix("thumbnails/")
    ]


def test_who_slept_over_a_claim_makes_it_again(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the whole machine, after the bytes and before their row: a sweep may have taken them."""
    (file,) = synced()
    attach = thumbnails.attach

    def sleep(original: StagedFile, thumbnail: StagedFile) -> bool:
        clock.forward(minutes=3)
        staging.path(thumbnail.key).unlink()
        asleep.undo()
        return attach(original, thumbnail)

    with monkeypatch.context() as asleep:
        asleep.setattr(making.thumbnails, "attach", sleep)
        assert making.make_due().made == 1
    assert staging.path(thumbnail_of(file).key).is_file()


def test_a_thumbnail_of_what_was_let_go_meanwhile_leaves_nothing(fake: FakeRemote) -> None:
    (file,) = synced()
    owners.let_go([file.pk])
    with Renderer() as renderer:
        assert not making.make(file, renderer)
    cleanup.run_round()
    assert not StagedFile.objects.exists()
    assert list(staging.path("thumbnails").iterdir()) == []


def test_a_kill_between_bytes_and_row_leaves_an_orphan_that_is_swept(
    fake: FakeRemote, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = synced()
    ProductImage.objects.create(product=Product.objects.create(name="Mug", price=1), file=file)

    def killed(*arguments: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(thumbnails, "attach", killed)
    with pytest.raises(KeyboardInterrupt):
        making.make_due()
    monkeypatch.undo()
    (orphan,) = staging.path("thumbnails").iterdir()
    clock.forward(minutes=3)
    assert making.make_due().made == 1
    past = clock.now.timestamp() - 2 * 86400
    os.utime(orphan, (past, past))
    assert len(cleanup.run_round(sweeping=True).swept) == 1
    assert not orphan.exists()
    assert staging.path(thumbnail_of(file).key).exists()
