"""The web server of `make run`, with workers that never outlive their master."""

import ctypes
import os
import signal
from typing import Any

worker_class = "gthread"
workers = 2
threads = 8
graceful_timeout = 3
control_socket_disable = True

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_master = os.getpid()


def post_fork(_server: Any, _worker: Any) -> None:
    """Ask the kernel to kill the worker when its master dies, be it by SIGKILL."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != _master:
        os._exit(1)
