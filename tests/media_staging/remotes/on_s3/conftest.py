"""A server that fails in chosen ways, and one that writes down what is sent."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.ports import LOOPBACK
from dev.proxies.http import FaultProxy
from dev.servers.seaweedfs import SeaweedFS
from media_staging.remotes.s3.remote import S3Remote
from tests.media_staging.remotes.on_s3.recording import Recording
from tests.media_staging.remotes.samples import s3


@pytest.fixture
def proxy(s3_server: SeaweedFS) -> Iterator[FaultProxy]:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        yield proxy


@pytest.fixture
def remote(s3_server: SeaweedFS, proxy: FaultProxy) -> S3Remote:
    return s3(s3_server, endpoint_url=f"http://{proxy.address}")


@pytest.fixture
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings for boto3 but a profile "shop" that has keys."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text(
        "[profile shop]\naws_access_key_id = of-the-profile\naws_secret_access_key = s\n"
    )


@pytest.fixture
def server() -> Iterator[Recording]:
    with Recording() as server:
        yield server
