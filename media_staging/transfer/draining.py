"""Moves files to their remotes: claim → check the bytes → upload → verify → flip.

The thread that calls `drain` does all the database work, in batches; the pools' threads only read
the disk and talk to the remotes. Everything a drain needs to know is in the rows, so any number of
drains may run at once, be killed at any instruction, or never run at all until the next minute.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import chain

from media_staging import remotes
from media_staging.conf import conf
from media_staging.models import StagedFile
from media_staging.remotes import Remote, RemoteData
from media_staging.removal.marks import keep_evidence
from media_staging.states import places
from media_staging.transfer import progress
from media_staging.transfer.lane import Lane, Report
from media_staging.transfer.sending import Transfer, percent

TICK_SECONDS = 0.25
# Landings this close together share a flip: a commit costs an fsync, however many rows it holds.
GATHER_SECONDS = 0.1
# How long a drain that is told to stop waits for uploads under way before it gives them back.
STOP_SECONDS = 5.0


def drain(
    *,
    wait: float = 0,
    stop: threading.Event | None = None,
    woken: threading.Event | None = None,
    observe: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Move everything that is due; with `wait`, keep on for that many seconds while any is pending.

    `stop` ends it early and gives unfinished work back; `woken` cuts a pause short; `observe` is
    called after every batch. Repeatable and safe beside other drains. What fails is put off, never
    raised; raises only when the database does.
    """
    places.remember()
    keep_evidence()
    run = Drain(remotes.in_use(), stop or threading.Event(), observe)
    woken = woken or threading.Event()
    deadline = time.monotonic() + wait
    try:
        while True:
            woken.clear()
            run.until_idle()
            left = deadline - time.monotonic()
            if run.stop.is_set() or left <= 0 or not is_anything_pending():
                return run.report
            woken.wait(min(1.0, left))
    finally:
        run.close()


def is_anything_pending() -> bool:
    """Whether any file waits that a remote in use takes."""
    # One status at a time: each has its partial index.
    waiting = StagedFile.objects.filter(places.is_moving())
    return any(waiting.filter(status=each).exists() for each in StagedFile.PENDING)


class Drain:
    """The transfers under way in this process, and the one thread that keeps their books."""

    def __init__(
        self, served: list[Remote], stop: threading.Event, observe: Callable[[Report], None]
    ) -> None:
        self.stop = stop
        self.report = Report()
        self._observe = observe
        self._lanes = [Lane(remote, self.report) for remote in served if places.served_by(remote)]
        self._beat_at = 0.0
        self._publish_at = 0.0
        # What the pages know of each upload under way; None: nothing yet.
        self._told: dict[int, int | None] = {}

    def until_idle(self) -> None:
        """Claim and land until nothing more can be claimed."""
        while not self.stop.is_set():
            busy = bool(self._under_way())
            for lane in self._lanes:
                lane.fill(busy=busy)
            if not self._under_way():
                return
            self._land(TICK_SECONDS)
            self._keep_alive()

    def close(self) -> None:
        """Land what is finished, call off the rest and give it back."""
        for transfer in self._transfers():
            transfer.cancelled.set()
        deadline = time.monotonic() + STOP_SECONDS
        try:
            while self._under_way() and (left := deadline - time.monotonic()) > 0:
                self._land(min(left, TICK_SECONDS))
        finally:
            for lane in self._lanes:
                lane.shut_down()

    def _under_way(self) -> list[Future[RemoteData]]:
        return [future for lane in self._lanes for future in lane.under_way]

    def _transfers(self) -> Iterator[Transfer]:
        for lane in self._lanes:
            yield from lane.under_way.values()

    def _land(self, timeout: float) -> None:
        """Wait for the first to land, then shortly for more to flip along with it.

        One wake-up for all: a thread that takes note of each landing takes the interpreter from
        those that send. No lane waits for what another one, whose remote may be silent, sends.
        """
        done = wait(self._under_way(), timeout, FIRST_COMPLETED).done
        landing = [lane.under_way for lane in self._lanes if not done.isdisjoint(lane.under_way)]
        if landing:
            wait(list(chain(*landing)), GATHER_SECONDS)
        landed = [lane.land() for lane in self._lanes]
        if any(landed):
            self._observe(self.report)

    # --- Keep alive ------------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now >= self._publish_at:
            self._publish_at = now + TICK_SECONDS
            self._publish()
        if now >= self._beat_at:
            self._beat_at = now + conf().LEASE_SECONDS / 3
            for lane in self._lanes:
                lane.beat()

    def _publish(self) -> None:
        """Tell the pages how far uploads are that last, where that has changed.

        One begun since the last look may be over before anybody asks; most small files are.
        """
        before = self._told
        moving = {each.file.pk: percent(each.body) for each in self._transfers() if each.body}
        changed = {pk: now for pk, now in moving.items() if pk in before and before[pk] != now}
        if changed:
            progress.publish(changed)
        self._told = {pk: now if pk in before else None for pk, now in moving.items()}
