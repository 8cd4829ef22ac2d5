"""The addresses of objects for browsers: who makes them, what they look like, when they end.

Those that end are dated to a window, a quarter of their life: signed "now", the address of an
unchanged picture would be another one at every request, and no browser, proxy or ETag could hold
on to it.
"""

import math
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import botocore
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from storages.backends.s3 import S3Storage

from media_staging import clock
from media_staging.remotes.s3.requests.clients import Clients, Credentials, Prepared, prepared
from media_staging.remotes.s3.requests.ways import quoted
from media_staging.remotes.servers import origin_of

KEPT = 8192


class Addresses(ABC):
    """Of one bucket. Every method may raise what botocore raises, and Setup."""

    # What all of them begin with, up to the key.
    base: str

    @property
    def origin(self) -> str:
        return origin_of(self.base)

    @abstractmethod
    def url(self, key: str, disposition: str = "") -> str:
        """`key` with its prefix; `disposition` is a wish for the header Content-Disposition."""

    def end(self) -> datetime | None:
        """When those that are made now stop to work; None: never."""
        return None


def addresses_of(clients: Clients, storage: S3Storage, public_url: str) -> Addresses:
    """As the settings want them."""
    if public_url:
        return Public(public_url.rstrip("/") + "/")
    if storage.custom_domain:
        base = f"{storage.url_protocol}//{storage.custom_domain.rstrip('/')}/"
        if storage.cloudfront_signer and storage.querystring_auth:
            return OnCloudFront(base, storage.cloudfront_signer, storage.querystring_expire)
        return Public(base)
    asked = prepared(clients.public, "get_object", Bucket=storage.bucket_name, Key="k")
    if not storage.querystring_auth or asked.signature_version is botocore.UNSIGNED:
        return Public(asked.url.removesuffix("k"))
    if asked.signature_version in {"s3v4", "v4"} and asked.signing_name == "s3":
        return Signed(clients, asked, storage.querystring_expire)
    return SignedByBotocore(clients, asked, storage.bucket_name, storage.querystring_expire)


class Public(Addresses):
    """They work for everybody, and for ever. S3 takes no wishes without a signature."""

    def __init__(self, base: str) -> None:
        self.base = base

    def url(self, key: str, disposition: str = "") -> str:
        return self.base + quoted(key)


class Dated(Addresses):
    """Addresses that end."""

    def __init__(self, base: str, seconds: int) -> None:
        self.base = base
        self._life = timedelta(seconds=seconds)
        self._window = max(1, seconds // 4)

    def end(self) -> datetime | None:
        return self._start() + self._life

    def _start(self) -> datetime:
        now = int(clock.utc().timestamp())
        return datetime.fromtimestamp(now // self._window * self._window, UTC)


class OnCloudFront(Dated):
    """Signed with a key of CloudFront's. It passes no wishes on to S3 unless it is told to."""

    def __init__(self, base: str, signer: Any, seconds: int) -> None:
        super().__init__(base, seconds)
        self._signer = signer
        # An RSA signature takes a millisecond; a page may show hundreds.
        self._signed = lru_cache(maxsize=KEPT)(self._sign)

    def url(self, key: str, disposition: str = "") -> str:
        return self._signed(key, self._start() + self._life)

    def _sign(self, key: str, end: datetime) -> str:
        signed: str = self._signer.generate_presigned_url(
            self.base + quoted(key), date_less_than=end
        )
        return signed


class SignedWithKeys(Dated):
    """Signed with the keys of an account, and worth nothing once those have ended."""

    def __init__(self, clients: Clients, asked: Prepared, seconds: int) -> None:
        super().__init__(asked.url.removesuffix("k"), seconds)
        self._clients = clients
        self._signed = lru_cache(maxsize=KEPT)(self._sign)

    def url(self, key: str, disposition: str = "") -> str:
        # Kept by the keys as well: with new ones there is a new address.
        return self._signed(key, disposition, self._start(), self._clients.credentials())

    def end(self) -> datetime | None:
        ends = [self._start() + self._life, self._clients.credentials().end]
        return min(end for end in ends if end)

    @abstractmethod
    def _sign(self, key: str, disposition: str, start: datetime, by: Credentials) -> str:
        """An address that works for our life from `start` on."""


class Signed(SignedWithKeys):
    """Version 4, dated to the start of the window by us."""

    def __init__(self, clients: Clients, asked: Prepared, seconds: int) -> None:
        super().__init__(clients, asked, seconds)
        self._region = asked.region

    def _sign(self, key: str, disposition: str, start: datetime, by: Credentials) -> str:
        wish = {"response-content-disposition": disposition} if disposition else {}
        request = AWSRequest(method="GET", url=self.base + quoted(key), params=wish)
        signer = WindowAuth(
            by.keys,
            "s3",
            self._region,
            expires=int(self._life.total_seconds()),
            timestamp=start.strftime(SIGV4_TIMESTAMP),
        )
        signer.add_auth(request)
        return str(request.url)


class WindowAuth(S3SigV4QueryAuth):
    """Signs as of a moment of the caller's choice."""

    def __init__(self, *args: Any, timestamp: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timestamp = timestamp

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._timestamp
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]
        text = self.string_to_sign(request, self.canonical_request(request))
        signature = self.signature(text, request)
        self._inject_signature_to_request(request, signature)  # type: ignore[attr-defined]


class SignedByBotocore(SignedWithKeys):
    """Version 2, 4A and whatever else. Dated to now, but made to end with the others."""

    def __init__(self, clients: Clients, asked: Prepared, bucket: str, seconds: int) -> None:
        super().__init__(clients, asked, seconds)
        self._bucket = bucket

    def _sign(self, key: str, disposition: str, start: datetime, by: Credentials) -> str:
        wish = {"ResponseContentDisposition": disposition} if disposition else {}
        left = start + self._life - clock.utc()
        signed: str = self._clients.public.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": key, **wish},
            ExpiresIn=math.ceil(left.total_seconds()),
        )
        return signed
