"""One round of every cleanup: what it was told to do, whom it may still ask, what came of it."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from media_staging.errors import Outage, Setup, TransferError
from media_staging.models import Leftover
from media_staging.remotes import Remote
from media_staging.removal import leftovers
from media_staging.removal.door import Left
from media_staging.removal.leftovers import Leftovers
from media_staging.removal.marks import Marks

logger = logging.getLogger(__name__)

# So many items are turned down before a remote counts as away.
MOST_REFUSALS = 20


@dataclass
class CleanupReport:
    """The keys (or, for uploads in parts, the number) that a round dealt with."""

    let_go: list[str] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    evicted: list[str] = field(default_factory=list)
    swept: list[str] = field(default_factory=list)
    aborted_uploads: int = 0
    # What is ours, but in doubt: "key" and "reason".
    refused: list[dict[str, str]] = field(default_factory=list)
    # What could not be deleted, likewise.
    stuck: list[dict[str, str]] = field(default_factory=list)
    # What is somebody else's under our prefixes and on our disk; only a sweep counts it.
    foreign: int = 0
    # Something needs a person; the log says what.
    troubled: bool = False


class Round:
    """One round of every cleanup: the marks as they were found, and what came of it."""

    def __init__(self, *, dry_run: bool, sweeping: bool) -> None:
        self.dry_run = dry_run
        self.report = CleanupReport()
        self.marks = Marks(sweeping=sweeping, dry_run=dry_run)
        self._left_before = leftovers.steps()
        # Remotes that do not answer in this round: not asked again.
        self._away: dict[str, Outage | Setup] = {}
        # Those that turned us down, with their last words, and those that did what they were asked.
        self._turned_down: dict[str, list[Setup]] = defaultdict(list)
        self._obliging: set[str] = set()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """A step that cannot be done is put off; the others are not."""
        try:
            yield
        except TransferError as error:
            self.troubled("The cleanup is put off: %s. It goes on with the next round.", error)

    def troubled(self, *message: object) -> None:
        self.report.troubled = True
        logger.warning(*message)

    @contextmanager
    def asking(self, remote: Remote | None) -> Iterator[None]:
        """Ask a remote about one item; once it does not answer, nobody asks it again this round.

        One that turns us down may do so for this item only: it is away when it has done nothing
        else for a while. Raises what it said.
        """
        if remote is None:
            yield
            return
        if said := self._away.get(remote.name):
            raise said
        try:
            yield
        except Outage as error:
            self._gives_up(remote, error)
            raise
        except Setup as error:
            refusals = self._turned_down[remote.name]
            refusals.append(error)
            if len(refusals) >= MOST_REFUSALS and remote.name not in self._obliging:
                self._gives_up(remote, error)
            raise
        self._obliging.add(remote.name)

    def _gives_up(self, remote: Remote, error: Outage | Setup) -> None:
        message = "%s does not answer the cleanup: %s. It goes on with the next round."
        self.troubled(message, remote.name, error)
        self._away[remote.name] = error

    def is_away(self, remote: Remote | None) -> bool:
        return remote is not None and remote.name in self._away

    def tell_refusals(self) -> None:
        """What a remote turns down as a whole waits for a person."""
        for name in self._obliging | set(self._turned_down):
            left = Leftovers(f"requests to {name}")
            if name not in self._obliging:
                said = self._turned_down[name][-1]
                left.add("", Left(Leftover.Reason.PUT_OFF, f"{name}: {said}"))
            self.told(left)

    def told(self, left: Leftovers) -> None:
        """Add what a step left to the report, and to what pages and commands show."""
        for each in left.found:
            shown = {"key": each.key or each.step, "reason": each.sentence}
            stuck = each.reason in Leftover.STUCK
            (self.report.stuck if stuck else self.report.refused).append(shown)
        if left.found:
            self.report.troubled = True
        if not self.dry_run and (left.found or left.step in self._left_before):
            left.save()
