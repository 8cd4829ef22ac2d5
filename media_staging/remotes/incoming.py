"""What comes on a connection as the answer to a request: in time, of a size, and final.

A server, or whoever stands before it, may send an answer drop by drop for hours, or without an end.
The time that is waited for one, and the size of all but what was asked for, have limits here, for
every library that reads its answers through Python's HTTP client.
"""

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

# For a head, or an error, from its first byte on: in all.
ANSWER_SECONDS = 60.0
MOST_BYTES = 1024**2
# What was asked for may be large: it has a second more for each so many bytes.
SLOWEST_BYTES_PER_SECOND = 1024
# RFC 9110, 15.2. After 101 something else than HTTP would be spoken.
INTERIM = range(102, 200)
# From this status on there is nothing of what was asked for.
NO_SUCCESS = 300


class Incoming(io.RawIOBase):
    """What comes during one answer. Only time that is spent waiting counts: who reads may rest.

    Reading raises TimeoutError when it takes too long, and OSError when it is too much.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        # Keeps the socket open, for an answer whose connection is closed already.
        self._hold = sock.makefile("rb", buffering=0)
        self._waited = 0.0
        self._received = 0
        # The head said that what was asked for comes now.
        self.is_success = False
        # It took too long, or was too much.
        self.is_endless = False
        self.is_over = False
        self.is_read_to_its_end = False

    def makefile(self, _mode: str) -> "Ahead":
        """What http.client asks of a socket."""
        return Ahead(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.is_over:
            return 0
        self._check()
        begun = time.monotonic()
        count = self._socket.recv_into(buffer)
        self._waited += time.monotonic() - begun
        self._received += count
        return count

    def _check(self) -> None:
        more = self._received / SLOWEST_BYTES_PER_SECOND if self.is_success else 0
        if self._waited > ANSWER_SECONDS + more:
            self.is_endless = True
            raise TimeoutError(f"the answer was not complete after {self._waited:.0f} s")
        if self._received > MOST_BYTES and not self.is_success:
            self.is_endless = True
            raise OSError(f"the answer had no end after {self._received} bytes")

    def close(self) -> None:
        self._hold.close()
        super().close()


class Ahead(io.BufferedReader):
    """Reads ahead, and knows in the end whether that was too far."""

    raw: Incoming

    def close(self) -> None:
        if not self.closed:
            self.raw.is_over = True
            self.raw.is_read_to_its_end = not self.peek()
        super().close()


class FinalResponse(HTTPResponse):
    """The answer itself: http.client skips 100, and no other one that goes before it."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            # A method that botocore's answers override, too.
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status not in INTERIM:
                return version, status, reason
            while self.fp.readline().strip():
                pass
