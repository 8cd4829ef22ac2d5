"""Real consumers that are killed in mid-transfer, on the site's own database and real S3."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.delayproxy import DelayProxy
from dev.processes import wait_for
from dev.seaweedfs import SeaweedFS

ROOT = Path(__file__).resolve().parents[2]
STAGE = """
import os
from django.core.files.base import ContentFile
from media_staging import stage
for number in range({count}):
    stage(ContentFile(os.urandom({size}), name=f"{{number}}.bin"), folder="kills")
"""


class Site:
    """The project as separate processes, with a VAR_DIR of its own."""

    def __init__(self, folder: Path, s3: SeaweedFS, endpoint: str) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        servers = {name: os.environ[name] for name in ("REDIS_URL",) if name in os.environ}
        self.env = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(folder),
            **s3.env(),
            "MEDIA_REMOTE": "s3",
            "S3_ENDPOINT_URL": endpoint,
            "LEASE_SECONDS": "2",
            "TRANSFER_CONCURRENCY": "4",
            "STAGING_MIN_FREE_BYTES": "0",
            **servers,
        }
        self.manage("migrate", "-v0")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            self.command(*arguments), env=self.env, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        self.started.append(subprocess.Popen(self.command(*arguments), env=self.env, cwd=ROOT))
        return self.started[-1]

    def kill_all(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()

    def json(self, *arguments: str) -> Any:
        return json.loads(self.manage(*arguments, "--json"))

    def stage(self, count: int, size: int) -> None:
        self.manage("shell", "-v0", "-c", STAGE.format(count=count, size=size))

    def count(self, state: str) -> int:
        return int(self.json("staging_status")["states"][state]["count"])


@pytest.fixture
def proxy(s3_server: SeaweedFS) -> Iterator[DelayProxy]:
    with DelayProxy("127.0.0.1", s3_server.port, 0.05) as proxy:
        yield proxy


@pytest.fixture
def site(tmp_path: Path, s3_server: SeaweedFS, proxy: DelayProxy) -> Iterator[Site]:
    site = Site(tmp_path / "var", s3_server, f"http://127.0.0.1:{proxy.port}")
    yield site
    site.kill_all()


def objects(server: SeaweedFS) -> list[str]:
    from tests.media_staging.remotes.test_contract import s3

    return [each.key for each in s3(server).objects() if each.key.startswith("kills/")]


def test_a_consumer_killed_in_mid_transfer_loses_and_doubles_nothing(
    site: Site, proxy: DelayProxy, s3_server: SeaweedFS
) -> None:
    before = set(objects(s3_server))
    site.stage(12, 200_000)
    proxy.black_hole()
    consumer = site.start("staging_drain", "--wait", "60")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    consumer.send_signal(signal.SIGKILL)
    consumer.wait()
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
    consumer = site.start("run_huey")
    try:
        assert wait_for(lambda: site.count("synced") == 3, 60)
    finally:
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(30) == 0


def test_a_consumer_that_is_told_to_stop_gives_its_work_back(site: Site, proxy: DelayProxy) -> None:
    site.stage(6, 200_000)
    proxy.black_hole()
    consumer = site.start("run_huey")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    consumer.send_signal(signal.SIGTERM)
    proxy.pass_through()
    assert consumer.wait(40) == 0
    assert site.count("transferring") == 0
    done = site.json("staging_drain", "--wait", "120")
    assert (done["pending"], done["failed"]) == (0, 0)
