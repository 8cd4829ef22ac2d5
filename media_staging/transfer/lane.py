"""The transfers to one remote: what is claimed for it, and what becomes of each.

Each remote has its breaker and its pool, so that one that is silent or broken keeps no other
waiting.
"""

import logging
import time
from collections.abc import Container, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.db import transaction

from media_staging import clock, signals
from media_staging.area import staging
from media_staging.conf import conf
from media_staging.errors import (
    Cancelled,
    Damaged,
    Refused,
    StagingUnavailable,
    TransferError,
    Unclear,
)
from media_staging.models import StagedFile
from media_staging.remotes import Remote, RemoteData
from media_staging.removal import door
from media_staging.states import health, retry, transitions
from media_staging.states.installation import installation, object_mark
from media_staging.transfer.sending import Transfer, by_token, outcome, send

logger = logging.getLogger(__name__)

# A few large claims cost the database, and the interpreter, less than many small ones.
CLAIMED_PER_THREAD = 6
# How long the answer that nothing more is due is good for, to who has other things to do.
LOOK_AGAIN_SECONDS = 0.25


@dataclass
class Report:
    """What a drain did, thumbnails left out. `seconds` from the first claim to the last flip."""

    transferred: int = 0
    bytes: int = 0
    first_claim: float = 0.0
    last_flip: float = 0.0
    # Why nothing was taken from the staging area, the last time that something was due.
    unavailable: str = ""

    @property
    def seconds(self) -> float:
        return max(0.0, self.last_flip - self.first_claim) if self.transferred else 0.0

    def count(self, file: StagedFile) -> None:
        if file.is_thumbnail:
            return
        self.transferred += 1
        self.bytes += file.size
        self.last_flip = time.monotonic()


class Lane:
    """The transfers to one remote that are under way in this process. All but `send` happens in the
    one thread that keeps the books."""

    def __init__(self, remote: Remote, report: Report) -> None:
        self.remote = remote
        self.under_way: dict[Future[RemoteData], Transfer] = {}
        self._report = report
        self._concurrency = conf().TRANSFER_CONCURRENCY
        self._look_at = 0.0
        self._pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="transfer")

    def shut_down(self) -> None:
        """What has not landed by now is given back."""
        try:
            self._give_back(self.under_way.values())
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    # --- Claim -----------------------------------------------------------------------------------

    def fill(self, *, busy: bool) -> None:
        """Claim the next batch while there is still enough to do until it is there.

        The claim waits for the disk; the threads must not wait for the claim. `busy`: something is
        under way somewhere, so that there will be another look.
        """
        most = CLAIMED_PER_THREAD * self._concurrency
        room = most - sum(not future.done() for future in self.under_way)
        if 2 * room < most or (busy and time.monotonic() < self._look_at) or not self._may_claim():
            return
        self._prepare()
        admission = health.admit(self.remote.name, room)
        if not admission.limit:
            return
        token, files = transitions.claim(admission.limit, self.remote)
        self._report.first_claim = self._report.first_claim or time.monotonic()
        # Ours may be among them, once their lease ran out: the machine slept, or its clock jumped.
        call_off(self.under_way.values(), {file.pk for file in files})
        database = installation().database
        for file in files:
            identity = replace(file.identity, mark=object_mark(database, file.pk, file.key))
            transfer = Transfer(file, identity, token, probe=admission.is_probe)
            self.under_way[self._pool.submit(send, self.remote, transfer)] = transfer

    def _may_claim(self) -> bool:
        """Whether there is something due, and a staging area to take it from."""
        if not transitions.is_transfer_due(self.remote):
            self._look_at = time.monotonic() + LOOK_AGAIN_SECONDS
            return False
        try:
            staging.check_area()
        except StagingUnavailable as error:
            # A drain that waits looks every second, and there are several lanes.
            if error.reason != self._report.unavailable:
                self._report.unavailable = error.reason
                logger.error("Nothing is transferred: %s", error.reason)
            return False
        self._report.unavailable = ""
        return True

    def _prepare(self) -> None:
        """Make the remote's client before a file waits for it."""
        try:
            self.remote.prepare()
        except TransferError as error:
            # Every file that is claimed now meets the same error, and has it in its row.
            logger.info("The remote is not ready: %s", error)

    # --- Land ------------------------------------------------------------------------------------

    def land(self) -> bool:
        """Take note of what has ended; returns whether there was any."""
        landed = [future for future in self.under_way if future.done()]
        arrived: dict[Transfer, RemoteData] = {}
        failed: dict[Transfer, TransferError] = {}
        for future in landed:
            transfer = self.under_way[future]
            if error := outcome(future, transfer.file):
                failed[transfer] = error
            else:
                arrived[transfer] = future.result()
        for transfer, error in failed.items():
            self._settle_failure(transfer, error, others_pass=bool(arrived))
        self._flip(arrived)
        for future in landed:
            del self.under_way[future]
        return bool(landed)

    def _flip(self, arrived: dict[Transfer, RemoteData]) -> None:
        if not arrived:
            return
        flipped: set[int] = set()
        with transaction.atomic():
            for token, transfers in by_token(arrived).items():
                answers = {each.file.pk: arrived[each] for each in transfers}
                flipped |= transitions.flip(token, answers, self.remote)
            health.succeeded(self.remote.name)
        for transfer, data in arrived.items():
            if transfer.file.pk in flipped:
                self._report.count(transfer.file)
            else:
                door.take_back(self.remote, transfer.file, data)
        if signals.media_synced.has_listeners(StagedFile):
            for file in StagedFile.objects.originals().filter(pk__in=flipped):
                signals.media_synced.send_robust(StagedFile, file=file)

    def _settle_failure(
        self, transfer: Transfer, error: TransferError, *, others_pass: bool
    ) -> None:
        if isinstance(error, Cancelled):
            self._give_back([transfer])
            return
        if isinstance(error, Damaged) and not area_is_there():
            self._give_back([transfer])
            return
        file = transfer.file
        last_success_at = health.of(self.remote.name).last_success_at
        others_passed = retry.others_passed(file, last_success_at)
        attempts = retry.attempts_after(file, error, others_passed=others_passed)
        own = others_pass or attempts > file.attempts
        if said := retry.said_of_remote(error, attempts, own=own):
            if health.failed(self.remote.name, said, probe=transfer.probe):
                self._call_off_waiting()
        elif transfer.probe and isinstance(error, Refused):
            # It answered. Of any other failure of a probe the remote may know nothing.
            health.succeeded(self.remote.name)
        elif transfer.probe:
            health.probe_again(self.remote.name)
        if retry.is_final(error, attempts):
            self._fail(transfer, error, attempts)
        else:
            wait = retry.delay_of(file, error, attempts, others_passed=others_passed)
            due_at = clock.now() + wait
            transitions.postpone(transfer.token, file, error, due_at=due_at, attempts=attempts)

    def _call_off_waiting(self) -> None:
        """Give back what was claimed and not begun: the breaker is open."""
        waiting = [future for future in self.under_way if future.cancel()]
        self._give_back([self.under_way.pop(future) for future in waiting])

    def _fail(self, transfer: Transfer, error: TransferError, attempts: int) -> None:
        file = transfer.file
        if isinstance(error, Unclear):
            # Others passed each time.
            error = Refused(str(error))
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

    def beat(self) -> None:
        """Hold the leases; stop the uploads of files that were deleted or taken over."""
        for token, held in by_token(self.under_way.values()).items():
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
