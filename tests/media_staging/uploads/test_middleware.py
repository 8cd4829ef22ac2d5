"""What is not taken gets an answer, whatever the view is, and a view that answers itself may."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.test import AsyncClient, Client
from django.urls import path

from media_staging import errors
from media_staging.errors import FileGone, StagingFull, StagingUnavailable, UploadRefused
from products.limits import MOST_BYTES, MOST_FIELDS
from tests.media_staging.photos import upload

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RAISED: dict[str, tuple[Callable[[], Exception], int, str]] = {
    "too large": (lambda: errors.UploadTooLarge("a.jpg", 1024**2), 413, "too_large"),
    "refused": (lambda: UploadRefused("No.", code="unsupported_format", name="a"), 400, ""),
    "full": (StagingFull, 507, "staging_full"),
    "unavailable": (lambda: StagingUnavailable("the disk is away"), 503, "staging_unavailable"),
    "gone": (FileGone, 409, "file_gone"),
    "long": (RequestDataTooBig, 413, "too_large"),
    "broken off": (UnreadablePostError, 400, "bad_request"),
    "another": (ZeroDivisionError, 500, ""),
    "of the remote": (errors.Outage, 500, ""),
}
ALONE = [
    "django.middleware.csrf.CsrfViewMiddleware",
    "media_staging.uploads.UploadErrors",
]


def raises(request: HttpRequest) -> HttpResponse:
    raise RAISED[request.GET["what"]][0]()


async def raises_async(request: HttpRequest) -> HttpResponse:
    raise RAISED[request.GET["what"]][0]()


def reads(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(request.POST)} fields, {len(request.FILES)} files")


def answers_itself(request: HttpRequest) -> HttpResponse:
    try:
        return reads(request)
    except Exception as error:  # noqa: BLE001 (as careless as people are)
        return HttpResponse(f"my own: {error}", status=400)


answers_itself.csrf_exempt = True  # type: ignore[attr-defined]
urlpatterns = [
    path("raises/", raises),
    path("raises-async/", raises_async),
    path("reads/", reads),
    path("answers-itself/", answers_itself),
]


@pytest.fixture(autouse=True)
def project(settings: Any) -> None:
    """Without any template, session or database."""
    settings.ROOT_URLCONF = sys.modules[__name__]
    settings.MIDDLEWARE = ALONE
    settings.TEMPLATES = []
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_UPLOAD_BYTES": 10_000}


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("what", RAISED)
def test_an_error_of_a_view_is_answered(client: Client, what: str) -> None:
    _error, status, code = RAISED[what]
    answer = client.get("/raises/", {"what": what}, headers={"Accept": "application/json"})
    assert answer.status_code == status
    if code:
        assert answer.json()["error"]["code"] == code
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize("what", RAISED)
def test_an_error_of_an_async_view_is_answered(what: str) -> None:
    """Under ASGI, where nothing blocks the loop."""
    _error, status, _code = RAISED[what]
    client = AsyncClient(raise_request_exception=False)
    answer = async_to_sync(client.get)(
        "/raises-async/", {"what": what}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == status


def test_a_refused_file_is_named(client: Client) -> None:
    answer = client.get("/raises/", {"what": "refused"}, headers={"Accept": "application/json"})
    refused = {"code": "unsupported_format", "message": "No."}
    assert answer.json() == {"error": refused, "errors": [{"name": "a", **refused}]}


ACCEPTED = {
    BROWSER: "text/html; charset=utf-8",
    "*/*": "text/html; charset=utf-8",
    "": "text/html; charset=utf-8",
    "image/png": "text/html; charset=utf-8",
    ";;;,q=x": "text/html; charset=utf-8",
    "application/json": "application/json",
    "application/json, text/plain, */*": "application/json",
    "text/html;q=0.5, application/json": "application/json",
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_who_prefers_json_gets_it(client: Client, accept: str) -> None:
    answer = client.get("/raises/", {"what": "full"}, headers={"Accept": accept})
    assert answer.status_code == 507
    assert answer["Content-Type"] == ACCEPTED[accept]


def test_the_page_shows_text_as_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = UploadRefused("<script>alert(1)</script>", code="x", name="<b>")
    monkeypatch.setitem(RAISED, "hostile", (lambda: hostile, 400, "x"))
    page = client.get("/raises/", {"what": "hostile"}).content.decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_project_may_have_a_page_of_its_own(client: Client, settings: Any) -> None:
    loader = "django.template.loaders.locmem.Loader"
    pages = {"media_staging/upload_error.html": "Ours: {{ message }}"}
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [(loader, pages)]},
        }
    ]
    page = client.get("/raises/", {"what": "full"}).content.decode()
    assert page == "Ours: The server has no room for more files. Nothing was stored."


def test_a_disk_that_is_away_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/raises/", {"what": "unavailable"})
    assert "Nothing is stored: the disk is away" in caplog.text


# --- Before the view: the CSRF check reads the form ---------------------------------------------


def bodies() -> dict[str, dict[str, Any]]:
    kind = "multipart/form-data; boundary=x"
    return {
        "long": {"data": {"text": "x" * (MOST_BYTES + 1)}},
        "many fields": {"data": {f"field-{n}": "" for n in range(MOST_FIELDS + 1)}},
        "many files": {"data": {"files": [upload() for _ in range(101)]}},
        "broken off": {"data": b"--x\r\n", "content_type": kind},
        "no boundary": {"data": b"--x\r\n", "content_type": "multipart/form-data"},
        "endless": {"data": b"--x--\r\n", "content_type": kind, "CONTENT_LENGTH": 10**10},
    }


CODES = {
    "long": (413, "too_large"),
    "many fields": (400, "bad_request"),
    "many files": (400, "too_many_files"),
    "broken off": (400, "unreadable_part"),
    "no boundary": (400, ""),
    "endless": (413, "too_large"),
}


@pytest.mark.parametrize("checks", [True, False], ids=["read by the check", "read by the view"])
@pytest.mark.parametrize("kind", CODES)
def test_a_body_that_cannot_be_read_is_answered(kind: str, checks: bool) -> None:
    client = Client(enforce_csrf_checks=checks)
    client.cookies["csrftoken"] = "x" * 32
    headers = {"X-CSRFToken": "x" * 32, "Accept": "application/json"}
    answer = client.post("/reads/", headers=headers, **bodies()[kind])
    status, code = CODES[kind]
    assert answer.status_code == status
    if code:
        assert answer.json()["error"]["code"] == code


def test_a_view_that_answers_itself_is_left_alone(client: Client) -> None:
    answer = client.post("/answers-itself/", **bodies()["broken off"])
    assert answer.content.startswith(b"my own: A part of the upload could not be read")
    assert client.post("/answers-itself/", **bodies()["long"]).content.startswith(b"my own: ")


def test_a_good_form_passes(client: Client) -> None:
    data = {"text": "x", "file": SimpleUploadedFile("a.jpg", b"a")}
    assert client.post("/reads/", data).content == b"1 fields, 1 files"
