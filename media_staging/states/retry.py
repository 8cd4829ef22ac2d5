"""When a failed transfer is tried again, and when it is not."""

import random
from datetime import datetime, timedelta

from media_staging import clock
from media_staging.errors import Busy, Damaged, Outage, Refused, Setup, TransferError, Unclear
from media_staging.models import StagedFile

# A file that fails this often while others succeed is given up until a person retries.
MOST_ATTEMPTS = 8
# Sooner when the remote's answer is one that nobody knows.
MOST_UNCLEAR = 3
LONGEST_DELAY = timedelta(minutes=15)
FIRST_DELAY = timedelta(seconds=2)
# Nothing is gained by asking again at once, but others may pass meanwhile.
FIRST_UNCLEAR_DELAY = timedelta(seconds=16)


def delay(attempt: int, error: TransferError, waited: timedelta = timedelta(0)) -> timedelta:
    """Time to wait before attempt number `attempt`, counted from 1.

    Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that many files do
    not come back at once; at least what the remote asked for, at most 15 minutes. `waited` is how
    long the file waited for the attempt that failed, if its wait is to grow with each.
    """
    first = FIRST_UNCLEAR_DELAY if isinstance(error, Unclear) else FIRST_DELAY
    ceiling = min(LONGEST_DELAY, max(first * 2 ** min(attempt, 16), 4 * waited))
    chosen = ceiling * random.random()  # noqa: S311 (jitter, not a secret)
    if isinstance(error, Unclear) or waited:
        chosen = (chosen + ceiling) / 2
    asked = getattr(error, "retry_after", None) or timedelta(0)
    return min(max(chosen, asked), LONGEST_DELAY)


def delay_of(
    file: StagedFile, error: TransferError, attempts: int, *, others_passed: bool
) -> timedelta:
    """The same for a file with so many failures of its own.

    Where others pass and this file does not, no breaker holds it back: its waits grow.
    """
    alone = others_passed if isinstance(error, Busy) else attempts
    grows = alone and isinstance(error, Busy | Setup | Unclear)
    waited = clock.now() - file.failed_at if grows and file.failed_at else timedelta(0)
    return delay(attempts + 1, error, waited)


def is_final(error: TransferError, attempts: int) -> bool:
    """Whether only a person can put this file back in line."""
    most = MOST_UNCLEAR if isinstance(error, Unclear) else MOST_ATTEMPTS
    return isinstance(error, Damaged | Refused) or attempts >= most


def others_passed(file: StagedFile, last_success_at: datetime | None) -> bool:
    """Whether the remote took other files since this one failed last.

    A success that is still to come proves nothing: the clock was set back.
    """
    if not (file.failed_at and last_success_at):
        return False
    return file.failed_at <= last_success_at <= clock.now()


def attempts_after(file: StagedFile, error: TransferError, *, others_passed: bool) -> int:
    """The file's own failures, this one included if it was its own.

    What a remote has, or may have, is nobody's own. But if others passed meanwhile, then it is this
    file that does not go through; unless the remote takes some and not others since it is busy.
    """
    if isinstance(error, Busy):
        return file.attempts
    is_own = others_passed or not isinstance(error, Outage | Setup | Unclear)
    return file.attempts + is_own


def said_of_remote(
    error: TransferError, attempts: int, *, own: bool
) -> Outage | Setup | Unclear | None:
    """What a failure says of the remote; None: nothing.

    `own`: others pass where this file fails now. Where they did so before, a setup error is no
    better than an answer that nobody knows: the set-up may suit all but this file.
    """
    if isinstance(error, Outage):
        return error
    if own or not isinstance(error, Setup | Unclear):
        return None
    return Unclear(str(error)) if attempts else error
