"""Pictures may come from where addresses lead, whatever makes these lead there."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from media_staging import remotes

pytestmark = pytest.mark.django_db

KEYS = {"bucket_name": "shop", "access_key": "k", "secret_key": "s"}
CLOUD = {"cloud_name": "shop", "api_key": "1", "api_secret": "s"}
PICTURES: list[tuple[dict[str, dict[str, Any]], list[str]]] = [
    ({"s3": {**KEYS, "region_name": "eu-south-1"}}, ["https://shop.s3.eu-south-1.amazonaws.com"]),
    (
        {"s3": {**KEYS, "region_name": "cn-north-1"}},
        ["https://shop.s3.cn-north-1.amazonaws.com.cn"],
    ),
    (
        {"s3": {**KEYS, "region_name": "us-iso-east-1"}},
        ["https://shop.s3.us-iso-east-1.c2s.ic.gov"],
    ),
    ({"s3": {**KEYS, "bucket_name": "my.shop"}}, ["https://s3.amazonaws.com"]),
    ({"s3": {**KEYS, "endpoint_url": "http://minio:9000"}}, ["http://minio:9000"]),
    (
        {
            "s3": {
                **KEYS,
                "endpoint_url": "http://minio:9000",
                "public_endpoint_url": "https://img.example",
                "addressing_style": "virtual",
            }
        },
        ["https://shop.img.example"],
    ),
    ({"s3": {**KEYS, "public_url": "https://cdn.example/shop"}}, ["https://cdn.example"]),
    ({"s3": {**KEYS, "custom_domain": "cdn.example"}}, ["https://cdn.example"]),
    ({"cloudinary": CLOUD}, ["https://res.cloudinary.com"]),
    (
        {"cloudinary": {**CLOUD, "public_url": "https://img.example/cdn"}},
        ["https://img.example"],
    ),
    (
        {
            "old": {"TYPE": "s3", **KEYS, "region_name": "eu-west-1"},
            "new": {"TYPE": "s3", **KEYS, "region_name": "eu-west-3"},
        },
        ["https://shop.s3.eu-west-1.amazonaws.com", "https://shop.s3.eu-west-3.amazonaws.com"],
    ),
    ({"s3": {"bucket_name": "shop", "session_profile": "nobody"}}, []),
]


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


def use(settings: Any, entries: dict[str, dict[str, Any]]) -> None:
    chosen = {"REMOTE": next(iter(entries)), "REMOTES": entries}
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **chosen}


def image_sources(client: Client) -> list[str]:
    policy = client.get(reverse("login"))["Content-Security-Policy"]
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert directives["default-src"] == "'none'"
    return directives["img-src"].split()


@pytest.mark.parametrize(("entries", "wanted"), PICTURES, ids=str)
def test_pictures_may_come_from_where_they_are(
    client: Client, settings: Any, entries: dict[str, dict[str, Any]], wanted: list[str]
) -> None:
    use(settings, entries)
    ours, blobs, data, *others = image_sources(client)
    assert (ours, blobs, data) == ("'self'", "blob:", "data:")
    assert sorted(others) == wanted
    for remote in remotes.in_use() if wanted else ():
        address = remote.url("photos/a.jpg", {"version": 1})
        assert any(address.startswith(f"{each}/") for each in wanted)


def test_an_endpoint_of_the_environment_or_a_profile_counts(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[profile shop]\nendpoint_url = http://profile.example\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    use(settings, {"s3": {"bucket_name": "shop", "session_profile": "shop"}})
    assert image_sources(client)[3:] == ["http://profile.example"]
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    use(settings, {"s3": KEYS})
    assert image_sources(client)[3:] == ["https://s3.example"]


def test_a_folder_needs_nothing_but_us(client: Client, settings: Any) -> None:
    assert image_sources(client) == ["'self'", "blob:", "data:"]
