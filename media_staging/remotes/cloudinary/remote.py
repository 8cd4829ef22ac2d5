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
from media_staging.errors import Outage, Refused, TransferError
from media_staging.remotes.base import Body, Identity, Remote, RemoteData, RemoteObject
from media_staging.remotes.cloudinary.answers import (
    Asset,
    asset,
    check_signature,
    failure,
    is_missing,
    parsed,
    translated_errors,
)
from media_staging.remotes.cloudinary.requests import Account, Requests
from media_staging.remotes.made_once import made_once

logger = logging.getLogger(__name__)

# Larger files go in chunks, as the SDK does it; Cloudinary takes none under 5 MB but the last.
CHUNK_BYTES = 20_000_000
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
        self.location = f"{location.strip('/')}/".lstrip("/")
        # The SDK takes a fifth of a millisecond; a page may show hundreds.
        self._address = lru_cache(maxsize=8192)(self._make_address)

    @property
    def address(self) -> str:
        return f"cloudinary://{self.account.cloud_name}/{self.location}"

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
            raise Outage("Cloudinary holds other bytes than were sent")
        return stored.data

    def _send(self, file: Identity, body: Body, md5: str) -> Asset:
        """Raises Outage for an answer that is not about this file or is not Cloudinary's."""
        resource_type, public_id = self.resource(file.key)
        params = {
            "public_id": public_id,
            "overwrite": False,
            "context": utils.encode_context({"sha256": file.sha256, "md5": md5}),
        }
        answer: dict[str, Any] = {}
        for start, length, headers in chunks(file.size):
            if start and answer.get("done") is not False:
                raise Outage("Cloudinary does not say that it waits for the next chunk")
            response = self.requests.upload(
                resource_type, params, body, start=start, length=length, headers=headers
            )
            answer = parsed(response)
        stored = asset(answer)
        if (stored.resource_type, stored.public_id) != (resource_type, public_id):
            raise Outage(f"Cloudinary answered about {stored.public_id}, not {public_id}")
        check_signature(answer, self.account.api_secret)
        return stored

    def _clear_the_way(self, file: Identity) -> None:
        """Delete what stands in this file's place, if it is this file in other bytes."""
        found = self._look_up(file.key)
        if found is None:
            return
        if found.marks.get("sha256") != file.sha256:
            raise Refused(f"another asset has the public ID {found.public_id}; it was left alone")
        logger.warning("%s on Cloudinary was not what we sent; it is replaced.", file.key)
        self.delete(file.key, found.data)

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
        if "sha256" in found.marks:
            # The marks stay when somebody puts other bytes in; the MD5 then is another one.
            same_bytes = not found.md5 or found.md5 == found.marks.get("md5")
            same = found.marks["sha256"] == file.sha256 and same_bytes
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
        response = self.requests.download(self.url(key, found.data))
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
                yield RemoteObject(key, found.size, modified)

    def _listed(self, resource_type: str) -> Iterator[Mapping[str, Any]]:
        """Each page is a call of the Admin API."""
        params: dict[str, Any] = {"prefix": self.location, "max_results": PAGE}
        path = f"resources/{resource_type}/upload"
        while True:
            page = parsed(self.requests.admin(path, params, reserve=SWEEP_RESERVE))
            if not isinstance(page.get("resources"), list):
                raise Outage("Cloudinary's listing lists nothing")
            yield from page["resources"]
            if "next_cursor" not in page:
                return
            params["next_cursor"] = page["next_cursor"]

    # Chunks that nobody completes need no `abort_stale_uploads`: they are never assets, cannot be
    # listed, and Cloudinary drops them by itself.

    def check(self) -> None:
        parsed(self.requests.admin("resources/image/upload", {"max_results": 1}))

    # --- Addresses -------------------------------------------------------------------------------

    def url(self, key: str, data: RemoteData) -> str:
        return self._address(key, data.get("version"))

    def thumbnail_url(self, key: str, data: RemoteData, width: int) -> str:
        """A file that is no picture has no small one: its own address."""
        return self._address(key, data.get("version"), width)

    def _make_address(self, key: str, version: int | None, width: int = 0) -> str:
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


# --- Bytes -------------------------------------------------------------------------------------


def checked_md5(file: Identity, body: Body) -> str:
    """The MD5 of the bytes to send, which have to be the file's. Raises Outage if they are not."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    body.window(0, file.size).hash_into(*([md5] if body.verified else [md5, sha256]))
    body.seek(0)
    # A body that was called off has something else to say.
    body.read(0)
    if not body.verified and sha256.hexdigest() != file.sha256:
        raise Outage("other bytes were read than were staged")
    return md5.hexdigest()


def is_whole(stored: Asset, file: Identity, md5: str) -> bool:
    return (stored.size, stored.md5) == (file.size, md5)


def chunks(size: int) -> Iterator[tuple[int, int, dict[str, str]]]:
    """(start, length, headers) of each request that a file of `size` bytes takes."""
    if size <= CHUNK_BYTES:
        yield 0, size, {}
        return
    upload_id = utils.random_public_id()
    for start in range(0, size, CHUNK_BYTES):
        length = min(CHUNK_BYTES, size - start)
        place = f"bytes {start}-{start + length - 1}/{size}"
        yield start, length, {"Content-Range": place, "X-Unique-Upload-Id": upload_id}
