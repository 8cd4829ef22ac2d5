"""One host for uploads, looks, listings and pictures, whatever region and style it is."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from media_staging.remotes.s3.remote import S3Remote
from media_staging.remotes.s3.requests.direct import DirectSession
from tests.media_staging.remotes.samples import body, identity

KEY = "photos/a b.jpg"
AMAZON = {
    "eu-south-1": "shop.s3.eu-south-1.amazonaws.com",
    "eu-central-1": "shop.s3.eu-central-1.amazonaws.com",
    "ap-southeast-7": "shop.s3.ap-southeast-7.amazonaws.com",
    "us-west-2": "shop.s3.us-west-2.amazonaws.com",
    "cn-north-1": "shop.s3.cn-north-1.amazonaws.com.cn",
    "us-gov-west-1": "shop.s3.us-gov-west-1.amazonaws.com",
    "us-iso-east-1": "shop.s3.us-iso-east-1.c2s.ic.gov",
    "us-isob-east-1": "shop.s3.us-isob-east-1.sc2s.sgov.gov",
    # One that is newer than botocore.
    "xx-north-9": "shop.s3.xx-north-9.amazonaws.com",
}
OTHERS: list[tuple[dict[str, Any], str]] = [
    (
        {"region_name": "eu-south-1", "bucket_name": "my.shop"},
        "s3.eu-south-1.amazonaws.com/my.shop",
    ),
    (
        {"region_name": "cn-north-1", "bucket_name": "my.shop"},
        "s3.cn-north-1.amazonaws.com.cn/my.shop",
    ),
    ({"region_name": "eu-south-1", "addressing_style": "path"}, "s3.eu-south-1.amazonaws.com/shop"),
    (
        {"region_name": "eu-south-1", "addressing_style": "virtual"},
        "shop.s3.eu-south-1.amazonaws.com",
    ),
    (
        {"region_name": "eu-west-1", "client_config": {"use_dualstack_endpoint": True}},
        "shop.s3.dualstack.eu-west-1.amazonaws.com",
    ),
    (
        {"region_name": "us-east-1", "client_config": {"use_fips_endpoint": True}},
        "shop.s3-fips.us-east-1.amazonaws.com",
    ),
    (
        {"region_name": "eu-west-1", "client_config": {"s3": {"use_accelerate_endpoint": True}}},
        "shop.s3-accelerate.amazonaws.com",
    ),
    (
        {"region_name": "eu-west-1", "client_config": {"signature_version": "s3"}},
        "shop.s3.eu-west-1.amazonaws.com",
    ),
    (
        {"bucket_name": "arn:aws:s3:eu-west-1:123456789012:accesspoint/ap"},
        "ap-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
    ),
    ({"endpoint_url": "http://minio.example:9000"}, "minio.example:9000/shop"),
    (
        {"endpoint_url": "https://minio.example", "addressing_style": "virtual"},
        "shop.minio.example",
    ),
    (
        {"endpoint_url": "https://gateway.example/tenant"},
        "gateway.example/tenant/shop",
    ),
]
CASES = [({"region_name": region}, base) for region, base in AMAZON.items()] + OTHERS


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


class Held(Exception):
    """Instead of a request to Amazon."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses of all requests, none of which leaves the machine."""
    addresses: list[str] = []

    def hold(request: Any) -> None:
        addresses.append(request.url)
        raise Held

    def on(client: Any) -> Any:
        client.meta.events.register("before-send.s3", lambda request, **_more: hold(request))
        return client

    real = boto3.Session.client
    monkeypatch.setattr(boto3.Session, "client", lambda *a, **options: on(real(*a, **options)))
    monkeypatch.setattr(DirectSession, "send", lambda _self, request: hold(request))
    return addresses


def remote_with(options: dict[str, Any]) -> S3Remote:
    return S3Remote(**{"bucket_name": "shop", "access_key": "k", "secret_key": "s", **options})


@pytest.mark.parametrize(("options", "base"), CASES, ids=str)
def test_all_requests_and_pictures_go_to_one_place(
    options: dict[str, Any], base: str, asked: list[str]
) -> None:
    remote = remote_with(options)
    large = bytes(17_000_000)
    calls: list[Callable[[], object]] = [
        lambda: remote.upload(identity(b"x", key=KEY), body(b"x")),
        lambda: remote.upload(identity(large, key=KEY), body(large)),
        lambda: remote.find(identity(b"x", key=KEY)),
        lambda: remote.delete(KEY, {}),
        lambda: list(remote.read(KEY)),
        lambda: list(remote.objects()),
        lambda: list(remote.stale_uploads(None)),  # type: ignore[arg-type]
        remote.check,
    ]
    for call in calls:
        with pytest.raises(Held):
            call()
    assert len(asked) == len(calls)
    asked.append(remote.url(KEY, {}))
    asked.append(remote.download_url(KEY, {}, "a.jpg"))
    host, _slash, path = base.partition("/")
    for address in asked:
        parts = urlsplit(address)
        assert parts.netloc == host
        assert re.match(f"(?:{re.escape(f'/{path}')})?(?:/|$)", parts.path)
    scheme = urlsplit(asked[0]).scheme
    assert remote.origins == [f"{scheme}://{host}"]


@pytest.mark.parametrize(("options", "base"), CASES, ids=str)
def test_what_answers_for_pages_needs_no_request(
    options: dict[str, Any], base: str, asked: list[str]
) -> None:
    remote = remote_with(options)
    _ = remote.url(KEY, {}), remote.url_lifetime, remote.origins, remote.address, remote.label
    assert asked == []


def test_an_endpoint_of_the_environment_is_the_one_for_all(
    monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3.internal:9000")
    remote = remote_with({})
    with pytest.raises(Held):
        remote.upload(identity(b"x", key=KEY), body(b"x"))
    with pytest.raises(Held):
        remote.find(identity(b"x", key=KEY))
    assert {urlsplit(address).netloc for address in asked} == {"s3.internal:9000"}
    assert remote.origins == ["http://s3.internal:9000"]
    assert remote.url(KEY, {}).startswith("http://s3.internal:9000/shop/photos/a%20b.jpg?")


@pytest.mark.parametrize(
    ("style", "base"),
    [("path", "https://img.example/shop/"), ("virtual", "https://shop.img.example/")],
)
def test_browsers_may_know_the_server_by_another_name(
    asked: list[str], style: str, base: str
) -> None:
    remote = remote_with(
        {
            "endpoint_url": "http://minio:9000",
            "public_endpoint_url": "https://img.example",
            "region_name": "eu-south-1",
            "addressing_style": style,
        }
    )
    with pytest.raises(Held):
        remote.upload(identity(b"x", key=KEY), body(b"x"))
    with pytest.raises(Held):
        remote.find(identity(b"x", key=KEY))
    assert all(urlsplit(address).netloc.endswith("minio:9000") for address in asked)
    address = remote.url(KEY, {})
    assert address.startswith(f"{base}photos/a%20b.jpg?")
    assert "eu-south-1%2Fs3%2Faws4_request" in address
    assert remote.origins == [base.removesuffix("/").removesuffix("/shop")]
    assert remote.address == "s3://shop/ at minio:9000"


def test_unsigned_addresses_lead_to_the_regional_host_too() -> None:
    remote = remote_with({"region_name": "eu-south-1", "querystring_auth": False})
    assert remote.url(KEY, {}) == "https://shop.s3.eu-south-1.amazonaws.com/photos/a%20b.jpg"
    assert remote.url_lifetime is None


@pytest.mark.parametrize("option", ["endpoint_url", "public_endpoint_url", "public_url"])
def test_nobody_who_is_named_before_the_host_gets_into_a_policy(option: str) -> None:
    given = {"region_name": "eu-south-1", "access_key": "k", "secret_key": "s"}
    remote = S3Remote(bucket_name="shop", **{option: "http://user:secret@minio:9000"}, **given)
    assert remote.origins == ["http://minio:9000"]
