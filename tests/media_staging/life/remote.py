"""A remote under bad weather: it stops at every call, and knows what a purge has to reckon with."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from media_staging.errors import Busy, Hidden, Outage, Refused, Setup, TransferError, Unclear
from media_staging.models import StagedFile
from media_staging.remotes import Body, Identity, Mark, RemoteData, RemoteObject
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.life.clock import LifeClock
from tests.media_staging.life.processes import Process, here, pause

DOWN: dict[str, TransferError] = {
    "outage": Outage("no route to host"),
    "busy": Busy("SlowDown"),
    "setup": Setup("AccessDenied"),
    "unclear": Unclear("415"),
}
BAD_WEATHER = (*DOWN, "hides", "loses answers", "late", "corrupts")


@dataclass(eq=False)
class Request:
    """An upload by one claim. Until `promised` (elapsed seconds) a purge waits for it to land."""

    key: str
    sender: Process
    token: UUID
    promised: float
    data: bytes = b""
    mark: Mark = field(default_factory=Mark)
    came_too_late: bool = False
    # Whether its sender still waits for the answer.
    is_awaited: bool = True


class WeatherRemote(FakeRemote):
    def __init__(self, clock: LifeClock) -> None:
        super().__init__()
        self.clock = clock
        self.weather = "fine"
        self.refused: set[str] = set()
        self.undeletable: set[str] = set()
        self.ever_refused: set[str] = set()
        # Files that get an answer that nobody knows, whatever the weather.
        self.odd: set[str] = set()
        # How many uploads were found to have arrived; and how many had been when a file failed for
        # what may be all files' trouble, each time.
        self.passed = 0
        self.failures: dict[str, list[int]] = defaultdict(list)
        self.modified: dict[str, datetime] = {}
        # Being sent now; sent by somebody who no longer waits for the answer; stored.
        self.open: list[Request] = []
        self.under_way: list[Request] = []
        self.landed: list[Request] = []
        # Keys that somebody tried to delete in vain.
        self.undeleted: set[str] = set()
        # Objects that came too late for every purge and every worker: the sweep takes them.
        self.strays: set[str] = set()

    # --- The contract --------------------------------------------------------------------------

    def upload(self, file: Identity, body: Body) -> RemoteData:
        request = self.request(file.key)
        request.mark = Mark(file.mark, file.sha256, file.size)
        self.open.append(request)
        try:
            pause("upload")
            request.data = body.read()
            return self.answer(request)
        finally:
            self.open.remove(request)

    def answer(self, request: Request) -> RemoteData:
        weather = self.weather
        if weather in DOWN or request.key in self.odd:
            self.note_failure(request.key)
            raise DOWN.get(weather, DOWN["unclear"])
        if request.key in self.refused:
            raise Refused("EntityTooLarge")
        if weather == "late":
            self.leave_under_way(request)
            raise Outage("no answer")
        if weather == "corrupts":
            if request.key not in self.stored:
                self.place_object(request.key, b"other bytes", request.mark)
            self.note_failure(request.key)
            raise Unclear("other bytes arrived")
        self.land(request)
        pause("stored")
        if weather == "loses answers":
            raise Outage("reset by peer")
        self.passed += 1
        return {}

    def find(self, file: Identity) -> RemoteData | None:
        pause("find")
        if self.weather in DOWN:
            self.note_failure(file.key)
        self.fail_if_down()
        self.hide(file.key)
        data = self.stored.get(file.key)
        same = data is not None and hashlib.sha256(data).hexdigest() == file.sha256
        self.passed += same
        return {} if same else None

    def note_failure(self, key: str) -> None:
        """A remote that is busy counts for no file."""
        if self.weather != "busy":
            self.failures[key].append(self.passed)

    def hide(self, key: str) -> None:
        """Without the right to list, what is missing looks like what may not be seen."""
        if self.weather == "hides" and key not in self.stored:
            raise Hidden("AccessDenied")

    def delete(self, key: str, data: RemoteData) -> None:
        pause("delete")
        self.undeleted.add(key)
        self.fail_if_down()
        if key in self.undeletable:
            raise Refused("AccessDenied by an object lock")
        self.stored.pop(key, None)
        self.marks.pop(key, None)
        self.undeleted.discard(key)
        if self.weather == "loses answers":
            raise Outage("reset by peer")
        pause("deleted")

    def objects(self) -> Iterator[RemoteObject]:
        pause("listing")
        self.fail_if_down()
        if self.weather == "hides":
            raise DOWN["setup"]
        for each in super().objects():
            yield replace(each, modified=self.modified.get(each.key, self.clock.now))

    def mark_of(self, key: str) -> Mark | None:
        pause("find")
        self.fail_if_down()
        self.hide(key)
        return super().mark_of(key)

    def read_prefix_mark(self) -> bytes | None:
        pause("find")
        self.fail_if_down()
        if self.weather == "hides" and self.prefix_mark is None:
            raise DOWN["setup"]
        return self.prefix_mark

    def write_prefix_mark(self, content: bytes) -> None:
        pause("mark")
        self.fail_if_down()
        self.prefix_mark = content
        pause("marked")

    def check(self) -> None:
        self.fail_if_down()

    def fail_if_down(self) -> None:
        if self.weather in DOWN:
            raise DOWN[self.weather]

    # --- Requests ------------------------------------------------------------------------------

    def request(self, key: str) -> Request:
        process = here()
        settle_at = StagedFile.objects.filter(key=key).values_list("settle_at", flat=True).first()
        left = (settle_at - self.clock.now).total_seconds() if settle_at else 0
        return Request(key, process, process.claimed[key], self.clock.elapsed + left)

    def land(self, request: Request) -> None:
        self.place_object(request.key, request.data, request.mark)
        self.landed.append(request)
        request.came_too_late = request.promised <= self.clock.elapsed

    def place_object(self, key: str, data: bytes, mark: Mark) -> None:
        self.stored[key], self.marks[key] = data, mark
        self.modified[key] = self.clock.now

    def abandon(self, process: Process, truth: dict[str, bytes]) -> None:
        """The process is about to be killed; what it is sending may yet arrive."""
        for request in self.open:
            if request.sender is process:
                request.data = truth[request.key]
                self.leave_under_way(request)

    def leave_under_way(self, request: Request) -> None:
        request.is_awaited = False
        self.under_way.append(request)

    def void_promises(self) -> None:
        """The clock was set: a purge may come too early."""
        for request in (*self.open, *self.under_way):
            request.promised = 0

    def look_at(self, files: dict[str, StagedFile]) -> None:
        """Note which requests nobody reckons with any more, and which objects nobody holds."""
        for request in (*self.open, *self.under_way):
            file = files.get(request.key)
            if file and file.status == StagedFile.Status.SYNCED and file.token != request.token:
                # Another claim has flipped it: the purge of a synced file does not wait.
                request.promised = 0
        for request in [each for each in self.landed if not each.sender.alive]:
            self.landed.remove(request)
            is_alone = request.sender.was_killed or not request.is_awaited
            could_not = is_alone or request.key in self.undeleted
            if request.came_too_late and could_not:
                self.strays.add(request.key)

    def marked_by(self, database: str, key: str) -> bool:
        return self.marks.get(key, Mark()).text.startswith(database)

    def is_held(self, key: str) -> bool:
        """Whether a worker that put it there lives, and may yet take it back."""
        return any(request.key == key for request in self.landed)
