"""What the local servers have in common: start, stop, kill, pause and a folder for their data."""

import shutil
import signal
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from dev.ports import free_port
from dev.processes import Child, wait_for


class ServerError(RuntimeError):
    """A local server did not come up; the message ends with the last lines of its log."""


class LocalServer(ABC):
    """A server on loopback, used as a context manager or with `start()` and `stop()`.

    `data_dir=None` uses a temporary folder that `stop()` removes, `port=None` a free port. A
    subclass says how to launch the program and how to tell that it is ready.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[int] = signal.SIGTERM
    stop_seconds: ClassVar[float] = 5.0
    start_seconds: ClassVar[float] = 30.0

    def __init__(self, data_dir: Path | None = None, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self._temporary = data_dir is None
        self._data_dir = None if data_dir is None else Path(data_dir).resolve()
        self._child: Child | None = None

    @abstractmethod
    def launch(self) -> Child:
        """Start the program on `data_dir`, without waiting for it."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether the server answers; must neither raise nor block for long."""

    @property
    def data_dir(self) -> Path:
        """The folder of the server's data; exists from `start()` on."""
        if self._data_dir is None:
            self._data_dir = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        return self._data_dir

    @property
    def child(self) -> Child:
        """The running program; raises ServerError when it is not started."""
        if self._child is None:
            raise ServerError(f"{self.name} is not started")
        return self._child

    @property
    def log(self) -> Path:
        return self.data_dir / f"{self.name}.log"

    def start(self) -> Self:
        """Start and return when the server answers.

        Raises ServerError when it ends early or is not ready in time; nothing is left running.
        """
        child = self.begin()
        try:
            self._wait_until_ready(child)
        except BaseException:
            self.stop()
            raise
        return self

    def begin(self) -> Child:
        """Start without waiting: for a caller who has other things to do until `is_ready()`."""
        if self._child is not None:
            raise ServerError(f"{self.name} is started already")
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            self._child = self.launch()
        except BaseException:
            self.clean_up()
            raise
        return self._child

    def _wait_until_ready(self, child: Child) -> None:
        settled = wait_for(lambda: not child.is_running() or self.is_ready(), self.start_seconds)
        if settled and child.is_running():
            return
        code = child.exit_code()
        problem = "was not ready in time" if code is None else f"ended with exit code {code}"
        raise ServerError(f"{self.name} {problem}; the end of its log:\n{child.log_tail()}")

    def stop(self) -> None:
        """Stop in good order, within `stop_seconds`; may be called again."""
        if self._child is not None:
            # A paused program acts on no signal but SIGKILL.
            self.resume()
            self._child.stop(self.stop_seconds, self.stop_signal)
            self._child = None
        self.clean_up()

    def clean_up(self) -> None:
        """Remove what must not outlive the server."""
        if self._temporary and self._data_dir is not None:
            shutil.rmtree(self._data_dir, ignore_errors=True)
            self._data_dir = None

    def kill(self) -> None:
        """Kill without warning, as a crash would; `start()` brings it back on the same port."""
        self.child.kill()
        self._child = None

    def pause(self) -> None:
        """Freeze the server: it accepts connections (the kernel does) and never answers."""
        self.child.signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue after `pause()`."""
        self.child.signal_group(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()
