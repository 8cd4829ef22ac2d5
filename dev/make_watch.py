"""Tells when the `make` that runs us was asked to stop.

GNU make passes SIGTERM on to its children, but a SIGINT sent to make alone it keeps to itself: it
takes for granted that the terminal has sent one to everybody, and waits for us. While it waits it
is inside its signal handler, having given the signal its default action back; that shows in /proc.
"""

import os
import signal
from dataclasses import dataclass

from dev.processes import status_of

_MAKES = {"make", "gmake", "remake"}
_FATAL = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
_FATAL_MASK = sum(1 << (number - 1) for number in _FATAL)


@dataclass(frozen=True)
class _Process:
    name: str
    state: str
    parent: int
    caught_signals: int


class MakeWatch:
    """Watches our parent and its parents as far as they are makes; without one it never fires."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._caught = _makes_from(self._parent)

    def has_stopped(self) -> bool:
        """Tell whether a make is gone or on its way out."""
        if not self._caught:
            return False
        if os.getppid() != self._parent:
            return True
        return any(_is_leaving(pid, caught) for pid, caught in self._caught.items())


def _makes_from(pid: int) -> dict[int, int]:
    """Map each make in the line of ancestors to the fatal signals it catches now."""
    makes: dict[int, int] = {}
    while (process := _read(pid)) is not None and process.name in _MAKES:
        makes[pid] = process.caught_signals & _FATAL_MASK
        pid = process.parent
    return makes


def _is_leaving(pid: int, caught_before: int) -> bool:
    process = _read(pid)
    if process is None or process.state == "Z":
        return True
    return process.caught_signals & caught_before != caught_before


def _read(pid: int) -> _Process | None:
    fields = status_of(pid)
    if not fields:
        return None
    return _Process(
        name=fields["Name"],
        state=fields["State"].split()[0],
        parent=int(fields["PPid"]),
        caught_signals=int(fields["SigCgt"], 16),
    )
