"""Connections that died while nobody looked: the pool's fault, and nobody else's.

Every wait for an answer may last ten minutes here: a test passes only if silence is noticed.
"""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import trustme
import urllib3

from dev.cloudinary.local import LocalCloudinary
from dev.ports import LOOPBACK
from dev.proxies.http import Fault, FaultProxy
from dev.proxies.tcp import DelayProxy
from dev.servers.http_server import Answer, QuietHandler, QuietServer
from dev.servers.seaweedfs import SeaweedFS
from media_staging.errors import Outage
from media_staging.remotes import Remote
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from media_staging.remotes.connections import Server
from tests.media_staging.photos import photo
from tests.media_staging.remotes.samples import body, identity, s3, stored

CONNECTIONS = 16
FOR_EVER = 600


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_staging.remotes.s3.requests.clients.READ_TIMEOUT_SECONDS", FOR_EVER)
    long = urllib3.Timeout(connect=10, read=FOR_EVER)
    monkeypatch.setattr("media_staging.remotes.cloudinary.requests.TIMEOUT", long)
    monkeypatch.setattr("media_staging.remotes.connections.SILENCE_SECONDS", 0.3)
    monkeypatch.setattr("media_staging.remotes.connections.TICK_SECONDS", 0.05)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the file with its authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    return context, str(tmp_path / "authority.pem")


@pytest.fixture
def line() -> Iterator[Callable[[int], DelayProxy]]:
    """A line to a port of this machine."""
    lines = []

    def to(port: int) -> DelayProxy:
        lines.append(DelayProxy(LOOPBACK, port))
        return lines[-1].__enter__()

    yield to
    for each in lines:
        each.__exit__(None, None, None)


Far = tuple[Remote, DelayProxy]


@pytest.fixture(params=["s3", "s3 by TLS", "cloudinary"])
def far(
    request: pytest.FixtureRequest,
    line: Callable[[int], DelayProxy],
    tls: tuple[ssl.SSLContext, str],
) -> Iterator[Far]:
    """A remote, and the line that leads to it."""
    if request.param == "cloudinary":
        cloud: LocalCloudinary = request.getfixturevalue("cloudinary_server")
        there = line(cloud.port)
        address = f"http://{there.address}"
        options = {"upload_prefix": address, "public_url": f"{address}/demo"}
        yield CloudinaryRemote(**{**cloud.options, **options}), there
        return
    server: SeaweedFS = request.getfixturevalue("s3_server")
    if request.param == "s3":
        there = line(server.port)
        yield s3(server, endpoint_url=f"http://{there.address}"), there
        return
    context, authority = tls
    with FaultProxy(LOOPBACK, server.port, context) as proxy:
        there = line(proxy.port)
        yield s3(server, endpoint_url=f"https://{there.address}", verify=authority), there


def send(remote: Remote, size: int = 2000) -> None:
    data = photo(size)
    file = identity(data)
    remote.upload(file, body(data))
    assert stored(remote, file.key) == data


def at_once(call: Callable[[], object], times: int = CONNECTIONS) -> None:
    barrier = threading.Barrier(times)

    def wait_and_call(_number: int) -> None:
        barrier.wait()
        call()

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(wait_and_call, range(times)))


def test_one_photo_passes_although_all_connections_have_died_in_silence(far: Far) -> None:
    remote, line = far
    at_once(partial(send, remote))
    line.lose_open()
    send(remote)
    at_once(partial(send, remote))


def test_a_large_file_passes_as_well(far: Far) -> None:
    remote, line = far
    send(remote, 20_000_001)
    line.lose_open()
    send(remote, 20_000_001)


def test_every_question_is_answered_although_all_connections_have_died(far: Far) -> None:
    remote, line = far
    data = photo(2000)
    file = identity(data)
    answer = remote.upload(file, body(data))
    for ask in (
        lambda: remote.find(file),
        lambda: remote.mark_of(file.key),
        lambda: list(remote.read(file.key)),
        lambda: list(remote.objects()),
        lambda: list(remote.stale_uploads(datetime.now(UTC))),
        lambda: remote.delete(file.key, answer),
        remote.check,
    ):
        at_once(remote.check, 2)
        line.lose_open()
        ask()


def test_the_server_is_not_blamed_for_hanging_up_on_a_connection_that_was_kept(
    s3_server: SeaweedFS,
) -> None:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        remote = s3(s3_server, endpoint_url=f"http://{proxy.address}")
        send(remote)
        proxy.strike(Fault.LOST_ANSWER, "PUT", "GET", "HEAD", times=1)
        send(remote)
        assert proxy.strikes == {Fault.LOST_ANSWER: 1}


def test_what_fails_on_a_fresh_connection_is_not_repeated(s3_server: SeaweedFS) -> None:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        remote = s3(s3_server, endpoint_url=f"http://{proxy.address}")
        proxy.strike(Fault.LOST_ANSWER)
        with pytest.raises(Outage):
            send(remote)
        assert proxy.strikes == {Fault.LOST_ANSWER: 1}


def test_what_fails_on_the_fresh_one_too_is_an_outage(s3_server: SeaweedFS) -> None:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        remote = s3(s3_server, endpoint_url=f"http://{proxy.address}")
        send(remote)
        proxy.strike(Fault.LOST_ANSWER)
        with pytest.raises(Outage):
            send(remote)
        assert proxy.strikes == {Fault.LOST_ANSWER: 2}


@pytest.mark.parametrize("far", ["s3", "cloudinary"], indirect=True)
def test_a_connection_that_was_idle_for_long_is_not_used_again(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, line = far
    remote.check()
    remote.check()
    assert line.traffic().accepted == 1
    monkeypatch.setattr("media_staging.remotes.connections.IDLE_SECONDS", 0)
    remote.check()
    assert line.traffic().accepted == 2


def test_what_idles_when_one_is_found_dead_is_not_trusted() -> None:
    server = Server()
    earlier = time.monotonic()
    assert server.trusts(earlier)
    server.found_dead()
    assert not server.trusts(earlier)
    assert server.trusts(time.monotonic())


# --- Slow, and alive -----------------------------------------------------------------------------


class Slow(QuietHandler):
    """Reads a little at a time, or needs long for an answer; counts what it is asked."""

    asked = 0
    pause = thinking = 0.0

    def do_PUT(self) -> None:
        type(self).asked += 1
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read1(min(left, 64 * 1024)))
            time.sleep(self.pause)
        time.sleep(self.thinking)
        checksum = self.headers["x-amz-checksum-sha256"]
        self.answer(Answer(200, headers={"x-amz-checksum-sha256": checksum}))


@pytest.fixture
def slow(
    s3_server: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Remote, type[Slow]]]:
    monkeypatch.setattr(Slow, "asked", 0)
    with QuietServer(Slow) as server:
        # Little is on the way, so that the sender sees how it goes on.
        server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        yield s3(s3_server, endpoint_url=f"http://{server.address}"), Slow


@pytest.mark.parametrize(("size", "pause"), [(1_000_000, 0.1), (8_000_000, 0.02)])
def test_an_upload_may_be_as_slow_as_it_likes_while_it_moves(
    slow: tuple[Remote, type[Slow]], monkeypatch: pytest.MonkeyPatch, size: int, pause: float
) -> None:
    """The smaller one is all in the socket's buffer when the waiting begins."""
    remote, handler = slow
    for reading in (0.0, pause):
        monkeypatch.setattr(handler, "pause", reading)
        data = os.urandom(size)
        remote.upload(identity(data), body(data))
    assert handler.asked == 2


def test_a_server_that_needs_long_for_each_answer_is_not_asked_twice(
    slow: tuple[Remote, type[Slow]], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, handler = slow
    monkeypatch.setattr(handler, "thinking", 0.6)
    for _file in range(3):
        data = os.urandom(1000)
        remote.upload(identity(data), body(data))
    assert handler.asked == 3


# --- Handshakes ----------------------------------------------------------------------------------


def test_a_handshake_that_is_broken_off_is_an_outage(
    s3_server: SeaweedFS, line: Callable[[int], DelayProxy], tls: tuple[ssl.SSLContext, str]
) -> None:
    context, authority = tls
    with FaultProxy(LOOPBACK, s3_server.port, context) as proxy:
        there = line(proxy.port)
        remote = s3(s3_server, endpoint_url=f"https://{there.address}", verify=authority)
        there.reset_after(100)
        for call in (partial(send, remote), remote.check):
            with pytest.raises(Outage):
                call()


def test_a_handshake_that_is_answered_by_an_alert_is_an_outage(
    s3_server: SeaweedFS, tls: tuple[ssl.SSLContext, str]
) -> None:
    context, authority = tls
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    with FaultProxy(LOOPBACK, s3_server.port, context) as proxy:
        remote = s3(s3_server, endpoint_url=f"https://{proxy.address}", verify=authority)
        for call in (partial(send, remote), remote.check):
            with pytest.raises(Outage):
                call()
