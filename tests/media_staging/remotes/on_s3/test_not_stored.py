"""A success after which nothing, or something else, is there."""

import os
from dataclasses import replace

import pytest

from dev.proxies.http import FaultProxy, Forward, Request
from dev.proxies.s3_answers import METHODS
from dev.servers.http_server import Answer
from media_staging.errors import Outage, Unclear
from media_staging.remotes.s3.remote import MULTIPART_FROM_BYTES, S3Remote
from tests.media_staging.remotes.samples import body, identity


@pytest.mark.parametrize("size", [1000, MULTIPART_FROM_BYTES])
def test_a_success_that_stored_nothing_is_told_as_that(
    remote: S3Remote, proxy: FaultProxy, size: int
) -> None:
    """A captive portal answers everything."""
    data = os.urandom(size)

    def portal(request: Request, forward: Forward) -> Answer:
        return forward(request) if "uploads" in request.path else Answer(200, b"<a>Log in</a>")

    for methods in (("PUT", "POST"), METHODS):
        proxy.strike(portal, *methods)
        with pytest.raises((Unclear, Outage)) as raised:
            remote.upload(identity(data), body(data))
        if size == 1000:
            assert type(raised.value) is Unclear
            assert "stored nothing" in str(raised.value)


@pytest.mark.parametrize("size", [1000, MULTIPART_FROM_BYTES])
def test_metadata_that_is_dropped_is_told_as_that(
    remote: S3Remote, proxy: FaultProxy, size: int
) -> None:
    def bare(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        told = ("x-amz-meta-", "x-amz-checksum-")
        headers = {k: v for k, v in answer.headers.items() if not k.lower().startswith(told)}
        return replace(answer, headers=headers)

    data = os.urandom(size)
    proxy.strike(bare, "HEAD", "PUT")
    with pytest.raises(Unclear, match="drops the x-amz-meta headers"):
        remote.upload(identity(data), body(data))
