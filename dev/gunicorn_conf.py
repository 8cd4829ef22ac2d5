"""The web server of `make run`: as in production, with workers that never outlive their master."""

import ctypes
import os
import runpy
import signal
from pathlib import Path
from typing import Any

globals().update(runpy.run_path(str(Path(__file__).parents[1] / "gunicorn.conf.py")))

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_master = os.getpid()


def post_fork(_server: Any, _worker: Any) -> None:
    """Ask the kernel to kill the worker when its master dies, be it by SIGKILL."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != _master:
        os._exit(1)
