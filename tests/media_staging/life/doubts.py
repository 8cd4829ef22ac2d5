"""What makes a database doubt: strangers in the bucket, marks that go, a dump that is put back.

Beside it what keeps files without an image, and what cannot be deleted. A file that was taken in
the time that a dump has lost must keep its last bytes until a person accepts.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

from django.db.models import Max
from hypothesis import strategies as st
from hypothesis.stateful import rule

from media_staging.errors import StagingUnavailable, TransferError
from media_staging.models import Leftover, StagedFile
from media_staging.remotes import Mark
from media_staging.removal import acceptance
from media_staging.removal.marks import PrefixMark
from media_staging.states.installation import installation, object_mark
from media_staging.upkeep import cleanup
from tests.media_staging.life.machine import GRACE, Status, number, pick
from tests.media_staging.life.processes import Process
from tests.media_staging.life.rare_events import LifeWithRareEvents
from tests.media_staging.life.restores import Dump

DOUBTS = (
    "a_stranger_comes",
    "the_prefix_loses_its_mark",
    "another_takes_the_prefix",
    "a_clone_goes_on",
    "dump_the_database",
    "restore_the_dump",
    "restore_a_part",
    "a_person_accepts",
    "refer_to_a_file",
    "refer_to_nothing",
    "something_cannot_be_deleted",
)
NEIGHBOUR = UUID("99999999-9999-4999-8999-999999999999")
CLONE_KEY = "products/22222222-2222-4222-8222-{:012}.bin"
STRANGE_KEY = "avatars/11111111-1111-4111-8111-{:012}.png"


class LifeWithDoubts(LifeWithRareEvents):
    # Whether anything here has happened yet: only then the end takes longer.
    is_in_doubt = False

    @rule(event=st.sampled_from(DOUBTS), n=number)
    def something_doubtful(self, event: str, n: int) -> None:
        """One rule for all of them, so that they stay rare."""
        self.is_in_doubt = True
        getattr(self, event)(n)

    # --- Others in the bucket ------------------------------------------------------------------

    def a_stranger_comes(self, n: int) -> None:
        """Of another program, of another installation, or a copy that somebody made of ours."""
        new = len(self.world.strangers)
        key = STRANGE_KEY.format(new)
        mark = ""
        if n % 4 == 1:
            key = f"notes/{new}.txt"
        elif n % 4 == 2:
            mark = object_mark(NEIGHBOUR, n, key)
        elif n % 4 == 3 and self.remote.marks:
            original = pick(self.remote.marks, n)
            key, mark = f"backup/{new}/{original}", self.remote.marks[original].text
        self.world.strangers[key] = b"somebody else's"
        self.remote.place_object(key, b"somebody else's", Mark(mark))

    def the_prefix_loses_its_mark(self, n: int) -> None:
        self.remote.prefix_mark = None

    def another_takes_the_prefix(self, n: int) -> None:
        self.remote.prefix_mark = PrefixMark(NEIGHBOUR, uuid4().hex, sweep=True).as_bytes()

    def a_clone_goes_on(self, n: int) -> None:
        """A copy of this database, with its id and its numbers, has a file and sweeps."""
        me = installation().database
        key = CLONE_KEY.format(len(self.world.clones))
        highest = StagedFile.objects.aggregate(Max("pk"))["pk__max"] or 0
        mark = object_mark(me, max(0, highest + n - 4), key)
        self.world.clones.add(key)
        self.world.guarded.add(key)
        self.world.lost.add(key)
        self.world.truth[key] = b"the clone's"
        self.remote.place_object(key, b"the clone's", Mark(mark))
        self.remote.prefix_mark = PrefixMark(me, uuid4().hex, sweep=True).as_bytes()

    # --- A database that is set back -----------------------------------------------------------

    def dump_the_database(self, n: int) -> None:
        self.dump = Dump.take(self.world.rows)
        self.model = (
            self.product,
            dict(self.shown),
            dict(self.hidden),
            set(self.expired),
            list(self.kept),
        )

    def restore_the_dump(self, n: int) -> None:
        """Everything is stopped, and goes on with older rows; disk and bucket are as they were."""
        if self.dump is not None:
            self.go_on_with(self.dump, self.dump.restore)

    def restore_a_part(self, n: int) -> None:
        """Files and owners only: all that the app remembers of them is of the present."""
        if self.dump is not None:
            before = set(StagedFile.objects.values_list("key", flat=True))
            self.world.lost_in_part |= before - self.dump.keys
            self.go_on_with(self.dump, partial(self.dump.restore_rows, self.world.tables))

    def go_on_with(self, dump: Dump, restore: Callable[[], None]) -> None:
        for process in self.processes.values():
            self.remote.abandon(process, self.world.truth)
            process.kill()
        self.processes, self.ahead = {}, []
        self.received.clear()
        self.told.clear()
        self.remote.void_promises()
        self.world.lose(set(StagedFile.objects.values_list("key", flat=True)) - dump.keys)
        restore()
        self.product, shown, hidden, expired, kept = self.model
        self.shown, self.hidden = dict(shown), dict(hidden)
        self.expired, self.kept = set(expired), list(kept)
        self.world.forget(StagedFile.objects.all())
        self.expire()

    def a_person_accepts(self, n: int) -> None:
        """What the last cleanup refused, by what it said; nobody accepts an empty mount point."""
        refused = Leftover.objects.exclude(reason__in=Leftover.STUCK)
        details = set(refused.values_list("detail", flat=True))
        if "--area" in details and self.world.is_mounted:
            with suppress(StagingUnavailable):
                acceptance.accept_area()
                self.world.guarded &= self.world.clones
                # What it says of the area is not true any more.
                self.dump = None
        if any(detail.startswith("--remote") for detail in details):
            with suppress(TransferError):
                acceptance.accept_prefix(self.remote)
                self.world.guarded -= self.world.clones | self.world.lost_in_part

    # --- Other owners --------------------------------------------------------------------------

    def refer_to_a_file(self, n: int) -> None:
        """By a plain foreign key, through a table in between, or by nobody's word but `keep`."""
        if not self.shown:
            return
        file = StagedFile.objects.get(key=self.shown[pick(self.shown, n)])
        if n % 3 == 0:
            self.world.poster._base_manager.create(file=file)
        elif n % 3 == 1:
            self.world.album._base_manager.create().files.add(file)
        else:
            StagedFile.objects.filter(pk=file.pk).update(keep=True)

    def refer_to_nothing(self, n: int) -> None:
        for model in self.world.others:
            model._base_manager.all()._raw_delete("default")
        for file in StagedFile.objects.filter(keep=True):
            file.let_go()

    # --- What cannot be deleted ----------------------------------------------------------------

    def something_cannot_be_deleted(self, n: int) -> None:
        """Here, or there."""
        keys = list(StagedFile.objects.order_by("pk").values_list("key", flat=True))
        if keys:
            stuck = self.world.undeletable if n % 2 else self.remote.undeletable
            stuck.add(keys[n % len(keys)])

    # --- In the end ----------------------------------------------------------------------------

    def all_becomes_quiet(self) -> None:
        self.what_is_refused_is_accepted()
        self.what_cannot_be_deleted_stops_nobody()
        super().all_becomes_quiet()
        Process(self.sweep_once_more).go_on()

    def what_is_refused_is_accepted(self) -> None:
        """Only after the sweep has had every chance to take what it must not."""
        if not self.is_in_doubt:
            return
        for seconds in (901, 2 * GRACE, 901, 901):
            self.time_passes(seconds)
            Process(partial(cleanup.run_round, sweeping=True)).go_on()
            self.every_promise_holds()
            if seconds != 2 * GRACE:
                self.a_person_accepts(0)

    def what_cannot_be_deleted_stops_nobody(self) -> None:
        stuck = self.world.undeletable | self.remote.undeletable
        if not stuck:
            return
        self.all_has_time()
        purging = set(
            StagedFile.objects.filter(status=Status.PURGING).values_list("key", flat=True)
        )
        assert purging <= stuck, "what cannot be deleted keeps others waiting"
        self.world.undeletable.clear()
        self.remote.undeletable.clear()

    def sweep_once_more(self) -> None:
        report = cleanup.run_round(sweeping=True)
        assert report.refused == report.stuck == [], "somebody is still to do something"
        assert report.foreign >= len(self.world.strangers), "a stranger is not counted"
