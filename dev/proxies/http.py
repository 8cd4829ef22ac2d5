"""An S3 endpoint that misbehaves on request: an HTTP proxy whose every strike is counted.

The delay proxy breaks connections; this one breaks what they carry: single requests and answers.
Put one behind the other for both. It runs in threads of the caller's process.
"""

import socket
import ssl
import threading
from collections import Counter
from enum import Enum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from dev.ports import LOOPBACK, free_port, release

_TARGET_SECONDS = 60.0
_UNTIL_TOLD_OTHERWISE = -1
# A proxy speaks for itself about its connections (RFC 9110, 7.6.1); the rest is passed on as it is,
# the Host too: signatures cover it.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect"}


class Fault(Enum):
    """What happens to a request instead of being answered by the target."""

    # The target does as it is asked, and nobody hears of it: the connection is closed.
    LOST_ANSWER = "lost answer"
    # One bit in the middle of the body is another one when it arrives.
    FLIPPED_BYTE = "flipped byte"
    # The others never reach the target; this is the answer.
    INTERNAL_ERROR = "500"
    UNAVAILABLE = "503"
    SLOW_DOWN = "SlowDown"
    ACCESS_DENIED = "AccessDenied"
    NO_SUCH_BUCKET = "NoSuchBucket"
    NOT_FOUND = "404"


# Status and S3 error code; without a code the answer is not S3's, but a gateway's HTML.
CANNED: dict[Fault, tuple[HTTPStatus, str]] = {
    Fault.INTERNAL_ERROR: (HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError"),
    Fault.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, ""),
    Fault.SLOW_DOWN: (HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown"),
    Fault.ACCESS_DENIED: (HTTPStatus.FORBIDDEN, "AccessDenied"),
    Fault.NO_SUCH_BUCKET: (HTTPStatus.NOT_FOUND, "NoSuchBucket"),
    Fault.NOT_FOUND: (HTTPStatus.NOT_FOUND, ""),
}


class FaultProxy:
    """A proxy on loopback to `target_host:target_port`, used as a context manager.

    With `tls` it is spoken to over HTTPS. Safe to use from several threads. `strikes` counts the
    requests that met each fault.
    """

    def __init__(
        self, target_host: str, target_port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self.target = (target_host, target_port)
        self.tls = tls
        self.port = free_port()
        self.strikes: Counter[Fault] = Counter()
        self._fault: Fault | None = None
        self._methods: frozenset[str] = frozenset()
        self._left = 0
        self._turn = threading.Lock()
        self._server: _Server | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def strike(self, fault: Fault, *methods: str, times: int = _UNTIL_TOLD_OTHERWISE) -> None:
        """Let requests with these methods (PUT when none is named) meet the fault from now on."""
        with self._turn:
            self._fault, self._left = fault, times
            self._methods = frozenset(methods or ("PUT",))

    def pass_through(self) -> None:
        with self._turn:
            self._fault = None

    def take(self, method: str) -> Fault | None:
        """Say, and count, what the request at hand meets."""
        with self._turn:
            if self._fault is None or self._left == 0 or method not in self._methods:
                return None
            self._left -= 1
            self.strikes[self._fault] += 1
            return self._fault

    def __enter__(self) -> Self:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        release(self.port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The threads end with their clients, which may keep idle connections open for long.
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__((LOOPBACK, proxy.port), _Exchange)
        if proxy.tls:
            self.socket = proxy.tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what this is for, and no news."""


class _Exchange(BaseHTTPRequestHandler):
    """One client's connection, and the one to the target that belongs to it."""

    protocol_version = "HTTP/1.1"
    server: _Server
    # Headers and body in one segment: no waiting for the other side's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.upstream = HTTPConnection(*self.server.proxy.target, timeout=_TARGET_SECONDS)

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.proxy.take(self.command)
        if fault in CANNED:
            self._answer_canned(*CANNED[fault])
            return
        try:
            answer = self._forward(flipped(body) if fault is Fault.FLIPPED_BYTE else body)
            content = answer.read()
        except (OSError, HTTPException):
            self._hang_up()
            return
        if fault is Fault.LOST_ANSWER:
            self._hang_up()
        else:
            self._pass_on(answer, content)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def _forward(self, body: bytes) -> HTTPResponse:
        self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.upstream.putheader(name, value)
        self.upstream.endheaders(body or None)
        return self.upstream.getresponse()

    def _pass_on(self, answer: HTTPResponse, content: bytes) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {*_HOP_BY_HOP, "content-length"}:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        length = answer.headers.get("Content-Length", "0") if is_head else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)

    def _answer_canned(self, status: HTTPStatus, code: str) -> None:
        content = f"<Error><Code>{code}</Code><Message>canned</Message></Error>".encode()
        if not code:
            content = f"<html><h1>{status.phrase}</h1></html>".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml" if code else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def flipped(body: bytes) -> bytes:
    """The same with one other bit in the middle."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :] if body else body
