"""Python loads this at start-up in the processes under torture: they die at a call, when told to.

The order `<number> <call> before|after <n>` lies in the file that KILL_ORDER names. The process
that is first to come to its n-th such call takes the order away, which is the proof that it struck,
and kills itself: no handler, no `finally`, no flush. The product knows nothing of it.
"""

import os
import signal
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

ORDER = os.environ.get("KILL_ORDER", "")
take_away = os.replace
come_to: Counter[str] = Counter()


def reach(call: str, moment: str) -> None:
    """Die here if that is the order."""
    try:
        with open(ORDER) as order:  # noqa: PTH123 (pathlib would be one of the calls)
            number, wanted, when, nth = order.read().split()
    except OSError:
        return
    if (call, moment) != (wanted, when):
        return
    come_to[number] += 1
    if come_to[number] >= int(nth):
        try:
            take_away(ORDER, f"{ORDER}.obeyed")
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def deadly(call: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        reach(call, "before")
        answer = function(*args, **kwargs)
        reach(call, "after")
        return answer

    return called


class Connection(sqlite3.Connection):
    commit = deadly("commit", sqlite3.Connection.commit)


def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
    return original_connect(*args, **{"factory": Connection, **kwargs})


if ORDER:
    os.fsync = deadly("fsync", os.fsync)
    os.replace = deadly("rename", os.replace)
    os.unlink = deadly("unlink", os.unlink)
    socket.socket.sendall = deadly("send", socket.socket.sendall)  # type: ignore[method-assign]
    socket.socket.recv_into = deadly("receive", socket.socket.recv_into)  # type: ignore[method-assign]
    original_connect = sqlite3.connect
    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment,attr-defined]
    if os.environ.get("DATABASE_URL"):
        import psycopg

        psycopg.Connection.commit = deadly("commit", psycopg.Connection.commit)  # type: ignore[method-assign]
