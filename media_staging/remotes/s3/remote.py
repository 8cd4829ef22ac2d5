"""Amazon S3 and what speaks its protocol, configured like django-storages' `S3Storage`.

Small files go with one PUT whose SHA-256 the server verifies. Large ones go in parts, each
verified likewise, streamed from the disk; the whole file's hash and size are in the object's
metadata, since S3's own SHA-256 of such an object is one over the parts.

    requests/     what botocore would send, two ways to send it, connections and signatures
    address.py    where a bucket is             urls.py       addresses for browsers
    options.py    what becomes of each option   contradictions.py  what speaks against another one
    parts.py      large files                   looking.py    what is known of an object
    proofs.py     what a server takes as proof  noted.py      what is noted with an object
    listing.py    what is below a prefix        errors.py     whose fault an answer is
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from io import BytesIO
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

from media_staging import clock
from media_staging.errors import Unclear
from media_staging.remotes.base import (
    PREFIX_MARK,
    Body,
    Identity,
    Mark,
    Problem,
    Remote,
    RemoteData,
    RemoteObject,
    prefix_of,
)
from media_staging.remotes.made_once import made_once
from media_staging.remotes.s3 import options
from media_staging.remotes.s3.address import address_of, configured_endpoint
from media_staging.remotes.s3.errors import code_of, is_missing, translated_errors
from media_staging.remotes.s3.listing import Listing
from media_staging.remotes.s3.looking import look_at_bucket
from media_staging.remotes.s3.noted import (
    OTHER_BYTES,
    disproof,
    holds,
    mark,
    metadata,
    says_sha256,
)
from media_staging.remotes.s3.options import ObjectParameters
from media_staging.remotes.s3.parts import PART_BYTES, Parts, plain_etag
from media_staging.remotes.s3.proofs import Evidence, Proofs
from media_staging.remotes.s3.requests.clients import Clients
from media_staging.remotes.s3.requests.ways import Way, way_of
from media_staging.remotes.s3.urls import Addresses, addresses_of

MULTIPART_FROM_BYTES = 2 * PART_BYTES
READ_BYTES = 1024**2


class S3Remote(Remote):
    name = "s3"

    def __init__(
        self, *, public_url: str = "", public_endpoint_url: str = "", **given: Any
    ) -> None:
        """`public_url` is the base of the objects' public addresses. `public_endpoint_url` is the
        server by the name that browsers know, to which their signed addresses lead. Everything
        else is S3Storage's; its `client_config` may also be a dict.

        Raises TypeError, ValueError or ImproperlyConfigured for what is no option, or no value.
        """
        self.public_url = public_url
        self.public_endpoint_url = public_endpoint_url
        self._given = given
        try:
            if isinstance(given.get("client_config"), Mapping):
                given["client_config"] = Config(**given["client_config"])
            self.storage = S3Storage(**given)
        except BotoCoreError as error:
            raise ImproperlyConfigured(str(error)) from error
        self.clients = Clients(self.storage, public_endpoint_url)

    def problems(self) -> Iterator[Problem]:
        return options.problems(
            self.storage,
            self.clients,
            self._given,
            public_url=self.public_url,
            public_endpoint_url=self.public_endpoint_url,
        )

    @property
    def client(self) -> Any:
        return self.clients.client

    @made_once
    def parameters(self) -> ObjectParameters:
        return ObjectParameters(self.storage, self.client)

    @made_once
    def way(self) -> Way:
        return way_of(self.clients, self.bucket, self.parameters)

    @made_once
    def proofs(self) -> Proofs:
        return Proofs(self.address)

    @made_once
    def parts(self) -> Parts:
        return Parts(self.clients, self.bucket, self.parameters, self.way, self.proofs)

    @made_once
    def listing(self) -> Listing:
        return Listing(self.client, self.bucket, self.parameters)

    def prepare(self) -> None:
        with translated_errors():
            _ = self.way
            self.clients.credentials()

    # --- Where it is -----------------------------------------------------------------------------

    @made_once
    def _endpoint(self) -> str:
        """Empty for Amazon's own. A profile that is missing is told by whoever uses the remote."""
        with suppress(BotoCoreError):
            return self.storage.endpoint_url or configured_endpoint(self.clients.session)
        return ""

    @property
    def address(self) -> str:
        return self._address

    @property
    def endpoint(self) -> str:
        return self._endpoint

    @made_once
    def _address(self) -> str:
        region = self.storage.region_name or ""
        with suppress(BotoCoreError):
            region = region or self.clients.session.region_name or ""
        return address_of(self.bucket, self.prefix, endpoint=self._endpoint, region=region)

    @property
    def label(self) -> str:
        """The name of the server, unless it is Amazon's."""
        is_amazon = self.address.rpartition(" at ")[2].startswith("Amazon")
        return "Amazon S3" if is_amazon else urlsplit(self._endpoint).netloc.rpartition("@")[2]

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
        key = self.object_key(file.key)
        with translated_errors():
            each: dict[str, Any] = {
                "ContentType": file.content_type,
                "Metadata": {**self.parameters.notes, **metadata(file)},
            }
            if file.name and "ContentDisposition" not in self.parameters.of("put_object"):
                each["ContentDisposition"] = str(content_disposition_header(True, file.name))
            if file.size >= MULTIPART_FROM_BYTES:
                evidence = self.parts.put(key, file, body, **each)
                self._look(file, body, evidence)
                return {}
            evidence = self.proofs.put(self.way, key, body, file.size, file.sha256, **each)
            if not evidence.confirmed:
                self._look(file, body, evidence)
        return {}

    def _look(self, file: Identity, body: Body, evidence: Evidence) -> None:
        """Raises Unclear unless what is there is proved to be the file: by a checksum of the
        server's, by the ETag, or by being read back."""
        found = self._head(file.key)
        if not found or not holds(found, file):
            raise Unclear(disproof(found, file))
        if evidence.confirmed or says_sha256(found):
            return
        if evidence.etag and plain_etag(found.get("ETag", "")) == evidence.etag:
            return
        digest = hashlib.sha256()
        with suppress(FileNotFoundError):
            for chunk in self.read(file.key):
                # Raises Cancelled, since reading back may take as long as sending.
                body.read(0)
                digest.update(chunk)
        if digest.hexdigest() != file.sha256:
            raise Unclear(OTHER_BYTES)

    # --- What is there ---------------------------------------------------------------------------

    def find(self, file: Identity) -> RemoteData | None:
        with translated_errors():
            found = self._head(file.key)
        return {} if found and holds(found, file) else None

    def _head(self, key: str) -> dict[str, Any] | None:
        target, of = self._target(key), self.parameters.of
        return self.proofs.look(
            partial(self.client.head_object, **target, **of("head_object")),
            partial(self.client.get_object, **target, **of("get_object"), Range="bytes=0-0"),
        )

    def _target(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.object_key(key)}

    def delete(self, key: str, data: RemoteData) -> None:
        more = self.parameters.of("delete_object")
        with translated_errors():
            try:
                self.client.delete_object(**self._target(key), **more)
            except ClientError as error:
                # Google says so.
                if code_of(error) != "NoSuchKey":
                    raise

    def read(self, key: str) -> Iterator[bytes]:
        with translated_errors():
            try:
                found = self.client.get_object(
                    **self._target(key), **self.parameters.of("get_object")
                )
            except ClientError as error:
                if is_missing(error):
                    raise FileNotFoundError(key) from error
                raise
            yield from found["Body"].iter_chunks(READ_BYTES)

    def objects(self) -> Iterator[RemoteObject]:
        with translated_errors():
            yield from self.listing.objects(self.prefix)

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
            self.proofs.put(
                self.way,
                self.object_key(PREFIX_MARK),
                Body(BytesIO(content), len(content), Event()),
                len(content),
                hashlib.sha256(content).hexdigest(),
                ContentType="application/json",
                CacheControl="no-store",
            )

    def stale_uploads(self, older_than: datetime) -> Iterator[str]:
        with translated_errors():
            for each in self.listing.uploads_in_parts(self.prefix):
                if each.begun < older_than:
                    yield each.key.removeprefix(self.prefix)

    def abort_uploads(self, key: str) -> int:
        wanted, aborted = self.object_key(key), 0
        with translated_errors():
            for each in self.listing.uploads_in_parts(wanted):
                # The listing has every key that starts like ours.
                if each.key == wanted:
                    aborted += self.listing.abort(each)
        return aborted

    def check(self) -> None:
        with translated_errors():
            look_at_bucket(self.client, self.parameters, self.bucket, self.prefix)

    # --- Addresses -------------------------------------------------------------------------------

    @made_once
    def _addresses(self) -> Addresses:
        return addresses_of(self.clients, self.storage, self.public_url)

    def url(self, key: str, data: RemoteData) -> str:
        with translated_errors():
            return self._addresses.url(self.object_key(key))

    def download_url(self, key: str, data: RemoteData, name: str) -> str:
        wish = str(content_disposition_header(True, name))
        with translated_errors():
            return self._addresses.url(self.object_key(key), wish)

    @property
    def url_lifetime(self) -> float | None:
        with translated_errors():
            end = self._addresses.end()
        return None if end is None else (end - clock.utc()).total_seconds()

    @property
    def origins(self) -> list[str]:
        with translated_errors():
            return [self._addresses.origin]
