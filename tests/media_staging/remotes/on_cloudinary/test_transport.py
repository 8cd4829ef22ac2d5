"""Bytes on their way to Cloudinary, and the listing of what is there."""

import os
import threading
from io import BytesIO

import pytest

from dev.cloudinary.local import LocalCloudinary
from dev.proxies.tcp import DelayProxy
from media_staging.errors import Cancelled, Outage
from media_staging.remotes import Body
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from media_staging.remotes.cloudinary.sending import CHUNK_BYTES, chunks
from tests.media_staging.photos import photo
from tests.media_staging.remotes.on_cloudinary.conftest import cloudinary
from tests.media_staging.remotes.samples import body, identity, keys, stored

LARGE = 2 * CHUNK_BYTES + 1


class CalledOffAfter(BytesIO):
    """Bytes whose reader calls the upload off after so many of them, counted when sent."""

    def __init__(self, data: bytes, most: int, cancelled: threading.Event) -> None:
        super().__init__(data)
        self.most, self.cancelled, self.hashed = most, cancelled, False

    def read(self, count: int | None = -1) -> bytes:
        chunk = super().read(count)
        self.hashed = self.hashed or self.tell() == len(self.getbuffer())
        if self.hashed and self.most < self.tell() < len(self.getbuffer()):
            self.cancelled.set()
        return chunk


def test_an_upload_called_off_between_two_chunks_is_no_asset(remote: CloudinaryRemote) -> None:
    cancelled = threading.Event()
    data = os.urandom(LARGE)
    sent = Body(CalledOffAfter(data, CHUNK_BYTES + 1_000_000, cancelled), len(data), cancelled)
    with pytest.raises(Cancelled):
        remote.upload(identity(data), sent)
    assert CHUNK_BYTES < sent.sent < LARGE, "the first chunk had gone"
    assert keys(remote) == set()


@pytest.mark.parametrize("size", [200_000, 3_000_000, LARGE])
def test_a_connection_that_breaks_in_mid_upload_is_an_outage_and_a_repeat_succeeds(
    far: CloudinaryRemote, proxy: DelayProxy, size: int
) -> None:
    data = photo(size)
    file = identity(data)
    # Of a file in chunks the first one: what breaks on a connection that is kept is sent again.
    proxy.reset_after(100_000)
    with pytest.raises(Outage):
        far.upload(file, body(data))
    proxy.pass_through()
    assert far.find(file) is None
    far.upload(file, body(data))
    assert stored(far, file.key) == data


def test_connections_are_kept_for_the_next_upload(far: CloudinaryRemote, proxy: DelayProxy) -> None:
    for _ in range(5):
        data = photo(2000)
        far.upload(identity(data), body(data))
    assert proxy.traffic().accepted == 1


@pytest.mark.parametrize("size", [CHUNK_BYTES + 1, 2 * CHUNK_BYTES, LARGE])
def test_chunks_cover_a_file_exactly(size: int) -> None:
    parts = list(chunks(size))
    assert parts[0][0] == 0
    assert [start for start, _length, _headers in parts[1:]] == [
        start + length for start, length, _headers in parts[:-1]
    ]
    assert sum(length for _start, length, _headers in parts) == size
    assert len({headers["X-Unique-Upload-Id"] for _start, _length, headers in parts}) == 1


# --- Listing -----------------------------------------------------------------------------------


def test_a_listing_goes_on_over_all_its_pages(
    server: LocalCloudinary, remote: CloudinaryRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_staging.remotes.cloudinary.remote.PAGE", 2)
    sent = [photo(1500) for _ in range(5)] + [os.urandom(100) for _ in range(3)]
    for data in sent:
        remote.upload(identity(data), body(data))
    assert keys(remote) == {identity(data).key for data in sent}


def test_a_location_keeps_our_assets_apart(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    data = photo(1500)
    file = identity(data)
    remote.upload(file, body(data))
    assert keys(remote) == {file.key}
    everything = keys(cloudinary(server))
    assert f"{remote.location}{file.key}" in everything
    assert file.key not in everything
