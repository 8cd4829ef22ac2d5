"""An HTTP server that misbehaves on request: a proxy whose every strike is counted.

The TCP proxy breaks connections; this one breaks what they carry: single requests and answers.
It runs in threads of the caller's process. What befalls a request is a `Behaviour`: a `Fault` that
has a name here, or any function like those of `s3_answers.py`.
"""

import ssl
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import Message
from enum import Enum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from dev.proxies.damage import flipped
from dev.servers.http_server import Answer, QuietHandler, QuietServer

_TARGET_SECONDS = 60.0
_UNTIL_TOLD_OTHERWISE = -1
# A proxy speaks for itself about its connections (RFC 9110, 7.6.1); the rest is passed on as it is,
# the Host too: signatures cover it.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect"}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Message
    body: bytes


# Has the target answer. Raises OSError or HTTPException when it does not.
Forward = Callable[[Request], Answer]
# What is answered to a request, with the target's help or without; None: the connection is closed.
Behaviour = Callable[[Request, Forward], Answer | None]


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


def lose_answer(request: Request, forward: Forward) -> None:
    forward(request)


def flip_middle(request: Request, forward: Forward) -> Answer:
    return forward(replace(request, body=flipped(request.body, len(request.body) // 2)))


def canned(status: HTTPStatus, code: str) -> Behaviour:
    answer = Answer(
        status, f"<html><h1>{status.phrase}</h1></html>".encode(), {"Content-Type": "text/html"}
    )
    if code:
        content = f"<Error><Code>{code}</Code><Message>canned</Message></Error>"
        answer = Answer(status, content.encode(), {"Content-Type": "application/xml"})
    return lambda _request, _forward: answer


BEHAVIOURS: dict[Fault, Behaviour] = {
    Fault.LOST_ANSWER: lose_answer,
    Fault.FLIPPED_BYTE: flip_middle,
    **{fault: canned(*answer) for fault, answer in CANNED.items()},
}


class FaultProxy(QuietServer):
    """A proxy on loopback to `target_host:target_port`, used as a context manager.

    With `tls` it is spoken to over HTTPS. Safe to use from several threads. `strikes` counts the
    requests that met each fault.
    """

    def __init__(
        self, target_host: str, target_port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(_Exchange, tls=tls)
        self.target = (target_host, target_port)
        self.strikes: Counter[Fault | Behaviour] = Counter()
        self._fault: Fault | Behaviour | None = None
        self._methods: frozenset[str] = frozenset()
        self._left = 0
        self._turn = threading.Lock()

    def strike(
        self, fault: Fault | Behaviour, *methods: str, times: int = _UNTIL_TOLD_OTHERWISE
    ) -> None:
        """Let requests with these methods (PUT when none is named) meet the fault from now on."""
        with self._turn:
            self._fault, self._left = fault, times
            self._methods = frozenset(methods or ("PUT",))

    def pass_through(self) -> None:
        with self._turn:
            self._fault = None

    def answer(self, request: Request, forward: Forward) -> Answer | None:
        """What the fault in force makes of the request, if it is one of those that meet it."""
        fault = self._take(request)
        if fault is None:
            return forward(request)
        behaviour = BEHAVIOURS[fault] if isinstance(fault, Fault) else fault
        return behaviour(request, forward)

    def _take(self, request: Request) -> Fault | Behaviour | None:
        with self._turn:
            if self._fault is None or self._left == 0 or request.method not in self._methods:
                return None
            self._left -= 1
            self.strikes[self._fault] += 1
            return self._fault


class _Exchange(QuietHandler):
    """One client's connection, and the one to the target that belongs to it."""

    server: FaultProxy

    def setup(self) -> None:
        super().setup()
        self.upstream = HTTPConnection(*self.server.target, timeout=_TARGET_SECONDS)

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def do_GET(self) -> None:
        request = Request(self.command, self.path, self.headers, self.body())
        try:
            answer = self.server.answer(request, self._forward)
        except (OSError, HTTPException):
            answer = None
        if answer is None:
            self.close_connection = True
        else:
            self.answer(answer)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def _forward(self, request: Request) -> Answer:
        self.upstream.putrequest(
            request.method, request.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.upstream.putheader(name, value)
        self.upstream.endheaders(request.body or None)
        answer = self.upstream.getresponse()
        headers = {
            name: ", ".join(answer.headers.get_all(name, []))
            for name in answer.headers
            if name.lower() not in {*_HOP_BY_HOP, "content-length"}
        }
        if request.method == "HEAD":
            headers["Content-Length"] = answer.headers.get("Content-Length", "0")
        return Answer(answer.status, answer.read(), headers)
