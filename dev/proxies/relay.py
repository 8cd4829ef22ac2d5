"""The working part of the TCP proxy: connections whose bytes arrive later, or never."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import cast

from dev.ports import LOOPBACK
from dev.proxies.damage import flipped, reset_on_close

# Bytes under way in one direction of one connection before its sender is held back, as a full TCP
# window would: large enough for 160 MB/s at a round trip of 200 ms.
_WINDOW_BYTES = 16 * 1024 * 1024

# The event loop wakes up to a millisecond late; delivering half of one early halves the error.
_TIMER_SLACK_SECONDS = 0.0005


class Mode(StrEnum):
    """What the network does to connections, from now on."""

    # Every byte arrives, half of the round trip later.
    PASS = "pass"
    # Connections are accepted and read, and nothing is ever answered.
    BLACK_HOLE = "black_hole"
    # Nobody listens: new connections are refused, open ones reset.
    REFUSE = "refuse"
    # A connection is reset as soon as its client has sent a number of bytes.
    RESET = "reset"
    # One bit of the byte at a place in what each client sends arrives as the other one.
    FLIP = "flip"


class End(Enum):
    """How a direction of a connection ends, travelling in line behind its bytes."""

    CLOSE = "close"
    RESET = "reset"


@dataclass
class Traffic:
    """What has gone through a proxy since its start; bytes are counted where they enter it."""

    accepted: int = 0
    open: int = 0
    # Connections that a black hole swallowed or a reset cut off in mid-body.
    struck: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    # Connections in which a bit was flipped.
    flipped: int = 0


@dataclass
class Network:
    """The state that all connections of one proxy share."""

    target: tuple[str, int]
    round_trip_seconds: float
    mode: Mode = Mode.PASS
    # Bytes that a client has sent since the switch: where it is reset, or a bit of it is flipped.
    place: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    links: "set[Link]" = field(default_factory=set)

    def switch(self, mode: Mode, place: int = 0) -> None:
        """Change the weather; connections a black hole has swallowed are reset after it."""
        self.mode = mode
        self.place = place
        for link in list(self.links):
            link.sent_by_client = 0
            if mode is Mode.REFUSE or (link.is_lost and mode is not Mode.BLACK_HOLE):
                link.reset()

    def lose_open(self) -> None:
        """Connections that are open now are swallowed, as if a firewall had forgotten them."""
        for link in self.links:
            link.lose()


class Pipe:
    """One direction of a connection: bytes wait in line until their time has come."""

    def __init__(self, delay_seconds: float) -> None:
        self.delay_seconds = delay_seconds
        self.not_before = 0.0
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self.source_has_ended = False
        self.sink_has_ended = False
        self.sink_was_closed = False
        self._loop = asyncio.get_running_loop()
        self._line: deque[tuple[float, bytes | End]] = deque()
        self._waiting_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sink_is_full = False
        self._stopped = False

    def put(self, item: bytes | End) -> None:
        """Send an item on its way; what is put first arrives first."""
        if self._stopped:
            return
        due = max(self._loop.time(), self.not_before) + self.delay_seconds
        self._line.append((due, item))
        if isinstance(item, bytes):
            self._waiting_bytes += len(item)
            if self._waiting_bytes > _WINDOW_BYTES and self.source is not None:
                self.source.pause_reading()
        if self._timer is None:
            self._deliver()

    def connect(self, sink: asyncio.Transport) -> None:
        self.sink = sink
        self._deliver()

    def sink_is_full(self, full: bool) -> None:
        self._sink_is_full = full
        self._deliver()

    def stop(self) -> None:
        """Drop everything that is still under way, and all that follows."""
        self._stopped = True
        self._line.clear()
        self._cancel_timer()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _deliver(self) -> None:
        self._cancel_timer()
        horizon = self._loop.time() + _TIMER_SLACK_SECONDS
        while self._line and not self._sink_is_full and self.sink is not None:
            due, item = self._line[0]
            if due > horizon:
                self._timer = self._loop.call_at(due - _TIMER_SLACK_SECONDS, self._deliver)
                return
            self._line.popleft()
            self._hand_over(item, self.sink)

    def _hand_over(self, item: bytes | End, sink: asyncio.Transport) -> None:
        if isinstance(item, bytes):
            self._waiting_bytes -= len(item)
            sink.write(item)
            if self._waiting_bytes <= _WINDOW_BYTES // 2 and self.source is not None:
                self.source.resume_reading()
        elif item is End.CLOSE and self.sink_has_ended:
            sink.close()
        elif item is End.CLOSE:
            self.sink_was_closed = True
            sink.write_eof()
        else:
            reset(sink)


class Link:
    """A client's connection and the one to the target that belongs to it."""

    def __init__(self, network: Network) -> None:
        half = network.round_trip_seconds / 2
        self.network = network
        self.up = Pipe(half)
        self.down = Pipe(half)
        self.is_lost = False
        self.sent_by_client = 0
        self._connecting: asyncio.Task[None] | None = None

    def client_side(self) -> "Side":
        return Side(self, self.up, self.down, self.accepted, self.from_client)

    def target_side(self) -> "Side":
        return Side(self, self.down, self.up, self.connected, self.from_target)

    def accepted(self, client: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        # The kernel has shaken hands in no time; the client's first bytes make up for it.
        self.up.not_before = self.down.not_before = loop.time() + self.network.round_trip_seconds
        self.up.source = self.down.sink = client
        self.network.traffic.accepted += 1
        self.network.links.add(self)
        if self.network.mode is Mode.BLACK_HOLE:
            self.lose()
        else:
            client.pause_reading()
            self._connecting = loop.create_task(self._connect(client))

    async def _connect(self, client: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(self.target_side, *self.network.target)
        except OSError:
            self.down.put(End.RESET)
        else:
            client.resume_reading()

    def connected(self, target: asyncio.Transport) -> None:
        self.down.source = target
        self.up.connect(target)

    def from_client(self, data: bytes) -> None:
        network = self.network
        network.traffic.bytes_up += len(data)
        if network.mode is Mode.BLACK_HOLE or self.is_lost:
            self.lose()
        elif network.mode is Mode.RESET:
            self._pass_until_reset(data)
        elif network.mode is Mode.FLIP:
            self.up.put(self._flipped(data))
        else:
            self.up.put(data)

    def _pass_until_reset(self, data: bytes) -> None:
        allowed = self.network.place - self.sent_by_client
        self.sent_by_client += len(data)
        if len(data) < allowed:
            self.up.put(data)
            return
        self.network.traffic.struck += allowed > 0
        self.up.put(data[: max(allowed, 0)])
        self.up.put(End.RESET)
        self.down.put(End.RESET)

    def _flipped(self, data: bytes) -> bytes:
        arriving = flipped(data, self.network.place - self.sent_by_client)
        self.sent_by_client += len(data)
        self.network.traffic.flipped += arriving is not data
        return arriving

    def from_target(self, data: bytes) -> None:
        self.network.traffic.bytes_down += len(data)
        if self.network.mode is Mode.BLACK_HOLE or self.is_lost:
            self.lose()
        else:
            self.down.put(data)

    def lose(self) -> None:
        self.network.traffic.struck += not self.is_lost
        self.is_lost = True

    def reset(self) -> None:
        """Reset both connections at once."""
        for transport in (self.up.source, self.down.source):
            if transport is not None:
                reset(transport)

    def ended(self, onward: Pipe, back: Pipe) -> bool:
        """One side sends no more; tell whether it may still receive."""
        if self.is_lost or self.network.mode is Mode.BLACK_HOLE:
            self.reset()
            return False
        onward.source_has_ended = back.sink_has_ended = True
        onward.put(End.CLOSE)
        return not back.sink_was_closed

    def lost(self, error: Exception | None, onward: Pipe, back: Pipe) -> None:
        """The connection of one side is gone; the other side learns of it in its time."""
        onward.source = None
        back.stop()
        back.sink = None
        if error is not None or not onward.source_has_ended:
            onward.put(End.RESET)
        if self.up.source is None and self.down.source is None:
            self.network.links.discard(self)


class Side(asyncio.Protocol):
    """An end of a link: what it receives goes `onward`, what it sends comes `back`."""

    def __init__(
        self,
        link: Link,
        onward: Pipe,
        back: Pipe,
        made: Callable[[asyncio.Transport], None],
        received: Callable[[bytes], None],
    ) -> None:
        self.link = link
        self.onward = onward
        self.back = back
        self.made = made
        self.received = received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        self.received(data)

    def eof_received(self) -> bool:
        return self.link.ended(self.onward, self.back)

    def connection_lost(self, exc: Exception | None) -> None:
        self.link.lost(exc, self.onward, self.back)

    def pause_writing(self) -> None:
        self.back.sink_is_full(True)

    def resume_writing(self) -> None:
        self.back.sink_is_full(False)


class Listener:
    """The port of the proxy, which can be closed and opened again."""

    def __init__(self, network: Network, port: int) -> None:
        self._network = network
        self._port = port
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: Link(self._network).client_side(),
                LOOPBACK,
                self._port,
                reuse_address=True,
                backlog=1024,
            )

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def reset(transport: asyncio.Transport) -> None:
    """Close a connection so that its other end sees a reset, not an end."""
    connection: socket.socket = transport.get_extra_info("socket")
    if connection.fileno() >= 0:
        reset_on_close(connection)
    transport.abort()
