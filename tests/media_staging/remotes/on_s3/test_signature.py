"""Our signature is botocore's, to the letter."""

from datetime import UTC, datetime
from unittest import mock
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from media_staging.remotes.s3.requests.signature import host_of, sign_put

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
URLS = [
    "https://shop.s3.eu-central-1.amazonaws.com/products/a.jpg",
    "http://127.0.0.1:8333/media/products/a%20b%2Bc.jpg",
    "https://s3.example.com:443/media/products/a.jpg",
    "http://[::1]:8333/media/products/a.jpg",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("query", [{}, {"uploadId": "a/b=c+d", "partNumber": "2"}], ids=str)
@pytest.mark.parametrize("token", [None, "session/token+1="])
def test_botocore_signs_the_same(url: str, query: dict[str, str], token: str | None) -> None:
    credentials = Credentials("AKID", "secret/key", token).get_frozen_credentials()
    headers = {"x-amz-checksum-sha256": "47DEQ=", "x-amz-meta-size": "0"}
    request = AWSRequest("PUT", url, headers=dict(headers), params=dict(query))
    with (
        mock.patch("botocore.auth.get_current_datetime", return_value=NOW),
        mock.patch.object(S3SigV4Auth, "payload", return_value=SHA256),
    ):
        S3SigV4Auth(credentials, "s3", "eu-central-1").add_auth(request)
    ours = sign_put(
        host_of(url),
        urlsplit(url).path,
        query,
        headers,
        sha256=SHA256,
        region="eu-central-1",
        credentials=credentials,
        now=NOW,
    )
    assert ours["Authorization"] == request.headers["Authorization"]
