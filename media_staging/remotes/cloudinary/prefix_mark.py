"""The object PREFIX_MARK on Cloudinary: a raw asset whose bytes are noted with it as well.

A delivery address may be answered by a cache, and versions count seconds: two writes within one
have the same address. So the bytes are taken from the notes in the answer of `explicit`, which
comes from Cloudinary's database, and are held against the MD5 in that same answer. What is too
long to be noted, or was stored by hand, is fetched, and believed only if it has that MD5.
"""

import hashlib
from collections.abc import Callable
from io import BytesIO
from threading import Event
from typing import Any

from media_staging.errors import Outage
from media_staging.remotes.base import Body, RemoteData
from media_staging.remotes.cloudinary.answers import Asset, about, about_or_none
from media_staging.remotes.cloudinary.requests import Requests, encoded_notes

# Twice as many hexadecimal digits; Cloudinary takes about a thousand as contextual metadata.
MOST_NOTED_BYTES = 500


class PrefixMark:
    """`fetch` brings the delivered bytes of the asset, by what its row would know of it."""

    def __init__(
        self, requests: Requests, public_id: str, fetch: Callable[[RemoteData], bytes]
    ) -> None:
        self._requests = requests
        self._asset = ("raw", public_id)
        self._fetch = fetch

    def write(self, content: bytes) -> None:
        kind, public_id = self._asset
        params: dict[str, Any] = {"public_id": public_id, "overwrite": True, "invalidate": True}
        if len(content) <= MOST_NOTED_BYTES:
            params["context"] = encoded_notes({"content": content.hex()})
        body = Body(BytesIO(content), len(content), Event())
        response = self._requests.upload(
            kind, params, body, start=0, length=len(content), headers={}
        )
        if not fits(content, about(response, self._asset, self._requests.account.api_secret)):
            raise Outage("Cloudinary holds another mark than was sent")

    def read(self) -> bytes | None:
        """Raises Outage too while only an older one is delivered."""
        response = self._requests.explicit(*self._asset)
        found = about_or_none(response, self._asset, self._requests.account.api_secret)
        if found is None:
            return None
        content = noted_content(found)
        if fits(content, found):
            return content
        content = self._fetch(found.data)
        if fits(content, found):
            return content
        raise Outage("Cloudinary delivers another mark than the newest one")


def noted_content(found: Asset) -> bytes:
    try:
        return bytes.fromhex(found.notes.get("content", ""))
    except ValueError:
        return b""


def fits(content: bytes, stored: Asset) -> bool:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return (stored.size, stored.md5) == (len(content), md5)
