"""Misbehaviour on demand, told over HTTP: `PUT /_control/faults` with a JSON list.

Each entry is a `Fault`. The first that fits a request strikes it; with `times` it strikes so many
requests and is then forgotten. An empty list heals.
"""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any

CONTROL = "_control"
ERROR_PAGE = b"<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"


@dataclass
class Fault:
    """What goes wrong with which calls.

    `on`: upload, explicit, destroy, resource, resources or delivery; `*` is all of them.
    `do`: what happens.
        refuse       the error `status` with `message` and `headers`; nothing is done
        error-page   HTML with `status` (200 unless told otherwise); nothing is done
        empty        an empty JSON object with status 200; nothing is done
        slow         `seconds` pass before anything else
        reset        the connection breaks; nothing is done
        lose-answer  all is done, and then the connection breaks
        lie          all is done, and the answer's `fields` are other ones; null: left out
        corrupt      other bytes are stored than were sent
    """

    on: str
    do: str
    times: int | None = None
    status: int = 200
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Faults:
    """The faults in force, and how often each call was made."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._calls: dict[str, int] = {}
        self._lock = threading.Lock()

    def replace(self, faults: list[dict[str, Any]]) -> None:
        with self._lock:
            self._faults = [Fault(**fault) for fault in faults]

    def calls(self) -> dict[str, int]:
        with self._lock:
            return dict(self._calls)

    def strike(self, call: str) -> Fault | None:
        """Count the call; what goes wrong with it, if anything."""
        with self._lock:
            self._calls[call] = self._calls.get(call, 0) + 1
            for fault in self._faults:
                if fault.on in (call, "*") and fault.times != 0:
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None
