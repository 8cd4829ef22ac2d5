"""Runs programs side by side until somebody says stop or one of them fails; then stops all."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from dev.make_watch import MakeWatch
from dev.processes import Child, start

_POLL_SECONDS = 0.05


class StopRequested(Exception):
    """Somebody asked for the end: a signal, or the make that runs us."""


class ChildFailed(Exception):
    """A program ended that should not have, or ended badly; the message is for a person."""


class Supervisor:
    """Starts services, which are to run on, and jobs, which are to end with exit code 0.

    From its creation on SIGINT, SIGTERM, SIGHUP and SIGQUIT mean: stop, in good order.
    """

    def __init__(self, log_dir: Path, cwd: Path, env: Mapping[str, str]) -> None:
        self._log_dir = log_dir
        self._cwd = cwd
        self._env = dict(env)
        self._services: list[tuple[Child, Callable[[], object]]] = []
        self._stop_signal: int | None = None
        self._make = MakeWatch()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, self._note_signal)

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stop_signal = number

    def service(
        self,
        name: str,
        argv: Sequence[str | Path],
        env: Mapping[str, str] | None = None,
        stop_seconds: float = 5.0,
    ) -> Child:
        """Start a program that is to run until `stop()`, which gives it `stop_seconds` to end."""
        child = self._start(name, argv, env)
        self.watch(child, lambda: child.stop(stop_seconds))
        return child

    def job(self, name: str, argv: Sequence[str | Path]) -> Child:
        """Start a program that is to end by itself; see `wait_for_job()`."""
        child = self._start(name, argv)
        self.watch(child, lambda: child.stop(1.0))
        return child

    def watch(self, child: Child, stop: Callable[[], object]) -> None:
        """Take over a program that was started elsewhere; `stop` ends it."""
        self._services.append((child, stop))

    def wait_for_job(self, child: Child) -> None:
        """Wait for the end of a job; raises ChildFailed when its exit code is not 0."""
        self.wait_until(lambda: not child.is_running(), f"the end of {child.name}", 600, job=child)
        self._services = [entry for entry in self._services if entry[0] is not child]
        if child.wait(0) != 0:
            raise ChildFailed(_obituary(child))

    def wait_until(
        self,
        condition: Callable[[], bool],
        what: str,
        seconds: float = float("inf"),
        job: Child | None = None,
    ) -> None:
        """Wait while everything is well.

        Raises StopRequested, ChildFailed when a program ends (other than `job`, and jobs that end
        well), and ChildFailed when `what` takes longer than `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            self._check(job)
            if time.monotonic() > deadline:
                raise ChildFailed(f"{what} took longer than {seconds:.0f} seconds")
            time.sleep(_POLL_SECONDS)
        self._check(job)

    def _check(self, job: Child | None) -> None:
        if self._stop_signal is not None or self._make.has_stopped():
            raise StopRequested
        for child, _ in self._services:
            if child is not job and not child.is_running():
                raise ChildFailed(_obituary(child))

    def stop(self) -> None:
        """Stop everything, what was started last first; may be called again."""
        while self._services:
            _, stop = self._services.pop()
            stop()

    def _start(
        self, name: str, argv: Sequence[str | Path], env: Mapping[str, str] | None = None
    ) -> Child:
        log = self._log_dir / f"{name}.log"
        log.unlink(missing_ok=True)
        return start(name, argv, log=log, cwd=self._cwd, env={**self._env, **(env or {})})


def say(text: str) -> None:
    """Print to the terminal, if there still is one."""
    with suppress(OSError):
        print(text, flush=True)


def _obituary(child: Child) -> str:
    code = child.exit_code()
    tail = child.log_tail()
    return f"{child.name} ended with exit code {code}; the end of {child.log}:\n{tail}"
