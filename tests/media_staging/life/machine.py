"""The life of files as a state machine: any order of requests, workers, faults and clocks.

Two drains and two cleanups, each of which may stop at any place and be killed there, beside the
requests of people, a remote under bad weather and a clock that goes on. `rare_events.py` adds what
seldom happens, `races.py` what chance seldom brings about. The model is as simple as it gets: which
images there are, and what bytes they have. `checks.py` says what must hold after every step, and
once the faults have stopped.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from media_staging import tasks
from media_staging.errors import FileGone
from media_staging.intake import receiving
from media_staging.models import StagedFile
from media_staging.states import health, transitions
from media_staging.thumbnails import making
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from media_staging.web import requeue
from products.errors import TooLate
from products.images import changes
from products.models import Product, ProductImage
from tests.media_staging.life.checks import QUIET, STEP, Snapshot, is_local
from tests.media_staging.life.processes import Process
from tests.media_staging.life.remote import BAD_WEATHER
from tests.media_staging.life.restores import Dump
from tests.media_staging.life.world import World

Status = StagedFile.Status
MOST_IMAGES = 5
UNDO, RETENTION, GRACE = 600, 3600, 86400
# A lease, and with the upload's deadline the last moment at which its bytes may land.
LEASE, SETTLED = 60, 360
DRAIN_STOPS = ("find", "upload", "stored", "wait", "read", "write", "transaction", "close", "end")
CLEANUP_STOPS = ("find", "delete", "deleted", "unlink", "listing", "read", "transaction", "end")
MAKER_STOPS = ("render", "read", "write", "transaction", "unlink", "end")
number = st.integers(0, 7)


class Life(RuleBasedStateMachine):
    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.remote = world.remote
        self.clock = world.clock
        self.processes: dict[str, Process] = {}
        # Those that were under way when the clock was set back.
        self.ahead: list[Process] = []
        self.stop = threading.Event()
        self.work: dict[str, Callable[[], object]] = {
            "drain": partial(draining.drain, stop=self.stop),
            "consumer": tasks.drain_in_this_process,
            "maker": making.make_due,
            "cleanup": partial(cleanup.run_round, sweeping=False),
            "sweep": partial(cleanup.run_round, sweeping=True),
        }

    @initialize()
    def a_shop_opens(self) -> None:
        self.world.lives += 1
        self.product = Product.objects.create(name="Mug", price=1).pk
        # The model: keys by image id, and which of the hidden images may be gone for good.
        self.shown: dict[int, str] = {}
        self.hidden: dict[int, str] = {}
        self.expired: set[int] = set()
        # Uploads whose bytes are durable and whose request has not gone on, or never will.
        self.received: list[StagedFile] = []
        # Files that have a row and no owner: an invalid form kept them.
        self.kept: list[StagedFile] = []
        # Waiting files of which the running consumer was told.
        self.told: set[int] = set()
        # The last dump of the database, and the model of that moment.
        self.dump: Dump | None = None
        self.model: tuple[Any, ...] = ()
        self.stage(count=3)

    # --- People --------------------------------------------------------------------------------

    def may_upload(self) -> bool:
        return self.world.is_mounted and len(self.shown) + len(self.hidden) < MOST_IMAGES

    @precondition(may_upload)
    @rule(count=st.integers(1, 3))
    def stage(self, count: int) -> None:
        for _file in range(count):
            self.add(self.world.receive())

    @precondition(lambda self: self.may_upload() and len(self.received) < 2)
    @rule()
    def receive(self) -> None:
        self.received.append(self.world.receive())

    @precondition(lambda self: self.received)
    @rule(n=number)
    def register(self, n: int) -> None:
        self.add(self.received.pop(n % len(self.received)))

    def add(self, file: StagedFile) -> None:
        (image,) = changes.add(self.product, [file], place=0)
        self.shown[image.pk] = file.key

    @precondition(lambda self: self.received)
    @rule(n=number)
    def register_without_an_owner(self, n: int) -> None:
        file = self.received.pop(n % len(self.received))
        receiving.register([file])
        self.kept.append(file)

    @precondition(lambda self: self.kept)
    @rule(n=number)
    def attach(self, n: int) -> None:
        file = self.kept.pop(n % len(self.kept))
        with suppress(FileGone), transaction.atomic():
            Product.objects.lock(self.product)
            (image,) = changes.insert(self.product, [file], place=None)
            self.shown[image.pk] = file.key

    @precondition(lambda self: self.shown)
    @rule(n=number)
    def delete(self, n: int) -> None:
        pk = pick(self.shown, n)
        changes.delete(pk)
        self.hide(pk, self.shown.pop(pk))

    def hide(self, pk: int, key: str) -> None:
        """A cleanup that read the clock before it was set back thinks that the time is over."""
        self.hidden[pk] = key
        if any(process.alive for process in self.ahead):
            self.expired.add(pk)

    @precondition(lambda self: self.hidden)
    @rule(n=number)
    def restore(self, n: int) -> None:
        self.bring_back(pick(self.hidden, n))

    def bring_back(self, pk: int) -> None:
        try:
            changes.restore(pk)
        except (TooLate, ProductImage.DoesNotExist):
            assert pk in self.expired, "too late before its time"
        else:
            self.shown[pk] = self.hidden.pop(pk)
            self.expired.discard(pk)

    @precondition(lambda self: self.shown and self.may_upload())
    @rule(n=number)
    def replace(self, n: int) -> None:
        pk = pick(self.shown, n)
        file = self.world.receive()
        changes.replace(pk, file)
        old = self.shown[pk]
        behind = ProductImage.objects.get(file__key=old, deleted_at__isnull=False)
        self.shown[pk] = file.key
        self.hide(behind.pk, old)

    @precondition(lambda self: self.shown)
    @rule(n=number)
    def retry(self, n: int) -> None:
        changes.retry(pick(self.shown, n))

    # --- Workers -------------------------------------------------------------------------------

    @rule(by_hand=st.booleans(), until=st.sampled_from(DRAIN_STOPS))
    def drain(self, by_hand: bool, until: str) -> None:
        """The consumer's, or the command's; it goes on when it is under way."""
        self.run("drain" if by_hand else "consumer", until)

    @rule(until=st.sampled_from(MAKER_STOPS))
    def make_small_pictures(self, until: str) -> None:
        self.run("maker", until)

    @rule(sweeping=st.booleans(), until=st.sampled_from(CLEANUP_STOPS))
    def clean_up(self, sweeping: bool, until: str) -> None:
        self.run("sweep" if sweeping else "cleanup", until)

    def run(self, name: str, until: str) -> None:
        """Let this process, a new one if need be, come to that stop, or to its end."""
        if name not in self.processes:
            self.processes[name] = Process(self.work[name])
        self.processes[name].go_on(until)

    def is_busy(self) -> bool:
        return bool(self.processes)

    def process(self, n: int) -> Process:
        return self.processes[pick(self.processes, n)]

    @precondition(is_busy)
    @rule(n=number, until=st.sampled_from(sorted({*DRAIN_STOPS, *CLEANUP_STOPS, *MAKER_STOPS})))
    def go_on(self, n: int, until: str) -> None:
        self.process(n).go_on(until)

    @precondition(is_busy)
    @rule(n=number)
    def finish(self, n: int) -> None:
        self.process(n).go_on()

    @precondition(is_busy)
    @rule(n=number)
    def kill(self, n: int) -> None:
        """What it was sending may yet arrive."""
        process = self.process(n)
        self.remote.abandon(process, self.world.truth)
        process.kill()

    @precondition(lambda self: "drain" in self.processes)
    @rule()
    def stop_the_drain(self) -> None:
        """As SIGTERM does: it gives back what it holds."""
        self.stop.set()

    @precondition(lambda self: "consumer" in self.processes)
    @rule()
    def wake_up(self) -> None:
        """All other wake-ups are lost."""
        due = transitions.transfers_due(self.remote)
        self.told = {pk for line in due for pk in line.values_list("pk", flat=True)}
        tasks.drain_in_this_process()

    # --- Faults --------------------------------------------------------------------------------

    @rule(weather=st.sampled_from(("fine",) * len(BAD_WEATHER) + BAD_WEATHER))
    def change_the_weather(self, weather: str) -> None:
        self.remote.weather = weather

    @precondition(lambda self: self.remote.under_way)
    @rule(n=number)
    def late_bytes_land(self, n: int) -> None:
        request = self.remote.under_way.pop(n % len(self.remote.under_way))
        if not request.promised or self.clock.elapsed < request.promised:
            self.remote.land(request)

    @rule(seconds=st.sampled_from([1, 21, 61, 301, UNDO + 1, 901, RETENTION + 1]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)
        self.expire()

    def expire(self) -> None:
        """What is over by the clock now may be gone from here on."""
        hidden = ProductImage.objects.filter(pk__in=self.hidden)
        over = hidden.filter(deleted_at__lte=self.clock.now - timedelta(seconds=UNDO))
        self.expired.update(over.values_list("pk", flat=True))

    # --- What holds ----------------------------------------------------------------------------

    @invariant()
    def every_promise_holds(self) -> None:
        self.world.steps += 1
        now = Snapshot.take(self.world)
        self.look_at_the_consumer(now)
        self.processes = {name: each for name, each in self.processes.items() if each.alive}
        if "drain" not in self.processes:
            self.stop.clear()
        synced = {key for key, file in now.files.items() if file.status == Status.SYNCED}
        self.remote.look_at(now.files)
        self.world.vandalised = {
            key for key in self.world.vandalised & synced if not now.remote(now.files[key])
        }
        self.world.forgotten &= {key for key, file in now.files.items() if is_local(file)}
        self.the_images_are_those_of_the_model(now)
        for check in STEP:
            check(now)

    def the_images_are_those_of_the_model(self, now: Snapshot) -> None:
        for pk in self.hidden.keys() - now.images.keys():
            assert pk in self.expired, "gone before the undo time was over"
            del self.hidden[pk]
        keys = {file.pk: key for key, file in now.files.items()}
        shown = {pk: keys[i.file_id] for pk, i in now.images.items() if i.deleted_at is None}
        hidden = {pk: keys[i.file_id] for pk, i in now.images.items() if i.deleted_at}
        assert (shown, hidden) == (self.shown, self.hidden)

    def look_at_the_consumer(self, now: Snapshot) -> None:
        """A wake-up during a drain is not lost, unless it is killed or cannot work."""
        consumer = self.processes.get("consumer")
        working = consumer and not consumer.was_killed and self.world.is_mounted
        if not working or not health.is_available("fake"):
            self.told.clear()
        elif consumer and not consumer.alive:
            untouched = {file.pk for file in now.files.values() if file.token is None}
            waiting = {file.pk for file in now.files.values() if file.status == Status.STAGED}
            assert not self.told & untouched & waiting, "the consumer was told and did not look"
            self.told.clear()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.the_faults_stop()
                self.all_becomes_quiet()
        finally:
            for process in self.processes.values():
                process.kill()
            self.world.reset()

    def the_weather_clears(self) -> None:
        self.remote.weather, self.remote.refused, self.remote.odd = "fine", set(), set()
        self.world.remount()

    def the_faults_stop(self) -> None:
        self.the_weather_clears()
        self.world.disk_is_tight = False
        while self.remote.under_way:
            self.late_bytes_land(0)
        for process in self.processes.values():
            process.go_on()

    def all_becomes_quiet(self) -> None:
        self.all_has_time()
        self.every_promise_holds()
        now = Snapshot.take(self.world)
        for check in QUIET:
            check(now)

    def all_has_time(self) -> None:
        # What the eviction finds to be lost is sent again, and waits a day for its small pictures.
        for seconds in (901, 2 * GRACE, GRACE + RETENTION + 1):
            self.clock.forward(seconds)
            self.expire()
            requeue.retry_failed()
            for work in (partial(cleanup.run_round, sweeping=True), draining.drain):
                Process(work).go_on()


def pick(choices: dict[Any, Any], n: int) -> Any:
    return sorted(choices)[n % len(choices)]
