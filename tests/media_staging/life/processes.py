"""Processes that run a little at a time and can be killed wherever they stop.

A strand (one thread of a process) stops before each transaction and each statement outside one,
at each call to the remote, and before each unlink: between any two of its effects, other processes
can do theirs. All strands are greenlets of one thread, which
owns the database connection; so a schedule is a list of choices and can be repeated.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import connection
from greenlet import getcurrent, greenlet

# More turns than any piece of work here takes: it would go on for ever.
ENDLESS = 1000


class Killed(BaseException):
    """The process ends here and now; nothing that it does on the way out has any effect."""


class Strand(greenlet):
    """One thread of a process. `at` says where it stopped."""

    def __init__(self, process: "Process", work: Callable[[], object]) -> None:
        super().__init__(parent=process.scheduler)
        self.process = process
        self.work = work
        self.at = "start"

    def run(self) -> None:
        with suppress(Killed):
            self.work()


def pause(at: str) -> None:
    """A place where the process may stop, for a while or for ever. Elsewhere: nothing.

    Nor within a transaction: all share one connection, so what others did meanwhile would be a part
    of it, and be rolled back with it.
    """
    strand = getcurrent()
    if isinstance(strand, Strand) and not connection.in_atomic_block:
        strand.process.check_alive()
        strand.at = at
        strand.process.scheduler.switch()
        strand.process.check_alive()


def here() -> "Process":
    """The process whose strand is running."""
    strand = getcurrent()
    assert isinstance(strand, Strand)
    return strand.process


class Process:
    """`strands[0]` does the work; others are its pool."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.scheduler = getcurrent()
        self.strands: list[Strand] = []
        self.was_killed = False
        # By key: the token of its last claim.
        self.claimed: dict[str, UUID] = {}
        self.spawn(work)

    def spawn(self, work: Callable[[], object]) -> None:
        self.strands.append(Strand(self, work))

    @property
    def alive(self) -> list[Strand]:
        return [strand for strand in self.strands if not strand.dead]

    def check_alive(self) -> None:
        if self.was_killed:
            raise Killed

    def go_on(self, until: str = "") -> None:
        """Let the strands take turns until one stops there, or all have ended."""
        try:
            for _turn in range(ENDLESS):
                if not self.alive or self.takes_a_turn(until):
                    return
        except BaseException:
            # A strand left to the garbage collector would end in the midst of something else.
            self.kill()
            raise
        self.kill()
        raise AssertionError("endless")

    def takes_a_turn(self, until: str) -> bool:
        """Run each strand to its next stop; whether one of them is the stop that was asked for."""
        for strand in self.alive:
            strand.switch()
            if strand.at == until and not strand.dead:
                return True
        return False

    def kill(self) -> None:
        self.was_killed = True
        for strand in self.alive:
            with suppress(Killed):
                strand.throw(Killed)


STATEMENTS = {"SELECT": "read", "BEGIN": "transaction"}


class StatementGate:
    """An execute wrapper of Django's: a stop before each statement outside a transaction."""

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        pause(STATEMENTS.get(sql.split(maxsplit=1)[0], "write"))
        return execute(sql, params, many, context)


class StrandPool:
    """Stands in for ThreadPoolExecutor: each call is a strand of the process that submits it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._futures: list[Future[Any]] = []

    def submit(self, call: Callable[..., Any], *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._futures.append(future)

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                answer = call(*args)
            except Exception as error:  # noqa: BLE001 (as ThreadPoolExecutor does)
                future.set_exception(error)
            else:
                future.set_result(answer)

        here().spawn(work)
        return future

    def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
        for future in self._futures:
            future.cancel()
        pause("close")


class ThisThread(nullcontext[Any]):
    """Stands in for ThreadPoolExecutor where nobody minds that questions are asked in turn."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(self)

    map = staticmethod(map)


def strand_wait(
    futures: Iterable[Future[Any]], timeout: float, return_when: str = ALL_COMPLETED
) -> SimpleNamespace:
    """Stands in for concurrent.futures.wait: lets other strands run once, then it times out."""
    expected = any if return_when == FIRST_COMPLETED else all
    if not expected(future.done() for future in futures):
        pause("wait")
    return SimpleNamespace(done={future for future in futures if future.done()})
