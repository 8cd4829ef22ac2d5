"""What happens between the consumers and the S3 server; every kind counts where it struck."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self

from dev.ports import LOOPBACK
from dev.proxies.http import Fault, FaultProxy
from dev.proxies.tcp import DelayProxy

ROUND_TRIP_SECONDS = 0.02
# In the body of a small picture, behind the headers of its PUT.
RESET_AFTER_BYTES = 15_000
BLACK_HOLE, REFUSE, RESET = "black hole", "refuse", "reset in mid-body"
REFUSED = """
    SELECT max(failed_at) FROM media_staging_stagedfile
    WHERE error_message LIKE 'Could not connect%'
"""


class Weather:
    """A slow network with an S3 server behind it, which both can be told to fail.

    Every byte is delayed, always; besides that one fault at a time is under way. Nobody listens to
    a refused connection, so that fault is believed when a row tells of it: `rows` asks the
    database, and is to be set before the first fault.
    """

    rows: Callable[[str], list[tuple[Any, ...]]]

    def __init__(self, s3_port: int) -> None:
        self.http = FaultProxy(LOOPBACK, s3_port)
        self.network = DelayProxy(LOOPBACK, self.http.port, ROUND_TRIP_SECONDS)
        self.faults: dict[str, Callable[[], None]] = {
            BLACK_HOLE: self.network.black_hole,
            REFUSE: self.network.refuse,
            RESET: lambda: self.network.reset_after(RESET_AFTER_BYTES),
            **{fault.value: self._spoiling(fault) for fault in Fault},
        }
        self.strikes: Counter[str] = Counter()
        self._under_way = ""
        self._before: object = 0
        self._stack = ExitStack()

    @property
    def address(self) -> str:
        return self.network.address

    def __enter__(self) -> Self:
        self._stack.enter_context(self.http)
        self._stack.enter_context(self.network)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def begin(self, name: str) -> None:
        self._under_way, self._before = name, self._measure(name)
        self.faults[name]()

    def has_struck(self) -> bool:
        """Whether the fault under way has hit at least one request."""
        return self._measure(self._under_way) != self._before

    def clear_up(self) -> None:
        """End the fault under way and book what it hit."""
        self.network.pass_through()
        self.http.pass_through()
        after = self._measure(self._under_way)
        if isinstance(after, int) and isinstance(self._before, int):
            self.strikes[self._under_way] += after - self._before
        else:
            self.strikes[self._under_way] += after != self._before

    def _spoiling(self, fault: Fault) -> Callable[[], None]:
        return lambda: self.http.strike(fault, "PUT", "HEAD", "POST")

    def _measure(self, name: str) -> object:
        if name == REFUSE:
            return self.rows(REFUSED)[0][0]
        if name in (BLACK_HOLE, RESET):
            return self.network.traffic().struck
        return self.http.strikes[Fault(name)]
