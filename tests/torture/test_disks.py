"""The staging area on disks that fill up, are not there, are other ones, or fail: real mounts."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from urllib3.filepost import encode_multipart_formdata

from bench.site import Client
from dev.ports import LOOPBACK
from dev.processes import wait_for
from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS
from tests.support.site import Site
from tests.torture.disks import Ext4, bound, fill, no_mounts, no_power_cuts, tmpfs
from tests.torture.pictures import picture

pytestmark = pytest.mark.skipif(bool(no_mounts()), reason=no_mounts())

MIB = 1024**2
PAGE = 4096
SYNC_SECONDS = 60.0


@pytest.fixture
def network(s3_server: SeaweedFS) -> Iterator[DelayProxy]:
    with DelayProxy(LOOPBACK, s3_server.port) as network:
        yield network


@pytest.fixture
def site(tmp_path: Path, s3_server: SeaweedFS, network: DelayProxy) -> Iterator[Site]:
    """A shop whose staging area is not made yet; a test mounts something there, then opens it."""
    remote = {
        "MEDIA_REMOTE": "s3",
        **s3_server.env(),
        "S3_ENDPOINT_URL": f"http://{network.address}",
    }
    with Site(tmp_path, {**remote, "STAGING_MIN_FREE_BYTES": "0", "LEASE_SECONDS": "2"}) as site:
        yield site


class Visitor:
    """Adds pictures to the one product of a shop, and looks at them."""

    def __init__(self, site: Site) -> None:
        (self.product,) = site.prepare(products=1)
        site.start_web()
        self.client: Client = site.client()
        self.taken: list[bytes] = []

    def add(self, *pictures: bytes) -> tuple[int, str]:
        """The status and, if it is not 201, the machine word of the error."""
        parts = [("images", (f"{i}.jpg", data, "image/jpeg")) for i, data in enumerate(pictures)]
        body, content_type = encode_multipart_formdata(parts)
        path = f"/products/{self.product}/images/"
        self.client.reconnect()
        status, content = self.client.post(path, body, content_type)
        if status != HTTPStatus.CREATED:
            return status, json.loads(content)["error"]["code"]
        self.taken += pictures
        return status, ""

    def seen(self) -> list[bytes]:
        """What the addresses of all images on this server give, in order; a synced one's: b""."""
        self.client.reconnect()
        _status, content = self.client.request("GET", f"/products/{self.product}/images/")
        urls = [image["url"] for image in json.loads(content)["images"]]
        return [self.client.request("GET", url)[1] if url.startswith("/") else b"" for url in urls]

    def problems(self) -> dict[str, str]:
        self.client.reconnect()
        return dict(json.loads(self.client.request("GET", "/readyz")[1])["problems"])


def staging(site: Site) -> Path:
    return site.var_dir / "staging"


def stored(site: Site) -> list[Path]:
    """Every file of the staging area but its marks and the thumbnails."""
    files = [path for path in staging(site).rglob("*") if path.is_file()]
    return [path for path in files if path.name[0] != "." and path.parent.name != "thumbnails"]


def test_a_nearly_full_disk_is_relieved_early_and_then_takes_nothing_more(
    site: Site, network: DelayProxy
) -> None:
    site.env["STAGING_MIN_FREE_BYTES"] = str(4 * MIB)
    with tmpfs(staging(site), "24m") as disk:
        visitor = Visitor(site)
        site.start("consumer", "run_huey")
        while sum(map(len, visitor.taken)) < 24 * MIB:
            # More than the disk holds, and an hour before any local copy is due to go.
            assert visitor.add(*(picture(MIB) for _ in range(9)))[0] == HTTPStatus.CREATED
            assert wait_for(lambda: site.count("synced") == len(visitor.taken), SYNC_SECONDS)
            site.manage("staging_cleanup")
        assert len(stored(site)) < len(visitor.taken)

        network.refuse()
        before = len(visitor.taken)
        while (answer := visitor.add(picture(3 * MIB)))[0] == HTTPStatus.CREATED:
            assert len(visitor.taken) < before + 8
        assert answer == (HTTPStatus.INSUFFICIENT_STORAGE, "staging_full")
        assert len(visitor.taken) > before
        assert list((disk / "incoming").iterdir()) == []
        assert visitor.seen()[before:] == visitor.taken[before:]

        network.pass_through()
        site.manage("staging_drain", "--wait", "60")
        site.manage("staging_cleanup")
        assert visitor.add(picture(MIB))[0] == HTTPStatus.CREATED


def test_a_write_that_finds_no_room_leaves_nothing_behind(site: Site) -> None:
    """The check before the write let it through; the disk counts in pages."""
    with tmpfs(staging(site), "8m") as disk:
        visitor = Visitor(site)
        assert visitor.add(picture(50_000))[0] == HTTPStatus.CREATED
        fill(disk, 4 * PAGE)
        just_over_a_page = [picture(PAGE + 40) for _ in range(3)]
        assert sum(map(len, just_over_a_page)) < 4 * PAGE
        answer = visitor.add(*just_over_a_page)
        assert answer == (HTTPStatus.INSUFFICIENT_STORAGE, "staging_full")
        assert len(stored(site)) == 1 + len(list(disk.glob("filler")))
        assert visitor.seen() == visitor.taken
        (disk / "filler").unlink()
        assert visitor.add(*just_over_a_page)[0] == HTTPStatus.CREATED
        assert visitor.seen() == visitor.taken


def test_a_large_upload_that_finds_no_room_on_arrival_is_answered_likewise(site: Site) -> None:
    """Django spools it into the staging area before any view sees it."""
    with tmpfs(staging(site), "8m") as disk:
        visitor = Visitor(site)
        assert visitor.add(picture(50_000))[0] == HTTPStatus.CREATED
        fill(disk, MIB)
        assert visitor.add(picture(4 * MIB)) == (HTTPStatus.INSUFFICIENT_STORAGE, "staging_full")
        assert len(stored(site)) == 2
        assert visitor.seen() == visitor.taken
        (disk / "filler").unlink()
        assert visitor.add(picture(4 * MIB))[0] == HTTPStatus.CREATED
        assert visitor.seen() == visitor.taken


def test_a_disk_that_is_not_there_or_is_another_one_stops_everything_safely(
    site: Site, tmp_path: Path, network: DelayProxy
) -> None:
    right, other = tmp_path / "right", tmp_path / "other"
    right.mkdir()
    other.mkdir()
    network.refuse()
    with bound(right, staging(site)):
        visitor = Visitor(site)
        assert visitor.add(picture(50_000), picture(50_000))[0] == HTTPStatus.CREATED
    network.pass_through()
    for place in (None, other):
        with bound(place or staging(site), staging(site)):
            for size in (50_000, 4 * MIB):
                answer = visitor.add(picture(size))
                assert answer == (HTTPStatus.SERVICE_UNAVAILABLE, "staging_unavailable")
            assert "staging" in visitor.problems()
            site.manage("staging_drain")
            site.manage("staging_cleanup", ORPHAN_GRACE_SECONDS="0")
            assert (site.count("staged"), site.count("failed")) == (2, 0)
            assert stored(site) == []
    assert len([path for path in (right / "files").rglob("*") if path.is_file()]) == 2
    with bound(right, staging(site)):
        assert visitor.problems() == {}
        assert visitor.seen() == visitor.taken
        assert visitor.add(picture(50_000))[0] == HTTPStatus.CREATED
        site.manage("staging_drain", "--wait", "60")
        assert site.count("synced") == 3


@pytest.mark.skipif(bool(no_power_cuts()), reason=no_power_cuts())
def test_a_disk_that_fails_is_an_error_and_not_a_photo(site: Site, tmp_path: Path) -> None:
    """EIO from the kernel: the file system was shut down under the running server."""
    with Ext4(tmp_path / "image", staging(site), 32) as disk:
        visitor = Visitor(site)
        assert visitor.add(picture(50_000))[0] == HTTPStatus.CREATED
        disk.cut()
        answer = visitor.add(picture(50_000))
        assert answer == (HTTPStatus.SERVICE_UNAVAILABLE, "staging_unavailable")
        disk.unmount()
        disk.mount()
        assert visitor.seen() == visitor.taken
        assert visitor.add(picture(50_000))[0] == HTTPStatus.CREATED
        assert visitor.seen() == visitor.taken
        assert len(stored(site)) == 2
