"""The ways in which a process ends before its time; each is counted once it has been seen to."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dev.processes import wait_for
from tests.torture.shop import CONSUMERS, WEB, Shop

LONGEST_WAIT_SECONDS = 1.0
ORDER_SECONDS = 6.0
START_SECONDS = 60.0
# Longer than the consumer needs to give its work back (settings: shutdown_timeout).
STOP_SECONDS = 40.0
MOST_CALLS = 4
# Where a process may be told to die: the calls that write, name, promise, answer and send.
WEB_CALLS = ("fsync", "rename", "commit", "send")
CONSUMER_CALLS = ("send", "receive", "commit")


class Kills:
    """Ends processes of a shop. `killed` and `stopped` count by kind what has really struck."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self.shop = shop
        self.random = chance
        self.killed: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.unclean: list[str] = []

    def kinds(self) -> list[Callable[[], None]]:
        at_a_call = [
            partial(self.kill_at, name, call, moment)
            for name, calls in ((WEB, WEB_CALLS), (CONSUMERS[0], CONSUMER_CALLS))
            for call in calls
            for moment in ("before", "after")
        ]
        stops = [
            partial(self.stop, name, number)
            for name in (WEB, CONSUMERS[0])
            for number in (signal.SIGTERM, signal.SIGINT)
        ]
        at_random: list[Callable[[], None]] = [
            self.kill_worker,
            *(partial(self.kill, name) for name in (WEB, *CONSUMERS)),
        ]
        return [*at_a_call, *at_random, *at_random, *stops]

    # --- SIGKILL ---------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """A random moment: the whole process group at once."""
        time.sleep(self.random.uniform(0, LONGEST_WAIT_SECONDS))
        child = self.shop.running[name]
        assert child.is_running()
        assert child.kill() == -signal.SIGKILL
        self.killed[f"{kind_of(name)}, at a random moment"] += 1

    def kill_worker(self) -> None:
        """One of gunicorn's workers; the master starts another."""
        time.sleep(self.random.uniform(0, LONGEST_WAIT_SECONDS))
        worker = self.random.choice(workers(self.shop.running[WEB].pid))
        os.kill(worker, signal.SIGKILL)
        assert wait_for(lambda: worker not in workers(self.shop.running[WEB].pid), 10)
        self.killed["web worker, at a random moment"] += 1

    def kill_at(self, name: str, call: str, moment: str) -> None:
        """The n-th call from now on, in whichever process comes to it first."""
        orders = self.shop.orders[name]
        orders.give(call, moment, self.random.randint(1, MOST_CALLS))
        wait_for(orders.is_obeyed, ORDER_SECONDS)
        counted = self.killed if orders.withdraw() else self.missed
        counted[f"{kind_of(name)}, {moment} {call}"] += 1
        if name != WEB and counted is self.killed:
            # Dead already, but the kernel may need a moment to say so.
            assert wait_for(lambda: any(has_been_killed(self.shop, each) for each in CONSUMERS), 10)

    # --- SIGTERM, SIGINT -------------------------------------------------------------------------

    def stop(self, name: str, number: signal.Signals) -> None:
        """Asked to end, it ends in good order and in time; once it is up, that is."""
        child = self.shop.running[name]
        assert wait_for(lambda: listens(child.pid), START_SECONDS), child.log_tail()
        time.sleep(self.random.uniform(0, LONGEST_WAIT_SECONDS))
        child.signal_group(number)
        code = child.wait(STOP_SECONDS)
        kind = f"{kind_of(name)}, {number.name}"
        self.stopped[kind] += 1
        if code != 0:
            self.unclean.append(f"{kind}: exit code {code}")


def kind_of(name: str) -> str:
    return "web" if name == WEB else "consumer"


def listens(pid: int) -> bool:
    """Whether the program has a handler for SIGTERM: before that it just dies of it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return bool(int(status["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1)


def has_been_killed(shop: Shop, name: str) -> bool:
    return shop.running[name].exit_code() == -signal.SIGKILL


def workers(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
