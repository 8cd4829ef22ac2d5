"""A `make run` under test: started in a session of its own and found again by a mark."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from dev.processes import wait_for

MARK = "RUN_UNDER_TEST"

# Ignored signals stay ignored in a new program, and a test run in the background of a shell script
# ignores SIGINT. A terminal is taken as the controlling one when standard input is one.
_SHIM = """
import fcntl, os, signal, sys, termios
# As a shell starts it, whatever the suite itself was told to ignore (nohup, a background job).
for each in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    signal.signal(each, signal.SIG_DFL)
if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class MakeRun:
    """`make run` in a project folder, with what the tests run on already installed."""

    def __init__(
        self,
        project: Path,
        scratch: Path,
        env: Mapping[str, str],
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.output_file = scratch / f"make-{self.mark}.out"
        stamp, scripts = scratch / "stamp", scratch / "scripts"
        stamp.touch()
        scripts.touch()
        installed = [f"BIN={Path(sys.executable).parent}", f"STAMP={stamp}", f"SCRIPTS={scripts}"]
        make = ["make", "run", *installed]
        with self.output_file.open("wb") as output:
            self.make = subprocess.Popen(
                [sys.executable, "-c", _SHIM, *make],
                cwd=project,
                env={**_without_ours(os.environ), **env, MARK: self.mark},
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    @property
    def supervisor(self) -> int:
        """The pid of `python -m dev.run`, the only child of make."""
        children = Path(f"/proc/{self.make.pid}/task/{self.make.pid}/children").read_text().split()
        return int(children[0])

    def wait_until_open(self, seconds: float = 30) -> None:
        def settled() -> bool:
            return "Ctrl-C stops everything" in self.output or self.make.poll() is not None

        assert wait_for(settled, seconds), self.output
        assert self.make.poll() is None, self.output

    def processes(self) -> dict[int, str]:
        """Return pid and command line of everything that belongs to this run and is alive."""
        found = {}
        wanted = f"{MARK}={self.mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(folder.name)] = command.decode(errors="replace")
            except OSError:
                continue
        return found

    def assert_nothing_is_left(self, seconds: float) -> None:
        assert wait_for(lambda: not self.processes(), seconds, 0.05), self.processes()
        self.make.wait(5)

    def kill_everything(self) -> None:
        """Clean up after a failed test."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.make.wait(5)


def _without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    """Drop what a developer's shell or an outer make may have set and `make run` would obey."""
    ours = ("S3_", "AWS_", "CLOUDINARY_", "MEDIA_", "MAKE", "MFLAGS", "DJANGO_")
    names = {"PORT", "VAR_DIR", "DATABASE_URL", "REDIS_URL", "DEBUG"}
    return {k: v for k, v in environ.items() if not k.startswith(ours) and k not in names}
