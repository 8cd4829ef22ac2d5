"""A plain FileField under our handlers has a file whole, or its view is not told of success."""

import json
import os
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from shutil import copytree

import pytest
from PIL import Image

from dev.ports import LOOPBACK
from dev.processes import wait_for
from tests.hostile.http import Answer, Browser, multipart
from tests.media_staging.uploads.conftest import AS_README_SAYS, SET_UPS, Foreign
from tests.torture.disks import no_mounts, tmpfs

LIMIT = 1024**2
# In memory, on the disk, too large.
SMALL, LARGE, TOO_LARGE = 100 * 1024, 700 * 1024, 3 * LIMIT
# Views, and the field that each takes its file from.
TARGETS = {
    "reads": ("/reads/", "file"),
    "stores": ("/stores/", "file"),
    "streams": ("/streams/", "file"),
    "form": ("/form/", "file"),
    "picture": ("/form/", "picture"),
    "admin": ("/admin/foreign/document/add/", "file"),
    "api": ("/api/", "file"),
}


# Every view as README says; two that take their files in different ways under all other set-ups.
EVERYWHERE = {"stores", "api"}
ON_EACH = pytest.mark.parametrize(
    ("foreign", "target"),
    [
        (set_up, target)
        for set_up in SET_UPS
        for target in TARGETS
        if set_up == AS_README_SAYS or target in EVERYWHERE
    ],
    indirect=True,
)


@pytest.fixture(scope="session", params=TARGETS)
def target(request: pytest.FixtureRequest) -> tuple[str, str]:
    return TARGETS[request.param]


def content(size: int) -> bytes:
    """A picture of so many bytes, unlike any other."""
    stream = BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    return stream.getvalue() + os.urandom(size - len(stream.getvalue()))


def body_of(target: tuple[str, str], data: bytes) -> tuple[bytes, str]:
    return multipart({"title": "A document"}, [(target[1], "document.png", data)])


def send(boss: Browser, target: tuple[str, str], data: bytes, **headers: str) -> Answer:
    body, kind = body_of(target, data)
    return boss.request("POST", target[0], body, {"Content-Type": kind, **headers})


def is_stored(foreign: Foreign, before: dict[Path, int], data: bytes) -> bool:
    """Exactly one file is new, or written anew, and it is whole."""
    now = foreign.stored()
    new = [path.read_bytes() for path in now if before.get(path) != now[path]]
    return new == [data] and foreign.is_tidy()


# --- Whole, or refused ------------------------------------------------------------------------


@ON_EACH
@pytest.mark.parametrize("size", [SMALL, LARGE, LIMIT])
def test_a_file_within_the_limit_is_stored_whole(
    foreign: Foreign, target: tuple[str, str], size: int
) -> None:
    before, data = foreign.stored(), content(size)
    assert send(foreign.boss, target, data).status in {201, 302}
    assert is_stored(foreign, before, data)


@ON_EACH
@pytest.mark.parametrize("size", [LIMIT + 1, TOO_LARGE])
def test_a_file_over_the_limit_is_never_stored_cut(
    foreign: Foreign, target: tuple[str, str], size: int
) -> None:
    before, data = foreign.holdings(), content(size)
    answer = send(foreign.boss, target, data)
    if not foreign.has_limit:
        assert is_stored(foreign, before[1], data)
        return
    assert answer.status == (413 if foreign.has_middleware else 500)
    assert foreign.holdings() == before
    assert foreign.is_tidy()


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_rest_framework_gets_the_same(foreign: Foreign, method: str) -> None:
    before, data = foreign.stored(), content(LARGE)
    body, kind = body_of(("", "file"), data)
    answer = foreign.boss.request(method, "/api/", body, {"Content-Type": kind})
    assert answer.status == 201
    assert is_stored(foreign, before, data)


def raw(foreign: Foreign, data: bytes, announced: int) -> int:
    """Send a body that is the file itself; the status."""
    connection = HTTPConnection(LOOPBACK, foreign.port, timeout=60)
    connection.putrequest("POST", "/raw/document.bin")
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(announced))
    connection.endheaders()
    connection.send(data)
    connection.sock.shutdown(1)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_body_that_is_the_file_is_stored_whole_or_not_at_all(foreign: Foreign, size: int) -> None:
    before, data = foreign.holdings(), content(size)
    assert raw(foreign, data[: size // 2], size) == 400
    assert foreign.holdings() == before
    assert foreign.is_tidy()
    assert raw(foreign, data, size) == 201
    assert is_stored(foreign, before[1], data)


def test_a_body_that_is_too_large_a_file_is_not_stored(foreign: Foreign) -> None:
    before, data = foreign.documents(), content(TOO_LARGE)
    status = raw(foreign, data, len(data))
    assert status == (201 if not foreign.has_limit else 413 if foreign.has_middleware else 500)
    assert foreign.documents() == before + (status == 201)


# --- Cut --------------------------------------------------------------------------------------


# What of a body arrives.
CUTS: dict[str, Callable[[int], int]] = {
    "nothing": lambda size: 0,
    "a head": lambda size: 300,
    "half": lambda size: size // 2,
    # The last boundary has 32 characters, and 8 around it.
    "all of the file": lambda size: size - 40,
    "all but the last hyphens": lambda size: size - 4,
}


@ON_EACH
@pytest.mark.parametrize(
    ("cut", "size"), [*((cut, LARGE) for cut in CUTS), ("half", SMALL), ("all of the file", SMALL)]
)
def test_a_body_that_is_cut_stores_nothing(
    foreign: Foreign, target: tuple[str, str], cut: str, size: int
) -> None:
    before = foreign.holdings()
    body, kind = body_of(target, content(size))
    with foreign.boss.begin(target[0], kind, len(body)) as connection:
        connection.sendall(body[: CUTS[cut](len(body))])
        connection.shutdown(1)
        assert foreign.boss.answer(connection).status == 400
    assert foreign.holdings() == before
    assert foreign.is_tidy()


@ON_EACH
@pytest.mark.parametrize("cut", ["half", "all of the file"])
def test_a_length_that_lies_stores_nothing(
    foreign: Foreign, target: tuple[str, str], cut: str
) -> None:
    """As behind a proxy that cuts what is too long for it, and says so."""
    before = foreign.holdings()
    body, kind = body_of(target, content(LARGE))
    cut_body = body[: CUTS[cut](len(body))]
    answer = foreign.boss.request("POST", target[0], cut_body, {"Content-Type": kind})
    assert answer.status == 400
    assert foreign.holdings() == before
    assert foreign.is_tidy()


@ON_EACH
def test_a_client_that_goes_away_leaves_nothing(foreign: Foreign, target: tuple[str, str]) -> None:
    before, on_the_way = foreign.holdings(), set(foreign.temporary.iterdir())
    body, kind = body_of(target, content(LARGE))
    with foreign.boss.begin(target[0], kind, len(body)) as connection:
        connection.sendall(body[:-1000])
        assert wait_for(lambda: set(foreign.temporary.iterdir()) - on_the_way, 20)
    assert foreign.is_tidy()
    assert foreign.holdings() == before


@ON_EACH
def test_a_form_in_chunks_is_not_taken_for_an_empty_one(
    foreign: Foreign, target: tuple[str, str]
) -> None:
    before = foreign.holdings()
    body, kind = body_of(target, content(SMALL))
    connection = HTTPConnection(LOOPBACK, foreign.port, timeout=60)
    headers = {"Content-Type": kind, **foreign.boss.own_headers()}
    connection.request("POST", target[0], iter([body]), headers, encode_chunked=True)
    status = connection.getresponse().status
    connection.close()
    if foreign.has_middleware:
        assert status == 411
        assert foreign.holdings() == before


# --- Disks ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if no_mounts():
        pytest.skip(no_mounts())
    with tmpfs(tmp_path_factory.mktemp("disk"), "400k") as disk:
        yield disk


@pytest.fixture(scope="session", params=["missing", "full"])
def without_disk(
    request: pytest.FixtureRequest, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Foreign, int]]:
    """A project whose disk for uploads is not there, or full; the status that is right then."""
    folder = tmp_path_factory.mktemp("without_disk")
    copytree(made, folder / "var")
    disk = request.getfixturevalue("small_disk") if request.param == "full" else folder / "missing"
    with Foreign(folder, AS_README_SAYS, disk) as project:
        yield project, 507 if request.param == "full" else 503


def test_a_disk_that_does_not_take_the_file_is_an_error(
    without_disk: tuple[Foreign, int], target: tuple[str, str]
) -> None:
    project, status = without_disk
    before = project.holdings()
    assert send(project.boss, target, content(LARGE)).status == status
    assert project.holdings() == before
    assert "FILE_UPLOAD_TEMP_DIR" in (project.logs / "web.log").read_text()
    # What stays in memory needs no such disk.
    assert send(project.boss, target, content(SMALL)).status in {201, 302}


# --- Answers ----------------------------------------------------------------------------------


@ON_EACH
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The file is larger than the 1 MB allowed."),
        ("tr", "Dosya, izin verilen 1 MB sınırından büyük."),
    ],
)
def test_who_asks_for_a_page_gets_one_in_the_right_language(
    foreign: Foreign, target: tuple[str, str], language: str, sentence: str
) -> None:
    if not (foreign.has_limit and foreign.has_middleware):
        return
    headers = {"Accept-Language": language, "Accept": "text/html,*/*;q=0.8"}
    answer = send(foreign.boss, target, content(TOO_LARGE), **headers)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'<html lang="{language}" dir="ltr">' in answer.text
    assert sentence in answer.text


@ON_EACH
def test_who_asks_for_json_gets_it(foreign: Foreign, target: tuple[str, str]) -> None:
    if not (foreign.has_limit and foreign.has_middleware):
        return
    answer = send(foreign.boss, target, content(TOO_LARGE), Accept="application/json")
    message = "The file is larger than the 1 MB allowed."
    refused = {"code": "too_large", "message": message}
    assert json.loads(answer.body) == {
        "error": refused,
        "errors": [{"name": "document.png", **refused}],
    }


def test_a_refusal_in_a_plain_view_is_answered_with_its_reason(foreign: Foreign) -> None:
    if not foreign.has_middleware:
        return
    before = foreign.holdings()
    answer = send(foreign.boss, ("/stages/", "file"), b"no picture at all")
    assert answer.status == 400
    assert "JPEG" in answer.text
    assert foreign.holdings() == before
