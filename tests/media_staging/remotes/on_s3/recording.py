"""An S3 server that takes everything and remembers how it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import pytest

from dev.servers.http_server import Answer, QuietHandler, QuietServer
from media_staging.remotes import values
from media_staging.remotes.base import Problem
from media_staging.remotes.s3.remote import S3Remote
from tests.media_staging.remotes.samples import body, identity

LARGE = bytes(17_000_000)
# What the fast way does not cover.
BOTOCORE = {"client_config": {"tcp_keepalive": True}}
ON_BOTH_WAYS = pytest.mark.parametrize("way", [{}, BOTOCORE], ids=["fast", "botocore"])
LEFT_OUT = object()
# Parameters of objects: a value, and the header that it is sent as.
PARAMETERS: dict[str, tuple[Any, str, str]] = {
    "ACL": ("public-read", "x-amz-acl", "public-read"),
    "BucketKeyEnabled": (True, "x-amz-server-side-encryption-bucket-key-enabled", "true"),
    "CacheControl": ("no-cache", "cache-control", "no-cache"),
    "ContentDisposition": ("inline", "content-disposition", "inline"),
    "ContentLanguage": ("tr", "content-language", "tr"),
    "ExpectedBucketOwner": ("123456789012", "x-amz-expected-bucket-owner", "123456789012"),
    "Expires": (datetime(2030, 1, 1, tzinfo=UTC), "expires", "Tue, 01 Jan 2030 00:00:00 GMT"),
    "GrantFullControl": ('id="1"', "x-amz-grant-full-control", 'id="1"'),
    "GrantRead": ('id="1"', "x-amz-grant-read", 'id="1"'),
    "GrantReadACP": ('id="1"', "x-amz-grant-read-acp", 'id="1"'),
    "GrantWriteACP": ('id="1"', "x-amz-grant-write-acp", 'id="1"'),
    "Metadata": ({"Shop": "north  side"}, "x-amz-meta-shop", "north  side"),
    "ObjectLockLegalHoldStatus": ("ON", "x-amz-object-lock-legal-hold", "ON"),
    "ObjectLockMode": ("GOVERNANCE", "x-amz-object-lock-mode", "GOVERNANCE"),
    "ObjectLockRetainUntilDate": (
        datetime(2030, 1, 1, tzinfo=UTC),
        "x-amz-object-lock-retain-until-date",
        "2030-01-01T00:00:00Z",
    ),
    "SSEKMSEncryptionContext": ("e30=", "x-amz-server-side-encryption-context", "e30="),
    "SSEKMSKeyId": ("key", "x-amz-server-side-encryption-aws-kms-key-id", "key"),
    "ServerSideEncryption": ("aws:kms", "x-amz-server-side-encryption", "aws:kms"),
    "StorageClass": ("STANDARD_IA", "x-amz-storage-class", "STANDARD_IA"),
    "Tagging": ("a=b&c=d", "x-amz-tagging", "a=b&c=d"),
    "WebsiteRedirectLocation": ("/x", "x-amz-website-redirect-location", "/x"),
}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def operation(self) -> str:
        """What boto3 calls it, for those that uploads are made of."""
        if self.method == "POST":
            return "create" if "uploads" in self.query else "complete"
        return "part" if "partNumber" in self.query else self.method


class Recording(QuietServer):
    """`asked` has all requests in their order; `refused` names operations answered with 500."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.asked: list[Asked] = []
        self.refused: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def of(self, operation: str) -> list[Asked]:
        return [each for each in self.asked if each.operation == operation]


def xml(name: str, **fields: str) -> Answer:
    inside = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields.items())
    return Answer(200, f"<{name}>{inside}</{name}>".encode(), {"Content-Type": "application/xml"})


class _Handler(QuietHandler):
    server: Recording

    def do_PUT(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, self.headers, self.body())
        self.server.asked.append(asked)
        if asked.operation in self.server.refused:
            self.answer(Answer(500))
        else:
            self.answer(self.answer_to(asked))

    do_POST = do_HEAD = do_GET = do_DELETE = do_PUT

    def answer_to(self, asked: Asked) -> Answer:
        if asked.operation == "create":
            return xml("InitiateMultipartUploadResult", UploadId="u")
        if asked.operation == "complete":
            return xml("CompleteMultipartUploadResult", ETag='"e-2"')
        if asked.method == "PUT":
            name = "x-amz-checksum-sha256"
            return Answer(200, headers={"ETag": '"e"', name: asked.headers.get(name, "")})
        if asked.method == "HEAD":
            return Answer(200, headers=self.kept(asked.path))
        if asked.method == "DELETE":
            return Answer(204)
        return xml("ListBucketResult") if "list-type" in asked.query else xml("ListUploads")

    def kept(self, path: str) -> Mapping[str, str]:
        """The metadata of what was stored there, as a HEAD has it."""
        notes: dict[str, str] = {}
        for each in self.server.asked:
            if each.path == path and each.operation in {"PUT", "create"}:
                notes = {n: v for n, v in each.headers.items() if n.startswith("x-amz-meta-")}
        return {**notes, "Content-Length": notes.get("x-amz-meta-size", "0")}


# --- Asking it -----------------------------------------------------------------------------------


def remote_on(server: Recording, **options: Any) -> S3Remote:
    given = {
        "bucket_name": "shop",
        "endpoint_url": server.url,
        "access_key": "AKID",
        "secret_key": "secret",
        "region_name": "eu-south-1",
        **options,
    }
    return S3Remote(**{name: value for name, value in given.items() if value is not LEFT_OUT})


def put(server: Recording, **options: Any) -> Asked:
    """How a small file is sent with these options."""
    remote_on(server, **options).upload(identity(b"x", key="photos/x.bin"), body(b"x"))
    return server.asked[-1]


def problems(**options: Any) -> list[Problem]:
    """As `check` finds them."""
    given = {"bucket_name": "shop", "access_key": "k", "secret_key": "s", **options}
    return values.problems("s3", given) or list(S3Remote(**given).problems())


def refused(**options: Any) -> str:
    """The one error of these options, which names the option and says what to do."""
    (problem,) = problems(**options)
    assert problem.is_error
    assert problem.hint
    return f"{problem.option} {problem.text}"
