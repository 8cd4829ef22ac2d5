"""One bucket has one address, and another bucket another one."""

from pathlib import Path
from typing import Any

import pytest

from media_staging.remotes.s3.remote import S3Remote


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def address(**options: Any) -> str:
    return S3Remote(
        **{"bucket_name": "shop", "access_key": "k", "secret_key": "s", **options}
    ).address


AMAZON = [
    {},
    {"region_name": "eu-central-1"},
    {"endpoint_url": "https://s3.amazonaws.com"},
    {"endpoint_url": "https://S3.eu-central-1.amazonaws.com:443/"},
    {"endpoint_url": "http://s3.eu-central-1.amazonaws.com:80"},
    {"endpoint_url": "https://s3-eu-west-1.amazonaws.com"},
    {"endpoint_url": "https://s3.dualstack.eu-central-1.amazonaws.com"},
    {"endpoint_url": "https://s3-fips.dualstack.us-east-1.amazonaws.com"},
    {"endpoint_url": "https://s3-accelerate.amazonaws.com"},
    {"endpoint_url": "https://shop.s3.ap-southeast-2.amazonaws.com"},
    {"endpoint_url": "https://bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com"},
    {"addressing_style": "path"},
    {"addressing_style": "virtual"},
    {"access_key": "other", "secret_key": "other", "public_url": "https://cdn.example"},
]


@pytest.mark.parametrize("options", AMAZON, ids=str)
def test_amazon_is_one_place_under_all_its_names(options: dict[str, str]) -> None:
    assert address(**options) == "s3://shop/ at Amazon"


@pytest.mark.parametrize(
    ("options", "partition"),
    [
        ({"region_name": "cn-north-1"}, "aws-cn"),
        ({"endpoint_url": "https://s3.cn-north-1.amazonaws.com.cn"}, "aws-cn"),
        ({"region_name": "us-gov-west-1"}, "aws-us-gov"),
        ({"endpoint_url": "https://s3.us-gov-west-1.amazonaws.com"}, "aws-us-gov"),
    ],
    ids=str,
)
def test_a_partition_has_buckets_of_its_own(options: dict[str, str], partition: str) -> None:
    assert address(**options) == f"s3://shop/ at Amazon ({partition})"


@pytest.mark.parametrize(
    ("endpoint", "server"),
    [
        ("http://127.0.0.1:9000", "loopback"),
        ("http://localhost:8333", "loopback"),
        ("http://127.0.0.1.example:9000", "127.0.0.1.example:9000"),
        ("http://MinIO.example:80/", "minio.example"),
        ("https://minio.example:443", "minio.example"),
        ("https://minio.example:80", "minio.example:80"),
        ("https://gateway.example/Tenant/", "gateway.example/Tenant"),
        ("http://[::1]:9000", "loopback"),
        ("https://shop-1234.eu-west-1.elb.amazonaws.com", None),
        ("https://s3-1234.eu-west-1.elb.amazonaws.com", None),
        ("https://ec2-192-0-2-1.compute-1.amazonaws.com:9000", None),
        ("https://s3.amazonaws.com.example", None),
        ("https://nots3.amazonaws.com", None),
    ],
)
def test_any_other_server_is_its_host_and_port(endpoint: str, server: str | None) -> None:
    """But on loopback, where the port is whatever was free when the server started."""
    wanted = server or endpoint.removeprefix("https://")
    assert address(endpoint_url=endpoint) == f"s3://shop/ at {wanted}"


@pytest.mark.parametrize("location", ["a/b", "a/b/", "a//b//"])
def test_a_prefix_is_one_place_however_many_slashes_it_is_spelt_with(location: str) -> None:
    remote = S3Remote(bucket_name="shop", location=location)
    assert remote.address == "s3://shop/a/b/ at Amazon"
    assert remote.object_key("photos/x.jpg") == "a/b/photos/x.jpg"


def test_other_buckets_and_prefixes_are_other_places() -> None:
    remotes = [
        S3Remote(bucket_name=bucket, location=location, endpoint_url=endpoint)
        for bucket in ("shop", "shop2")
        for location in ("", "a", "A", "a/b", "ab")
        for endpoint in (None, "http://minio:9000", "http://minio:9001")
    ]
    assert len({remote.place for remote in remotes}) == len(remotes)


def test_an_endpoint_of_the_environment_or_its_files_counts_as_boto3_counts_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        "[default]\nregion = cn-north-1\nendpoint_url = http://file.example\n"
    )

    def server() -> str:
        remote = S3Remote(bucket_name="shop", access_key="k", secret_key="s")
        place = remote.address.partition(" at ")[2]
        assert place.startswith("Amazon") or remote.client.meta.endpoint_url == f"http://{place}"
        return place

    assert server() == "file.example"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all.example")
    assert server() == "all.example"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3.example")
    assert server() == "s3.example"
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert server() == "Amazon (aws-cn)"


def test_an_address_is_told_without_credentials_or_profile() -> None:
    remote = S3Remote(bucket_name="shop", session_profile="missing")
    assert remote.address == "s3://shop/ at Amazon"
