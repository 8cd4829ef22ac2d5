"""Connections that are kept for the next request: how far they, and answers, are trusted.

A connection dies without a word: a firewall or a balancer forgets it, the server hangs up while
nobody looks. Neither a file nor the remote is to blame, so it costs nothing but a moment:

- One that was idle for `IDLE_SECONDS` is not used again. Balancers give theirs up after 60 s and
  more, but some servers after 20 or less, and a drain uses its own every few milliseconds.
- On one that was used before, silence counts as death after `SILENCE_SECONDS`; whoever sends then
  tries once more on a fresh one, which has the time that is usual.
- Whatever idles when one is found dead is not trusted any more.

Silence is that nothing moves: nothing to read, and the other side's system acknowledges nothing of
what was sent. So an upload may be as slow as it likes.

An answer may not: what comes drop by drop, or without an end, is none (`incoming.py`).
"""

import math
import select
import socket
import ssl
import termios
import time
from fcntl import ioctl
from functools import cache
from http.client import HTTPConnection
from typing import Any

from media_staging.remotes.incoming import NO_SUCCESS, FinalResponse, Incoming

IDLE_SECONDS = 15.0
SILENCE_SECONDS = 3.0
# How often somebody looks whether what was sent gets less.
TICK_SECONDS = 0.25
# A server that needs long for an answer needs long for some more of them.
FADING = 0.9


class Server:
    """What is known of the connections to one server, whichever pool they are in.

    Shared by all threads; a race only costs a connection.
    """

    def __init__(self) -> None:
        self._dead_at = -math.inf
        self._slowest = 0.0

    def trusts(self, used_at: float) -> bool:
        """Whether a connection may be used again whose last answer was read then (monotonic)."""
        return used_at > self._dead_at and time.monotonic() - used_at < IDLE_SECONDS

    def found_dead(self) -> None:
        """One that was used before did not work: no better is what idles now."""
        self._dead_at = time.monotonic()

    def answered(self, seconds: float) -> None:
        """It took so long from the last byte of a request to the first one of the answer."""
        self._slowest = max(seconds, self._slowest * FADING)

    @property
    def patience(self) -> float:
        """How long a connection that was used before may be silent, in seconds.

        A server that is slow by nature is not asked everything twice.
        """
        return max(SILENCE_SECONDS, 2 * self._slowest)


@cache
def server(host: str, port: int | None) -> Server:
    return Server()


class Watched(HTTPConnection):
    """A connection whose requests end when nothing moves any more.

    Goes before the HTTPConnection of whichever library it is; its pool calls `begin` for each
    request and `end` after its answer.
    """

    # When the last answer was read, if nothing of it, or beside it, is left.
    used_at = -math.inf
    _incoming: Incoming | None = None

    def begin(self, server: Server, *, reused: bool, longest: float) -> None:
        """Before each request. `longest`: how many seconds of silence end it on a fresh one."""
        self._server, self._longest = server, longest
        self._patience = min(server.patience, longest) if reused else longest
        self._begun = self._moved = time.monotonic()
        self._incoming = None

    def end(self) -> None:
        """Left over, it would be taken for the next answer."""
        clean = self._incoming is not None and self._incoming.is_read_to_its_end
        beside = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
        self.used_at = time.monotonic() if clean and not beside else -math.inf

    @property
    def is_endless(self) -> bool:
        """Whether an answer came, and was given up: no dead connection does that."""
        return self._incoming is not None and self._incoming.is_endless

    def response_class(  # type: ignore[override]
        self, sock: socket.socket, **options: Any
    ) -> FinalResponse:
        """http.client's name for what reads an answer."""
        self._incoming = incoming = Incoming(sock)
        # Any: all that is asked of a socket is a file.
        file: Any = incoming
        return FinalResponse(file, **options)

    def send(self, data: Any) -> None:
        """Raises TimeoutError when nothing moves for too long, and what the socket raises."""
        if self.sock is None:
            self.connect()
        rest = memoryview(data)
        while rest:
            self._wait(select.POLLOUT)
            rest = rest[self.sock.send(rest) :]

    def getresponse(self) -> Any:
        """The same."""
        if self.sock is not None:
            self._wait(select.POLLIN)
            self._server.answered(time.monotonic() - self._moved)
        response = super().getresponse()
        if self._incoming:
            self._incoming.is_success = response.status < NO_SUCCESS
        return response

    def _wait(self, event: int) -> None:
        sock = self.sock
        if event == select.POLLIN and isinstance(sock, ssl.SSLSocket) and sock.pending():
            return
        poll = select.poll()
        poll.register(sock, event)
        before = None
        while not poll.poll(TICK_SECONDS * 1000):
            left, now = unacknowledged(sock), time.monotonic()
            if left != before and before is not None:
                self._moved = now
            before = left
            if now - self._moved > self._allowed():
                raise TimeoutError(f"nothing moved for {now - self._moved:.0f} s")
        if event == select.POLLOUT:
            self._moved = time.monotonic()

    def _allowed(self) -> float:
        """What has moved for so long may rest for as long."""
        return min(self._longest, max(self._patience, self._moved - self._begun))


def unacknowledged(sock: socket.socket) -> int:
    """How many bytes of what was sent the other side's system has not confirmed (tcp(7))."""
    return int.from_bytes(ioctl(sock, termios.TIOCOUTQ, bytes(4)), "little")


def rewind(body: Any) -> None:
    """Let a body that was read be sent again; bytes, and what is iterated over, need nothing."""
    if hasattr(body, "seek"):
        body.seek(0)
