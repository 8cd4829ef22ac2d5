"""Answers that never end, are not the last word, or have more beside them than was asked for."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from dev.cloudinary.local import LocalCloudinary
from dev.ports import LOOPBACK
from dev.proxies.http import FaultProxy, Forward, Request
from dev.proxies.s3_answers import METHODS
from dev.servers.http_server import Answer, QuietHandler, QuietServer
from dev.servers.seaweedfs import SeaweedFS
from media_staging.errors import Busy, Outage, Setup, Unclear
from media_staging.remotes import Remote
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from tests.media_staging.photos import photo
from tests.media_staging.remotes.samples import body, identity, s3, stored

# Has the remote of that kind reach its server at this address.
At = Callable[[str], Remote]
KINDS = ["fast", "botocore", "cloudinary"]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def at(kind: str, s3_server: SeaweedFS, request: pytest.FixtureRequest) -> At:
    if kind == "cloudinary":
        cloud: LocalCloudinary = request.getfixturevalue("cloudinary_server")
        return lambda address: CloudinaryRemote(
            **{**cloud.options, "upload_prefix": address, "public_url": f"{address}/demo"}
        )
    way = {"client_config": {"tcp_keepalive": True}} if kind == "botocore" else {}
    return lambda address: s3(s3_server, endpoint_url=address, **way)


def upload(remote: Remote) -> None:
    data = photo(2000)
    remote.upload(identity(data), body(data))


# --- Without an end ------------------------------------------------------------------------------


class Dripping(QuietHandler):
    """Refuses the first request, and then sends `piece` after piece until there are as many as it
    wanted, or nobody listens."""

    opening = b""
    piece = b""
    pieces = 2000
    pause = 0.01
    drips_at_once = True
    asked = 0
    sent_all = False

    def do_PUT(self) -> None:
        type(self).asked += 1
        self.body()
        if self.asked == 1 and not self.drips_at_once:
            self.answer(Answer(403))
            return
        self.wfile.write(self.opening)
        for _piece in range(self.pieces):
            self.wfile.write(self.piece)
            self.wfile.flush()
            time.sleep(self.pause)
        type(self).sent_all = True

    do_POST = do_GET = do_PUT


ENDLESS = {
    "head": (b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
    "interim": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "error": (b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "success": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
}


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[QuietServer]:
    monkeypatch.setattr("media_staging.remotes.incoming.ANSWER_SECONDS", 0.1)
    monkeypatch.setattr("media_staging.remotes.incoming.SLOWEST_BYTES_PER_SECOND", 10_000)
    monkeypatch.setattr(Dripping, "asked", 0)
    monkeypatch.setattr(Dripping, "sent_all", False)
    with QuietServer(Dripping) as server:
        yield server


@pytest.mark.parametrize("what", ENDLESS)
def test_an_answer_that_comes_drop_by_drop_is_none(
    dripping: QuietServer, at: At, kind: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, piece = ENDLESS[what]
    monkeypatch.setattr(Dripping, "opening", opening)
    monkeypatch.setattr(Dripping, "piece", piece)
    with pytest.raises(Outage) as raised:
        upload(at(f"http://{dripping.address}"))
    # What can be, is understood.
    assert isinstance(raised.value, Busy) == ((kind, what) == ("fast", "error"))
    assert Dripping.asked == 1
    assert not Dripping.sent_all


def test_nor_is_it_asked_for_again_where_the_connection_was_used_before(
    dripping: QuietServer, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, piece = ENDLESS["success"]
    monkeypatch.setattr(Dripping, "opening", opening)
    monkeypatch.setattr(Dripping, "piece", piece)
    monkeypatch.setattr(Dripping, "drips_at_once", False)
    remote = at(f"http://{dripping.address}")
    for kind in (Setup, Outage):
        with pytest.raises(kind):
            upload(remote)
    assert Dripping.asked == 2


def test_an_error_without_an_end_is_not_read_to_it(
    dripping: QuietServer, at: At, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_staging.remotes.incoming.ANSWER_SECONDS", 60)
    monkeypatch.setattr(
        Dripping, "opening", b"HTTP/1.1 415 No\r\nContent-Length: 999999999\r\n\r\n"
    )
    monkeypatch.setattr(Dripping, "piece", bytes(64 * 1024))
    monkeypatch.setattr(Dripping, "pause", 0)
    with pytest.raises(Unclear if kind == "fast" else Outage):
        upload(at(f"http://{dripping.address}"))
    assert not Dripping.sent_all


@pytest.mark.parametrize("kind", ["fast"], indirect=True)
def test_a_long_answer_has_more_time(
    dripping: QuietServer, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 60 * 1024
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode()
    monkeypatch.setattr(Dripping, "opening", head)
    monkeypatch.setattr(Dripping, "piece", bytes(1024))
    monkeypatch.setattr(Dripping, "pieces", 60)
    assert stored(at(f"http://{dripping.address}"), "x") == bytes(size)


# --- Not the last word ---------------------------------------------------------------------------


@pytest.fixture
def proxy(kind: str, s3_server: SeaweedFS, request: pytest.FixtureRequest) -> Iterator[FaultProxy]:
    port = s3_server.port
    if kind == "cloudinary":
        port = request.getfixturevalue("cloudinary_server").port
    with FaultProxy(LOOPBACK, port) as proxy:
        yield proxy


@pytest.mark.parametrize("before", [(100,), (102,), (103,), (100, 102, 103, 103)], ids=str)
def test_what_goes_before_an_answer_is_not_taken_for_it(
    proxy: FaultProxy, at: At, before: tuple[int, ...]
) -> None:
    def announced(request: Request, forward: Forward) -> Answer:
        return replace(forward(request), before=before)

    remote = at(f"http://{proxy.address}")
    proxy.strike(announced, *METHODS)
    for _ in range(3):
        data = os.urandom(2000)
        file = identity(data)
        assert remote.find(file) is None
        remote.upload(file, body(data))
        assert remote.find(file) is not None
        assert stored(remote, file.key) == data


# --- More than was asked for ---------------------------------------------------------------------


class Talkative(QuietHandler):
    """Says more than it announces; counts who comes."""

    beside = b""
    came = 0

    def setup(self) -> None:
        super().setup()
        type(self).came += 1

    def do_GET(self) -> None:
        self.body()
        checksum = self.headers.get("x-amz-checksum-sha256", "")
        headers = {"x-amz-checksum-sha256": checksum, "Content-Type": "application/json"}
        self.answer(Answer(200, b'{"a": 1}', headers, beside=self.beside))

    do_PUT = do_HEAD = do_GET


@pytest.mark.parametrize("beside", [b"", b"<html>", bytes(100_000)], ids=len)
def test_a_connection_on_which_more_came_than_belongs_to_the_answer_is_given_up(
    at: At, kind: str, beside: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Talkative, "beside", beside)
    monkeypatch.setattr(Talkative, "came", 0)
    with QuietServer(Talkative) as server:
        remote = at(f"http://{server.address}")
        for _ in range(3):
            if kind == "fast":
                upload(remote)
            else:
                remote.check()
    assert Talkative.came == (3 if beside else 1)
