"""Questions to Huey's broker, and hints through it: nobody waits long for a broker that is silent.

They are asked in a thread of their own, since only the project's settings could give its
connections a time limit, and those of a consumer need another one.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from functools import lru_cache, partial
from queue import SimpleQueue
from typing import Any, TypeVar

from huey.contrib.djhuey import HUEY
from huey.exceptions import HueyException
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# How long a request waits for the broker at most.
PATIENCE_SECONDS = 0.25
T = TypeVar("T")


class BrokerSilentError(Exception):
    """The broker takes longer than we wait, or still owes an earlier answer."""

    def __init__(self) -> None:
        super().__init__(f"it has not answered within {PATIENCE_SECONDS:g} seconds")


BROKER_ERRORS = (HueyException, RedisError, sqlite3.Error, OSError, BrokerSilentError)


class Asking:
    """One thread that asks, for all who want to know."""

    def __init__(self) -> None:
        self._questions: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._overdue: Future[Any] | None = None
        threading.Thread(target=self._work, name="broker", daemon=True).start()

    def ask(self, question: Callable[[], T]) -> T:
        """Raises BrokerSilentError, and what the question raises."""
        if self._overdue and not self._overdue.done():
            raise BrokerSilentError
        answer: Future[T] = Future()
        self._questions.put((answer, question))
        try:
            return answer.result(PATIENCE_SECONDS)
        except NotYet:
            if answer.done():
                # It is the question that raised a TimeoutError.
                return answer.result()
            if not answer.cancel():
                self._overdue = answer
            raise BrokerSilentError from None

    def _work(self) -> None:
        while True:
            answer, question = self._questions.get()
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(question())
                except Exception as error:  # noqa: BLE001 (whoever asked gets it)
                    answer.set_exception(error)


@lru_cache(maxsize=1)
def asking() -> Asking:
    return Asking()


# Threads do not follow a fork.
os.register_at_fork(after_in_child=asking.cache_clear)


def ask(question: Callable[[], T]) -> T:
    """The answer to one question to the broker. Raises one of BROKER_ERRORS."""
    return asking().ask(question)


# --- Hints -----------------------------------------------------------------------------------


def hint(task: Any) -> None:
    """Put a task without arguments into the queue, unless it waits there already.

    Never done here: with `immediate` the work would hold up the request that gives the hint.
    """
    if HUEY.immediate:
        return
    try:
        ask(partial(_enqueue_once, task))
    except BROKER_ERRORS as error:
        logger.warning(
            "The consumer was not woken: %s. Uploads are safe and move within a minute; check the "
            "broker (REDIS_URL, or the queue in VAR_DIR).",
            error,
        )


def taken(task: Any) -> None:
    """Call first in the task: the next hint is a new one. Without an answer, within a minute."""
    with suppress(*BROKER_ERRORS):
        HUEY.delete(_waiting(task))


def _enqueue_once(task: Any) -> None:
    if not HUEY.put_if_empty(_waiting(task), True):
        return
    try:
        task()
    except BROKER_ERRORS:
        taken(task)
        raise


def _waiting(task: Any) -> str:
    """Under which key the broker notes that this task waits in its queue."""
    return f"media_staging.{task.task_class.__name__}.waits"
