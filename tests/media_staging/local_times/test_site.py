"""The same as processes: a web server, a consumer and commands, on the suite's database."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.processes import wait_for
from tests.support.site import Site, own_servers

HERE = Path(__file__).parent


class NaiveSite(Site):
    settings = "naive_settings"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    env = {"PYTHONPATH": str(HERE), "LOCAL_RETENTION_SECONDS": "0", "STAGING_MIN_FREE_BYTES": "0"}
    with own_servers(os.environ) as servers, NaiveSite(tmp_path, {**env, **servers}) as site:
        yield site


def test_a_site_with_local_times_takes_moves_evicts_and_sweeps(site: Site) -> None:
    (product,) = site.prepare(products=1)
    site.start_web()
    site.start("consumer", "run_huey")
    client = site.client()
    client.add_photo(product)
    assert wait_for(lambda: site.count("synced") == 1, 60)
    cleaned = site.json("staging_cleanup")
    assert not cleaned.get("stuck")
    assert site.json("staging_status")["states"]["synced"]["count"] == 1
    assert site.json("staging_verify", "--checksums")["missing"] == []
    client.reconnect()
    for page in ("/staging/", f"/products/{product}/", "/admin/media_staging/stagedfile/"):
        assert client.request("GET", page)[0] == 200
    ((key,),) = site.rows("SELECT key FROM media_staging_stagedfile WHERE NOT is_thumbnail")
    assert wait_for(lambda: client.request("GET", f"/media/{key}")[0] == 302, 60)
    logs = [path.read_text() for path in site.logs.glob("*.log")]
    assert not any("Traceback" in log for log in logs)
