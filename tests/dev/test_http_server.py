"""The server in threads keeps quiet about its clients, not its handlers, and is gone at its end."""

import socket
import ssl
from http.client import HTTPConnection, HTTPSConnection, RemoteDisconnected

import pytest
import trustme

from dev.ports import LOOPBACK
from dev.processes import wait_for
from dev.proxies.damage import reset_on_close
from dev.servers.http_server import Answer, QuietHandler, QuietServer


class Greets(QuietHandler):
    def do_GET(self) -> None:
        self.answer(Answer(200, b"hello"))

    def do_PUT(self) -> None:
        self.answer(Answer(200, self.body()))

    def do_DELETE(self) -> None:
        raise ValueError("a mistake")


def get(connection: HTTPConnection) -> bytes:
    connection.request("GET", "/")
    return connection.getresponse().read()


def test_a_connection_that_a_client_keeps_ends_with_the_server() -> None:
    with QuietServer(Greets) as server:
        connection = HTTPConnection(LOOPBACK, server.port, timeout=10)
        assert get(connection) == get(connection) == b"hello"
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        get(connection)


def test_a_client_that_waits_to_be_told_to_go_on_is_told_at_once() -> None:
    with (
        QuietServer(Greets) as server,
        socket.create_connection((LOOPBACK, server.port), 10) as client,
    ):
        client.sendall(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"hi")
        assert client.recv(100).endswith(b"\r\n\r\nhi")


def test_a_client_that_goes_away_is_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    with QuietServer(Greets) as server:
        with socket.create_connection((LOOPBACK, server.port)) as client:
            client.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
            reset_on_close(client)
        staying = HTTPConnection(LOOPBACK, server.port, timeout=10)
        assert get(staying) == b"hello"
        assert wait_for(lambda: len(server.connections) == 1, 5)
    assert capsys.readouterr().err == ""


def test_a_mistake_in_a_handler_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with QuietServer(Greets) as server:
        connection = HTTPConnection(LOOPBACK, server.port, timeout=10)
        connection.request("DELETE", "/")
        with pytest.raises(RemoteDisconnected):
            connection.getresponse()
    assert "a mistake" in capsys.readouterr().err


def test_a_client_that_never_shakes_hands_holds_up_nobody() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with QuietServer(Greets, tls=tls) as server, socket.create_connection((LOOPBACK, server.port)):
        client = HTTPSConnection(LOOPBACK, server.port, timeout=10, context=trusting)
        assert get(client) == b"hello"
