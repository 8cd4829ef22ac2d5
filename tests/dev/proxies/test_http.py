"""The HTTP proxy passes everything on unchanged, and spoils exactly what it is told to."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage, RemoteDisconnected

import pytest

from dev.ports import LOOPBACK
from dev.proxies.http import CANNED, Fault, FaultProxy
from dev.proxies.s3_answers import METHODS, gateway, no_list_bucket, only, redirect, s3_error
from dev.servers.http_server import Answer, QuietHandler, QuietServer


class Target(QuietHandler):
    """Remembers what it was asked for, and answers with the body it was sent."""

    seen: list[tuple[str, str, str, bytes]]

    def do_PUT(self) -> None:
        body = self.body()
        self.seen.append((self.command, self.path, self.headers["Host"], body))
        status = 404 if "missing" in self.path else 200
        self.answer(Answer(status, body or b"hello", {"X-Own": "kept"}))

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


# --- Answers of S3, and of what stands before it -----------------------------------------------


def answered(client: HTTPConnection, method: str, path: str) -> tuple[int, bytes, HTTPMessage]:
    client.request(method, path)
    answer = client.getresponse()
    return answer.status, answer.read(), answer.headers


def test_an_error_of_s3_has_its_words_but_to_a_head(
    client: HTTPConnection, proxy: FaultProxy
) -> None:
    proxy.strike(s3_error(400, "ExpiredToken", "It <ended>", Region="x"), *METHODS)
    status, content, _headers = answered(client, "GET", "/bucket/key")
    assert status == 400
    for words in (b"<Code>ExpiredToken</Code>", b"It &lt;ended&gt;", b"<Region>x</Region>"):
        assert words in content
    assert answered(client, "HEAD", "/bucket/key")[:2] == (400, b"")
    assert put(client)[0] == 400
    assert Target.seen == []


def test_a_gateway_and_a_redirect_say_nothing_of_s3(
    client: HTTPConnection, proxy: FaultProxy
) -> None:
    proxy.strike(gateway(415, x_amz_bucket_region="eu"), *METHODS)
    status, content, headers = answered(client, "GET", "/bucket/key")
    assert (status, headers["x-amz-bucket-region"]) == (415, "eu")
    assert b"<Code>" not in content
    proxy.strike(redirect(307, "http://there/"), *METHODS)
    status, content, headers = answered(client, "GET", "/bucket/key")
    assert (status, content, headers["Location"]) == (307, b"", "http://there/")


def test_only_what_is_named_meets_a_behaviour(client: HTTPConnection, proxy: FaultProxy) -> None:
    proxy.strike(only("bad", gateway(400)), *METHODS)
    assert answered(client, "GET", "/bucket/good")[0] == 200
    assert answered(client, "GET", "/bucket/bad")[0] == 400


def test_who_may_not_list_is_denied_what_is_missing(
    client: HTTPConnection, proxy: FaultProxy
) -> None:
    proxy.strike(no_list_bucket, *METHODS)
    assert answered(client, "GET", "/bucket/there")[0] == 200
    for method, path in (
        ("HEAD", "/bucket/missing"),
        ("GET", "/bucket/missing"),
        ("HEAD", "/bucket"),
        ("GET", "/bucket?list-type=2"),
    ):
        assert answered(client, method, path)[0] == 403
    assert put(client)[0] == 200
