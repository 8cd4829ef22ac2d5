"""Real consumers that are killed in mid-transfer, on the site's own database and real S3."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.delayproxy import DelayProxy
from dev.processes import wait_for
from dev.seaweedfs import SeaweedFS
from tests.support.site import Site, own_servers


@pytest.fixture
def proxy(s3_server: SeaweedFS) -> Iterator[DelayProxy]:
    with DelayProxy("127.0.0.1", s3_server.port, 0.05) as proxy:
        yield proxy


@pytest.fixture
def site(tmp_path: Path, s3_server: SeaweedFS, proxy: DelayProxy) -> Iterator[Site]:
    remote = {**s3_server.env(), "MEDIA_REMOTE": "s3", "S3_ENDPOINT_URL": f"http://{proxy.address}"}
    haste = {"LEASE_SECONDS": "2", "TRANSFER_CONCURRENCY": "4", "STAGING_MIN_FREE_BYTES": "0"}
    with own_servers(os.environ) as servers, Site(tmp_path, {**remote, **haste, **servers}) as site:
        yield site


def objects(server: SeaweedFS) -> list[str]:
    from tests.media_staging.remotes.test_contract import s3

    return [each.key for each in s3(server).objects() if each.key.startswith("kills/")]


def test_a_consumer_killed_in_mid_transfer_loses_and_doubles_nothing(
    site: Site, proxy: DelayProxy, s3_server: SeaweedFS
) -> None:
    before = set(objects(s3_server))
    site.stage(12, 200_000)
    proxy.black_hole()
    consumer = site.start("drain", "staging_drain", "--wait", "60")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    assert consumer.kill() == -signal.SIGKILL
    assert site.count("transferring") > 0, "the kill struck in mid-transfer"
    proxy.pass_through()
    done = site.json("staging_drain", "--wait", "120")
    assert (done["pending"], done["failed"]) == (0, 0)
    assert site.count("synced") == 12
    assert len(set(objects(s3_server)) - before) == 12
    assert site.json("staging_verify", "--checksums") == {
        "checked": 12,
        "missing": [],
        "corrupt": [],
        "orphans": [],
    }


def test_a_consumer_moves_what_was_staged_while_none_was_running(site: Site) -> None:
    site.stage(3, 50_000)
    consumer = site.start("consumer", "run_huey")
    assert wait_for(lambda: site.count("synced") == 3, 60)
    consumer.signal_group(signal.SIGTERM)
    assert consumer.wait(30) == 0


def test_a_consumer_that_is_told_to_stop_gives_its_work_back(site: Site, proxy: DelayProxy) -> None:
    site.stage(6, 200_000)
    proxy.black_hole()
    consumer = site.start("consumer", "run_huey")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    consumer.signal_group(signal.SIGTERM)
    proxy.pass_through()
    assert consumer.wait(40) == 0
    assert site.count("transferring") == 0
    done = site.json("staging_drain", "--wait", "120")
    assert (done["pending"], done["failed"]) == (0, 0)
