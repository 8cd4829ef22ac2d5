"""What a step of the cleanup left, kept for the pages and commands that tell people."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import override

from media_staging import clock
from media_staging.errors import leftover_sentence
from media_staging.models import Leftover
from media_staging.removal.door import Left

logger = logging.getLogger(__name__)

# How many keys a cause is shown with.
MOST_SHOWN = 3
# More are counted by the log only: one cause has one sentence.
MOST_KEPT = 1000
# The name of the remote follows.
STEPS_OF_A_REMOTE = ("objects of ", "prefix of ", "requests to ")


class Leftovers:
    """What one step left, in the order in which it met them; one log line for each cause."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.found: list[Leftover] = []

    def add(self, key: str, left: Left) -> None:
        if len(self.found) < MOST_KEPT:
            self.found.append(
                Leftover(
                    step=self.step,
                    key=key[:400],
                    reason=left.reason,
                    detail=left.detail[:500],
                    seen_at=clock.now(),
                )
            )

    @contextmanager
    def noting(self, key: str) -> Iterator[None]:
        """Note what is left of this item, so that the next one has its turn."""
        try:
            yield
        except Left as left:
            self.add(key, left)

    def carry_over(self, keys: QuerySet[Any]) -> None:
        """What was left earlier is still left where it was not dealt with in this round."""
        met = {each.key for each in self.found}
        earlier = Leftover.objects.filter(step=self.step, key__in=keys)
        self.found += [each for each in earlier if each.key not in met]

    def save(self) -> None:
        """Put them in the place of what the step left the last time, and log what is new."""
        before = Leftover.objects.filter(step=self.step)
        known = set(before.values_list("reason", "detail"))
        with transaction.atomic():
            before.delete()
            Leftover.objects.bulk_create(self.found)
        for reason, left in {(each.reason, each.detail): each for each in self.found}.items():
            if reason not in known:
                if left.key:
                    logger.error("%s was not deleted: %s", left.key, left.sentence)
                else:
                    logger.error("The cleanup (%s) leaves something: %s", self.step, left.sentence)


def steps() -> set[str]:
    """Those that left something the last time."""
    return set(Leftover.objects.values_list("step", flat=True).distinct())


def forget_remotes(but: Collection[str]) -> None:
    """What was left of remotes that are in the settings no more: no step will see it again."""
    for step in steps():
        for what in STEPS_OF_A_REMOTE:
            if step.startswith(what) and step.removeprefix(what) not in but:
                Leftover.objects.filter(step=step).delete()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why files were left, of how many, and the first of them. Keys are ours, or paths."""

    reason: str
    detail: str
    files: int
    keys: list[str]

    @property
    def sentence(self) -> str:
        """In the language of the reader."""
        return leftover_sentence(self.reason, self.detail)

    @property
    def in_english(self) -> str:
        """For logs and machines."""
        with override("en"):
            return self.sentence


def causes() -> list[Cause]:
    """What the last cleanups left, by cause; one query."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    rows = Leftover.objects.order_by("reason", "detail", "key")
    for reason, detail, key in rows.values_list("reason", "detail", "key"):
        found[reason, detail].append(key)
    return [
        Cause(reason, detail, sum(map(bool, keys)), list(filter(None, keys))[:MOST_SHOWN])
        for (reason, detail), keys in found.items()
    ]
