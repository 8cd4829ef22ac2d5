"""How far each transfer is: true bytes, published by the consumer through the cache.

Kept out of the database: it changes many times a second and nobody misses it after a crash.
"""

import logging
from collections.abc import Mapping

from django.core.cache import cache
from redis.exceptions import RedisError

from media_staging.models import StagedFile

logger = logging.getLogger(__name__)

# Longer than any pause between two changes of an upload that is still alive.
TIMEOUT_SECONDS = 600
CACHE_ERRORS = (OSError, RedisError)


def publish(percentages: Mapping[int, int]) -> None:
    """Tell the pages, by primary key. A cache that is down costs the number, not the transfer."""
    entries = {_entry(pk): percent for pk, percent in percentages.items()}
    try:
        cache.set_many(entries, timeout=TIMEOUT_SECONDS)
    except CACHE_ERRORS as error:
        logger.warning("Progress is not shown: %s. Check the cache (REDIS_URL or VAR_DIR).", error)


def percentages(statuses: Mapping[int, str]) -> dict[int, int | None]:
    """How far files are, 0 to 100, from their status by primary key; None where it is not known.

    Synced files are at 100, waiting and failed ones at 0. One look into the cache for all.
    """
    known: dict[int, int | None] = {
        pk: 100 if status == StagedFile.Status.SYNCED else 0 for pk, status in statuses.items()
    }
    moving = [pk for pk, status in statuses.items() if status == StagedFile.Status.TRANSFERRING]
    if moving:
        try:
            found = cache.get_many([_entry(pk) for pk in moving])
        except CACHE_ERRORS as error:
            logger.warning("Progress is not shown: %s. Check the cache.", error)
            found = {}
        known |= {pk: found.get(_entry(pk)) for pk in moving}
    return known


def _entry(pk: int) -> str:
    return f"media-progress-{pk}"
