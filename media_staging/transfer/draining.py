"""Moves files to the remote: claim → check the bytes → upload → verify → flip.

The thread that calls `drain` does all the database work, in batches; the pool's threads only read
the disk and talk to the remote. Everything a drain needs to know is in the rows, so any number of
drains may run at once, be killed at any instruction, or never run at all until the next minute.
"""

import logging
import threading
import time
from collections.abc import Callable, Container, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from django.db import transaction

from media_staging import clock, remotes, signals
from media_staging.area import staging
from media_staging.conf import conf
from media_staging.errors import (
    Cancelled,
    Damaged,
    Outage,
    Refused,
    Setup,
    StagingUnavailable,
    TransferError,
)
from media_staging.models import StagedFile
from media_staging.remotes import Remote, RemoteData
from media_staging.removal import door
from media_staging.states import health, retry, transitions
from media_staging.transfer import progress
from media_staging.transfer.sending import Transfer, by_token, outcome, percent, send

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
# A few large claims cost the database, and the interpreter, less than many small ones.
CLAIMED_PER_THREAD = 6
# Landings this close together share a flip: a commit costs an fsync, however many rows it holds.
GATHER_SECONDS = 0.1
# How long a drain that is told to stop waits for uploads under way before it gives them back.
STOP_SECONDS = 5.0


@dataclass
class Report:
    """What a drain did, thumbnails left out. `seconds` from the first claim to the last flip."""

    transferred: int = 0
    bytes: int = 0
    first_claim: float = 0.0
    last_flip: float = 0.0

    @property
    def seconds(self) -> float:
        return max(0.0, self.last_flip - self.first_claim) if self.transferred else 0.0


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
    run = Drain(remotes.current(), stop or threading.Event(), observe)
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
    # One status at a time: each has its partial index.
    return any(StagedFile.objects.filter(status=each).exists() for each in StagedFile.PENDING)


class Drain:
    """The transfers under way in this process, and the one thread that keeps their books."""

    def __init__(
        self, remote: Remote, stop: threading.Event, observe: Callable[[Report], None]
    ) -> None:
        self.remote = remote
        self.stop = stop
        self.report = Report()
        self._observe = observe
        self._concurrency = conf().TRANSFER_CONCURRENCY
        self._pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="transfer")
        self._under_way: dict[Future[RemoteData], Transfer] = {}
        self._beat_at = 0.0
        self._publish_at = 0.0
        # What the pages know of each upload under way; None: nothing yet.
        self._told: dict[int, int | None] = {}

    def until_idle(self) -> None:
        """Claim and land until nothing more can be claimed."""
        while not self.stop.is_set():
            self._fill()
            if not self._under_way:
                return
            self._land(self._next_landed(TICK_SECONDS))
            self._keep_alive()

    def close(self) -> None:
        """Land what is finished, call off the rest and give it back."""
        for transfer in self._under_way.values():
            transfer.cancelled.set()
        deadline = time.monotonic() + STOP_SECONDS
        try:
            while self._under_way and (left := deadline - time.monotonic()) > 0:
                self._land(self._next_landed(min(left, TICK_SECONDS)))
            self._give_back(self._under_way.values())
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    # --- Claim -----------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Claim the next batch while there is still enough to do until it is there.

        The claim waits for the disk; the threads must not wait for the claim.
        """
        most = CLAIMED_PER_THREAD * self._concurrency
        room = most - sum(not future.done() for future in self._under_way)
        if 2 * room < most or not self._may_claim():
            return
        self._prepare()
        admission = health.admit(self.remote.name, room)
        if not admission.limit:
            return
        token, files = transitions.claim(admission.limit)
        self.report.first_claim = self.report.first_claim or time.monotonic()
        # Ours may be among them, once their lease ran out: the machine slept, or its clock jumped.
        call_off(self._under_way.values(), {file.pk for file in files})
        for file in files:
            transfer = Transfer(file, token, probe=admission.is_probe)
            self._under_way[self._pool.submit(send, self.remote, transfer)] = transfer

    def _may_claim(self) -> bool:
        """Whether there is something due, and a staging area to take it from."""
        if not transitions.is_transfer_due():
            return False
        try:
            staging.check_area()
        except StagingUnavailable as error:
            logger.error("Nothing is transferred: %s", error.reason)
            return False
        return True

    def _prepare(self) -> None:
        """Make the remote's client before a file waits for it."""
        try:
            self.remote.prepare()
        except TransferError as error:
            # Every file that is claimed now meets the same error, and has it in its row.
            logger.info("The remote is not ready: %s", error)

    # --- Land ------------------------------------------------------------------------------------

    def _next_landed(self, timeout: float) -> list[Future[RemoteData]]:
        """What has landed: waits for the first, then shortly for more to flip along with it.

        One wake-up for all: a thread that takes note of each landing takes the interpreter from
        those that send.
        """
        if wait(self._under_way, timeout, FIRST_COMPLETED).done:
            wait(self._under_way, GATHER_SECONDS)
        return [future for future in self._under_way if future.done()]

    def _land(self, landed: list[Future[RemoteData]]) -> None:
        arrived: dict[Transfer, RemoteData] = {}
        for future in landed:
            transfer = self._under_way[future]
            error = outcome(future, transfer.file)
            if error:
                self._settle_failure(transfer, error)
            else:
                arrived[transfer] = future.result()
        self._flip(arrived)
        for future in landed:
            del self._under_way[future]
        if landed:
            self._observe(self.report)

    def _flip(self, arrived: dict[Transfer, RemoteData]) -> None:
        if not arrived:
            return
        flipped: set[int] = set()
        with transaction.atomic():
            for token, transfers in by_token(arrived).items():
                answers = {each.file.pk: arrived[each] for each in transfers}
                flipped |= transitions.flip(token, answers, self.remote.name)
            health.succeeded(self.remote.name)
        for transfer, data in arrived.items():
            if transfer.file.pk in flipped:
                self._count(transfer.file)
            else:
                door.take_back(self.remote, transfer.file, data)
        if signals.media_synced.has_listeners(StagedFile):
            for file in StagedFile.objects.originals().filter(pk__in=flipped):
                signals.media_synced.send_robust(StagedFile, file=file)

    def _count(self, file: StagedFile) -> None:
        if file.is_thumbnail:
            return
        self.report.transferred += 1
        self.report.bytes += file.size
        self.report.last_flip = time.monotonic()

    def _settle_failure(self, transfer: Transfer, error: TransferError) -> None:
        if isinstance(error, Cancelled):
            self._give_back([transfer])
            return
        if isinstance(error, Damaged) and not area_is_there():
            self._give_back([transfer])
            return
        file = transfer.file
        last_success_at = health.of(self.remote.name).last_success_at
        attempts = retry.attempts_after(file, error, last_success_at)
        if isinstance(error, Outage | Setup):
            if health.failed(self.remote.name, error, probe=transfer.probe):
                self._call_off_waiting()
        elif transfer.probe and isinstance(error, Refused):
            # It answered. Of any other failure of a probe the remote may know nothing.
            health.succeeded(self.remote.name)
        if retry.is_final(error, attempts):
            self._fail(transfer, error, attempts)
        else:
            due_at = clock.now() + retry.delay(attempts + 1, error)
            transitions.postpone(transfer.token, file, error, due_at=due_at, attempts=attempts)

    def _call_off_waiting(self) -> None:
        """Give back what was claimed and not begun: the breaker is open."""
        waiting = [future for future in self._under_way if future.cancel()]
        self._give_back([self._under_way.pop(future) for future in waiting])

    def _fail(self, transfer: Transfer, error: TransferError, attempts: int) -> None:
        file = transfer.file
        if not transitions.fail(transfer.token, file, error, attempts=attempts):
            return
        logger.error(
            "%s was not transferred: %s. Its local copy is kept and served; see the Sync page, "
            "or run `manage.py staging_retry %s` once the cause is gone.",
            file.key,
            error,
            file.key,
        )
        if file.is_thumbnail:
            return
        file.refresh_from_db()
        signals.media_failed.send_robust(StagedFile, file=file)

    def _give_back(self, transfers: Iterable[Transfer]) -> None:
        for token, given in by_token(transfers).items():
            transitions.release(token, [each.file.pk for each in given])

    # --- Keep alive ------------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now >= self._publish_at:
            self._publish_at = now + TICK_SECONDS
            self._publish()
        if now >= self._beat_at:
            self._beat_at = now + conf().LEASE_SECONDS / 3
            self._beat()

    def _publish(self) -> None:
        """Tell the pages how far uploads are that last, where that has changed.

        One begun since the last look may be over before anybody asks; most small files are.
        """
        before = self._told
        moving = {
            each.file.pk: percent(each.body) for each in self._under_way.values() if each.body
        }
        changed = {pk: now for pk, now in moving.items() if pk in before and before[pk] != now}
        if changed:
            progress.publish(changed)
        self._told = {pk: now if pk in before else None for pk, now in moving.items()}

    def _beat(self) -> None:
        """Hold the leases; stop the uploads of files that were deleted or taken over."""
        for token, held in by_token(self._under_way.values()).items():
            call_off(held, transitions.heartbeat(token, [each.file.pk for each in held]))


def call_off(transfers: Iterable[Transfer], pks: Container[int]) -> None:
    """Stop those of them that send one of these files."""
    for transfer in transfers:
        if transfer.file.pk in pks:
            transfer.cancelled.set()


def area_is_there() -> bool:
    try:
        staging.check_area()
    except StagingUnavailable:
        return False
    return True
