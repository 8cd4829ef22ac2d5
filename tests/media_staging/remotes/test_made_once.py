"""What threads share is made by one of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from media_staging import remotes
from media_staging.remotes.filesystem import FilesystemRemote
from media_staging.remotes.made_once import made_once
from media_staging.states import places

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


def test_a_remote_is_one_object_for_all_threads_and_is_the_one_that_serves_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The workers of a consumer start together; where each had its own, no file was moved."""
    make, others_may_come = FilesystemRemote.__init__, threading.Event()

    def make_slowly(remote: FilesystemRemote, **options: str) -> None:
        others_may_come.wait(0.2)
        make(remote, **options)

    monkeypatch.setattr(FilesystemRemote, "__init__", make_slowly)
    remotes.get.cache_clear()
    remotes.known_places.cache_clear()
    together = threading.Barrier(THREADS)

    def get() -> remotes.Remote:
        together.wait()
        return remotes.current()

    with ThreadPoolExecutor(THREADS) as pool:
        found = {future.result() for future in [pool.submit(get) for _ in range(THREADS)]}
    assert found == {remotes.current()}
    assert places.served_by(remotes.current()) == [remotes.current().place]
