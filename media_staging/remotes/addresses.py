"""What pages get where a remote's address cannot be made: nothing, so that they use ours.

An address needs keys that this process may not have, or that may not be renewed now, and options
that nobody may have checked. That is no reason for a page to fail, nor for it to wait for each of
its pictures.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from media_staging import clock
from media_staging.errors import TransferError
from media_staging.remotes.base import Remote

logger = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")
# Looking for keys may take seconds where there are none.
TRIED_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why this process makes no addresses of a remote."""

    tried_at: datetime
    words: str


# By the names of remotes.
_troubles: dict[str, Trouble] = {}


def made(remote: Remote, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What `make` makes of the addresses of this remote; None while none can be made.

    The reason is logged once.
    """
    known = _troubles.get(remote.name)
    if known and timedelta(0) <= clock.utc() - known.tried_at < TRIED_EVERY:
        return None
    try:
        done = make(*args, **kwargs)
    except Exception as error:
        is_known_kind = isinstance(error, TransferError)
        words = str(error) if is_known_kind else f"{type(error).__name__}: {error}"
        _troubles[remote.name] = Trouble(clock.utc(), words)
        if not known:
            logger.error("%s", sentence(remote.name, words), exc_info=not is_known_kind)
        return None
    if known:
        _troubles.pop(remote.name, None)
        logger.info("Addresses on %s can be made again.", remote.name)
    return done


def trouble(remote: Remote) -> str | None:
    """Why none can be made now, and what to do about it, for logs and machines."""
    made(remote, lambda: remote.url_lifetime)
    known = _troubles.get(remote.name)
    return sentence(remote.name, known.words) if known else None


def sentence(name: str, words: str) -> str:
    return (
        f"This process cannot make addresses of files on {name}: {words.rstrip('.')}. Pages show "
        "local copies meanwhile, and no picture where there is none any more. Correct the options "
        "that `manage.py check` names. Give the web processes the same keys, role or profile as "
        "the consumer, and start them again."
    )


def forget() -> None:
    _troubles.clear()
