"""How long the product form takes: beside plain Django, beside S3 in the request, without S3.

No consumer runs beside the first three rows, since the control has none; the black hole row is
about having one.
"""

import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench.site import Client, Form, PlainWeb, Web, production
from bench.table import Row, ms, p50, p95
from dev.ports import LOOPBACK
from dev.processes import wait_for
from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS
from dev.servers.valkey import Valkey

PHOTOS = 5
WARM_UP = 12
ROUNDS_ALONE = 60
CLIENTS = 4
ROUNDS_TOGETHER = 12
SAVES_PER_ROUND = 6
ROUNDS_S3 = 15
ROUNDS_BLACK_HOLE = 30
ROUNDS_SILENT = 20
ROUND_TRIP_SECONDS = 0.1
SYNC_SECONDS = 60.0
WAITING = """
    SELECT count(*) FROM media_staging_stagedfile WHERE status IN ('staged', 'transferring')
"""


# --- Beside a folder ---------------------------------------------------------------------------


def beside_folder(folder: Path) -> list[Row]:
    """Both servers save to the local disk; ours durably."""
    with (
        Web(production(folder / "ours")) as ours,
        PlainWeb(production(folder / "plain")) as plain,
    ):
        pair = (ours.client(), plain.client())
        interleave(pair, WARM_UP)
        alone = interleave(pair, ROUNDS_ALONE)
        together = interleave_groups(
            [ours.client() for _ in range(CLIENTS)], [plain.client() for _ in range(CLIENTS)]
        )
    return [
        compared(f"save of {PHOTOS} photos, 1 client, p50", *map(p50, alone), most=1.5),
        compared(f"the same, {CLIENTS} clients, p95, SQLite", *map(p95, together), most=1.0),
    ]


def compared(what: str, ours: float, plain: float, *, most: float) -> Row:
    ratio = ours / plain
    return Row(
        what,
        "plain Django, FileSystemStorage, no fsync",
        f"{ms(ours)} / {ms(plain)} = {ratio:.2f} times",
        f"at most {most} times",
        met=ratio <= most,
    )


def interleave(clients: Sequence[Client], rounds: int) -> tuple[list[float], ...]:
    """A B A B …; the seconds of each client's saves."""
    taken: tuple[list[float], ...] = tuple([] for _ in clients)
    for _ in range(rounds):
        for client, seconds in zip(clients, taken, strict=True):
            form = Form(photos=PHOTOS)
            settle()
            client.reconnect()
            seconds.append(client.save_product(form))
    return taken


def interleave_groups(*groups: Sequence[Client]) -> tuple[list[float], ...]:
    """The same for groups of clients that save at the same time."""
    taken: tuple[list[float], ...] = tuple([] for _ in groups)
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(ROUNDS_TOGETHER + 1):
            for clients, seconds in zip(groups, taken, strict=True):
                forms = [[Form(photos=PHOTOS) for _ in range(SAVES_PER_ROUND)] for _ in clients]
                settle()
                for saved in pool.map(save_all, clients, forms):
                    # The first round is the warm-up.
                    seconds.extend(saved if number else [])
    return taken


def save_all(client: Client, forms: Sequence[Form]) -> list[float]:
    client.reconnect()
    return [client.save_product(form) for form in forms]


def settle() -> None:
    """Write out what earlier saves left in memory, so that nobody's fsync pays for another's."""
    os.sync()


# --- Beside S3 in the request ------------------------------------------------------------------


def beside_s3(folder: Path) -> list[Row]:
    with ExitStack() as stack:
        s3 = stack.enter_context(SeaweedFS(folder / "s3"))
        far = stack.enter_context(DelayProxy(LOOPBACK, s3.port, ROUND_TRIP_SECONDS))
        remote = through(far, s3)
        ours = stack.enter_context(Web(production(folder / "ours", **remote)))
        plain = stack.enter_context(PlainWeb(production(folder / "plain", **remote)))
        pair = (ours.client(), plain.client())
        interleave(pair, 3)
        mine, others = map(p50, interleave(pair, ROUNDS_S3))
    ratio = others / mine
    return [
        Row(
            f"save of {PHOTOS} photos, 1 client, p50",
            "synchronous S3Storage, 100 ms round trip",
            f"{ms(mine)} / {ms(others)} = {ratio:.0f} times faster",
            "at least 50 times faster",
            met=ratio >= 50,
        )
    ]


def through(proxy: DelayProxy, s3: SeaweedFS) -> dict[str, str]:
    address = f"http://{proxy.address}"
    return {**s3.env(), "MEDIA_REMOTE": "s3", "S3_ENDPOINT_URL": address}


# --- Without S3 --------------------------------------------------------------------------------


def black_hole(folder: Path) -> list[Row]:
    """Two shops with a consumer each; the network of one swallows everything.

    A save is timed while the other shop's transfers are over, or the healthy one would be
    charged for the work that the other one cannot do.
    """
    with ExitStack() as stack:
        s3 = stack.enter_context(SeaweedFS(folder / "s3"))
        nets = [stack.enter_context(DelayProxy(LOOPBACK, s3.port)) for _ in range(2)]
        shops = [
            stack.enter_context(Web(production(folder / name, **through(net, s3))))
            for name, net in zip(("healthy", "cut"), nets, strict=True)
        ]
        for shop in shops:
            shop.start_consumer()
        clients = [shop.client() for shop in shops]
        interleave(clients, WARM_UP)
        nets[1].black_hole()
        taken: list[list[float]] = [[], []]
        for _ in range(ROUNDS_BLACK_HOLE):
            for client, seconds in zip(clients, taken, strict=True):
                wait_until_synced(shops[0])
                seconds += interleave([client], 1)[0]
        waiting = count_waiting(shops[1])
    healthy, cut = map(p50, taken)
    if not waiting:
        raise RuntimeError("the black hole let everything through")
    ratio = cut / healthy
    return [
        Row(
            f"save of {PHOTOS} photos while the remote is a black hole, p50",
            "while it is healthy",
            f"{ms(cut)} / {ms(healthy)} = {ratio:.2f} times",
            "the same within noise (1.15 times)",
            met=ratio <= 1.15,
        )
    ]


def wait_until_synced(shop: Web) -> None:
    if not wait_for(lambda: not count_waiting(shop), SYNC_SECONDS):
        raise RuntimeError("the healthy shop's photos were not transferred")


def count_waiting(shop: Web) -> int:
    with shop.database() as database:
        return int(database.execute(WAITING).fetchone()[0])


# --- Without a broker --------------------------------------------------------------------------


def silent_broker(folder: Path) -> list[Row]:
    """Two shops with a broker and cache each; one of these stands still with its port open."""
    with ExitStack() as stack:
        brokers = [stack.enter_context(Valkey(folder / f"valkey-{name}")) for name in "ab"]
        shops = [
            stack.enter_context(Web(production(folder / f"shop-{number}", REDIS_URL=each.url)))
            for number, each in enumerate(brokers)
        ]
        clients = [shop.client() for shop in shops]
        interleave(clients, WARM_UP)
        brokers[1].child.signal_group(signal.SIGSTOP)
        healthy, silent = map(p50, interleave(clients, ROUNDS_SILENT))
        brokers[1].child.signal_group(signal.SIGCONT)
    return [
        Row(
            f"save of {PHOTOS} photos while Redis is silent, p50",
            "while it answers",
            f"{ms(silent)} / {ms(healthy)} = {ms(silent - healthy)} more",
            "at most 300 ms more",
            met=silent - healthy <= 0.3,
        )
    ]
