"""How long a remote asks to be left alone, in the headers of an answer (RFC 9110, 10.2.3)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from media_staging import clock

# More seconds than anybody waits for.
MOST_DIGITS = 9


def pause(text: str) -> timedelta | None:
    """From now on; the header holds seconds or a date. None for anything else."""
    if text.isdigit():
        return timedelta(seconds=int(text[:MOST_DIGITS]))
    end = moment(text)
    return max(end - clock.utc(), timedelta(0)) if end else None


def moment(text: str) -> datetime | None:
    """A date as HTTP headers write it."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
