"""The breaker of each remote: one row in the database, shared by all workers.

    closed     transfers flow
    open       nothing is tried until `open_until`; then one worker sends one file as a probe
    closed again by any success

An outage passes by itself and is logged once, when the breaker opens. A setup error needs a
person: `alerted_at` remembers that one was told, until the next success. An answer that nobody
knows counts like an outage; if it is all that there is to hear, it is told like a setup error.

The database, not the process, holds it: ten workers must not send ten probes.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import mail_admins
from django.db.models import F

from media_staging import clock
from media_staging.errors import Outage, Setup, Unclear, sentence
from media_staging.models import RemoteHealth
from media_staging.states.retry import LONGEST_DELAY

logger = logging.getLogger(__name__)

# The breaker opens after this many failures in a row.
FAILURES_TO_OPEN = 5
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=30)
# A remote that is silent keeps its probe waiting for less than this.
PROBE_TIME = timedelta(seconds=45)
# A remote may ask for as long a pause as a file may be put off for.
LONGEST_ASKED = LONGEST_DELAY

OPENED = (
    "Nothing is sent to the remote %s for now: %s. Uploads are safe on the local disk and wait; "
    "transfers go on by themselves. If it lasts, %s."
)


@dataclass(frozen=True, slots=True)
class Admission:
    """How many transfers may start now; a probe is the only one of an open breaker."""

    limit: int
    is_probe: bool = False


def of(remote: str) -> RemoteHealth:
    """The health as it stands; an unsaved row for a remote that nothing was sent to yet."""
    return RemoteHealth.objects.filter(pk=remote).first() or RemoteHealth(remote=remote)


def is_available(remote: str) -> bool:
    return of(remote).open_until is None


def is_resting(remote: str) -> bool:
    """Whether nobody asks it anything just now. A breaker may stay open for want of transfers."""
    return _is_resting(of(remote), clock.now())


def _is_resting(health: RemoteHealth, now: datetime) -> bool:
    until = health.open_until
    return until is not None and now < until <= now + LONGEST_ASKED + clock.SKEW


def opened(names: Collection[str]) -> dict[str, RemoteHealth]:
    """Those of these remotes whose breaker is open, by name."""
    return RemoteHealth.objects.filter(open_until__isnull=False).in_bulk(list(names))


def admit(remote: str, wanted: int) -> Admission:
    """Whether transfers may start. Taking the one probe of an open breaker is conditional."""
    health, now = of(remote), clock.now()
    if health.open_until is None:
        return Admission(wanted)
    if _is_resting(health, now):
        return Admission(0)
    took = RemoteHealth.objects.filter(pk=remote, open_until=health.open_until).update(
        open_until=now + PROBE_TIME
    )
    return Admission(1, is_probe=True) if took else Admission(0)


def succeeded(remote: str) -> None:
    """Close the breaker."""
    healthy = {
        "failures": 0,
        "open_until": None,
        "last_success_at": clock.now(),
        "alerted_at": None,
        "error_code": "",
        "error_message": "",
    }
    if not RemoteHealth.objects.filter(pk=remote).update(**healthy):
        RemoteHealth.objects.get_or_create(pk=remote, defaults=healthy)


def failed(remote: str, error: Outage | Setup | Unclear, *, probe: bool) -> bool:
    """Count a failure; open the breaker, or keep it open for longer after a failed probe.

    Returns whether that left it open: then nothing more should be begun.
    Failures of transfers that were under way when it opened change nothing any more.
    """
    before, _created = RemoteHealth.objects.get_or_create(pk=remote)
    row = RemoteHealth.objects.filter(pk=remote)
    waiting = row if probe else row.filter(open_until__isnull=True)
    if not waiting.update(
        failures=F("failures") + 1, error_code=error.code, error_message=str(error)[:500]
    ):
        return not is_available(remote)
    health = of(remote)
    if not (isinstance(error, Setup) or probe or health.failures >= FAILURES_TO_OPEN):
        return False
    until = clock.now() + (asked_pause(error) or pause_after(health.failures))
    opened = row.filter(open_until__isnull=True).update(open_until=until)
    if probe:
        row.update(open_until=until)
    if isinstance(error, Unclear) and before.error_code in {Unclear.code, Setup.code}:
        # It was not the only one.
        error = Setup(f"{error}; look at what answers there: the storage, or a gateway before it")
        row.update(error_code=error.code, error_message=str(error)[:500])
    if isinstance(error, Setup):
        alert(remote, error)
    elif opened:
        logger.warning(OPENED, remote, error, error.advice)
    return True


def pause_after(failures: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** max(0, min(failures - FAILURES_TO_OPEN, 8)), LONGEST_PAUSE)


def asked_pause(error: Outage | Setup | Unclear) -> timedelta | None:
    asked = getattr(error, "retry_after", None)
    return min(asked, LONGEST_ASKED) if asked else None


def probe_again(remote: str) -> None:
    """The probe said nothing of the remote; the next one, of another file, is due soon."""
    RemoteHealth.objects.filter(pk=remote, open_until__isnull=False).update(
        open_until=clock.now() + FIRST_PAUSE
    )


def probe_now(remote: str) -> None:
    """Let the next drain try at once: a person says that it works again."""
    RemoteHealth.objects.filter(pk=remote, open_until__gt=clock.now()).update(
        open_until=clock.now()
    )


def alert(remote: str, error: Setup) -> None:
    """Tell a person, once until the next success, that all transfers are refused and what to do."""
    first = RemoteHealth.objects.filter(pk=remote, alerted_at__isnull=True).update(
        alerted_at=clock.now()
    )
    if not first:
        return
    text = (
        f"The remote {remote} refuses all transfers: {error}. Uploads are safe on the local disk "
        "and wait. Repair that; transfers then go on by themselves."
    )
    logger.error(text)
    mail_admins(f"Transfers to {remote} are refused", text, fail_silently=True)


def reason(health: RemoteHealth) -> str:
    """Why the breaker is open, as a sentence for people."""
    return sentence(health.error_code, health.error_message)
