"""Stored files over HTTP, the Sync page, and what machines ask for."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from media_staging import remotes
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.transfer import draining
from tests.conftest import Clock
from tests.media_staging.photos import jpeg, staged

pytestmark = pytest.mark.django_db


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_file_is_served_isolated_under_its_own_type(client: Client) -> None:
    (file,) = staged()
    answer = client.get(file.url)
    assert body(answer) == jpeg()
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Length"] == str(file.size)


def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    (file,) = staged()
    etag = client.get(file.url)["ETag"]
    assert client.get(file.url, headers={"If-None-Match": etag}).status_code == 304


RANGES = {
    "bytes=0-9": (206, slice(0, 10)),
    "bytes=10-": (206, slice(10, None)),
    "bytes=-5": (206, slice(-5, None)),
    "bytes=0-999999": (200, slice(None)),
    "bytes=0-1,4-5": (200, slice(None)),
    "bytes=9-2": (200, slice(None)),
    "nonsense": (200, slice(None)),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_range_of_a_file_can_be_asked_for(client: Client, asked: str) -> None:
    (file,) = staged()
    status, part = RANGES[asked]
    answer = client.get(file.url, headers={"Range": asked})
    assert answer.status_code == status
    assert body(answer) == jpeg()[part]


def test_a_range_outside_the_file_is_416(client: Client) -> None:
    (file,) = staged()
    answer = client.get(file.url, headers={"Range": f"bytes={file.size}-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{file.size}"


def test_a_range_of_another_version_is_the_whole(client: Client) -> None:
    (file,) = staged()
    answer = client.get(file.url, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/media/photos/no.jpg", "/media/../db.sqlite3", "/media/%2e%2e/%2e%2e/etc/passwd"]
)
def test_what_is_not_a_stored_file_is_404(client: Client, path: str) -> None:
    staged()
    assert client.get(path).status_code == 404


def test_a_link_in_the_area_is_not_served(client: Client, tmp_path: Path) -> None:
    (file,) = staged()
    (tmp_path / "secret").write_text("secret")
    staging.path(file.key).unlink()
    staging.path(file.key).symlink_to(tmp_path / "secret")
    assert client.get(file.url).status_code == 404


def test_no_redirect_is_cached_longer_than_its_signature(
    client: Client, settings: Any, clock: Clock
) -> None:
    (file,) = staged()
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTES": {
            **settings.MEDIA_STAGING["REMOTES"],
            "s3": {
                "bucket_name": "media",
                "endpoint_url": "http://127.0.0.1:1",
                "access_key": "k",
                "secret_key": "s",
                "querystring_expire": 600,
            },
        },
    }
    place = remotes.get("s3").place
    StagedFile.objects.update(status="synced", remote="s3", place=place, due_at=None)
    staging.path(file.key).unlink()
    answer = client.get(file.url if file.status == "synced" else file.local_url)
    assert answer.status_code == 302
    assert "X-Amz-Expires=600" in answer["Location"]
    max_age = int(answer["Cache-Control"].rpartition("max-age=")[2])
    assert max_age <= 540


# --- The Sync page -----------------------------------------------------------------------------


def user(*codenames: str, is_staff: bool = True) -> Client:
    made = User.objects.create_user(f"user{User.objects.count()}", is_staff=is_staff)
    made.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(made)
    return client


def test_the_sync_page_is_for_staff_with_the_permission(client: Client) -> None:
    assert client.get("/staging/")["Location"] == "/accounts/login/?next=/staging/"
    assert user().get("/staging/").status_code == 403
    assert user("view_stagedfile", is_staff=False).get("/staging/").status_code == 403
    assert user("view_stagedfile").get("/staging/").status_code == 200
    assert user("view_stagedfile").post("/staging/retry-failed/").status_code == 403
    assert user("change_stagedfile").post("/staging/retry-failed/").status_code == 302
    assert user("change_stagedfile").get("/staging/retry-failed/").status_code == 405


def test_the_sync_page_shows_why_a_file_failed_and_retries_all() -> None:
    staged()
    StagedFile.objects.update(
        status="failed", due_at=None, error_code="remote_refused", error_message="EntityTooLarge"
    )
    staff = user("view_stagedfile", "change_stagedfile")
    assert "EntityTooLarge" in staff.get("/staging/").content.decode()
    staff.post("/staging/retry-failed/")
    assert StagedFile.objects.get().status == "staged"


# --- Machines ----------------------------------------------------------------------------------


def test_a_site_in_order_is_alive_and_ready(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json() == {"ready": True, "problems": {}, "notes": []}


def test_a_missing_staging_area_is_named(client: Client) -> None:
    staged()
    staging.mark_path().unlink()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["problems"]) == {"staging"}


@pytest.mark.django_db(transaction=True)
def test_metrics_tell_the_counts(client: Client) -> None:
    staged(2)
    draining.drain()
    staged(1)
    text = client.get("/metrics").content.decode()
    assert 'media_staging_files{state="staged"} 1.0' in text


def test_metrics_are_for_loopback_or_the_token(client: Client, settings: Any) -> None:
    elsewhere: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", **elsewhere).status_code == 403
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert client.get("/metrics", headers=proxied).status_code == 403
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "METRICS_TOKEN": "t0ken"}
    for token, status in (("t0ken", 200), ("wrong", 403)):
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.get("/metrics", headers=bearer, **elsewhere).status_code == status
