"""What the settings want with every object goes with every object, whatever way it is sent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from media_staging.remotes.s3.options import SENT
from tests.media_staging.remotes.on_s3.recording import (
    LARGE,
    ON_BOTH_WAYS,
    PARAMETERS,
    Recording,
    put,
    refused,
    remote_on,
)
from tests.media_staging.remotes.samples import body, identity

pytestmark = pytest.mark.usefixtures("nothing_of_this_machine")

# What every request of an upload needs; the rest is said when it begins.
EVERYWHERE = {"ExpectedBucketOwner"}


def test_every_parameter_that_is_sent_is_tried() -> None:
    assert set(PARAMETERS) == SENT


@ON_BOTH_WAYS
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_goes_with_each_object_and_is_signed(
    name: str, way: dict[str, Any], server: Recording
) -> None:
    value, header, wanted = PARAMETERS[name]
    asked = put(server, object_parameters={name: value}, **way)
    assert asked.headers[header] == wanted
    assert asked.headers.get_all(header) == [wanted]
    if header.startswith("x-amz-"):
        assert header in asked.headers["Authorization"].split("SignedHeaders=")[1]


@ON_BOTH_WAYS
def test_parameters_of_a_large_file_go_where_s3_takes_them(
    way: dict[str, Any], server: Recording
) -> None:
    given = {name: value for name, (value, _header, _wanted) in PARAMETERS.items()}
    remote = remote_on(server, object_parameters=given, **way)
    remote.upload(identity(LARGE, key="large.bin"), body(LARGE))
    for name, (_value, header, wanted) in PARAMETERS.items():
        assert [each.headers[header] for each in server.of("create")] == [wanted]
        others = {wanted} if name in EVERYWHERE else {None}
        later = server.of("part") + server.of("complete") + server.of("HEAD")
        assert {each.headers[header] for each in later} == others
    assert len(server.of("part")) == 3


def test_the_owner_of_the_bucket_is_said_with_every_request(server: Recording) -> None:
    remote = remote_on(server, object_parameters={"ExpectedBucketOwner": "123456789012"})
    remote.find(identity(b"x"))
    remote.delete("x", {})
    list(remote.objects())
    list(remote.stale_uploads(datetime.now(UTC)))
    remote.check()
    remote.write_prefix_mark(b"mark")
    assert len(server.asked) == 6
    for asked in server.asked:
        assert asked.headers["x-amz-expected-bucket-owner"] == "123456789012", asked


@ON_BOTH_WAYS
def test_what_a_file_notes_of_itself_goes_beside_the_settings_notes(
    way: dict[str, Any], server: Recording
) -> None:
    file = identity(b"x", mark="ours")
    remote = remote_on(server, object_parameters={"Metadata": {"Shop": "north"}}, **way)
    remote.upload(file, body(b"x"))
    headers = server.asked[-1].headers
    notes = {name: headers[f"x-amz-meta-{name}"] for name in ("shop", "sha256", "size", "mark")}
    assert notes == {"shop": "north", "sha256": file.sha256, "size": "1", "mark": "ours"}


@ON_BOTH_WAYS
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "attachment; filename*=utf-8''k%C4%B1lavuz.pdf"),
        ({"ContentDisposition": "inline"}, "inline"),
    ],
)
def test_the_name_of_a_file_that_is_no_picture_is_stored_with_it(
    way: dict[str, Any], given: dict[str, str], expected: str, server: Recording
) -> None:
    remote = remote_on(server, object_parameters=given, **way)
    remote.upload(replace(identity(b"x"), name="kılavuz.pdf"), body(b"x"))
    assert server.asked[-1].headers["content-disposition"] == expected
    remote.upload(identity(b"x"), body(b"x"))
    assert server.asked[-1].headers.get("content-disposition") == given.get("ContentDisposition")


@ON_BOTH_WAYS
def test_the_mark_of_a_prefix_is_no_picture(way: dict[str, Any], server: Recording) -> None:
    given = {"CacheControl": "max-age=60", "ServerSideEncryption": "AES256"}
    remote_on(server, object_parameters=given, **way).write_prefix_mark(b"mark")
    headers = server.asked[-1].headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-amz-server-side-encryption"] == "AES256"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"ContentType": "image/png"}, "the type is told from the bytes"),
        ({"ContentEncoding": "gzip"}, "byte for byte"),
        ({"SSECustomerKey": "k"}, "no browser can send the key"),
        ({"RequestPayer": "requester"}, "browsers fetch the pictures"),
        ({"ChecksumAlgorithm": "CRC32"}, "with its SHA-256 anyway"),
        ({"Body": b""}, "none that may be the same for all files"),
        ({"StorageClas": "x"}, "none that may be the same for all files"),
        ({"StorageClass": "DEEP_ARCHIVE"}, "which shows no picture"),
        ({"Metadata": {"SHA256": "x"}}, "which each file notes for itself"),
        ({"Metadata": {"shop": 1}}, "not text in ASCII"),
        ({"ContentDisposition": "inline; filename=ğ"}, "no header can carry"),
        ({"CacheControl": "max-age=5\r\nX: y"}, "no header can carry"),
        ({"Metadata": {"shop": "a\nb"}}, "not text in ASCII, on one line"),
        ({"Metadata": {"the shop": "north"}}, "not text in ASCII, on one line"),
        ({"ACL": "private", "GrantRead": "id=1"}, "has ACL beside GrantRead"),
        ({"ObjectLockMode": "COMPLIANCE"}, "ObjectLockMode without ObjectLockRetainUntilDate"),
        ({"ServerSideEncryption": "bogus"}, "ServerSideEncryption 'bogus', which is none of S3's"),
        ({"StorageClass": 7}, "Invalid type for parameter StorageClass"),
        ([("ACL", "private")], "is not a dict"),
    ],
    ids=str,
)
def test_a_parameter_that_cannot_be_is_refused(parameters: Any, words: str) -> None:
    assert words in refused(object_parameters=parameters)


def test_what_botocore_cannot_resolve_is_refused() -> None:
    accelerated = {"client_config": {"s3": {"use_accelerate_endpoint": True}}}
    text = refused(bucket_name="my.shop", region_name="eu-west-1", **accelerated)
    assert "Path-style addressing cannot be used with S3 Accelerate" in text
