"""What seldom happens to a life: a disk is unmounted, a clock jumps, a bucket loses an object."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from media_staging.errors import StagingUnavailable
from media_staging.models import StagedFile
from media_staging.web import requeue
from products.images import changes
from products.models import Product
from tests.media_staging.life.machine import GRACE, Life, Status, number, pick

RARE = (
    "delete_product",
    "refuse_a_file",
    "refuse_nothing",
    "answer_oddly_to_a_file",
    "delete_from_the_bucket",
    "unmount_the_disk",
    "mount_the_disk",
    "fill_the_disk",
    "a_day_passes",
    "set_the_clock_back",
    "set_the_clock_forward",
)


class LifeWithRareEvents(Life):
    @rule(event=st.sampled_from(RARE), n=number)
    def something_rare(self, event: str, n: int) -> None:
        """One rule for all of them, so that they stay rare."""
        getattr(self, event)(n)

    def delete_product(self, n: int) -> None:
        changes.delete_product(self.product)
        self.product = Product.objects.create(name="Mug", price=1).pk
        self.shown, self.hidden = {}, {}

    def refuse_a_file(self, n: int) -> None:
        if self.shown:
            self.remote.refused = {self.shown[pick(self.shown, n)]}
            self.remote.ever_refused |= self.remote.refused

    def answer_oddly_to_a_file(self, n: int) -> None:
        if self.shown:
            self.remote.odd = {self.shown[pick(self.shown, n)]}

    def refuse_nothing(self, n: int) -> None:
        self.remote.refused, self.remote.odd = set(), set()
        requeue.retry_failed()

    def delete_from_the_bucket(self, n: int) -> None:
        """Somebody else, while the local copy is still there and nobody has just looked."""
        whole = StagedFile.objects.filter(status=Status.SYNCED, due_at__isnull=False)
        here = set(whole.values_list("key", flat=True)) - self.world.forgotten
        keys = sorted(self.remote.stored.keys() & here)
        if keys and self.world.is_mounted and not self.processes:
            key = keys[n % len(keys)]
            del self.remote.stored[key]
            self.world.vandalised.add(key)

    def unmount_the_disk(self, n: int) -> None:
        if self.world.is_mounted:
            self.world.unmount()
            with pytest.raises(StagingUnavailable):
                self.world.receive()

    def mount_the_disk(self, n: int) -> None:
        self.world.remount()

    def fill_the_disk(self, n: int) -> None:
        self.world.disk_is_tight = not self.world.disk_is_tight

    def a_day_passes(self, n: int) -> None:
        """No request lasts as long as that."""
        self.received.clear()
        self.time_passes(GRACE + 1)

    def set_the_clock_back(self, n: int) -> None:
        self.ahead = list(self.processes.values())
        self.jump(-3600)

    def set_the_clock_forward(self, n: int) -> None:
        self.jump(3600)

    def jump(self, seconds: int) -> None:
        self.clock.jump(seconds)
        self.remote.void_promises()
        self.expire()
