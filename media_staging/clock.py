"""The one clock: every time that this app stores or compares comes from here.

Two kinds of times are never compared with each other in a project with `USE_TZ = False`: what rows
hold is naive there, and local; what the world outside says (a remote, a header) is always aware.
"""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

# Clocks of the workers, and two readings of one clock, may differ by this much.
SKEW = timedelta(minutes=1)


def now() -> datetime:
    """The current time as rows hold it: in UTC, or with `USE_TZ = False` naive, in `TIME_ZONE`.

    The hour that local time skips or repeats then counts as a clock that was set.
    """
    return timezone.now()


def utc() -> datetime:
    """The current time, aware, in UTC: for what remotes and headers say."""
    return as_utc(now())


def as_utc(stored: datetime) -> datetime:
    """What a row holds, or is compared with, as the world outside says it."""
    return stored.astimezone(UTC)
