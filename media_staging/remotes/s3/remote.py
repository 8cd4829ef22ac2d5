"""Amazon S3 and what speaks its protocol, configured like django-storages' `S3Storage`.

Small files go with one PUT whose SHA-256 the server verifies. Large ones go in parts, each
verified likewise, streamed from the disk; the whole file's hash and size are in the object's
metadata, since S3's own SHA-256 of such an object is one over the parts.
"""

import hashlib
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
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
from media_staging.errors import Outage, Setup
from media_staging.remotes.base import Body, Identity, Remote, RemoteData, RemoteObject, Window
from media_staging.remotes.made_once import made_once
from media_staging.remotes.s3.direct import DirectSession
from media_staging.remotes.s3.errors import is_missing, translated_errors
from media_staging.remotes.s3.requests import SignedRequests, base64_of

logger = logging.getLogger(__name__)

PART_BYTES = 8 * 1024**2
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
        return self.session.client(
            "s3",
            region_name=self.storage.region_name,
            use_ssl=self.storage.use_ssl,
            endpoint_url=self.storage.endpoint_url,
            config=self.config,
            verify=self.storage.verify,
        )

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
            return URLLib3Session(
                verify=verify,
                proxies=proxies,
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),  # type: ignore[arg-type]
                max_pool_connections=conf().TRANSFER_CONCURRENCY,
            )
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
        endpoint = urlsplit(self.storage.endpoint_url or "").netloc or "Amazon"
        return f"s3://{self.bucket}/{self.object_key('')} at {endpoint}"

    @property
    def bucket(self) -> str:
        return self.storage.bucket_name

    def object_key(self, key: str) -> str:
        return f"{self.storage.location.strip('/')}/{key}".lstrip("/")

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
        target = {"Bucket": self.bucket, "Key": self.object_key(file.key)}
        upload_id = self.client.create_multipart_upload(
            **target,
            ContentType=file.content_type,
            CacheControl=CACHE_CONTROL,
            Metadata=metadata(file),
            ChecksumAlgorithm="SHA256",
        )["UploadId"]
        try:
            parts = self._put_parts(target["Key"], upload_id, file, body)
            self.client.complete_multipart_upload(
                **target, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            self._abort(target["Key"], upload_id)
            raise
        if self._find(file) is None:
            raise Outage("the storage holds other bytes than were sent")

    def _put_parts(
        self, key: str, upload_id: str, file: Identity, body: Body
    ) -> list[dict[str, Any]]:
        """Send the parts in turn; the hash over all of them is checked before they are joined."""
        parts, whole = [], hashlib.sha256()
        for number, start, length in windows(file.size):
            part, digest = body.window(start, length), hashlib.sha256()
            part.hash_into(digest, whole)
            parts.append(self._put_part(key, upload_id, number, part, digest.hexdigest()))
        if whole.hexdigest() != file.sha256:
            raise Outage("other bytes were read than were staged")
        return parts

    def _put_part(
        self, key: str, upload_id: str, number: int, part: Window, sha256: str
    ) -> dict[str, Any]:
        answer = self.requests.put(
            key,
            part,
            size=part.length,
            sha256=sha256,
            headers={},
            query={"partNumber": str(number), "uploadId": upload_id},
        )
        return {
            "PartNumber": number,
            "ETag": answer["etag"],
            "ChecksumSHA256": base64_of(sha256),
        }

    def _abort(self, key: str, upload_id: str) -> None:
        """Give up the parts sent so far; what cannot be given up now, the cleanup does."""
        try:
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)
        except (ClientError, BotoCoreError) as error:
            logger.info("Parts of %s are left to the cleanup: %s", key, error)

    # --- What is there ---------------------------------------------------------------------------

    def find(self, file: Identity) -> RemoteData | None:
        with translated_errors():
            return self._find(file)

    def _find(self, file: Identity) -> RemoteData | None:
        try:
            found = self.client.head_object(
                Bucket=self.bucket, Key=self.object_key(file.key), ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        same = found["ContentLength"] == file.size and holds(found, file)
        return {} if same else None

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
        prefix = self.object_key("")
        with translated_errors():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
            for page in pages:
                for each in page.get("Contents", []):
                    key = each["Key"].removeprefix(prefix)
                    yield RemoteObject(key, each["Size"], each["LastModified"])

    def abort_stale_uploads(self, older_than: datetime) -> int:
        aborted = 0
        with translated_errors():
            pages = self.client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=self.object_key("")
            )
            for page in pages:
                for each in page.get("Uploads", []):
                    if each["Initiated"] < older_than:
                        self._abort(each["Key"], each["UploadId"])
                        aborted += 1
        return aborted

    def check(self) -> None:
        with translated_errors():
            try:
                self.client.head_bucket(Bucket=self.bucket)
            except ClientError as error:
                if is_missing(error):
                    raise Setup(f"there is no bucket {self.bucket}") from error
                raise

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
        age = clock.now() - self.window_start()
        return self.storage.querystring_expire - age.total_seconds()

    def window_start(self) -> datetime:
        """Addresses change only this often, a quarter of the time that each of them works."""
        window = max(1, self.storage.querystring_expire // 4)
        return datetime.fromtimestamp(int(clock.now().timestamp()) // window * window, UTC)

    def _sign(self, key: str, start: datetime, wish: dict[str, str] | None = None) -> str:
        return self.requests.signed_url(
            self.object_key(key),
            timestamp=start.strftime(SIGV4_TIMESTAMP),
            expires=self.storage.querystring_expire,
            query=wish or {},
        )


# --- Files in parts ----------------------------------------------------------------------------


def metadata(file: Identity) -> dict[str, str]:
    return {"sha256": file.sha256, "size": str(file.size)}


def holds(found: dict[str, Any], file: Identity) -> bool:
    """Whether a HEAD answer is of exactly these bytes.

    A server that reports a checksum of the whole object is believed; otherwise the parts were
    verified as they came, and the metadata says which file they make.
    """
    checksum = found.get("ChecksumSHA256", "")
    of_parts = found.get("ChecksumType") == "COMPOSITE" or "-" in checksum
    if checksum and not of_parts:
        return bool(checksum == base64_of(file.sha256))
    return bool(found.get("Metadata", {}).get("sha256") == file.sha256)


def windows(size: int) -> Iterator[tuple[int, int, int]]:
    """(part number, start, length) of each part; at most 10,000 parts, the most that S3 takes."""
    length = max(PART_BYTES, -(-size // 10_000))
    for number, start in enumerate(range(0, size, length), start=1):
        yield number, start, min(length, size - start)
