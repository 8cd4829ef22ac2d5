"""Inside the project: a photo alone, after a drain that has used all its connections."""

import time

from django.core.files.base import ContentFile

from bench.photos import photo
from media_staging import stage
from media_staging.transfer import draining

MANY = 64


def after_lines(count: int) -> None:
    """Say "idle" when the connections are; after a line, send a photo and say how long it took."""
    for _line in range(count):
        transfer(MANY)
        print("idle", flush=True)
        input()
        print(transfer(1), flush=True)


def transfer(count: int) -> float:
    for number in range(count):
        stage(ContentFile(photo(), f"{number}.jpg"))
    began = time.perf_counter()
    if draining.drain(wait=600).transferred != count:
        raise RuntimeError("not every photo was transferred")
    return time.perf_counter() - began
