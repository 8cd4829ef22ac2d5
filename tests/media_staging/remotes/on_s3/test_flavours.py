"""Servers that take no SHA-256 checksums, or write names in their own way."""

import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from dev.ports import LOOPBACK
from dev.proxies.http import Fault
from dev.proxies.s3_flavours import (
    FlavourProxy,
    backblaze,
    cloudflare,
    deaf,
    emptying,
    go,
    losing,
    marking,
    weakening,
)
from dev.servers.seaweedfs import SeaweedFS
from media_staging.errors import Unclear
from media_staging.remotes.s3.remote import S3Remote
from tests.media_staging.remotes.samples import body, identity, s3, stored

SIZES = [1000, 16_777_217]
MARK = "0198c0de-7a3b-7c11-8f00-52e6d4f0a111/42"
# Nothing of it is said to Amazon: whatever way is taken, the server is asked the same.
WAYS = [{}, {"client_config": {"tcp_keepalive": True}}]
ON_BOTH_WAYS = pytest.mark.parametrize("way", WAYS, ids=["fast", "botocore"])


FLAVOURS = [backblaze, cloudflare, go, deaf, weakening, marking, losing, emptying]


@pytest.fixture(params=FLAVOURS, ids=lambda each: each.__name__)
def proxy(request: pytest.FixtureRequest, s3_server: SeaweedFS) -> Iterator[FlavourProxy]:
    with FlavourProxy(request.param, LOOPBACK, s3_server.port) as proxy:
        yield proxy


def only(*flavours: Callable[..., object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("proxy", flavours, indirect=True, ids=lambda each: each.__name__)


def behind(proxy: FlavourProxy, s3_server: SeaweedFS, **options: object) -> S3Remote:
    return s3(s3_server, endpoint_url=f"http://{proxy.address}", **options)


def whole_reads(proxy: FlavourProxy) -> list[str]:
    """The objects that were read, and not only asked for their first byte in a HEAD's place."""
    return [
        each.path for each in proxy.seen if each.method == "GET" and "Range" not in each.headers
    ]


@ON_BOTH_WAYS
@pytest.mark.parametrize("size", SIZES)
def test_a_file_arrives_and_is_known_again(
    proxy: FlavourProxy, s3_server: SeaweedFS, size: int, way: dict[str, object]
) -> None:
    remote = behind(proxy, s3_server, **way)
    data = os.urandom(size)
    file = identity(data, mark=MARK)
    assert remote.find(file) is None
    remote.upload(file, body(data))
    assert remote.find(file) is not None
    found = remote.mark_of(file.key)
    assert found is not None
    assert (found.text, found.sha256, found.size) == (MARK, file.sha256, size)
    assert stored(s3(s3_server), file.key) == data


@only(backblaze)
@ON_BOTH_WAYS
def test_a_server_without_checksums_is_found_out_once(
    proxy: FlavourProxy,
    s3_server: SeaweedFS,
    way: dict[str, object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "media_staging")
    remote = behind(proxy, s3_server, **way)
    for number in range(5):
        data = os.urandom(1000)
        file = identity(data, key=f"once/{number}.bin")
        remote.upload(file, body(data))
        assert remote.find(file) is not None
    large = os.urandom(16_777_216)
    remote.upload(identity(large), body(large))
    remote.write_prefix_mark(b"mark")
    assert remote.read_prefix_mark() == b"mark"
    # An upload, and a look with it.
    assert proxy.peculiar == 2
    assert [each.message.partition(" takes")[0] for each in caplog.records].count(
        f"{remote.address} does not take SHA-256 checksums with objects. Uploads go on with MD5, "
        "and what arrived is looked at; nothing has to be done."
    ) == 1


@only(cloudflare)
@ON_BOTH_WAYS
def test_a_server_without_checksums_of_parts_keeps_those_of_objects(
    proxy: FlavourProxy, s3_server: SeaweedFS, way: dict[str, object]
) -> None:
    remote, keys = behind(proxy, s3_server, **way), set()
    for _ in range(2):
        large, small = os.urandom(16_777_216), os.urandom(1000)
        remote.upload(identity(large), body(large))
        remote.upload(identity(small), body(small))
        keys.add(identity(large).key)
    assert proxy.peculiar == 1
    assert "x-amz-checksum-sha256" in proxy.seen[-1].headers
    late = datetime.now(UTC) + timedelta(hours=1)
    assert keys.isdisjoint(remote.stale_uploads(late)), "the first try was given up"


@only(backblaze)
@ON_BOTH_WAYS
@pytest.mark.parametrize("size", [1000, 16_777_216])
def test_a_bit_flipped_on_the_way_is_noticed_without_checksums_too(
    proxy: FlavourProxy, s3_server: SeaweedFS, size: int, way: dict[str, object]
) -> None:
    remote = behind(proxy, s3_server, **way)
    first = os.urandom(1000)
    remote.upload(identity(first), body(first))
    data = os.urandom(size)
    file = identity(data)
    proxy.strike(Fault.FLIPPED_BYTE, times=1)
    with pytest.raises(Unclear):
        remote.upload(file, body(data))
    assert remote.find(file) is None
    remote.upload(file, body(data))
    assert stored(remote, file.key) == data


@only(cloudflare, deaf)
def test_what_no_checksum_and_no_etag_proves_is_read_back(
    proxy: FlavourProxy, s3_server: SeaweedFS
) -> None:
    remote = behind(proxy, s3_server)
    data = os.urandom(16_777_216)
    remote.upload(identity(data), body(data))
    assert len(whole_reads(proxy)) == 1


@only(backblaze)
def test_what_an_etag_proves_is_not_read_back(proxy: FlavourProxy, s3_server: SeaweedFS) -> None:
    remote = behind(proxy, s3_server)
    for size in (1000, 16_777_216):
        data = os.urandom(size)
        remote.upload(identity(data), body(data))
    assert whole_reads(proxy) == []


@only(cloudflare)
def test_other_bytes_in_the_storage_are_never_taken_for_the_file(
    proxy: FlavourProxy, s3_server: SeaweedFS
) -> None:
    """The proxy spoils what is read back, which is all that there is to go by."""
    remote = behind(proxy, s3_server)
    data = os.urandom(16_777_216)
    flavour = proxy.flavour

    def spoiled(request: object, forward: object, strike: object) -> object:
        answer = flavour(request, forward, strike)  # type: ignore[arg-type]
        if answer.status == 200 and len(answer.body) == len(data):
            answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])
        return answer

    proxy.flavour = spoiled  # type: ignore[assignment]
    with pytest.raises(Unclear, match="other bytes"):
        remote.upload(identity(data), body(data))
