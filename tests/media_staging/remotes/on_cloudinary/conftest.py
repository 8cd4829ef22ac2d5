"""A local Cloudinary that is well-behaved again after each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from dev.cloudinary.local import LocalCloudinary
from dev.proxies.tcp import DelayProxy
from media_staging.remotes.cloudinary.remote import CloudinaryRemote


def cloudinary(server: LocalCloudinary, **changes: Any) -> CloudinaryRemote:
    return CloudinaryRemote(**{**server.options, **changes})


@pytest.fixture
def server(cloudinary_server: LocalCloudinary) -> Iterator[LocalCloudinary]:
    yield cloudinary_server
    cloudinary_server.heal()
    cloudinary_server.limit_admin(2000)


@pytest.fixture
def remote(server: LocalCloudinary, request: pytest.FixtureRequest) -> CloudinaryRemote:
    return cloudinary(server, location=f"t{abs(hash(request.node.nodeid))}")


@pytest.fixture
def proxy(server: LocalCloudinary) -> Iterator[DelayProxy]:
    with DelayProxy("127.0.0.1", server.port) as proxy:
        yield proxy


@pytest.fixture
def far(server: LocalCloudinary, proxy: DelayProxy) -> CloudinaryRemote:
    address = f"http://{proxy.address}"
    return cloudinary(server, upload_prefix=address, public_url=f"{address}/demo")
