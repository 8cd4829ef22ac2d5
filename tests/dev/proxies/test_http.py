"""The HTTP proxy passes everything on unchanged, and spoils exactly what it is told to."""

from collections.abc import Iterator
from http.client import HTTPConnection, RemoteDisconnected

import pytest

from dev.ports import LOOPBACK
from dev.proxies.http import CANNED, Fault, FaultProxy
from dev.servers.http_server import Answer, QuietHandler, QuietServer


class Target(QuietHandler):
    """Remembers what it was asked for, and answers with the body it was sent."""

    seen: list[tuple[str, str, str, bytes]]

    def do_PUT(self) -> None:
        body = self.body()
        self.seen.append((self.command, self.path, self.headers["Host"], body))
        self.answer(Answer(200, body or b"hello", {"X-Own": "kept"}))

    do_GET = do_HEAD = do_PUT


@pytest.fixture
def target() -> Iterator[QuietServer]:
    Target.seen = []
    with QuietServer(Target) as server:
        yield server


@pytest.fixture
def proxy(target: QuietServer) -> Iterator[FaultProxy]:
    with FaultProxy(LOOPBACK, target.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(LOOPBACK, proxy.port, timeout=10)
    yield connection
    connection.close()


def put(client: HTTPConnection, body: bytes = b"abcdef") -> tuple[int, bytes]:
    client.request("PUT", "/media/key?x=%2F", body, {"Host": "signed.example"})
    answer = client.getresponse()
    return answer.status, answer.read()


def test_a_request_passes_unchanged_on_a_connection_that_stays(client: HTTPConnection) -> None:
    assert put(client) == put(client) == (200, b"abcdef")
    assert Target.seen == 2 * [("PUT", "/media/key?x=%2F", "signed.example", b"abcdef")]


def test_the_answer_to_head_keeps_its_length_and_headers(client: HTTPConnection) -> None:
    client.request("HEAD", "/media/key")
    answer = client.getresponse()
    assert (answer.headers["Content-Length"], answer.headers["X-Own"]) == ("5", "kept")
    answer.read()
    assert put(client)[0] == 200, "nothing of a body was left on the connection"


def test_a_lost_answer_was_acted_upon(client: HTTPConnection, proxy: FaultProxy) -> None:
    proxy.strike(Fault.LOST_ANSWER)
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        put(client)
    assert len(Target.seen) == 1
    assert proxy.strikes == {Fault.LOST_ANSWER: 1}


def test_a_flipped_byte_is_the_only_difference(client: HTTPConnection, proxy: FaultProxy) -> None:
    proxy.strike(Fault.FLIPPED_BYTE)
    assert put(client) == (200, b"abceef")


@pytest.mark.parametrize("fault", CANNED)
def test_a_canned_answer_never_reaches_the_target(
    fault: Fault, client: HTTPConnection, proxy: FaultProxy
) -> None:
    proxy.strike(fault)
    status, code = CANNED[fault]
    answered, content = put(client)
    assert answered == status
    assert f"<Code>{code}</Code>".encode() in content or not code
    assert Target.seen == []
    assert proxy.strikes[fault] == 1


def test_a_fault_ends_after_its_times_and_when_told(
    client: HTTPConnection, proxy: FaultProxy
) -> None:
    proxy.strike(Fault.INTERNAL_ERROR, times=2)
    assert [put(client)[0] for _ in range(3)] == [500, 500, 200]
    proxy.strike(Fault.INTERNAL_ERROR)
    assert put(client)[0] == 500
    proxy.pass_through()
    assert put(client)[0] == 200
    assert proxy.strikes[Fault.INTERNAL_ERROR] == 3


def test_only_the_named_methods_meet_the_fault(client: HTTPConnection, proxy: FaultProxy) -> None:
    proxy.strike(Fault.UNAVAILABLE, "GET", "HEAD")
    assert put(client)[0] == 200
    client.request("GET", "/media/key")
    assert client.getresponse().status == 503
