"""A server in threads of this process: on loopback, quiet, and gone at the end of its `with`.

What it says is the handler's: a `QuietHandler` for HTTP, any other of `socketserver` for bare TCP.
"""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any, Self

from dev.ports import LOOPBACK

_POLL_SECONDS = 0.05


@dataclass
class Answer:
    """One HTTP answer, complete in memory. What goes `before` it are the status of others, and
    `beside` are bytes that belong to none."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    before: tuple[int, ...] = ()
    beside: bytes = b""

    @classmethod
    def of(cls, fields: Mapping[str, Any] | list[Any], status: int = 200) -> Self:
        """As JSON."""
        body = json.dumps(fields).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=utf-8"})


class QuietServer(ThreadingTCPServer):
    """A port, a free one if none is named, and a thread for each connection to it.

    Bound from its creation on, it answers within `with`, or while `serve_forever()` runs. With
    `tls` it is spoken to over TLS.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self, handler: type[BaseRequestHandler], port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__((LOOPBACK, port), handler)
        self.port: int = self.socket.getsockname()[1]
        self.address = f"{LOOPBACK}:{self.port}"
        self.connections: set[socket.socket] = set()
        if tls:
            # Hands are shaken when the handler reads: a client that never does holds up nobody.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=[_POLL_SECONDS], daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()
        # Clients keep their connections for the next request, and would still be answered on them.
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; what else ends a handler is a mistake in it."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError, ssl.SSLError)):
            super().handle_error(request, client_address)


class QuietHandler(BaseHTTPRequestHandler):
    """Answers on a connection that stays, and writes no log."""

    protocol_version = "HTTP/1.1"
    # Headers and body in one segment: no waiting for the other side's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        told = super().handle_expect_100()
        # The client keeps its body back, a second in botocore, until this has left the buffer.
        self.wfile.flush()
        return told

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, answer: Answer) -> None:
        """Send it, but for its body to HEAD. A length among its headers goes before its body's."""
        for status in answer.before:
            self.send_response_only(status)
            self.send_header("Link", "</style.css>; rel=preload")
            self.end_headers()
            # The real one comes later.
            self.wfile.flush()
        self.send_response_only(answer.status)
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.write(answer.beside)

    def log_message(self, format: str, *args: object) -> None:
        """The client is told, and nobody else."""
