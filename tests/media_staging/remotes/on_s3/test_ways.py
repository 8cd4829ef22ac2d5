"""Which of two ways an upload takes, and that it makes no difference to the server."""

import os
from typing import Any

import boto3
import botocore
import pytest

from media_staging.errors import Outage
from media_staging.remotes.s3.remote import S3Remote
from media_staging.remotes.s3.requests.ways import BotocoreWay, FastWay
from tests.media_staging.remotes.on_s3.recording import (
    BOTOCORE,
    ON_BOTH_WAYS,
    PARAMETERS,
    Asked,
    Recording,
    remote_on,
)
from tests.media_staging.remotes.samples import body, identity

pytestmark = pytest.mark.usefixtures("nothing_of_this_machine")

FAST: list[dict[str, Any]] = [
    {},
    {"region_name": None},
    {"session_profile": "shop", "access_key": None, "secret_key": None},
    {"signature_version": "s3v4"},
    {"endpoint_url": "https://minio.example", "addressing_style": "virtual"},
    {"object_parameters": {"ServerSideEncryption": "aws:kms"}, "default_acl": "public-read"},
    {"client_config": {"s3": {"use_accelerate_endpoint": True}}},
    {"client_config": {"read_timeout": 5}},
]
SLOW: list[dict[str, Any]] = [
    {"signature_version": "s3"},
    {"signature_version": botocore.UNSIGNED},
    {"bucket_name": "shop--use1-az4--x-s3"},
    {"proxies": {"https": "http://proxy:3128"}},
    {"client_config": {"tcp_keepalive": True}},
    {"client_config": {"client_cert": "/a/file.pem"}},
    {"client_config": {"s3": {"payload_signing_enabled": False}}},
]


@pytest.mark.parametrize(
    ("options", "kind"),
    [(each, FastWay) for each in FAST] + [(each, BotocoreWay) for each in SLOW],
    ids=str,
)
def test_the_fast_way_is_taken_for_what_it_covers(options: dict[str, Any], kind: type) -> None:
    given = {"bucket_name": "shop", "access_key": "k", "secret_key": "s", **options}
    assert type(S3Remote(**given).way) is kind


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "http://proxy:3128"), ("BOTOCORE_EXPERIMENTAL__PLUGINS", "a=json")],
)
def test_the_environment_has_a_say_in_it(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("botocore.session.get_botocore_plugins", lambda: None)
    remote = S3Remote(bucket_name="shop", access_key="k", secret_key="s")
    assert type(remote.way) is BotocoreWay


@pytest.mark.parametrize("size", [1000, 17_000_000])
def test_both_ways_ask_for_the_same(server: Recording, size: int) -> None:
    given = {name: value for name, (value, _header, _wanted) in PARAMETERS.items()}
    file = identity(bytes(size), mark="ours")
    sent = []
    for way in ({}, BOTOCORE):
        remote_on(server, object_parameters=given, **way).upload(file, body(bytes(size)))
        sent.append([shape(each) for each in server.asked if each.method == "PUT"])
        server.asked.clear()
    assert sent[0] == sent[1]


def shape(asked: Asked) -> tuple[Any, ...]:
    """Without what is another one for each request, and what says who sends it."""
    changing = {"authorization", "x-amz-date", "user-agent", "accept-encoding"}
    changing |= {"amz-sdk-invocation-id", "amz-sdk-request"}
    headers = {name.lower(): value for name, value in asked.headers.items()}
    kept = {name: value for name, value in headers.items() if name not in changing}
    return asked.path, asked.query, kept, len(asked.body)


@ON_BOTH_WAYS
def test_a_body_is_streamed_and_its_progress_told(way: dict[str, Any], server: Recording) -> None:
    data = os.urandom(3_000_000)
    sent = body(data)
    remote_on(server, **way).upload(identity(data), sent)
    assert sent.sent == len(data)
    assert server.asked[-1].body == data
    assert "Expect" not in server.asked[-1].headers
    assert server.asked[-1].headers["Content-Length"] == str(len(data))


@ON_BOTH_WAYS
def test_nothing_is_tried_twice(way: dict[str, Any], server: Recording) -> None:
    server.refused = {"PUT"}
    with pytest.raises(Outage):
        remote_on(server, **way).upload(identity(b"x"), body(b"x"))
    assert len(server.asked) == 1


def test_one_client_serves_all_threads(server: Recording) -> None:
    remote = remote_on(server)
    assert remote.client is remote.clients.public
    assert isinstance(remote.clients.session, boto3.Session)
