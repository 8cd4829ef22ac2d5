"""The one clock: every time that this app stores or compares comes from here."""

from datetime import datetime, timedelta

from django.utils import timezone

# Clocks of the workers, and two readings of one clock, may differ by this much.
SKEW = timedelta(minutes=1)


def now() -> datetime:
    """The current time, aware, in UTC."""
    return timezone.now()
