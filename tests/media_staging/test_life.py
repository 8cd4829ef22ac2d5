"""The whole life of a file on every remote: staged, moved, evicted, let go, purged."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from media_staging import remotes, stage
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.remotes.base import PREFIX_MARK
from media_staging.states import owners
from media_staging.thumbnails import making
from media_staging.transfer import draining
from media_staging.upkeep import audit, cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, photo, plain, shown, staged, synced, thumbnail_of
from tests.support.storages import NAMES, Storage, storage_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=NAMES, autouse=True)
def storage(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Storage]:
    # Sweeps look at the whole prefix: each test has one of its own.
    location = f"life-{abs(hash(request.node.nodeid))}"
    with storage_of(request.param, request.getfixturevalue, tmp_path) as storage:
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": storage.name,
            "REMOTES": {storage.name: storage.options(location)},
        }
        yield storage


def on_remote() -> set[str]:
    return {each.key for each in remotes.current().objects()} - {PREFIX_MARK}


def fetched(client: Client, url: str) -> tuple[int, str, bytes]:
    """Status, type and bytes of an address on the remote, or of ours where that serves them."""
    if url.startswith("/"):
        answer = client.get(url)
        streamed = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return answer.status_code, answer.headers.get("Content-Type", ""), streamed
    try:
        with urlopen(url) as served:
            return served.status, served.headers["Content-Type"], served.read()
    except HTTPError as refused:
        return refused.code, "", b""


def test_a_file_moves_is_evicted_and_purged_and_its_first_address_works_throughout(
    client: Client, clock: Clock
) -> None:
    (file,) = plain()
    first_address = file.url
    draining.drain()
    file.refresh_from_db()
    assert file.status == "synced"
    assert fetched(client, file.url) == (200, "image/jpeg", jpeg())
    assert client.get(first_address).status_code == 200, "still local"

    clock.forward(hours=1, seconds=1)
    assert cleanup.run_round().evicted == [file.key]
    moved = client.get(first_address)
    assert moved.status_code == 302
    # The moved clock signs for an hour from now; the server still lives before that.
    clock.forward(hours=-1, seconds=-1)
    assert fetched(client, client.get(first_address)["Location"])[2] == jpeg()
    assert fetched(client, client.get(file.download_url)["Location"])[2] == jpeg()

    owners.let_go([file.pk])
    assert cleanup.run_round().purged == [file.key]
    assert on_remote() == set()
    assert client.get(first_address).status_code == 404
    assert fetched(client, file.url)[0] == 404


@pytest.mark.parametrize("make", [photo, os.urandom], ids=["photo", "file"])
def test_a_large_file_moves_and_passes_the_audit(make: Any) -> None:
    file = stage(SimpleUploadedFile("large.jpg", make(21_000_000)))
    ProductImage.objects.create(product=Product.objects.create(name="Large", price=1), file=file)
    assert draining.drain().bytes == 21_000_000
    findings = audit.verify(checksums=True)
    assert (findings.checked, findings.is_clean) == (1, True)


def test_many_files_are_one_object_each() -> None:
    files = staged(40)
    assert draining.drain().transferred == 40
    assert on_remote() == {file.key for file in files}
    assert audit.verify().is_clean


def test_an_object_that_somebody_else_changed_is_found_and_sent_again(
    storage: Storage, clock: Clock
) -> None:
    (file,) = plain()
    draining.drain()
    storage.replace(file, jpeg(shade=77, size=(30, 30)))
    assert audit.verify(checksums=True).corrupt == [file.key]
    clock.forward(hours=2)
    assert cleanup.run_round().evicted == []
    assert staging.path(file.key).exists()
    clock.forward(hours=-2)
    draining.drain()
    assert b"".join(remotes.current().read(file.key)) == jpeg()
    assert audit.verify(checksums=True).is_clean
    assert StagedFile.objects.get().status == "synced"


def test_an_object_without_a_row_is_swept_after_the_grace_time(clock: Clock) -> None:
    (file,) = staged()
    draining.drain()
    StagedFile.objects.all().delete()
    assert cleanup.run_round(sweeping=True).swept == []
    clock.forward(days=1, hours=1)
    assert file.key in cleanup.run_round(sweeping=True).swept
    assert on_remote() == set()


def test_a_thumbnail_lives_and_goes_with_its_original(client: Client, clock: Clock) -> None:
    (file,) = synced()
    if remotes.current().makes_thumbnails:
        assert making.make_due().made == 0
        assert fetched(client, shown(file).thumbnail_url)[0] == 200
        return
    assert making.make_due().made == 1
    first_address = shown(file).thumbnail_url
    draining.drain()
    small = thumbnail_of(file)
    wanted = (200, "image/webp", staging.path(small.key).read_bytes())
    assert fetched(client, shown(file).thumbnail_url) == wanted
    assert on_remote() == {file.key, small.key}

    clock.forward(hours=1, seconds=1)
    assert set(cleanup.run_round().evicted) == {file.key, small.key}
    assert client.get(first_address).status_code == 302

    owners.let_go([file.pk])
    cleanup.run_round()
    assert on_remote() == set()
    assert not StagedFile.objects.exists()
