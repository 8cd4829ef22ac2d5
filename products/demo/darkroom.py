"""Draws photos on all processors.

The processes that draw start from nothing and import this module, so nothing here or below may
import Django or the models.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from random import Random

from products.demo.camera import develop
from products.demo.scenes import draw
from products.demo.shot import Shot

MOST_PROCESSES = 8


def photograph(shot: Shot) -> bytes:
    """The file of the shot; the same bytes each time."""
    rng = Random(shot.name)  # noqa: S311 - for pictures, not for secrets
    return develop(draw(shot, rng), shot, rng)


def photographed(shots: Sequence[Shot]) -> Generator[bytes, None, None]:
    """The files of the shots, in their order, each as soon as it is drawn.

    Close it to end the processes before the last photo.
    """
    pool = ProcessPoolExecutor(
        max_workers=min(MOST_PROCESSES, os.cpu_count() or 1),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_follow_parent,
    )
    try:
        yield from pool.map(photograph, shots)
    finally:
        pool.shutdown(cancel_futures=True)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone, even when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
