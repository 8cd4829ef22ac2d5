"""What threads share is made by one of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

from media_staging.remotes.made_once import made_once

THREADS = 4


class Owner:
    def __init__(self) -> None:
        self.made = 0
        self.others_may_come = threading.Event()

    @made_once
    def thing(self) -> object:
        self.made += 1
        # Nobody sets it: time for the other threads to come in as well, if they can.
        self.others_may_come.wait(0.2)
        return object()


def test_threads_that_come_together_get_the_same() -> None:
    owner, together = Owner(), threading.Barrier(THREADS)

    def get() -> object:
        together.wait()
        return owner.thing

    with ThreadPoolExecutor(THREADS) as pool:
        things = {future.result() for future in [pool.submit(get) for _ in range(THREADS)]}
    assert things == {owner.thing}
    assert owner.made == 1


def test_each_owner_has_its_own() -> None:
    one, another = Owner(), Owner()
    assert one.thing is not another.thing
