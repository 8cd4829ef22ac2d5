"""Amazon S3 and what speaks its protocol, configured like django-storages' `S3Storage`.

Small files go with one PUT whose SHA-256 the server verifies. Large ones go in parts, each
verified likewise, streamed from the disk; the whole file's hash and size are in the object's
metadata, since S3's own SHA-256 of such an object is one over the parts.

    address.py    where a bucket is             noted.py      what is noted with each object
    direct.py     connections                   listing.py    what is below a prefix
    sessions.py   those of the boto3 client     looking.py    what is known of an object
    requests.py   PUTs and URLs, signed         parts.py      large files
    signature.py  by this                       errors.py     whose fault an answer is
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SIGV4_TIMESTAMP
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

from media_staging import clock
from media_staging.conf import conf
from media_staging.errors import Outage
from media_staging.remotes.base import (
    PREFIX_MARK,
    Body,
    Identity,
    Mark,
    Remote,
    RemoteData,
    RemoteObject,
    prefix_of,
)
from media_staging.remotes.made_once import made_once
from media_staging.remotes.s3 import listing
from media_staging.remotes.s3.address import address_of, configured_endpoint
from media_staging.remotes.s3.direct import DirectSession
from media_staging.remotes.s3.errors import is_missing, translated_errors
from media_staging.remotes.s3.looking import look, look_at_bucket
from media_staging.remotes.s3.noted import holds, mark, metadata
from media_staging.remotes.s3.parts import PART_BYTES, Parts
from media_staging.remotes.s3.requests import SignedRequests, base64_of
from media_staging.remotes.s3.sessions import settled, trusting

MULTIPART_FROM_BYTES = 2 * PART_BYTES
READ_BYTES = 1024**2
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
CACHE_CONTROL = "public, max-age=31536000, immutable"


class S3Remote(Remote):
    name = "s3"
    label = "Amazon S3"

    def __init__(self, *, public_url: str = "", **options: Any) -> None:
        """`options` are S3Storage's; `public_url` is the base of the objects' public addresses."""
        self.public_url = public_url
        self.storage = S3Storage(**options)
        self._signed_url = lru_cache(maxsize=8192)(self._sign)

    # --- The connection, shared by all threads -------------------------------------------------

    @made_once
    def session(self) -> boto3.Session:
        # One session and client for all threads: S3Storage makes one per thread, 18 MiB each.
        return self.storage._create_session()

    @made_once
    def config(self) -> Config:
        ours = Config(
            max_pool_connections=conf().TRANSFER_CONCURRENCY,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            # Tries are counted in the database (retry.py) and must not multiply.
            retries={"total_max_attempts": 1, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return self.storage.client_config.merge(ours)

    @made_once
    def client(self) -> Any:
        client = self.session.client(
            "s3",
            region_name=self.storage.region_name,
            use_ssl=self.storage.use_ssl,
            endpoint_url=self.storage.endpoint_url,
            config=self.config,
            verify=self.storage.verify,
        )
        return settled(client)

    @made_once
    def requests(self) -> SignedRequests:
        """Raises Setup when there are no credentials."""
        with translated_errors():
            # boto3 decides on host name or path style; we take its word for all objects.
            probe = self.client.generate_presigned_url(
                "put_object", Params={"Bucket": self.bucket, "Key": "k"}
            )
        base_url = probe.partition("?")[0].removesuffix("k")
        session = self._http_session(base_url)
        region = self.client.meta.region_name or "us-east-1"
        return SignedRequests(base_url, region, self.session.get_credentials(), session)

    def _http_session(self, base_url: str) -> DirectSession | URLLib3Session:
        verify = self.storage.verify
        if verify is None:
            # As the client does.
            verify = os.environ.get("AWS_CA_BUNDLE") or True
        proxies = self.storage.proxies or get_environ_proxies(base_url)
        if urlsplit(base_url).scheme in proxies:
            session = URLLib3Session(
                verify=verify,
                proxies=proxies,
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),  # type: ignore[arg-type]
                max_pool_connections=conf().TRANSFER_CONCURRENCY,
            )
            return trusting(session)
        return DirectSession(
            base_url,
            verify=verify,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
        )

    def prepare(self) -> None:
        _ = self.requests

    @property
    def address(self) -> str:
        return self._address

    @made_once
    def _address(self) -> str:
        endpoint, region = self.storage.endpoint_url or "", self.storage.region_name or ""
        # A profile that is missing is told by whoever uses the remote.
        with suppress(BotoCoreError):
            endpoint = endpoint or configured_endpoint(self.session)
            region = region or self.session.region_name or ""
        return address_of(self.bucket, self.prefix, endpoint=endpoint, region=region)

    @property
    def bucket(self) -> str:
        return self.storage.bucket_name

    @made_once
    def prefix(self) -> str:
        return prefix_of(self.storage.location)

    def object_key(self, key: str) -> str:
        return self.prefix + key

    # --- Upload ----------------------------------------------------------------------------------

    def upload(self, file: Identity, body: Body) -> RemoteData:
        with translated_errors():
            if file.size < MULTIPART_FROM_BYTES:
                self._put(file, body)
            else:
                self._put_in_parts(file, body)
        return {}

    def _put(self, file: Identity, body: Body) -> None:
        answer = self.requests.put(
            self.object_key(file.key),
            body,
            size=file.size,
            sha256=file.sha256,
            headers={
                "content-type": file.content_type,
                "cache-control": CACHE_CONTROL,
                **{f"x-amz-meta-{name}": value for name, value in metadata(file).items()},
            },
        )
        confirmed = answer.get("x-amz-checksum-sha256")
        if confirmed != base64_of(file.sha256) and self._find(file) is None:
            raise Outage("the storage holds other bytes than were sent")

    def _put_in_parts(self, file: Identity, body: Body) -> None:
        parts = Parts(self.client, self.requests, self.bucket)
        parts.put(
            self.object_key(file.key),
            file,
            body,
            ContentType=file.content_type,
            CacheControl=CACHE_CONTROL,
            Metadata=metadata(file),
        )
        if self._find(file) is None:
            raise Outage("the storage holds other bytes than were sent")

    # --- What is there ---------------------------------------------------------------------------

    def find(self, file: Identity) -> RemoteData | None:
        with translated_errors():
            return self._find(file)

    def _find(self, file: Identity) -> RemoteData | None:
        found = self._head(file.key)
        return {} if found and holds(found, file) else None

    def _head(self, key: str) -> dict[str, Any] | None:
        return look(self.client, self.bucket, self.object_key(key))

    def delete(self, key: str, data: RemoteData) -> None:
        with translated_errors():
            self.client.delete_object(Bucket=self.bucket, Key=self.object_key(key))

    def read(self, key: str) -> Iterator[bytes]:
        with translated_errors():
            try:
                found = self.client.get_object(Bucket=self.bucket, Key=self.object_key(key))
            except ClientError as error:
                if is_missing(error):
                    raise FileNotFoundError(key) from error
                raise
            yield from found["Body"].iter_chunks(READ_BYTES)

    def objects(self) -> Iterator[RemoteObject]:
        with translated_errors():
            yield from listing.objects(self.client, self.bucket, self.prefix)

    def mark_of(self, key: str) -> Mark | None:
        with translated_errors():
            found = self._head(key)
        return mark(found) if found else None

    def read_prefix_mark(self) -> bytes | None:
        try:
            return b"".join(self.read(PREFIX_MARK))
        except FileNotFoundError:
            return None

    def write_prefix_mark(self, content: bytes) -> None:
        with translated_errors():
            self.requests.put(
                self.object_key(PREFIX_MARK),
                Body(BytesIO(content), len(content), Event()),
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                headers={"content-type": "application/json", "cache-control": "no-store"},
            )

    def stale_uploads(self, older_than: datetime) -> Iterator[str]:
        with translated_errors():
            for each in listing.uploads_in_parts(self.client, self.bucket, self.prefix):
                if each.begun < older_than:
                    yield each.key.removeprefix(self.prefix)

    def abort_uploads(self, key: str) -> int:
        wanted, aborted = self.object_key(key), 0
        with translated_errors():
            for each in listing.uploads_in_parts(self.client, self.bucket, wanted):
                # The listing has every key that starts like ours.
                if each.key == wanted:
                    aborted += listing.abort(self.client, self.bucket, each)
        return aborted

    def check(self) -> None:
        with translated_errors():
            look_at_bucket(self.client, self.bucket, self.prefix)

    # --- Addresses -------------------------------------------------------------------------------

    def url(self, key: str, data: RemoteData) -> str:
        if self.public_url:
            return f"{self.public_url}/{self.object_key(key)}"
        if self.storage.custom_domain or not self.storage.querystring_auth:
            return self.storage.url(key)
        return self._signed_url(key, self.window_start())

    def download_url(self, key: str, data: RemoteData, name: str) -> str:
        if self.url_lifetime is None:
            # S3 takes no such wish without a signature.
            return self.url(key, data)
        wish = {"response-content-disposition": str(content_disposition_header(True, name))}
        return self._sign(key, self.window_start(), wish)

    @property
    def url_lifetime(self) -> float | None:
        if self.public_url or self.storage.custom_domain or not self.storage.querystring_auth:
            return None
        age = clock.utc() - self.window_start()
        return self.storage.querystring_expire - age.total_seconds()

    def window_start(self) -> datetime:
        """Addresses change only this often, a quarter of the time that each of them works."""
        window = max(1, self.storage.querystring_expire // 4)
        return datetime.fromtimestamp(int(clock.utc().timestamp()) // window * window, UTC)

    def _sign(self, key: str, start: datetime, wish: dict[str, str] | None = None) -> str:
        return self.requests.signed_url(
            self.object_key(key),
            timestamp=start.strftime(SIGV4_TIMESTAMP),
            expires=self.storage.querystring_expire,
            query=wish or {},
        )
