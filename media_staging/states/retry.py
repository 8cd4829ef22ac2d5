"""When a failed transfer is tried again, and when it is not."""

import random
from datetime import datetime, timedelta

from media_staging.errors import Damaged, Outage, Refused, Setup, TransferError
from media_staging.models import StagedFile

# A file that fails this often while others succeed is given up until a person retries.
MOST_ATTEMPTS = 8
LONGEST_DELAY = timedelta(minutes=15)
FIRST_DELAY = timedelta(seconds=2)


def delay(attempt: int, error: TransferError) -> timedelta:
    """Time to wait before attempt number `attempt`, counted from 1.

    Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that many files do
    not come back at once; at least what the remote asked for, at most 15 minutes.
    """
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt, 16))
    chosen = ceiling * random.random()  # noqa: S311 (jitter, not a secret)
    asked = getattr(error, "retry_after", None) or timedelta(0)
    return min(max(chosen, asked), LONGEST_DELAY)


def is_final(error: TransferError, attempts: int) -> bool:
    """Whether only a person can put this file back in line."""
    return isinstance(error, Damaged | Refused) or attempts >= MOST_ATTEMPTS


def attempts_after(file: StagedFile, error: TransferError, last_success_at: datetime | None) -> int:
    """The file's own failures, this one included if it was its own.

    An outage is nobody's own. But if the remote took other files since this one failed last, then
    it is this file that does not go through.
    """
    if isinstance(error, Setup):
        return file.attempts
    if not isinstance(error, Outage):
        return file.attempts + 1
    others_succeed = file.failed_at and last_success_at and last_success_at >= file.failed_at
    return file.attempts + 1 if others_succeed else file.attempts
