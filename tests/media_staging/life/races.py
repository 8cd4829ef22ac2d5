"""The races that docs/architecture.md says how to close, which chance alone seldom brings about.

Each begins in a calm, lets one process come to a stop that chance chooses, has something happen
meanwhile, and lets the process go on. What must hold is looked at all along.
"""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.media_staging.life.doubts import LifeWithDoubts
from tests.media_staging.life.machine import (
    CLEANUP_STOPS,
    DRAIN_STOPS,
    LEASE,
    MAKER_STOPS,
    MOST_IMAGES,
    RETENTION,
    SETTLED,
    UNDO,
    number,
    pick,
)
from tests.media_staging.life.processes import ENDLESS

RACES = (
    "an_undo_meets_its_expiry",
    "an_owner_meets_a_sweep",
    "a_worker_dies",
    "a_worker_sleeps_over_its_lease",
    "an_upload_meets_its_purge",
    "bytes_land_during_a_purge",
    "a_purge_meets_an_outage",
    "a_purge_meets_a_clock_set_back",
    "small_pictures_meet_the_end_of_their_original",
    "an_eviction_meets_a_loss",
    "a_wake_up_meets_the_end_of_a_drain",
    "the_disk_goes_away_under_a_drain",
    "a_sweep_meets_what_waits",
    "a_dump_is_put_back",
)
# Where a drain has begun an upload, and does not know yet how it ends.
MID_TRANSFER = ("upload", "stored", "wait", "write")


class LifeWithRaces(LifeWithDoubts):
    @rule(race=st.sampled_from(RACES), n=number, at=number)
    def a_race(self, race: str, n: int, at: int) -> None:
        """One rule for all of them, so that ordinary life goes on as well."""
        self.calm_down()
        if len(self.shown) + len(self.hidden) > MOST_IMAGES - 2:
            # A race adds up to two.
            self.delete_product(n)
        if at % 2:
            self.let("drain")
            self.let("maker")
        self.upload()
        getattr(self, race)(n, at)
        self.calm_down()

    def calm_down(self) -> None:
        self.the_weather_clears()
        for process in self.processes.values():
            process.go_on()
        self.every_promise_holds()

    def let(self, name: str, until: str = "") -> None:
        self.run(name, until)
        self.every_promise_holds()

    def creep(self, name: str, stops: int = ENDLESS) -> None:
        """Let it go on for so many stops, or to its end, and look at each."""
        for _stop in range(stops):
            if name not in self.processes:
                return
            self.processes[name].takes_a_turn("")
            self.every_promise_holds()
        assert stops < ENDLESS, "endless"

    def upload(self) -> None:
        self.add(self.world.receive())

    def delete_for_good(self, n: int) -> None:
        """All images at once, with their product, or one whose undo time is over."""
        if n % 2:
            self.delete_product(n)
        else:
            self.delete(n)
            self.time_passes(UNDO + 1)

    def delete_with_bytes_under_way(self, n: int) -> None:
        """Nobody waits any more for the answer to the uploads of these images."""
        self.remote.weather = "late"
        self.let("drain")
        self.remote.weather = "fine"
        self.delete_product(n)

    # --- Rules 1 and 2: owners -------------------------------------------------------------------

    def an_undo_meets_its_expiry(self, n: int, at: int) -> None:
        pk = pick(self.shown, n)
        self.delete(n)
        self.time_passes(UNDO + 1)
        self.let("cleanup", stop(CLEANUP_STOPS, at))
        if pk in self.hidden:
            self.bring_back(pk)
        self.creep("cleanup")

    def an_owner_meets_a_sweep(self, n: int, at: int) -> None:
        """An invalid form kept a photo; the next try attaches it when the sweep comes for it."""
        self.a_day_passes(n)
        # Of what is older.
        self.let("sweep")
        self.receive()
        self.register_without_an_owner(-1)
        self.a_day_passes(n)
        self.let("sweep", "transaction")
        self.creep("sweep", stops=at)
        self.attach(-1)
        self.creep("sweep")

    # --- Rule 3: late uploads --------------------------------------------------------------------

    def a_worker_dies(self, n: int, at: int) -> None:
        self.let("drain", stop(MID_TRANSFER, at))
        if "drain" in self.processes:
            self.kill(n)

    def a_worker_sleeps_over_its_lease(self, n: int, at: int) -> None:
        """Another takes its files over, or itself does; then the first upload goes on."""
        self.let("drain", stop(MID_TRANSFER, at))
        self.time_passes(LEASE + 1)
        if n < 6:
            self.let("consumer", stop(MID_TRANSFER, n))
        self.creep("drain")

    def an_upload_meets_its_purge(self, n: int, at: int) -> None:
        self.let("drain", stop(MID_TRANSFER, at))
        self.delete_for_good(n)
        self.let("cleanup")
        if n > 3:
            # Long enough for the row to go.
            self.time_passes(SETTLED + 1)
            self.let("cleanup")
        self.creep("drain")

    def bytes_land_during_a_purge(self, n: int, at: int) -> None:
        self.delete_with_bytes_under_way(n)
        self.let("cleanup", stop(("delete", "deleted", "write", "transaction"), at))
        while self.remote.under_way:
            self.late_bytes_land(0)
        self.time_passes(SETTLED)
        self.creep("cleanup")

    def a_purge_meets_an_outage(self, n: int, at: int) -> None:
        self.let("drain")
        self.delete_for_good(n)
        self.remote.weather = "outage"
        self.let("cleanup")

    def a_purge_meets_a_clock_set_back(self, n: int, at: int) -> None:
        """It waits for an upload that, by the clock, could land for another hour."""
        self.delete_with_bytes_under_way(n)
        self.set_the_clock_back(n)
        self.let("cleanup")

    def small_pictures_meet_the_end_of_their_original(self, n: int, at: int) -> None:
        """Or its undo, or another consumer that makes them once the lease is over."""
        self.let("drain")
        self.let("maker", stop(MAKER_STOPS, at))
        if n % 2:
            self.delete_for_good(n // 2)
            self.let("cleanup")
        elif "maker" in self.processes:
            late = self.processes.pop("maker")
            self.time_passes(301)
            self.let("maker")
            self.processes["maker"] = late
        self.creep("maker")
        self.let("drain")

    # --- Rule 4: evictions -----------------------------------------------------------------------

    def an_eviction_meets_a_loss(self, n: int, at: int) -> None:
        """The remote's copy goes before the local one does, or two workers evict at once."""
        self.let("drain")
        if n % 2:
            self.delete_from_the_bucket(n)
        self.time_passes(RETENTION + 1)
        self.let("cleanup", stop(CLEANUP_STOPS, at))
        self.let("sweep")
        self.creep("cleanup")

    # --- Rules 5 to 8 ----------------------------------------------------------------------------

    def a_wake_up_meets_the_end_of_a_drain(self, n: int, at: int) -> None:
        self.let("consumer", stop(("close", "end", *DRAIN_STOPS), at))
        self.upload()
        if "consumer" in self.processes:
            self.wake_up()
        self.creep("consumer")

    def the_disk_goes_away_under_a_drain(self, n: int, at: int) -> None:
        self.let("drain", stop(DRAIN_STOPS, at))
        self.unmount_the_disk(n)
        self.creep("drain")

    def a_sweep_meets_what_waits(self, n: int, at: int) -> None:
        """Files older than the grace time, with an owner, that an outage keeps here."""
        self.remote.weather = "outage"
        self.let("drain", stop(DRAIN_STOPS, at))
        self.a_day_passes(n)
        self.let("sweep")

    # --- Marks -----------------------------------------------------------------------------------

    def a_dump_is_put_back(self, n: int, at: int) -> None:
        """Numbers are given again, and those who have them may be gone before anybody sweeps."""
        self.is_in_doubt = True
        self.dump_the_database(n)
        self.upload()
        for name in ("drain", "cleanup", "sweep")[: n % 4]:
            self.let(name)
        self.restore_the_dump(n)
        for _upload in range(at % 3):
            self.upload()
        if at % 2:
            self.let("drain")
            self.delete_product(n)
            self.let("cleanup")
        self.a_day_passes(n)
        self.let("sweep")


def stop(stops: tuple[str, ...], at: int) -> str:
    return stops[at % len(stops)]
