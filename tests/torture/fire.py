"""Processes under fire: a shop that takes pictures while everything around it is killed and fails.

Uploads run all the time. In each round one process is killed, at a random moment or at a chosen
call, or asked to stop, while the remote, the broker or the database fails in one way. A poller
looks whether every acknowledged image can be seen. In the end everything heals and is counted.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from dev.processes import wait_for
from dev.servers.seaweedfs import SeaweedFS
from dev.torture.table import Row
from tests.support.site import Site
from tests.torture.backends import Backend
from tests.torture.kills import STOP_SECONDS, Kills
from tests.torture.shop import CONSUMERS, Shop
from tests.torture.verdict import Verdict, judge
from tests.torture.weather import Weather
from tests.torture.witness import Book, Poller, Uploader

logger = logging.getLogger(__name__)

T = TypeVar("T")
UPLOADERS = 2
STRIKE_SECONDS = 30.0
NUDGE_SECONDS = 1.0
MEANWHILE_SECONDS = 20.0
# Without a file that gets on.
HEAL_SECONDS = 120.0
SETTINGS = {
    "MEDIA_REMOTE": "s3",
    "LEASE_SECONDS": "2",
    "LOCAL_RETENTION_SECONDS": "5",
    "STAGING_MIN_FREE_BYTES": "0",
    "TRANSFER_CONCURRENCY": "8",
}
# Small pictures wait until it is their time: nobody is told of them, so nobody presses Retry.
PENDING = """
    SELECT count(*) FROM media_staging_stagedfile
    WHERE status IN ('staged', 'transferring', 'failed') AND NOT is_thumbnail
"""


def fire(folder: Path, backend: Backend, *, kills: int, seed: int) -> "Report":
    """Kill so many processes; `seed` chooses the order of what happens, not how it ends."""
    with ExitStack() as stack:
        s3 = stack.enter_context(SeaweedFS(folder / "s3"))
        # The weather asks the database what it cannot see itself, so it gets the site afterwards.
        weather = stack.enter_context(Weather(s3.port))
        address = {"S3_ENDPOINT_URL": f"http://{weather.address}"}
        env = {**s3.env(), **address, **SETTINGS, **backend.env}
        site = stack.enter_context(Site(folder, env))
        weather.rows = site.rows
        run = Fire(Shop(site), weather, backend, random.Random(seed))
        run.shop.open()
        return run.play(s3, kills)


class Fire:
    """The shop, its enemies and its witnesses."""

    def __init__(
        self, shop: Shop, weather: Weather, backend: Backend, chance: random.Random
    ) -> None:
        self.shop = shop
        self.weather = weather
        self.backend = backend
        self.random = chance
        self.kills = Kills(shop, chance)
        self.book = Book()
        self.report = Report(backend.name, self.kills, self.book, weather.strikes)

    def play(self, s3: SeaweedFS, kills: int) -> "Report":
        sign_in, products = self.shop.site.client, self.shop.products
        self.presser = sign_in()
        poller = Poller(self.book, sign_in, products, s3.port)
        uploaders = [
            Uploader(self.book, sign_in, products, self.random.randrange(2**32))
            for _ in range(UPLOADERS)
        ]
        witnesses = [poller, *uploaders]
        for each in witnesses:
            each.start()
        self.rage(kills)
        for each in witnesses:
            each.stop()
        self.report.tried = sum(each.tried for each in uploaders)
        self.heal()
        logger.info("looking at everything that was promised")
        self.report.visible = sum(map(poller.look_at, products))
        self.report.verdict = judge(self.shop.site, s3, self.book)
        return self.report

    # --- Rounds ----------------------------------------------------------------------------------

    def rage(self, kills: int) -> None:
        strikes, troubles = self.in_turn(self.kills.kinds()), self.in_turn(self.troubles())
        while self.kills.killed.total() < kills:
            trouble, strike = next(troubles), next(strikes)
            began = time.monotonic()
            with trouble():
                strike()
                self.shop.revive()
            logger.info(
                "%d of %d kills, %d promises: %s during %s took %.1f s",
                self.kills.killed.total(),
                kills,
                self.book.acknowledged,
                words(strike),
                words(trouble),
                time.monotonic() - began,
            )

    def in_turn(self, kinds: Sequence[T]) -> Iterator[T]:
        """Each once in random order, then each again."""
        while True:
            yield from self.random.sample(kinds, len(kinds))

    def troubles(self) -> list[Callable[[], AbstractContextManager[None]]]:
        weather = [partial(self.bad_weather, name) for name in self.weather.faults]
        return [*weather, *(partial(self.blow, name) for name in self.backend.blows)]

    @contextmanager
    def bad_weather(self, name: str) -> Iterator[None]:
        """A fault of the remote, which lasts until it has struck."""
        self.weather.begin(name)
        yield
        deadline = time.monotonic() + STRIKE_SECONDS
        while not self.weather.has_struck() and time.monotonic() < deadline:
            self.shop.nudge(self.presser)
            wait_for(self.weather.has_struck, NUDGE_SECONDS, 0.05)
        self.weather.clear_up()
        self.shop.nudge(self.presser)

    @contextmanager
    def blow(self, name: str) -> Iterator[None]:
        """A blow to the broker or the database."""
        self.backend.blows[name](self.see_uploads_go_on)
        self.report.blows[name] += 1
        yield

    def see_uploads_go_on(self) -> None:
        """Photos are taken while the broker is away."""
        before = self.book.acknowledged
        assert wait_for(lambda: self.book.acknowledged > before + 1, MEANWHILE_SECONDS)
        self.report.taken_without_broker += self.book.acknowledged - before

    # --- Afterwards ------------------------------------------------------------------------------

    def heal(self) -> None:
        """Everything works again, and a person presses Retry where that is asked for."""
        logger.info("%d transfers are pending or failed: healing", self.pending())
        self.shop.revive()
        self.report.given_up = self.shop.site.count("failed")
        left, deadline = self.pending(), time.monotonic() + HEAL_SECONDS
        while left and time.monotonic() < deadline:
            self.shop.nudge(self.presser, most=1000)
            wait_for(lambda: not self.pending(), 5, 0.1)
            if (now := self.pending()) < left:
                left, deadline = now, time.monotonic() + HEAL_SECONDS
        # Thumbnails that come only now are no part of it.
        self.report.pending = left
        for name in CONSUMERS:
            self.shop.running[name].stop(STOP_SECONDS)

    def pending(self) -> int:
        return int(self.shop.site.rows(PENDING)[0][0])


class Report:
    """What struck, and what became of the promises."""

    def __init__(self, name: str, kills: Kills, book: Book, strikes: Counter[str]) -> None:
        self.name = name
        self.kills = kills
        self.book = book
        self.strikes = strikes
        self.blows: Counter[str] = Counter()
        self.verdict = Verdict()
        self.tried = self.visible = self.given_up = self.pending = self.taken_without_broker = 0

    def rows(self) -> list[Row]:
        section, found, book = f"fire, {self.name}", self.verdict, self.book
        struck = {
            "killed: ": self.kills.killed,
            "stopped: ": self.kills.stopped,
            "remote: ": self.strikes,
            "": self.blows,
        }
        promised = book.acknowledged
        seen = f"of {self.tried} sent; {self.visible} visible, {self.pending} pending in the end"
        without = f"{self.taken_without_broker} photos taken without a broker"
        wrong: dict[str, Sequence[object]] = {
            "lost": found.lost,
            "duplicates": found.duplicates,
            "left over after a sweep": found.left_over,
            "differences in staging_verify": list(found.differences.items()),
            "stops that were not clean": self.kills.unclean,
        }
        all_are_visible = self.visible == promised and not self.pending
        return [
            *(
                Row(section, f"{what}{kind}", counts[kind], "", good=True)
                for what, counts in struck.items()
                for kind in sorted(counts)
            ),
            Row(section, "killed, in all", self.kills.killed.total(), without, good=True),
            Row(section, "acknowledged", promised, seen, good=all_are_visible and promised > 0),
            Row(section, "looks at a url", book.looks, told(book.dangling), not book.dangling),
            *(Row(section, what, len(all_), told(all_), not all_) for what, all_ in wrong.items()),
        ]


def words(step: Callable[..., object]) -> str:
    """What a step of a round does, for the log."""
    function, arguments = getattr(step, "func", step), getattr(step, "args", ())
    return " ".join([function.__name__.replace("_", " "), *map(str, arguments)])


def told(findings: Sequence[object]) -> str:
    """The first of what is wrong, in words."""
    return ", ".join(map(str, findings[:3])) or "nothing wrong"
