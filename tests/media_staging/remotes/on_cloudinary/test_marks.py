"""Whose assets and locations are, found out without the API whose calls are counted."""

from io import BytesIO

import pytest
from cloudinary import uploader

from dev.cloudinary.faults import Fault
from dev.cloudinary.local import LocalCloudinary
from media_staging.errors import Outage, Setup, Unclear
from media_staging.remotes import Mark
from media_staging.remotes.base import PREFIX_MARK
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from tests.media_staging.photos import photo
from tests.media_staging.remotes.on_cloudinary.conftest import cloudinary
from tests.media_staging.remotes.samples import (
    body,
    identity,
    listed,
    store_as_somebody_else,
)

MARK = "0198c0de-7a3b-7c11-8f00-52e6d4f0a111/42"
COUNTED = ("resource", "resources", "ping")


def counted(server: LocalCloudinary) -> int:
    calls = server.calls()
    return sum(calls.get(name, 0) for name in COUNTED)


def test_marks_are_read_and_written_without_a_counted_call(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.limit_admin(0)
    before = counted(server)
    data = photo(2000)
    file = identity(data, mark=MARK)
    assert remote.mark_of(file.key) is None
    remote.upload(file, body(data))
    assert remote.mark_of(file.key) == Mark(MARK, file.sha256, len(data))
    assert remote.read_prefix_mark() is None
    for content in (b"noted with it", b"long " * 500):
        remote.write_prefix_mark(content)
        assert remote.read_prefix_mark() == content
    assert counted(server) == before


def test_a_listing_brings_the_marks_along(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    ours, theirs = photo(2000), photo(3000)
    file = identity(ours, mark=MARK)
    remote.upload(file, body(ours))
    store_as_somebody_else(remote, identity(theirs).key, theirs)
    before = server.calls()
    marks = {each.key: each.mark for each in remote.objects()}
    assert marks == {file.key: Mark(MARK, file.sha256, 2000), identity(theirs).key: Mark()}
    asked = {name: count - before.get(name, 0) for name, count in server.calls().items()}
    assert {name: count for name, count in asked.items() if count} == {"resources": 2}


def test_an_upload_takes_no_further_request_unless_it_finds_another_mark(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    data = photo(2000)
    file = identity(data, mark=MARK)

    def explicit_calls() -> int:
        return server.calls().get("explicit", 0)

    before = explicit_calls()
    remote.upload(file, body(data))
    remote.upload(file, body(data))
    assert explicit_calls() == before
    remote.upload(identity(data, mark="another/1"), body(data))
    assert explicit_calls() == before + 1
    assert listed(remote, file.key).mark == Mark("another/1", file.sha256, 2000)


def test_bytes_that_somebody_put_under_our_notes_are_not_ours(remote: CloudinaryRemote) -> None:
    data, other = photo(2000), photo(2000)
    file = identity(data, mark=MARK)
    remote.upload(file, body(data))
    store_as_somebody_else(remote, file.key, other)
    assert remote.mark_of(file.key) == Mark()


def test_an_asset_that_vanishes_before_it_is_marked_anew_is_an_outage(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    data = photo(2000)
    remote.upload(identity(data), body(data))
    gone = "Resource not found - photos/x"
    server.misbehave(Fault("explicit", "refuse", status=404, message=gone))
    with pytest.raises(Outage, match="vanished"):
        remote.upload(identity(data, mark=MARK), body(data))


@pytest.mark.parametrize("status", [200, 404])
def test_no_asset_is_what_cloudinary_says_in_words(
    server: LocalCloudinary, remote: CloudinaryRemote, status: int
) -> None:
    gone = "Resource not found - photos/x"
    server.misbehave(Fault("explicit", "refuse", status=status, message=gone))
    assert remote.mark_of("photos/x.jpg") is None
    assert remote.read_prefix_mark() is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("explicit", "error-page", status=404), Unclear),
        (Fault("explicit", "refuse", status=404, message="Unknown cloud"), Setup),
        (Fault("explicit", "refuse", status=401, message="Invalid Signature"), Setup),
        (Fault("explicit", "refuse", status=500, message="Server Error"), Outage),
        (Fault("explicit", "empty"), Unclear),
        (Fault("explicit", "reset"), Outage),
        (Fault("explicit", "lie", fields={"signature": "0" * 40}), Unclear),
        (Fault("explicit", "lie", fields={"public_id": "another"}), Unclear),
        (Fault("explicit", "lie", fields={"version": None}), Unclear),
    ],
    ids=str,
)
def test_any_other_failure_says_nothing_about_whose_it_is(
    server: LocalCloudinary, remote: CloudinaryRemote, fault: Fault, kind: type[Exception]
) -> None:
    data = photo(2000)
    remote.upload(identity(data, mark=MARK), body(data))
    remote.write_prefix_mark(b"mark")
    server.misbehave(fault)
    with pytest.raises(kind):
        remote.mark_of(identity(data).key)
    with pytest.raises(kind):
        remote.read_prefix_mark()


# --- The mark of a location --------------------------------------------------------------------


def test_a_delivery_that_is_out_of_date_is_never_asked_for_a_short_mark(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    remote.write_prefix_mark(b"newest")
    server.misbehave(Fault("delivery", "error-page"))
    assert remote.read_prefix_mark() == b"newest"


def test_a_long_mark_is_believed_only_as_far_as_it_is_the_newest(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    remote.write_prefix_mark(b"long " * 500)
    server.misbehave(Fault("delivery", "error-page"))
    with pytest.raises(Outage, match="newest"):
        remote.read_prefix_mark()


def test_a_mark_that_somebody_stored_by_hand_is_read_as_well(remote: CloudinaryRemote) -> None:
    remote.write_prefix_mark(b"ours")
    store_as_somebody_else(remote, PREFIX_MARK, b"theirs")
    assert remote.read_prefix_mark() == b"theirs"
    kind, public_id = remote.resource(PREFIX_MARK)
    uploader.upload(
        BytesIO(b"noise"),
        public_id=public_id,
        resource_type=kind,
        context={"content": "no hexadecimal"},
        **remote.account.options(),
    )
    assert remote.read_prefix_mark() == b"noise"


def test_a_mark_that_did_not_arrive_as_it_was_sent_is_an_outage(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.misbehave(Fault("upload", "corrupt"))
    with pytest.raises(Outage, match="another mark"):
        remote.write_prefix_mark(b"mark")


# --- Addresses ---------------------------------------------------------------------------------


def address(**options: str) -> str:
    return CloudinaryRemote(
        **{"cloud_name": "shop", "api_key": "k", "api_secret": "s", **options}
    ).address


def test_a_cloud_has_one_address_however_it_is_reached() -> None:
    assert address() == "cloudinary://shop/"
    for options in (
        {"api_key": "other", "api_secret": "other"},
        {"public_url": "https://img.shop.example"},
        {"upload_prefix": "https://api.cloudinary.com"},
        {"upload_prefix": "https://API.cloudinary.com:443/"},
        {"location": "/"},
    ):
        assert address(**options) == "cloudinary://shop/"
    for location in ("a/b", "/a/b/", "a//b"):
        assert address(location=location) == "cloudinary://shop/a/b/"


def test_other_clouds_locations_and_servers_are_other_places(server: LocalCloudinary) -> None:
    local = cloudinary(server).address
    assert local == "cloudinary://demo/ at loopback"
    others = {
        address(cloud_name="shop2"),
        address(location="a"),
        address(upload_prefix="https://api-eu.cloudinary.com"),
        address(upload_prefix="https://api.cloudinary.com.example"),
        address(),
        local,
    }
    assert len(others) == 6
