"""The slow network delays without throttling, and breaks in the ways it is told to."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from socketserver import BaseRequestHandler

import pytest

from dev.ports import LOOPBACK, free_port
from dev.processes import wait_for
from dev.proxies.tcp import DelayProxy
from dev.servers.http_server import QuietServer

MIB = 1024 * 1024


class Echo(BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(MIB):
            self.request.sendall(data)


class Count(BaseRequestHandler):
    """Answers with the number of bytes, and remembers the connections that were reset."""

    resets = 0

    def handle(self) -> None:
        total = 0
        try:
            while data := self.request.recv(MIB):
                total += len(data)
        except ConnectionResetError:
            Count.resets += 1
        else:
            self.request.sendall(str(total).encode())


@pytest.fixture
def echo() -> Iterator[QuietServer]:
    with QuietServer(Echo) as target:
        yield target


@pytest.fixture
def counter() -> Iterator[QuietServer]:
    Count.resets = 0
    with QuietServer(Count) as target:
        yield target


def connect(proxy: DelayProxy, timeout: float = 10) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout)


def exchange(connection: socket.socket, data: bytes = b"x") -> float:
    """Send, receive the echo, return the seconds that took."""
    began = time.monotonic()
    connection.sendall(data)
    received = b""
    while len(received) < len(data):
        chunk = connection.recv(MIB)
        assert chunk, "the connection ended early"
        received += chunk
    assert received == data
    return time.monotonic() - began


def upload(proxy: DelayProxy, size: int) -> int:
    """Send `size` bytes and the end; return how many the target says it got."""
    block = bytes(256 * 1024)
    with connect(proxy, 60) as connection:
        for _ in range(size // len(block)):
            connection.sendall(block)
        connection.shutdown(socket.SHUT_WR)
        return int(connection.makefile("rb").read())


def test_an_exchange_takes_the_round_trip(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port, 0.1) as proxy, connect(proxy) as connection:
        exchange(connection)
        times = [exchange(connection) for _ in range(7)]
    assert 0.098 <= min(times) < 0.19


def test_a_new_connection_costs_a_round_trip_more(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port, 0.1) as proxy:
        times = []
        for _ in range(5):
            with connect(proxy) as connection:
                times.append(exchange(connection))
    assert 0.19 < min(times) < 0.29


def test_without_a_delay_an_exchange_takes_next_to_nothing(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy, connect(proxy) as connection:
        exchange(connection)
        assert min(exchange(connection) for _ in range(20)) < 0.05


def test_the_delay_does_not_limit_the_throughput(counter: QuietServer) -> None:
    connections, each = 64, 4 * MIB
    with DelayProxy(LOOPBACK, counter.port, 0.1) as proxy, ThreadPoolExecutor(connections) as pool:
        began = time.monotonic()
        counts = list(pool.map(lambda _: upload(proxy, each), range(connections)))
        seconds = time.monotonic() - began
    assert counts == [each] * connections
    # What a window of 64 KiB per round trip would take.
    assert seconds < each / (64 * 1024) * 0.1


def test_bytes_arrive_complete_and_in_order(echo: QuietServer) -> None:
    data = b"".join(number.to_bytes(4, "big") for number in range(MIB))
    with DelayProxy(LOOPBACK, echo.port, 0.02) as proxy, connect(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=[data])
        sender.start()
        received = bytearray()
        while len(received) < len(data):
            received += connection.recv(MIB)
        sender.join()
    assert bytes(received) == data


def test_connections_that_have_ended_are_forgotten(counter: QuietServer) -> None:
    with DelayProxy(LOOPBACK, counter.port, 0.02) as proxy:
        upload(proxy, MIB)
        assert wait_for(lambda: proxy.traffic().open == 0, 5)
        assert proxy.traffic().accepted == 1
        assert proxy.traffic().bytes_up == MIB
        assert proxy.traffic().bytes_down == len(str(MIB))


def test_a_client_that_goes_away_is_gone_for_the_target_too(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port, 0.02) as proxy:
        with connect(proxy) as connection:
            exchange(connection)
        assert wait_for(lambda: proxy.traffic().open == 0, 5)


def test_a_target_that_refuses_resets_the_client() -> None:
    with (
        DelayProxy(LOOPBACK, free_port()) as proxy,
        # It may be reset while it still connects.
        pytest.raises(ConnectionResetError),
        connect(proxy) as connection,
    ):
        connection.recv(1)


def test_a_black_hole_swallows_new_and_open_connections(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy, connect(proxy, 0.3) as before:
        exchange(before)
        proxy.black_hole()
        with connect(proxy, 0.3) as after:
            for connection in (before, after):
                connection.sendall(b"hello?")
                with pytest.raises(TimeoutError):
                    connection.recv(1)


def test_after_a_black_hole_its_victims_are_reset_and_the_rest_goes_on(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy, connect(proxy) as idle:
        exchange(idle)
        proxy.black_hole()
        with connect(proxy) as victim:
            victim.sendall(b"hello?")
            assert wait_for(lambda: proxy.traffic().bytes_up == len(b"x" + b"hello?"), 5)
            assert proxy.traffic().struck == 1, "the idle one was not swallowed"
            proxy.pass_through()
            with pytest.raises(ConnectionResetError):
                victim.recv(1)
        exchange(idle)
        with connect(proxy) as fresh:
            exchange(fresh)


def test_a_connection_made_in_a_black_hole_and_not_used_is_reset_after_it(
    echo: QuietServer,
) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy:
        proxy.black_hole()
        with connect(proxy) as connection:
            assert wait_for(lambda: proxy.traffic().accepted == 1, 5)
            proxy.pass_through()
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


def test_a_black_hole_forgets_clients_that_give_up(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy:
        proxy.black_hole()
        with connect(proxy) as connection:
            connection.sendall(b"hello?")
        assert wait_for(lambda: proxy.traffic().accepted == 1 and proxy.traffic().open == 0, 5)


def test_connections_that_are_lost_are_silent_and_new_ones_work(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy, connect(proxy, 0.3) as lost:
        exchange(lost)
        proxy.lose_open()
        with connect(proxy) as fresh:
            exchange(fresh)
            lost.sendall(b"hello?")
            with pytest.raises(TimeoutError):
                lost.recv(1)
            exchange(fresh)


def test_refused_connections_work_again_afterwards(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy, connect(proxy) as connection:
        exchange(connection)
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        proxy.pass_through()
        with connect(proxy) as again:
            exchange(again)


def test_a_reset_comes_in_the_middle_of_the_body(counter: QuietServer) -> None:
    with DelayProxy(LOOPBACK, counter.port, 0.02) as proxy:
        proxy.reset_after(100_000)
        with connect(proxy) as connection:
            connection.sendall(bytes(60_000))
            connection.sendall(bytes(60_000))
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        assert wait_for(lambda: Count.resets == 1, 5)
        assert proxy.traffic().struck == 1


def test_a_small_request_gets_through_before_the_reset(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy:
        proxy.reset_after(1000)
        with connect(proxy) as connection:
            exchange(connection, bytes(900))
            assert proxy.traffic().struck == 0
            connection.sendall(bytes(100))
            with pytest.raises(ConnectionResetError):
                while connection.recv(MIB):
                    pass


def test_one_bit_of_each_connection_is_flipped_at_its_place(echo: QuietServer) -> None:
    with DelayProxy(LOOPBACK, echo.port) as proxy:
        proxy.flip_at(2)
        for _connection in range(2):
            with connect(proxy) as connection:
                connection.sendall(b"abc")
                assert connection.recv(3, socket.MSG_WAITALL) == b"abb"
                connection.sendall(b"abc")
                assert connection.recv(3, socket.MSG_WAITALL) == b"abc"
        assert proxy.traffic().flipped == 2
