"""Cloudinary: our key is the public ID, sizes are words in the URL, versions keep caches honest.

    key                     resource type   public ID          address below the cloud's base
    products/<uuid>.jpg     image           products/<uuid>    image/upload/v<version>/<key>
    products/<uuid>.bin     raw             products/<uuid>.bin  raw/upload/v<version>/<key>

Cloudinary knows the MD5 of what it stores, we know the SHA-256. So the bytes are held against the
SHA-256 before they are sent, the answer's MD5 against the one computed in that pass, and both
are noted with the asset (as contextual metadata), for the day when only the SHA-256 is known.

An upload never overwrites: where an asset is already, Cloudinary answers with that one, and it is
either the same file (an earlier upload whose answer was lost), this file damaged, which is
replaced, or somebody else's, which is left alone.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cloudinary import utils
from django.core.exceptions import ImproperlyConfigured

from media_staging.conf import conf
from media_staging.errors import Outage, Refused, TransferError, Unclear
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
from media_staging.remotes.cloudinary.answers import (
    Asset,
    about,
    about_or_none,
    asset,
    is_missing,
    parsed,
)
from media_staging.remotes.cloudinary.errors import failure, translated_errors
from media_staging.remotes.cloudinary.prefix_mark import PrefixMark
from media_staging.remotes.cloudinary.requests import Account, Requests, encoded_notes
from media_staging.remotes.cloudinary.sending import checked_md5, chunks, is_whole, notes
from media_staging.remotes.made_once import made_once
from media_staging.remotes.servers import origin_of

logger = logging.getLogger(__name__)

READ_BYTES = 256 * 1024
PAGE = 500
# A sweep leaves this share of the hour's Admin API calls to those who look for one file.
SWEEP_RESERVE = 0.2
DELIVERY_URL = "https://res.cloudinary.com"
IMAGE_FORMATS = {"avif", "gif", "jpg", "png", "webp"}


class CloudinaryRemote(Remote):
    name = "cloudinary"
    label = "Cloudinary"
    makes_thumbnails = True
    upload_finds_earlier = True

    def __init__(
        self,
        *,
        cloud_name: str,
        api_key: str,
        api_secret: str,
        upload_prefix: str = "",
        public_url: str = "",
        location: str = "",
    ) -> None:
        """`upload_prefix` replaces the API's host; `public_url` is the base of the assets'
        addresses (a host name of your own); `location` is put before every public ID."""
        if not (cloud_name and api_key and api_secret):
            raise ImproperlyConfigured("cloud_name, api_key and api_secret are needed")
        self.account = Account(cloud_name, api_key, api_secret, upload_prefix)
        self.public_url = public_url or f"{DELIVERY_URL}/{cloud_name}"
        self.location = prefix_of(location)
        # The SDK takes a fifth of a millisecond; a page may show hundreds.
        self._url = lru_cache(maxsize=8192)(self._make_url)

    @property
    def endpoint(self) -> str:
        return self.account.upload_prefix

    @property
    def address(self) -> str:
        server = self.account.server
        at = f" at {server}" if server else ""
        return f"cloudinary://{self.account.cloud_name}/{self.location}{at}"

    @made_once
    def requests(self) -> Requests:
        return Requests(self.account, conf().TRANSFER_CONCURRENCY)

    def prepare(self) -> None:
        _ = self.requests

    def resource(self, key: str) -> tuple[str, str]:
        """(resource type, public ID) of a key; the public ID of an image has no extension."""
        stem, _dot, extension = key.rpartition(".")
        is_image = extension in IMAGE_FORMATS
        return ("image", self.location + stem) if is_image else ("raw", self.location + key)

    # --- Upload ----------------------------------------------------------------------------------

    def upload(self, file: Identity, body: Body) -> RemoteData:
        md5 = checked_md5(file, body)
        stored = self._send(file, body, md5)
        if stored.existing and not is_whole(stored, file, md5):
            self._clear_the_way(file)
            stored = self._send(file, body, md5)
        if not is_whole(stored, file, md5):
            self._take_back(file.key, stored)
            raise Unclear(
                "Cloudinary holds other bytes than were sent; look whether an upload preset, or a "
                "proxy on the way, changes them"
            )
        if stored.existing and file.mark and file.mark != stored.notes.get("mark"):
            self._renew_notes(file, md5)
        return stored.data

    def _send(self, file: Identity, body: Body, md5: str) -> Asset:
        """Raises Unclear for an answer that is not about this file or is not Cloudinary's."""
        resource_type, public_id = self.resource(file.key)
        params = {
            "public_id": public_id,
            "overwrite": False,
            "context": encoded_notes(notes(file, md5)),
        }
        for start, length, headers in chunks(file.size):
            response = self.requests.upload(
                resource_type, params, body, start=start, length=length, headers=headers
            )
            is_last = start + length == file.size
            if not is_last and parsed(response).get("done") is not False:
                raise Unclear("Cloudinary does not say that it waits for the next chunk")
        return about(response, (resource_type, public_id), self.account.api_secret)

    def _clear_the_way(self, file: Identity) -> None:
        """Delete what stands in this file's place, if it is this file in other bytes."""
        found = self._look_up(file.key)
        if found is None:
            return
        if found.notes.get("sha256") != file.sha256:
            raise Refused(f"another asset has the public ID {found.public_id}; it was left alone")
        logger.warning("%s on Cloudinary was not what we sent; it is replaced.", file.key)
        self.delete(file.key, found.data)

    def _renew_notes(self, file: Identity, md5: str) -> None:
        """An upload that finds its bytes there leaves the notes of the earlier one, or none."""
        if self._explicit(file.key, notes(file, md5)) is None:
            raise Outage(f"{file.key} vanished from Cloudinary while it was looked at")

    def _take_back(self, key: str, stored: Asset) -> None:
        """Remove what this upload made, so that the next try finds its place free."""
        if stored.existing:
            return
        try:
            self.delete(key, stored.data)
        except TransferError as error:
            logger.info("%s is replaced by the next try: %s", key, error)

    # --- What is there ---------------------------------------------------------------------------

    def find(self, file: Identity) -> RemoteData | None:
        found = self._look_up(file.key)
        if found is None or found.size != file.size:
            return None
        if "sha256" in found.notes:
            # The notes stay when somebody puts other bytes in; the MD5 then is another one.
            same_bytes = not found.md5 or found.md5 == found.notes.get("md5")
            same = found.notes["sha256"] == file.sha256 and same_bytes
        else:
            same = self._hash_of(file.key) == file.sha256
        return found.data if same else None

    def _hash_of(self, key: str) -> str | None:
        digest = hashlib.sha256()
        try:
            for piece in self.read(key):
                digest.update(piece)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def _look_up(self, key: str) -> Asset | None:
        resource_type, public_id = self.resource(key)
        response = self.requests.admin(f"resources/{resource_type}/upload/{public_id}")
        return None if is_missing(response) else asset(parsed(response))

    def delete(self, key: str, data: RemoteData) -> None:
        resource_type, public_id = self.resource(key)
        # The copies in the CDN go as well.
        params = {"public_id": public_id, "invalidate": True}
        result = parsed(self.requests.destroy(resource_type, params)).get("result")
        if result not in ("ok", "not found"):
            raise Outage(f"Cloudinary did not delete {public_id}: {result}")

    def read(self, key: str) -> Iterator[bytes]:
        found = self._look_up(key)
        if found is None:
            raise FileNotFoundError(key)
        yield from self._download(key, found.data)

    def _download(self, key: str, data: RemoteData) -> Iterator[bytes]:
        response = self.requests.download(self.url(key, data))
        with translated_errors():
            if response.status == 404:
                raise FileNotFoundError(key)
            if response.status != 200:
                raise failure(response)
            yield from response.stream(READ_BYTES)
            response.release_conn()

    def objects(self) -> Iterator[RemoteObject]:
        for resource_type in ("image", "raw"):
            for each in self._listed(resource_type):
                found = asset(each)
                ending = f".{found.format}" if resource_type == "image" else ""
                key = found.public_id.removeprefix(self.location) + ending
                modified = datetime.fromisoformat(each["created_at"])
                yield RemoteObject(key, found.size, modified, found.etag, found.mark)

    def _listed(self, resource_type: str) -> Iterator[Mapping[str, Any]]:
        """Each page is a call of the Admin API."""
        params: dict[str, Any] = {
            "prefix": self.location,
            "max_results": PAGE,
            # Our notes: without them each asset would have to be asked for.
            "context": "true",
        }
        path = f"resources/{resource_type}/upload"
        while True:
            page = parsed(self.requests.admin(path, params, reserve=SWEEP_RESERVE))
            if not isinstance(page.get("resources"), list):
                raise Outage("Cloudinary's listing lists nothing")
            yield from page["resources"]
            if "next_cursor" not in page:
                return
            params["next_cursor"] = page["next_cursor"]

    # Chunks that nobody completes are no `stale_uploads`: they are never assets, cannot be listed,
    # and Cloudinary drops them by itself.

    # --- Marks -----------------------------------------------------------------------------------

    def mark_of(self, key: str) -> Mark | None:
        found = self._explicit(key)
        return found.mark if found else None

    def _explicit(self, key: str, new: Mapping[str, str] | None = None) -> Asset | None:
        """The asset of a key, with our `new` notes if there are any. Nobody counts these calls."""
        resource = self.resource(key)
        response = self.requests.explicit(*resource, new)
        return about_or_none(response, resource, self.account.api_secret)

    @made_once
    def _prefix_mark(self) -> PrefixMark:
        _kind, public_id = self.resource(PREFIX_MARK)
        return PrefixMark(
            self.requests, public_id, lambda data: b"".join(self._download(PREFIX_MARK, data))
        )

    def read_prefix_mark(self) -> bytes | None:
        return self._prefix_mark.read()

    def write_prefix_mark(self, content: bytes) -> None:
        self._prefix_mark.write(content)

    def check(self) -> None:
        parsed(self.requests.admin("resources/image/upload", {"max_results": 1}))

    # --- Addresses -------------------------------------------------------------------------------

    @property
    def origins(self) -> list[str]:
        return [origin_of(self.public_url)]

    def url(self, key: str, data: RemoteData) -> str:
        return self._url(key, data.get("version"))

    def thumbnail_url(self, key: str, data: RemoteData, width: int) -> str:
        """A file that is no picture has no small one: its own address."""
        return self._url(key, data.get("version"), width)

    def _make_url(self, key: str, version: int | None, width: int = 0) -> str:
        resource_type, public_id = self.resource(key)
        is_image, base = resource_type == "image", urlsplit(self.public_url)
        address, _options = utils.cloudinary_url(
            public_id,
            resource_type=resource_type,
            version=version,
            format=key.rpartition(".")[2] if is_image else None,
            # The base is complete: it ends with the cloud's name where that belongs there.
            private_cdn=True,
            secure=base.scheme == "https",
            secure_distribution=base.netloc + base.path,
            cname=base.netloc + base.path,
            **self.account.options(),
            **(smaller(width) if is_image and width else {}),
        )
        return str(address)


def smaller(width: int) -> dict[str, Any]:
    """At most so many pixels across, as good and in the format that suits the browser.

    Signed, so that it works for accounts as well that make nothing else on request.
    """
    return {
        "crop": "limit",
        "width": width,
        "fetch_format": "auto",
        "quality": "auto",
        "sign_url": True,
    }
