"""Bytes that change on the way or in place: never synced, always found, and repaired as promised.

On a real S3 server, behind a network that flips a bit.
"""

import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import Client

from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS
from media_staging import remotes, stage
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.states import transitions
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from media_staging.web import requeue
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, plain, staged

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def network(
    settings: Any, s3_server: SeaweedFS, request: pytest.FixtureRequest
) -> Iterator[DelayProxy]:
    with DelayProxy("127.0.0.1", s3_server.port) as proxy:
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": "s3",
            "REMOTES": {
                "s3": {
                    "bucket_name": s3_server.bucket,
                    "endpoint_url": f"http://{proxy.address}",
                    "access_key": s3_server.access_key,
                    "secret_key": s3_server.secret_key,
                    "region_name": "us-east-1",
                    "location": f"integrity-{abs(hash(request.node.nodeid))}",
                }
            },
        }
        yield proxy


def large(size: int) -> tuple[StagedFile, bytes]:
    data = os.urandom(size)
    file = stage(ContentFile(data, "film.bin"))
    ProductImage.objects.create(product=Product.objects.create(name="Film", price=1), file=file)
    return file, data


def fresh(file: StagedFile) -> StagedFile:
    return StagedFile.objects.get(pk=file.pk)


def stored(key: str) -> bytes:
    return b"".join(remotes.current().read(key))


# --- On the way --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [200_000, 3_000_000, 20_000_000])
def test_a_bit_flipped_on_the_way_is_never_synced_and_the_next_try_is(
    network: DelayProxy, clock: Clock, size: int
) -> None:
    file, data = large(size)
    network.flip_at(size // 2)
    draining.drain()
    assert network.traffic().flipped == 1
    assert fresh(file).status == "staged"
    assert remotes.current().find(file.identity) is None
    network.pass_through()
    clock.forward(minutes=16)
    draining.drain()
    assert fresh(file).status == "synced"
    assert stored(file.key) == data


@pytest.mark.parametrize("place", [2, 40, 200, 400, 600, 800])
def test_a_bit_flipped_in_the_headers_syncs_nothing_wrong(
    network: DelayProxy, clock: Clock, place: int
) -> None:
    file, data = large(100_000)
    network.flip_at(place)
    draining.drain()
    assert network.traffic().flipped == 1
    network.pass_through()
    if fresh(file).status == "synced":
        assert stored(file.key) == data
    clock.forward(minutes=16)
    requeue.retry_failed()
    draining.drain()
    assert fresh(file).status == "synced"
    assert stored(file.key) == data


# --- In place ----------------------------------------------------------------------------------


def synced(count: int) -> list[StagedFile]:
    files = plain(count)
    product = Product.objects.create(name="Mug", price=1)
    ProductImage.objects.bulk_create(ProductImage(product=product, file=file) for file in files)
    draining.drain()
    return [fresh(file) for file in files]


def flip_local(file: StagedFile) -> None:
    path: Path = staging.path(file.key)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flip_remote(file: StagedFile, data: bytes) -> None:
    """As a disk of the remote's would: its own checksum and metadata still say what they said."""
    remote: Any = remotes.current()
    rotten = data[:-1] + bytes([data[-1] ^ 1])
    remote.client.put_object(
        Bucket=remote.bucket,
        Key=remote.object_key(file.key),
        Body=rotten,
        Metadata={"sha256": file.sha256, "size": str(file.size)},
    )


def verify(*options: str) -> tuple[int, Any]:
    out, code = StringIO(), 0
    try:
        call_command("staging_verify", *options, stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    text = out.getvalue()
    return code, json.loads(text) if "--json" in options else text


def test_verify_finds_a_flipped_byte_on_either_side_and_a_missing_object_and_repairs_them(
    client: Client,
) -> None:
    whole, local, remote, missing = files = synced(4)
    flip_local(local)
    flip_remote(remote, jpeg(2))
    remotes.current().delete(missing.key, {})
    code, answer = verify("--checksums", "--json")
    assert (code, answer["missing"]) == (1, [missing.key])
    assert answer["corrupt"] == [local.key, remote.key]
    code, text = verify("--checksums")
    assert (code, "staging_verify --repair" in text) == (1, True)

    code, answer = verify("--repair", "--json")
    assert (code, answer["missing"], answer["corrupt"]) == (0, [], [])
    assert answer["repaired"] == [local.key, remote.key, missing.key]
    draining.drain()
    assert verify("--checksums")[0] == 0
    assert [fresh(file).status for file in files] == ["synced"] * 4
    assert [stored(file.key) for file in files] == [jpeg(n) for n in range(4)]
    assert client.get(local.local_url).status_code == 302, "the damaged copy is not served any more"
    assert client.get(whole.local_url).status_code == 200


def test_what_no_side_has_whole_is_left_to_a_person_as_it_is() -> None:
    (file,) = synced(1)
    flip_local(file)
    flip_remote(file, jpeg(0))
    before = StagedFile.objects.values().get()
    code, answer = verify("--repair", "--json")
    assert (code, answer["corrupt"], answer["repaired"]) == (1, [file.key], [])
    assert StagedFile.objects.values().get() == before
    assert staging.path(file.key).exists()


def test_a_copy_damaged_before_its_transfer_is_restored_from_a_backup_and_retried() -> None:
    """The repair that the command names for it."""
    (file,) = staged(1)
    flip_local(file)
    code, text = verify("--checksums")
    assert (code, "staging_retry KEY" in text) == (1, True)
    draining.drain()
    assert fresh(file).error_code == "damaged"
    assert verify("--repair", "--json")[1]["corrupt"] == [file.key], "not by itself"
    staging.path(file.key).write_bytes(jpeg(0))
    call_command("staging_retry", file.key, stdout=StringIO())
    draining.drain()
    assert (fresh(file).status, stored(file.key)) == ("synced", jpeg(0))


def test_an_object_that_is_gone_from_the_bucket_is_never_evicted_but_sent_again(
    clock: Clock,
) -> None:
    kept, lost = synced(2)
    remotes.current().delete(lost.key, {})
    clock.forward(hours=1, seconds=1)
    report = cleanup.run_round()
    assert (report.evicted, report.troubled) == ([kept.key], True)
    assert staging.path(lost.key).exists()
    clock.forward(hours=-1, seconds=-1)
    draining.drain()
    assert (fresh(lost).status, stored(lost.key)) == ("synced", jpeg(1))


def test_a_file_that_was_evicted_while_it_was_being_verified_is_no_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row was read before, the disk is looked at after."""
    (file,) = synced(1)
    path = staging.path

    def evict_first(key: str) -> Path:
        monkeypatch.setattr(staging, "path", path)
        assert transitions.evict(file, file.place)
        staging.path(key).unlink()
        return path(key)

    monkeypatch.setattr(staging, "path", evict_first)
    assert verify("--json") == (0, {"checked": 1, "missing": [], "corrupt": [], "orphans": []})
