"""What Cloudinary answers is believed only as far as it proves to be about this very file."""

import os
from io import BytesIO
from typing import Any

import pytest
from cloudinary import uploader

from dev.cloudinary.faults import Fault
from dev.cloudinary.local import LocalCloudinary
from media_staging.errors import Outage, Refused, Unclear
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from media_staging.remotes.cloudinary.sending import CHUNK_BYTES, chunks
from tests.media_staging.photos import photo
from tests.media_staging.remotes.samples import body, identity, keys, stored

LARGE = 2 * CHUNK_BYTES + 1

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
def test_what_is_no_success_is_none_and_the_next_try_leaves_one_asset(
    server: LocalCloudinary, remote: CloudinaryRemote, fault: Fault
) -> None:
    data = photo(2000)
    file = identity(data)
    server.misbehave(fault)
    passes_by_itself = fault.do == "reset" or fault.status >= 500
    with pytest.raises(Outage if passes_by_itself else Unclear):
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
    with pytest.raises(Unclear, match=r"other bytes .* look whether an upload preset"):
        remote.upload(file, body(data))
    assert keys(remote) == set()


def test_other_bytes_that_could_not_be_taken_back_are_replaced_by_the_next_try(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    data = photo(2000)
    file = identity(data)
    server.misbehave(Fault("upload", "corrupt"), Fault("destroy", "reset"))
    with pytest.raises(Unclear, match=r"other bytes .* look whether an upload preset"):
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
    _type, public_id = remote.resource(file.key)
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
    _type, public_id = remote.resource(file.key)
    uploader.upload(BytesIO(other), public_id=public_id, **remote.account.options())
    assert remote.find(file) is None


def test_an_asset_without_our_mark_is_known_by_its_bytes(remote: CloudinaryRemote) -> None:
    data = photo(2000)
    file = identity(data)
    _type, public_id = remote.resource(file.key)
    uploader.upload(BytesIO(data), public_id=public_id, **remote.account.options())
    assert remote.find(file) is not None
    assert remote.find(identity(photo(2000), key=file.key)) is None


@pytest.mark.parametrize("fields", [{"done": None}, {"done": True}])
def test_a_chunk_that_is_not_acknowledged_is_no_success(
    server: LocalCloudinary, remote: CloudinaryRemote, fields: dict[str, Any]
) -> None:
    data = os.urandom(LARGE)
    server.misbehave(Fault("upload", "lie", fields=fields, times=1))
    with pytest.raises(Unclear):
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
        with pytest.raises(Unclear):
            call()


def test_a_deletion_that_did_not_happen_is_an_outage(
    server: LocalCloudinary, remote: CloudinaryRemote
) -> None:
    server.misbehave(Fault("destroy", "lie", fields={"result": "error"}))
    with pytest.raises(Outage, match="did not delete"):
        remote.delete("photos/x.jpg", {})
