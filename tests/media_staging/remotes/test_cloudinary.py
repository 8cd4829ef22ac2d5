"""Cloudinary where it differs from other remotes, and when it is not as it should be."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any
from urllib.request import Request, urlopen

import pytest
from cloudinary import uploader
from PIL import Image

from dev.cloudinary.faults import Fault
from dev.cloudinary.local import LocalCloudinary
from dev.delayproxy import DelayProxy
from dev.ports import free_port
from media_staging.errors import Cancelled, Outage, Refused, Setup
from media_staging.remotes import Body
from media_staging.remotes.cloudinary import CHUNK_BYTES, CloudinaryRemote, chunks
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, photo
from tests.media_staging.remotes.samples import body, identity, keys, stored

LARGE = 2 * CHUNK_BYTES + 1


def cloudinary(server: LocalCloudinary, **changes: Any) -> CloudinaryRemote:
    return CloudinaryRemote(**{**server.options, **changes})


@pytest.fixture
def server(cloudinary_server: LocalCloudinary) -> Iterator[LocalCloudinary]:
    yield cloudinary_server
    cloudinary_server.heal()
    cloudinary_server.limit_admin(2000)


@pytest.fixture
def remote(server: LocalCloudinary, request: pytest.FixtureRequest) -> CloudinaryRemote:
    return cloudinary(server, location=f"t{abs(hash(request.node.nodeid))}")


@pytest.fixture
def proxy(server: LocalCloudinary) -> Iterator[DelayProxy]:
    with DelayProxy("127.0.0.1", server.port) as proxy:
        yield proxy


@pytest.fixture
def far(server: LocalCloudinary, proxy: DelayProxy) -> CloudinaryRemote:
    address = f"http://{proxy.address}"
    return cloudinary(server, upload_prefix=address, public_url=f"{address}/demo")


# --- Answers that are no success ---------------------------------------------------------------

NO_SUCCESS = [
    Fault("upload", "error-page"),
    Fault("upload", "error-page", status=502),
    Fault("upload", "empty"),
    Fault("upload", "reset"),
    Fault("upload", "refuse", status=500, message="Server Error"),
    Fault("upload", "refuse", status=200, message="An error with a good status"),
    *(
        Fault("upload", "lie", fields={name: None})
        for name in ("public_id", "version", "signature", "bytes", "etag", "resource_type")
    ),
    Fault("upload", "lie", fields={"version": "new"}),
    Fault("upload", "lie", fields={"version": 1}),
    Fault("upload", "lie", fields={"public_id": "photos/another"}),
    Fault("upload", "lie", fields={"signature": "0" * 40}),
    Fault("upload", "lie", fields={"bytes": 17}),
    Fault("upload", "lie", fields={"etag": "0" * 32}),
    Fault("upload", "lie", fields={"resource_type": "video"}),
]


@pytest.mark.parametrize("fault", NO_SUCCESS, ids=lambda fault: f"{fault.do} {fault.fields}")
def test_what_is_no_success_is_an_outage_and_the_next_try_leaves_one_asset(
    server: LocalCloudinary, remote: CloudinaryRemote, fault: Fault
) -> None:
    data = photo(2000)
    file = identity(data)
    server.misbehave(fault)
    with pytest.raises(Outage):
        remote.upload(file, body(data))
    server.heal()
    answer = remote.upload(file, body(data))
    assert remote.find(file) == answer
    assert stored(remote, file.key) == data
    assert keys(remote) == {file.key}


@pytest.mark.parametrize("size", [2000, LARGE])
def test_an_answer_that_was_lost_costs_no_second_asset(
    server: LocalCloudinary, remote: CloudinaryRemote, size: int
) -> None:
    data = photo(size)
    file = identity(data)
    # Of a file in chunks every answer but the last one arrives.
    before = [Fault("upload", "slow", times=len(list(chunks(size))) - 1)]
    server.misbehave(*before, Fault("upload", "lose-answer", times=1))
    with pytest.raises(Outage):
        remote.upload(file, body(data))
    there = remote.find(file)
    assert there is not None
    assert remote.upload(file, body(data)) == there, "the version is that of the first"
    assert keys(remote) == {file.key}


def test_other_bytes_on_arrival_are_taken_back_at_once(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    data = photo(2000)
    file = identity(data)
    server.misbehave(Fault("upload", "corrupt"))
    with pytest.raises(Outage, match="other bytes"):
        remote.upload(file, body(data))
    assert keys(remote) == set()


def test_other_bytes_that_could_not_be_taken_back_are_replaced_by_the_next_try(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    data = photo(2000)
    file = identity(data)
    server.misbehave(Fault("upload", "corrupt"), Fault("destroy", "reset"))
    with pytest.raises(Outage, match="other bytes"):
        remote.upload(file, body(data))
    assert keys(remote) == {file.key}
    server.heal()
    assert remote.find(file) is None
    sent = body(data)
    remote.upload(file, sent)
    assert sent.sent == len(data)
    assert stored(remote, file.key) == data


def test_an_asset_of_somebody_else_is_left_alone(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    theirs, ours = photo(3000), photo(2000)
    file = identity(ours)
    _type, public_id = remote.place(file.key)
    uploader.upload(BytesIO(theirs), public_id=public_id, **remote.account.options())
    with pytest.raises(Refused, match=public_id):
        remote.upload(file, body(ours))
    assert stored(remote, file.key) == theirs


def test_bytes_that_somebody_replaced_under_our_mark_are_not_believed(
    remote: CloudinaryRemote,
) -> None:
    data, other = photo(2000), photo(2000)
    file = identity(data)
    remote.upload(file, body(data))
    _type, public_id = remote.place(file.key)
    uploader.upload(BytesIO(other), public_id=public_id, **remote.account.options())
    assert remote.find(file) is None


def test_an_asset_without_our_mark_is_known_by_its_bytes(remote: CloudinaryRemote) -> None:
    data = photo(2000)
    file = identity(data)
    _type, public_id = remote.place(file.key)
    uploader.upload(BytesIO(data), public_id=public_id, **remote.account.options())
    assert remote.find(file) is not None
    assert remote.find(identity(photo(2000), key=file.key)) is None


@pytest.mark.parametrize("fields", [{"done": None}, {"done": True}])
def test_a_chunk_that_is_not_acknowledged_is_an_outage(
    server: LocalCloudinary, remote: CloudinaryRemote, fields: dict[str, Any]
) -> None:
    data = os.urandom(LARGE)
    server.misbehave(Fault("upload", "lie", fields=fields, times=1))
    with pytest.raises(Outage):
        remote.upload(identity(data), body(data))


@pytest.mark.parametrize("fault", [Fault("*", "empty"), Fault("*", "error-page")], ids=str)
def test_no_call_believes_what_is_no_answer(
    server: LocalCloudinary, remote: CloudinaryRemote, fault: Fault
) -> None:
    server.misbehave(fault)
    for call in (
        lambda: remote.find(identity(b"x")),
        lambda: remote.delete("photos/x.jpg", {}),
        lambda: list(remote.objects()),
        lambda: list(remote.read("photos/x.jpg")),
        remote.check,
    ):
        with pytest.raises(Outage):
            call()


def test_a_deletion_that_did_not_happen_is_an_outage(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.misbehave(Fault("destroy", "lie", fields={"result": "error"}))
    with pytest.raises(Outage, match="did not delete"):
        remote.delete("photos/x.jpg", {})


# --- The four kinds ----------------------------------------------------------------------------

SAID = [
    (401, "Invalid Signature abc. String to sign - 'timestamp=1'.", Setup),
    (401, "cloud_name is disabled", Setup),
    (403, "You don't have permission to create assets", Setup),
    (400, "Stale request - reported time is 2026-01-01 which is more than 1 hour ago", Setup),
    (400, "You have exceeded your quota", Setup),
    (404, "Unknown cloud", Setup),
    (400, "Invalid image file", Refused),
    (400, "File size too large. Got 20000001. Maximum is 10485760. Upgrade your plan", Refused),
    (413, "Request entity too large", Refused),
    (420, "Rate Limit Exceeded", Outage),
    (429, "Too many concurrent requests", Outage),
    (409, "Another request for this public ID is under way", Outage),
    (500, "Internal error", Outage),
    (503, "Temporarily unavailable", Outage),
]


@pytest.mark.parametrize(("status", "message", "kind"), SAID, ids=str)
def test_each_error_is_of_its_kind_and_gives_cloudinarys_reason(
    server: LocalCloudinary,
    remote: CloudinaryRemote,
    status: int,
    message: str,
    kind: type[Exception],
) -> None:
    server.misbehave(Fault("upload", "refuse", status=status, message=message))
    data = photo(2000)
    with pytest.raises(kind) as raised:
        remote.upload(identity(data), body(data))
    assert message in str(raised.value)


def test_an_html_page_for_a_login_that_fails_is_a_setup_error(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.misbehave(Fault("*", "error-page", status=401))
    with pytest.raises(Setup):
        remote.check()


def test_what_is_no_picture_is_refused_with_the_reason(remote: CloudinaryRemote) -> None:
    data = os.urandom(500)
    with pytest.raises(Refused, match="Invalid image file"):
        remote.upload(identity(data, key="photos/noise.jpg"), body(data))
    assert keys(remote) == set()


@pytest.mark.parametrize(
    "wrong", [{"api_secret": "wrong"}, {"api_key": "1"}, {"cloud_name": "nobodys"}], ids=str
)
def test_a_wrong_account_is_a_setup_error_for_every_call(
    server: LocalCloudinary, wrong: dict[str, str]
) -> None:
    remote = cloudinary(server, **wrong)
    for call in (
        lambda: remote.upload(identity(b"x"), body(b"x")),
        lambda: remote.find(identity(b"x")),
        lambda: remote.delete("photos/x.jpg", {}),
        lambda: list(remote.objects()),
        lambda: list(remote.read("photos/x.jpg")),
        remote.check,
    ):
        with pytest.raises(Setup):
            call()


def test_a_server_that_is_not_there_is_an_outage_for_every_call(server: LocalCloudinary) -> None:
    nobody = cloudinary(server, upload_prefix=f"http://127.0.0.1:{free_port()}")
    for call in (
        lambda: nobody.upload(identity(b"x"), body(b"x")),
        lambda: nobody.find(identity(b"x")),
        lambda: nobody.delete("photos/x.jpg", {}),
        lambda: list(nobody.objects()),
        lambda: list(nobody.read("photos/x.jpg")),
        nobody.check,
    ):
        with pytest.raises(Outage):
            call()


# --- Rate limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [420, 429])
def test_a_limit_says_when_to_come_back(
    server: LocalCloudinary, remote: CloudinaryRemote, status: int, clock: Clock
) -> None:
    clock.now = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    reset = {"X-FeatureRateLimit-Reset": format_datetime(clock.now + timedelta(minutes=7))}
    for headers, seconds in ((reset, 420), ({"Retry-After": "11"}, 11)):
        server.misbehave(Fault("upload", "refuse", status=status, message="no", headers=headers))
        with pytest.raises(Outage) as raised:
            remote.upload(identity(b"x"), body(b"x"))
        assert raised.value.retry_after == timedelta(seconds=seconds)


def test_a_used_up_allowance_is_not_asked_again_before_it_is_renewed(
    server: LocalCloudinary, remote: CloudinaryRemote, clock: Clock
) -> None:
    remote.check()
    server.limit_admin(0)
    with pytest.raises(Outage):
        remote.check()
    asked = server.calls()
    with pytest.raises(Outage, match="allowance") as raised:
        remote.find(identity(b"x"))
    assert raised.value.retry_after is not None
    assert timedelta(0) < raised.value.retry_after <= timedelta(hours=1)
    assert server.calls() == asked
    server.limit_admin(2000)
    clock.forward(hours=1, seconds=1)
    assert remote.find(identity(b"x")) is None


def test_uploads_and_deletions_need_no_allowance(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.limit_admin(0)
    with pytest.raises(Outage):
        remote.check()
    data = photo(2000)
    remote.delete(identity(data).key, remote.upload(identity(data), body(data)))


def test_a_sweep_leaves_a_part_of_the_allowance_to_others(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.limit_admin(5)
    for _ in range(4):
        remote.check()
    with pytest.raises(Outage, match="1 of 5 are left"):
        list(remote.objects())
    assert remote.find(identity(b"x")) is None


# --- Listing -----------------------------------------------------------------------------------


def test_a_listing_goes_on_over_all_its_pages(
    server: LocalCloudinary, remote: CloudinaryRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_staging.remotes.cloudinary.PAGE", 2)
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


# --- Bytes on their way ------------------------------------------------------------------------


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
    proxy.reset_after(size // 2)
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


# --- Addresses ---------------------------------------------------------------------------------


def test_an_address_serves_the_bytes_with_their_type(remote: CloudinaryRemote) -> None:
    data = photo(2000)
    file = identity(data)
    with urlopen(remote.url(file.key, remote.upload(file, body(data)))) as answer:
        assert answer.read() == data
        assert answer.headers["Content-Type"] == "image/jpeg"


def test_an_address_names_the_version_so_that_no_cache_serves_another_picture(
    remote: CloudinaryRemote,
) -> None:
    data = photo(2000)
    file = identity(data)
    first = remote.upload(file, body(data))
    assert f"/v{first['version']}/" in remote.url(file.key, first)
    _type, public_id = remote.place(file.key)
    uploader.upload(BytesIO(data), public_id=public_id, **remote.account.options())
    newer = remote.find(file)
    assert newer is not None
    assert remote.url(file.key, newer) != remote.url(file.key, first)


def test_in_production_addresses_are_cloudinarys_own() -> None:
    remote = CloudinaryRemote(cloud_name="shop", api_key="k", api_secret="s")
    data = {"version": 12, "format": "jpg", "resource_type": "image"}
    assert remote.url("photos/a.jpg", data) == (
        "https://res.cloudinary.com/shop/image/upload/v12/photos/a.jpg"
    )
    assert remote.url("files/a.bin", {"version": 12}) == (
        "https://res.cloudinary.com/shop/raw/upload/v12/files/a.bin"
    )
    assert remote.url_lifetime is None


def test_a_host_name_of_ones_own_is_the_base_of_all_addresses() -> None:
    remote = CloudinaryRemote(
        cloud_name="shop", api_key="k", api_secret="s", public_url="https://img.shop.example"
    )
    assert remote.url("photos/a.jpg", {"version": 12}) == (
        "https://img.shop.example/image/upload/v12/photos/a.jpg"
    )


@pytest.mark.parametrize("accept", ["image/avif,image/webp,*/*", "image/webp,*/*", "*/*"])
def test_a_small_picture_is_made_on_the_way_in_a_format_that_the_browser_shows(
    remote: CloudinaryRemote, accept: str
) -> None:
    data = jpeg(size=(1200, 800))
    file = identity(data)
    address = remote.thumbnail_url(file.key, remote.upload(file, body(data)), 320)
    assert "f_auto" in address
    assert "q_auto" in address
    with urlopen(Request(address, headers={"Accept": accept})) as answer:
        small = answer.read()
        assert answer.headers["Content-Type"] in (*accept.split(","), "image/jpeg")
    with Image.open(BytesIO(small)) as picture:
        assert picture.size == (320, 213)


def test_a_small_picture_is_never_larger_than_the_original(remote: CloudinaryRemote) -> None:
    data = jpeg(size=(100, 50))
    file = identity(data)
    address = remote.thumbnail_url(file.key, remote.upload(file, body(data)), 320)
    with urlopen(address) as answer, Image.open(BytesIO(answer.read())) as picture:
        assert picture.size == (100, 50)


def test_a_file_that_is_no_picture_has_no_small_one(remote: CloudinaryRemote) -> None:
    data = {"version": 3}
    assert remote.thumbnail_url("files/a.bin", data, 320) == remote.url("files/a.bin", data)
