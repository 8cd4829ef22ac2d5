"""urllib3's pools, which the SDKs use, with connections that are trusted as `connections` says."""

import math
import ssl
import threading
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from media_staging.remotes.connections import Watched, rewind, server


class TrustingPool(HTTPConnectionPool):
    """What fails on a connection that was used before is sent again, once, on a fresh one.

    A redirect is an answer like any other: nobody is led to another host with our signature.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._server = server(self.host, self.port)
        # Of the request that a thread is at.
        self._this = threading.local()

    def urlopen(self, method: str, url: str, body: Any = None, *args: Any, **options: Any) -> Any:
        options["redirect"] = False
        self._this.connection, self._this.wants_fresh = None, False
        try:
            return super().urlopen(method, url, body, *args, **options)
        except HTTPError:
            used = self._this.connection
            if not used or used.is_endless:
                raise
        self._server.found_dead()
        rewind(body)
        self._this.wants_fresh = True
        return super().urlopen(method, url, body, *args, **options)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        if self._this.wants_fresh or not self._server.trusts(connection.used_at):
            connection.close()
        longest = self.timeout.read_timeout
        longest = longest if isinstance(longest, (int, float)) else math.inf
        is_used = connection.sock is not None
        # The one that may be found dead.
        self._this.connection = connection if is_used else None
        connection.begin(self._server, reused=is_used, longest=longest)
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.end()
        super()._put_conn(connection)


class PlainConnection(Watched, HTTPConnection):
    pass


class SecureConnection(Watched, HTTPSConnection):
    pass


class PlainPool(TrustingPool):
    ConnectionCls = PlainConnection


class SecurePool(TrustingPool, HTTPSConnectionPool):
    ConnectionCls = SecureConnection


POOLS = {"http": PlainPool, "https": SecurePool}


def certificate_error(error: BaseException | None) -> Exception | None:
    """What is wrong with the server's certificate, if that is behind an error of TLS."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError | CertificateError):
            return error
        error = error.__context__
    return None
