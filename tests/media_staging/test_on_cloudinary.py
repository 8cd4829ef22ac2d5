"""Files on their way to a Cloudinary that is limited, broken or set up wrong."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.request import urlopen

import pytest
from django.core import mail
from PIL import Image

from dev.cloudinary.faults import Fault
from dev.cloudinary.local import LocalCloudinary
from media_staging import remotes, stage
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.remotes.base import PREFIX_MARK
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, shown, staged, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def server(
    settings: Any, cloudinary_server: LocalCloudinary, request: pytest.FixtureRequest
) -> Iterator[LocalCloudinary]:
    location = f"on-{abs(hash(request.node.nodeid))}"
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": "cloudinary",
        "REMOTES": {"cloudinary": {**cloudinary_server.options, "location": location}},
        "TRANSFER_CONCURRENCY": 4,
    }
    yield cloudinary_server
    cloudinary_server.heal()
    cloudinary_server.limit_admin(2000)


def on_remote() -> list[str]:
    return sorted({each.key for each in remotes.current().objects()} - {PREFIX_MARK})


def statuses() -> list[str]:
    return sorted(StagedFile.objects.values_list("status", flat=True))


def test_lost_answers_cost_neither_a_second_asset_nor_a_look_up(
    server: LocalCloudinary, clock: Clock
) -> None:
    files = staged(6)
    server.misbehave(Fault("upload", "lose-answer", times=3))
    before = server.calls().get("resource", 0)
    draining.drain()
    assert statuses() == ["staged"] * 3 + ["synced"] * 3
    clock.forward(minutes=20)
    draining.drain()
    assert statuses() == ["synced"] * 6
    assert server.calls().get("resource", 0) == before
    assert on_remote() == sorted(file.key for file in files)


def test_a_used_up_allowance_stops_no_upload_and_keeps_local_copies(
    server: LocalCloudinary, clock: Clock
) -> None:
    server.limit_admin(0)
    (file,) = staged()
    draining.drain()
    assert statuses() == ["synced"]
    clock.forward(hours=1, seconds=1)
    assert cleanup.run_round().evicted == []
    assert staging.path(file.key).exists()
    server.limit_admin(2000)
    clock.forward(hours=2)
    assert cleanup.run_round().evicted == [file.key]


def test_a_used_up_quota_makes_all_wait_tells_once_and_goes_on_after_the_repair(
    server: LocalCloudinary, clock: Clock, settings: Any
) -> None:
    settings.ADMINS = [("Ayşe", "ayse@shop.example")]
    reason = "You have exceeded your monthly quota"
    server.misbehave(Fault("upload", "refuse", status=403, message=reason))
    staged(6)
    for _ in range(3):
        draining.drain()
        clock.forward(minutes=1)
    assert statuses() == ["staged"] * 6
    assert set(StagedFile.objects.values_list("attempts", flat=True)) == {0}
    assert len(mail.outbox) == 1
    assert reason in mail.outbox[0].body
    server.heal()
    clock.forward(minutes=20)
    draining.drain()
    clock.forward(minutes=20)
    draining.drain()
    assert statuses() == ["synced"] * 6


def test_a_refused_file_fails_with_cloudinarys_reason_and_the_others_move(
    server: LocalCloudinary,
) -> None:
    server.misbehave(Fault("upload", "refuse", status=400, message="Image size too large", times=1))
    staged(3)
    draining.drain()
    assert statuses() == ["failed", "synced", "synced"]
    failed = StagedFile.objects.get(status="failed")
    assert failed.error is not None
    assert failed.error["code"] == "remote_refused"
    assert "Image size too large" in failed.error["message"]
    assert staging.path(failed.key).read_bytes() in [jpeg(shade) for shade in range(3)]


def test_other_bytes_on_arrival_are_sent_again_until_they_are_right(
    server: LocalCloudinary, clock: Clock
) -> None:
    server.misbehave(Fault("upload", "corrupt", times=1), Fault("destroy", "reset", times=1))
    (file,) = staged()
    draining.drain()
    assert statuses() == ["staged"]
    clock.forward(minutes=20)
    draining.drain()
    assert statuses() == ["synced"]
    assert b"".join(remotes.current().read(file.key)) == jpeg()


def test_both_sizes_are_served_as_wide_as_the_page_says_and_nothing_is_stored_for_them() -> None:
    file = stage(upload("large.jpg", jpeg(7, (2000, 1500))), folder="photos")
    draining.drain()
    there = shown(file)
    assert list(there.widths) == [640, 1600]
    assert there.preview_url == there.widths[1600]
    for width, address in there.widths.items():
        with urlopen(address) as answer, Image.open(BytesIO(answer.read())) as picture:
            assert picture.size == (width, width * 3 // 4)
    assert on_remote() == [file.key]
