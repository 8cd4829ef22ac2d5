"""The Huey tasks. Each carries nothing and calls one function: it may run twice, or never."""

import logging
import threading
from functools import cache

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task, on_shutdown, on_startup

from media_staging import broker, remotes
from media_staging.errors import TransferError
from media_staging.states import places
from media_staging.thumbnails import making
from media_staging.transfer import draining
from media_staging.upkeep import cleanup

logger = logging.getLogger(__name__)

# A drain stays this long for retries; the next minute's one takes over.
DRAIN_SECONDS = 50

_wanted = threading.Event()
_draining = threading.Lock()
_rendering = threading.Lock()
_stopping = threading.Event()


def wake() -> None:
    """Tell a consumer that something is due. A hint: without it the file moves within a minute."""
    broker.hint(drain)


@db_task()
def drain() -> None:
    broker.taken(drain)
    drain_in_this_process()


@db_periodic_task(crontab(minute="*"))
def drain_every_minute() -> None:
    # Should the hint itself have been lost, others may be given again.
    broker.taken(drain)
    drain_in_this_process()


@db_task()
def make_thumbnails() -> None:
    broker.taken(make_thumbnails)
    make_thumbnails_in_this_process()


@db_periodic_task(crontab(minute="*"))
def make_thumbnails_every_minute() -> None:
    broker.taken(make_thumbnails)
    make_thumbnails_in_this_process()


@db_periodic_task(crontab(minute="*"))
def clean_up_every_minute() -> None:
    cleanup.run_round()


@db_periodic_task(crontab(minute="17"))
def sweep_every_hour() -> None:
    cleanup.run_round(sweeping=True)


def drain_in_this_process() -> None:
    """One drain per process: a wake-up during a drain makes it look again before it ends.

    The flag is set before the lock is tried and looked at again after it is let go, so a wake-up
    is never lost to a drain that is just ending.
    """
    moved = 0
    _wanted.set()
    while _wanted.is_set() and not _stopping.is_set() and _draining.acquire(blocking=False):
        try:
            _wanted.clear()
            moved += draining.drain(wait=DRAIN_SECONDS, stop=_stopping, woken=_wanted).transferred
        finally:
            _draining.release()
    if moved:
        broker.hint(make_thumbnails)


def make_thumbnails_in_this_process() -> None:
    """One at a time per process; what was made is due for its transfer."""
    if _rendering.acquire(blocking=False):
        try:
            made = making.make_due(_stopping).made
        finally:
            _rendering.release()
        if made:
            wake()


@on_startup()
def connect() -> None:
    """Make the remotes' clients before a file waits for them; look for what an earlier kill left;
    say what the settings do not have any more."""
    _stopping.clear()
    for remote in remotes.in_use():
        try:
            remote.prepare()
        except TransferError as error:
            warn_once(f"Transfers to {remote.name} wait: {error}")
    wake()
    places.remember()
    for each in places.elsewhere():
        warn_once(each.in_english)


@cache
def warn_once(sentence: str) -> None:
    """Each worker of a consumer starts up by itself; the process says it once."""
    logger.warning("%s", sentence)


@on_shutdown()
def stop_draining() -> None:
    """The first idle worker to end lets the busy one give its work back."""
    _stopping.set()
