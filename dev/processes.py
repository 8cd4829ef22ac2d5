"""Child processes that leave nothing behind, however they or we end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_EXEC_CHILD = Path(__file__).with_name("exec_child.py")

# Linux sends the death signal when the *thread* that started the child ends. Children that are
# started outside the main thread are therefore started by this one, which lives as long as we do.
_launcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="child-launcher")


class Child:
    """A running program with its own session and process group, and a log file."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.pid = popen.pid
        self.log = log
        self._popen = popen

    def exit_code(self) -> int | None:
        """Return how the program ended (negative: the signal), or None while it runs.

        The dead program is not collected yet, so its pid and group cannot be someone else's.
        """
        if self._popen.returncode is not None:
            return self._popen.returncode
        info = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is None:
            return None
        return info.si_status if info.si_code == os.CLD_EXITED else -info.si_status

    def is_running(self) -> bool:
        return self.exit_code() is None

    def wait(self, seconds: float) -> int:
        """Return the exit code of a program that ends by itself; kill it after `seconds`."""
        wait_for(lambda: not self.is_running(), seconds)
        return self.kill()

    def signal_group(self, number: int) -> None:
        """Send a signal to the program and everything it started in its group."""
        if self._popen.returncode is not None:
            return
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def stop(self, grace_seconds: float = 5.0, first_signal: int = signal.SIGTERM) -> int:
        """Ask the group to end, wait at most `grace_seconds`, then kill it; return the exit code.

        May be called again, and after the program has ended by itself.
        """
        if self._popen.returncode is None:
            self.signal_group(first_signal)
            wait_for(lambda: not self.is_running(), grace_seconds)
        return self.kill()

    def kill(self) -> int:
        """Kill the whole group at once and return the exit code of the program."""
        self.signal_group(signal.SIGKILL)
        code = self._popen.wait()
        wait_for(lambda: not _group_exists(self.pid), 2.0)
        return code

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the log file."""
        text = self.log.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def start(
    name: str,
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    death_signal: int = signal.SIGKILL,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a program in its own session; it gets `death_signal` when this process dies.

    `env` is added to our environment. Output goes to the end of `log`. `user` (needs root) runs
    it as that account. A program that cannot be executed exits with code 1 and says so in the log.
    """
    wrapper = [sys.executable, "-I", "-S", str(_EXEC_CHILD)]
    command = [*wrapper, str(os.getpid()), str(int(death_signal)), user or "-", *map(str, argv)]

    def launch() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
                pass_fds=pass_fds,
            )

    if threading.current_thread() is threading.main_thread():
        return Child(name, launch(), log)
    return Child(name, _launcher.submit(launch).result(), log)


def wait_for(condition: Callable[[], bool], seconds: float, interval: float = 0.01) -> bool:
    """Return True as soon as `condition` holds, False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True


def status_of(pid: int) -> dict[str, str]:
    """The kernel's facts about a process by name; none when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: fact.strip() for name, _colon, fact in (line.partition(":") for line in lines)}


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
