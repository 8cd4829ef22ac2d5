"""The whole life of a file on a real S3 server: staged, moved, evicted, let go, purged."""

import os
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dev.faultproxy import Fault, FaultProxy
from dev.ports import LOOPBACK
from dev.seaweedfs import SeaweedFS
from media_staging import audit, cleanup, remotes, stage, staging, transfer, transitions
from media_staging.errors import Setup
from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, staged

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def on_s3(settings: Any, s3_server: SeaweedFS, request: pytest.FixtureRequest) -> None:
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": "s3",
        "REMOTES": {
            "s3": {
                "bucket_name": s3_server.bucket,
                "endpoint_url": s3_server.endpoint_url,
                "access_key": s3_server.access_key,
                "secret_key": s3_server.secret_key,
                "region_name": "us-east-1",
                # Sweeps look at the whole prefix: each test has one of its own.
                "location": f"life-{abs(hash(request.node.nodeid))}",
            }
        },
    }


def on_remote() -> set[str]:
    return {each.key for each in remotes.current().objects()}


def test_a_file_moves_is_evicted_and_purged_and_its_first_address_works_throughout(
    client: Client, clock: Clock
) -> None:
    (file,) = staged()
    first_address = file.url
    transfer.drain()
    file.refresh_from_db()
    assert file.status == "synced"
    with urlopen(file.url) as answer:
        assert answer.read() == jpeg()
        assert answer.headers["Content-Type"] == "image/jpeg"
    assert client.get(first_address).status_code == 200, "still local"

    clock.forward(hours=1, seconds=1)
    assert cleanup.run_round().evicted == [file.key]
    moved = client.get(first_address)
    assert moved.status_code == 302
    # The moved clock signs for an hour from now; the server still lives before that.
    clock.forward(hours=-1, seconds=-1)
    with urlopen(client.get(first_address)["Location"]) as answer:
        assert answer.read() == jpeg()

    transitions.let_go([file.pk])
    assert cleanup.run_round().purged == [file.key]
    assert on_remote() == set()
    assert client.get(first_address).status_code == 404
    with pytest.raises(HTTPError) as gone:
        urlopen(file.url)
    assert gone.value.code == 404


def test_a_large_file_moves_in_parts_and_passes_the_audit() -> None:
    data = os.urandom(20_000_000)
    file = stage(SimpleUploadedFile("film.bin", data))
    ProductImage.objects.create(product=Product.objects.create(name="Film", price=1), file=file)
    assert transfer.drain().bytes == 20_000_000
    findings = audit.verify(checksums=True)
    assert (findings.checked, findings.is_clean) == (1, True)


def test_many_files_are_one_object_each() -> None:
    files = staged(40)
    assert transfer.drain().transferred == 40
    assert on_remote() == {file.key for file in files}
    assert audit.verify().is_clean


def test_an_object_that_somebody_else_changed_is_found_and_sent_again(clock: Clock) -> None:
    (file,) = staged()
    transfer.drain()
    remote: Any = remotes.current()
    remote.client.put_object(
        Bucket=remote.bucket, Key=remote.object_key(file.key), Body=b"x" * file.size
    )
    assert audit.verify(checksums=True).corrupt == [file.key]
    clock.forward(hours=2)
    assert cleanup.run_round().evicted == []
    assert staging.path(file.key).exists()
    clock.forward(hours=-2)
    transfer.drain()
    assert b"".join(remote.read(file.key)) == jpeg()
    assert audit.verify(checksums=True).is_clean
    assert StagedFile.objects.get().status == "synced"


def test_a_bucket_that_is_away_is_not_a_bucket_whose_objects_are_gone(
    settings: Any, s3_server: SeaweedFS, clock: Clock
) -> None:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        s3 = {**settings.MEDIA_STAGING["REMOTES"]["s3"], "endpoint_url": f"http://{proxy.address}"}
        settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "REMOTES": {"s3": s3}}
        (file,) = staged()
        transfer.drain()
        clock.forward(hours=2)
        proxy.strike(Fault.NO_SUCH_BUCKET, "HEAD")
        report = cleanup.CleanupReport()
        with pytest.raises(Setup):
            cleanup.evict(report)
        assert proxy.strikes[Fault.NO_SUCH_BUCKET] == 2
        file.refresh_from_db()
        assert (file.status, report.troubled) == ("synced", False), "nothing was called missing"
        assert staging.path(file.key).exists()
        proxy.pass_through()
        clock.forward(minutes=6)
        cleanup.evict(report)
        assert report.evicted == [file.key]
