"""Edges of serving stored files: odd requests, odd moments, files that are no pictures."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.test import Client, RequestFactory

from media_staging import stage
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.states import owners
from media_staging.web import views
from tests.media_staging.photos import jpeg, staged

pytestmark = pytest.mark.django_db


def test_head_tells_all_and_sends_nothing(client: Client) -> None:
    (file,) = staged()
    whole = client.get(file.url)
    assert b"".join(whole.streaming_content) == jpeg()  # type: ignore[attr-defined]
    told = client.head(file.url)
    assert told.status_code == 200
    assert b"".join(told.streaming_content) == b""  # type: ignore[attr-defined]
    for header in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges"):
        assert told[header] == whole[header]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_stored_file_can_only_be_read(client: Client, method: str) -> None:
    (file,) = staged()
    assert getattr(client, method)(file.url).status_code == 405


@pytest.mark.parametrize("known", ["*", "W/{}", '"other", {}', "{}"])
def test_every_way_to_say_that_the_file_is_known_is_understood(client: Client, known: str) -> None:
    (file,) = staged()
    etag = client.get(file.url)["ETag"]
    answer = client.get(file.url, headers={"If-None-Match": known.format(etag)})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer["ETag"] == etag


@pytest.mark.parametrize("asked", ["bytes=" + "9" * 5000 + "-", "bytes=0-" + "9" * 5000])
def test_a_range_of_absurd_numbers_is_no_range(client: Client, asked: str) -> None:
    (file,) = staged()
    assert client.get(file.url, headers={"Range": asked}).status_code == 200


def test_a_file_that_is_no_picture_is_only_ever_downloaded(client: Client) -> None:
    file = stage(SimpleUploadedFile("page.html", b"<script>alert(1)</script>", "text/html"))
    answer = client.get(file.url)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_download_gets_the_files_own_name(client: Client) -> None:
    file = stage(SimpleUploadedFile('Kırmızı "kupa".jpg', jpeg(), "image/jpeg"))
    assert "Content-Disposition" not in client.get(file.url)
    answer = client.get(file.download_url)
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''K%C4%B1rm%C4%B1z%C4%B1%20%22kupa%22.jpg"
    )
    assert b"".join(answer.streaming_content) == jpeg()  # type: ignore[attr-defined]


def test_a_deleted_file_is_gone_at_once_though_its_bytes_are_not_yet(client: Client) -> None:
    (file,) = staged()
    owners.let_go([file.pk])
    assert staging.path(file.key).exists()
    assert client.get(file.url).status_code == 404


def test_a_failed_file_is_served_from_its_local_copy(client: Client) -> None:
    (file,) = staged()
    StagedFile.objects.update(status="failed", due_at=None)
    assert client.get(file.url).status_code == 200


def test_a_file_purged_between_our_two_looks_is_404(rf: RequestFactory) -> None:
    (file,) = staged()
    StagedFile.objects.all().delete()
    with pytest.raises(Http404):
        views.moved(rf.get("/"), file)


def test_a_file_synced_and_evicted_between_our_two_looks_is_found(rf: RequestFactory) -> None:
    (seen_as_staged,) = staged()
    StagedFile.objects.update(status="synced", remote="filesystem", due_at=None)
    answer = views.moved(rf.get("/"), seen_as_staged)
    assert answer.status_code == 302
    assert answer["Location"] == f"/remote-media/{seen_as_staged.key}"


@pytest.mark.parametrize("key", ["a%00b", "%2e%2e/x", "photos/", "x" * 2000])
def test_a_key_that_cannot_be_one_is_404(client: Client, key: str) -> None:
    for place in ("media", "remote-media"):
        assert client.get(f"/{place}/{key}").status_code == 404


def test_a_link_in_the_second_folder_leads_nowhere(client: Client, tmp_path: Any) -> None:
    (file,) = staged()
    StagedFile.objects.update(status="synced", remote="filesystem")
    (tmp_path / "secret").write_text("secret")
    there = tmp_path / "remote" / file.key
    there.parent.mkdir(parents=True)
    there.symlink_to(tmp_path / "secret")
    assert client.get(f"/remote-media/{file.key}").status_code == 404


def test_a_file_is_isolated_without_the_help_of_a_middleware(rf: RequestFactory) -> None:
    (file,) = staged()
    answer = views.media(rf.get(file.url), file.key)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
