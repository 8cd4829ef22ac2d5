"""Real consumers that are killed in mid-transfer, on the site's own database and every remote."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.processes import wait_for
from tests.support.storages import NAMES, Storage, storage_of

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

    def __init__(self, folder: Path, storage: Storage) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        servers = {name: os.environ[name] for name in ("REDIS_URL",) if name in os.environ}
        self.env = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(folder),
            **storage.env(),
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


@pytest.fixture(params=NAMES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    var_dir = tmp_path / "var"
    with storage_of(request.param, request.getfixturevalue, var_dir, 0.05) as storage:
        yield storage


@pytest.fixture
def site(tmp_path: Path, storage: Storage) -> Iterator[Site]:
    site = Site(tmp_path / "var", storage)
    yield site
    site.kill_all()


def objects(storage: Storage) -> set[str]:
    return {each.key for each in storage.remote().objects() if each.key.startswith("kills/")}


def test_a_consumer_killed_in_mid_transfer_loses_and_doubles_nothing(
    site: Site, storage: Storage
) -> None:
    before = objects(storage)
    site.stage(12, 200_000)
    storage.hold()
    consumer = site.start("staging_drain", "--wait", "60")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    consumer.send_signal(signal.SIGKILL)
    consumer.wait()
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
    consumer = site.start("run_huey")
    try:
        assert wait_for(lambda: site.count("synced") == 3, 60)
    finally:
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(30) == 0


def test_a_consumer_that_is_told_to_stop_gives_its_work_back(site: Site, storage: Storage) -> None:
    site.stage(6, 200_000)
    storage.hold()
    consumer = site.start("run_huey")
    assert wait_for(lambda: site.count("transferring") > 0, 60)
    consumer.send_signal(signal.SIGTERM)
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
