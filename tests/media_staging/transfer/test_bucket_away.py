"""A bucket that somebody removed, or is not allowed to see, while files wait for their eviction."""

from typing import Any

import pytest

from dev.ports import LOOPBACK
from dev.proxies.http import Fault, FaultProxy
from dev.servers.seaweedfs import SeaweedFS
from media_staging.area import staging
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from tests.conftest import Clock
from tests.media_staging.photos import plain

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_bucket_that_is_away_is_not_a_bucket_whose_objects_are_gone(
    settings: Any, s3_server: SeaweedFS, clock: Clock
) -> None:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        s3 = {
            "bucket_name": s3_server.bucket,
            "endpoint_url": f"http://{proxy.address}",
            "access_key": s3_server.access_key,
            "secret_key": s3_server.secret_key,
            "region_name": "us-east-1",
            "location": "bucket-away",
        }
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": "s3",
            "REMOTES": {"s3": s3},
        }
        (file,) = plain()
        draining.drain()
        clock.forward(hours=2)
        proxy.strike(Fault.NO_SUCH_BUCKET, "HEAD")
        report = cleanup.run_round()
        assert proxy.strikes[Fault.NO_SUCH_BUCKET] == 2
        file.refresh_from_db()
        assert file.status == "synced", "nothing was called missing"
        assert report.troubled
        assert staging.path(file.key).exists()
        proxy.pass_through()
        clock.forward(minutes=6)
        assert cleanup.run_round().evicted == [file.key]
