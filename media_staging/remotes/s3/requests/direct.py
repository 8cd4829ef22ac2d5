"""HTTP connections straight to the S3 server, kept open between requests.

They stand in for botocore's HTTP session, `URLLib3Session`: a PUT of 300 KB takes it 0.66 ms of a
processor, and the standard library's client 0.38 (measured with 16 threads on loopback). Through a
proxy it is botocore's session that sends.
"""

import select
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
)
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.httpsession import get_cert_path

from media_staging.errors import Outage, Setup
from media_staging.remotes.connections import Watched, rewind, server
from media_staging.remotes.incoming import NO_SUCCESS
from media_staging.remotes.s3.errors import unverified

# How much of a body is read and sent at a time.
BLOCK_BYTES = 512 * 1024
BROKEN = (OSError, HTTPException)


class PlainConnection(Watched, HTTPConnection):
    pass


class SecureConnection(Watched, HTTPSConnection):
    pass


Connection = PlainConnection | SecureConnection


@dataclass(frozen=True, slots=True)
class Answer:
    """What is asked of a botocore AWSResponse. Case is no matter in the names of headers."""

    status_code: int
    headers: HTTPMessage
    content: bytes


class DirectSession:
    """Sends requests to one server. For any number of threads: each has a connection to itself."""

    def __init__(
        self, base_url: str, *, verify: bool | str, connect_timeout: float, read_timeout: float
    ) -> None:
        """`verify` as botocore has it: whether to check certificates, or a file of authorities.

        Timeouts in seconds. Raises Setup when that file is none.
        """
        self._url = urlsplit(base_url)
        self._tls = tls_context(verify) if self._url.scheme == "https" else None
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._server = server(self._url.hostname or "", self._url.port)
        # The one that was used last is used first, so that the others may time out.
        self._idle: deque[Connection] = deque()

    def send(self, request: AWSPreparedRequest) -> Answer:
        """A redirect is an answer like any other.

        Raises Outage or Setup; what reading the body raises passes through.
        """
        connection = self._trusted()
        if connection:
            try:
                return self._exchange(connection, request, reused=True)
            except BROKEN as error:
                if connection.is_endless:
                    raise self._no_answer(error) from error
                # Nobody's fault but the pool's: once more, on a fresh one.
                self._server.found_dead()
                rewind(request.body)
        try:
            return self._exchange(self._connected(), request, reused=False)
        except BROKEN as error:
            raise self._no_answer(error) from error

    def _no_answer(self, error: Exception) -> Outage:
        return Outage(f"{self._url.netloc} did not answer: {error}")

    def _trusted(self) -> Connection | None:
        """One that was used before; those that are older than what is not trusted go with it."""
        while self._idle:
            with suppress(IndexError):
                connection = self._idle.pop()
                if self._server.trusts(connection.used_at) and is_standing(connection):
                    return connection
                connection.close()
        return None

    def _connected(self) -> Connection:
        connection = self._new()
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise unverified(error) from error
        except OSError as error:
            raise Outage(f"no connection to {self._url.netloc}: {error}") from error
        connection.sock.settimeout(self._read_timeout)
        return connection

    def _new(self) -> Connection:
        address, port = self._url.hostname or "", self._url.port
        options: Any = {"timeout": self._connect_timeout, "blocksize": BLOCK_BYTES}
        if self._tls:
            return SecureConnection(address, port, context=self._tls, **options)
        return PlainConnection(address, port, **options)

    def _exchange(
        self, connection: Connection, request: AWSPreparedRequest, *, reused: bool
    ) -> Answer:
        connection.begin(self._server, reused=reused, longest=self._read_timeout)
        target = request.url.partition(self._url.netloc)[2]
        # Any: botocore's types do not say that http.client takes both.
        headers: Any = request.headers
        body: Any = request.body
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                # Who refuses a request before the whole of its body is there may have said why.
                connection.request(request.method, target, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, content_of(response))
        except BaseException:
            connection.close()
            raise
        connection.end()
        if self._server.trusts(connection.used_at):
            self._idle.append(connection)
        else:
            connection.close()
        return answer


def content_of(response: HTTPResponse) -> bytes:
    """Of an error that does not come whole, the status says enough."""
    try:
        return response.read()
    except BROKEN:
        if response.status < NO_SUCCESS:
            raise
        return b""


def is_standing(connection: Connection) -> bool:
    """Between two requests, only the other side's hanging up is there to be read."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


def tls_context(verify: bool | str) -> ssl.SSLContext:
    # Any: botocore's types do not know that it may be a file.
    authorities: Any = get_cert_path(verify)  # type: ignore[arg-type]
    try:
        context = ssl.create_default_context(cafile=authorities or None)
    except OSError as error:
        raise Setup(f"{authorities} cannot be used to check certificates: {error}") from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
