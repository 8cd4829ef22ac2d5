"""Real consumers that are killed in mid-transfer, on the suite's database and on every remote."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.processes import wait_for
from tests.support.site import Site, own_servers
from tests.support.storages import NAMES, Storage, storage_of

HASTE = {"LEASE_SECONDS": "2", "TRANSFER_CONCURRENCY": "4", "STAGING_MIN_FREE_BYTES": "0"}


@pytest.fixture(params=NAMES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    var_dir = tmp_path / "var"
    with storage_of(request.param, request.getfixturevalue, var_dir, 0.05) as storage:
        yield storage


@pytest.fixture
def site(tmp_path: Path, storage: Storage) -> Iterator[Site]:
    with (
        own_servers(os.environ) as servers,
        Site(tmp_path, {**storage.env(), **HASTE, **servers}) as site,
    ):
        yield site


def objects(storage: Storage) -> set[str]:
    return {each.key for each in storage.remote().objects() if each.key.startswith("kills/")}


def test_a_consumer_killed_in_mid_transfer_loses_and_doubles_nothing(
    site: Site, storage: Storage
) -> None:
    before = objects(storage)
    site.stage(12, 200_000)
    storage.hold()
    consumer = site.start("drain", "staging_drain", "--wait", "60")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    assert consumer.kill() == -signal.SIGKILL
    assert site.count("transferring") > 0, "the kill struck in mid-transfer"
    storage.resume()
    done = site.json("staging_drain", "--wait", "120")
    assert (done["pending"], done["failed"]) == (0, 0)
    assert site.count("synced") == 12
    assert len(objects(storage) - before) == 12
    assert site.json("staging_verify", "--checksums") == {
        "checked": 12,
        "missing": [],
        "corrupt": [],
        "orphans": [],
    }


def test_a_consumer_moves_what_was_staged_while_none_was_running(site: Site) -> None:
    site.stage(3, 50_000)
    consumer = site.start("consumer", "run_huey")
    try:
        assert wait_for(lambda: site.count("synced") == 3, 60)
    finally:
        consumer.signal_group(signal.SIGTERM)
        assert consumer.wait(30) == 0


def test_a_consumer_that_is_told_to_stop_gives_its_work_back(site: Site, storage: Storage) -> None:
    site.stage(6, 200_000)
    storage.hold()
    consumer = site.start("consumer", "run_huey")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    consumer.signal_group(signal.SIGTERM)
    storage.resume()
    assert consumer.wait(40) == 0
    assert site.count("transferring") == 0
    done = site.json("staging_drain", "--wait", "120")
    assert (done["pending"], done["failed"]) == (0, 0)


def test_an_outage_burns_no_attempts_and_ends_by_itself(site: Site, storage: Storage) -> None:
    storage.refuse()
    site.stage(10, 50_000)
    assert site.manage("staging_drain", "--json"), "it ends although nothing moves"
    report = site.json("staging_status")
    assert report["states"]["failed"]["count"] == 0
    assert report["states"]["staged"]["count"] == 10
    storage.resume()
    done = site.json("staging_drain", "--wait", "120")
    assert (done["transferred"], done["pending"], done["failed"]) == (10, 0, 0)
