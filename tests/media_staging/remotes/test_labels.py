"""How people call a remote: "Amazon S3" only if it is Amazon's, and as the settings wish."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from media_staging import remotes

S3 = {"bucket_name": "shop", "access_key": "k", "secret_key": "s"}
CLOUD = {"cloud_name": "shop", "api_key": "1", "api_secret": "s"}


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


def use(settings: Any, name: str, **entry: Any) -> None:
    chosen = {"REMOTE": name, "REMOTES": {name: entry}}
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **chosen}


@pytest.mark.parametrize(
    ("entry", "label"),
    [
        ({}, "Amazon S3"),
        ({"region_name": "cn-north-1"}, "Amazon S3"),
        ({"endpoint_url": "https://s3.eu-central-1.amazonaws.com"}, "Amazon S3"),
        ({"endpoint_url": "http://127.0.0.1:9000"}, "127.0.0.1:9000"),
        ({"endpoint_url": "https://user:hush@minio.example/tenant"}, "minio.example"),
        ({"endpoint_url": "https://s3.amazonaws.com.example"}, "s3.amazonaws.com.example"),
        ({"endpoint_url": "https://s3.eu-central-003.backblazeb2.com", "label": "B2"}, "B2"),
    ],
    ids=str,
)
def test_s3_is_called_by_its_host_unless_it_is_amazons(
    settings: Any, entry: dict[str, str], label: str
) -> None:
    use(settings, "s3", **S3, **entry)
    assert remotes.label(remotes.current()) == label


def test_an_endpoint_of_the_environment_is_a_host_too(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://minio:9000")
    use(settings, "s3", **S3)
    assert remotes.label(remotes.current()) == "minio:9000"


def test_a_label_changes_no_place(settings: Any) -> None:
    use(settings, "s3", **S3)
    place = remotes.current().place
    use(settings, "s3", **S3, label="the archive")
    assert remotes.current().place == place


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "options"), [("s3", S3), ("cloudinary", CLOUD), ("filesystem", {"root": "{tmp}"})]
)
def test_the_sync_page_calls_any_remote_as_the_settings_do(
    settings: Any, tmp_path: Path, kind: str, options: dict[str, str]
) -> None:
    filled = {name: value.format(tmp=tmp_path) for name, value in options.items()}
    use(settings, "archive", TYPE=kind, label="the north cellar", **filled)
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get("/staging/").content.decode()
    assert "Everything is on the north cellar." in page
